"""Tavily, with a key (`LEADLINE_SEARCH_KEY__TAVILY`)."""

from typing import Any

import httpx

from browser.providers.base import HttpProvider
from browser.types import Hit, Query

MOST = 20


class Tavily(HttpProvider):
    name = "tavily"
    base_url = "https://api.tavily.com"
    needs_key = True

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        body: dict[str, Any] = {"query": query.text, "max_results": min(limit, MOST), "search_depth": "basic"}
        if query.after:
            body["start_date"] = query.after.isoformat()
        if query.before:
            body["end_date"] = query.before.isoformat()
        if query.allow:
            body["include_domains"] = list(query.allow)
        if query.deny:
            body["exclude_domains"] = list(query.deny)
        return httpx.Request("POST", f"{self.url}/search", json=body, headers={"Authorization": f"Bearer {key}"})

    def parse(self, payload: Any) -> list[Hit]:
        rows = self.rows(payload, "results")
        hits = [self.hit(row.get("url"), row.get("title"), row.get("content"), row.get("published_date")) for row in rows]
        return [hit for hit in hits if hit]
