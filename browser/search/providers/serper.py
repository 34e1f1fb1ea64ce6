"""Serper, which asks Google, with a key (`LEADLINE_SEARCH_KEY__SERPER`)."""

from datetime import date
from typing import Any

import httpx

from browser.search.limits import QueryLimit
from browser.search.providers.base import HttpProvider
from browser.types import Hit, Query

MOST = 100
PLACES = {
    "en": {"gl": "us", "hl": "en"},
    "zh": {"gl": "cn", "hl": "zh-cn"},
    "ja": {"gl": "jp", "hl": "ja"},
    "ko": {"gl": "kr", "hl": "ko"},
}


class Serper(HttpProvider):
    name = "serper"
    longest = QueryLimit(characters=2048)
    base_url = "https://google.serper.dev"
    needs_key = True

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        body: dict[str, str | int] = {
            "q": query.text,
            "num": min(limit, MOST),
            **PLACES[query.language],
        }
        if query.after or query.before:
            body["tbs"] = ",".join(
                ["cdr:1", *_bound("cd_min", query.after), *_bound("cd_max", query.before)]
            )
        return httpx.Request("POST", f"{self.url}/search", json=body, headers={"X-API-KEY": key})

    def parse(self, payload: Any) -> list[Hit]:
        return self.hits(
            self.rows(payload, "organic"),
            url="link",
            title="title",
            snippet="snippet",
            published="date",
        )


def _bound(name: str, day: date | None) -> list[str]:
    return [f"{name}:{day.month}/{day.day}/{day.year}"] if day else []
