"""Tavily, with a key (`LEADLINE_SEARCH_KEY__TAVILY`)."""

from typing import Any

import httpx

from browser.search.limits import QueryLimit
from browser.search.providers.base import HttpProvider
from browser.types import Hit, Query

MOST = 20


class Tavily(HttpProvider):
    name = "tavily"
    longest = QueryLimit(characters=400)
    base_url = "https://api.tavily.com"
    needs_key = True

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        body: dict[str, Any] = {
            "query": query.text,
            "max_results": min(limit, MOST),
            "search_depth": "basic",
        }
        if query.after:
            body["start_date"] = query.after.isoformat()
        if query.before:
            body["end_date"] = query.before.isoformat()
        if query.allow:
            body["include_domains"] = list(query.allow)
        if query.deny:
            body["exclude_domains"] = list(query.deny)
        return httpx.Request(
            "POST", f"{self.url}/search", json=body, headers={"Authorization": f"Bearer {key}"}
        )

    def parse(self, payload: Any) -> list[Hit]:
        return self.hits(
            self.rows(payload, "results"),
            url="url",
            title="title",
            snippet="content",
            published="published_date",
        )
