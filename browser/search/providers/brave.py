"""Brave Search, with a key (`LEADLINE_SEARCH_KEY__BRAVE`)."""

from datetime import date
from typing import Any

import httpx

from browser.search.limits import QueryLimit
from browser.search.providers.base import HttpProvider
from browser.types import Hit, Query

MOST = 20
LANGUAGES = {"en": "en", "zh": "zh-hans", "ja": "jp", "ko": "ko"}
BEGINNING = date(1990, 1, 1)


class Brave(HttpProvider):
    name = "brave"
    longest = QueryLimit(characters=400, words=50)
    base_url = "https://api.search.brave.com"
    needs_key = True

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        params: dict[str, str | int] = {
            "q": query.text,
            "count": min(limit, MOST),
            "search_lang": LANGUAGES[query.language],
        }
        if query.after or query.before:
            params["freshness"] = f"{query.after or BEGINNING}to{query.before or date.today()}"
        headers = {"Accept": "application/json", "X-Subscription-Token": key}
        return httpx.Request("GET", f"{self.url}/res/v1/web/search", params=params, headers=headers)

    def parse(self, payload: Any) -> list[Hit]:
        """`web` is left out where nothing was found."""
        return self.hits(
            self.rows(payload, "web", "results", optional=True),
            url="url",
            title="title",
            snippet="description",
            published="page_age",
        )
