"""SearXNG: a metasearch engine the operator runs, over its JSON API (`search.formats` must hold
`json`).

Engines that fail still answer 200: they are told, and without any result they are a failure, not
"nothing found".
"""

from typing import Any

import httpx

from browser.search.providers.base import HttpProvider, provider_failed
from browser.types import Hit, Query

LANGUAGES = {"en": "en", "zh": "zh-CN", "ja": "ja", "ko": "ko"}


class SearXNG(HttpProvider):
    name = "searxng"

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        """It has no range of dates, only "the last year": dates are left to the runner."""
        params = {
            "q": query.text,
            "format": "json",
            "safesearch": "0",
            "language": LANGUAGES[query.language],
        }
        return httpx.Request(
            "GET", f"{self.url}/search", params=params, headers={"Accept": "application/json"}
        )

    def parse(self, payload: Any) -> list[Hit]:
        found = self.hits(
            self.rows(payload, "results"),
            url="url",
            title="title",
            snippet="content",
            published="publishedDate",
        )
        failed = self.complaints(payload)
        if not found and failed:
            raise provider_failed(self.name, f"no engine answered ({', '.join(failed[:5])})")
        return found

    def complaints(self, payload: Any) -> tuple[str, ...]:
        rows = payload.get("unresponsive_engines") if isinstance(payload, dict) else None
        return tuple(
            ": ".join(map(str, row)) if isinstance(row, list) else str(row)
            for row in rows or []
            if row
        )
