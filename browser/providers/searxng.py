"""SearXNG: a metasearch engine the operator runs, over its JSON API (`search.formats` must hold `json`).

Engines that fail still answer 200, so `unresponsive_engines` without a result is a failure, not "nothing found".
"""

from typing import Any

import httpx

from browser.dates import iso_date
from browser.parts import tidy
from browser.providers.base import HttpProvider, provider_failed
from browser.types import Hit


class SearXNG(HttpProvider):
    name = "searxng"

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")

    def request(self, query: str, limit: int) -> httpx.Request:
        params = {"q": query, "format": "json", "safesearch": "0"}
        return httpx.Request("GET", f"{self.base_url}/search", params=params, headers={"Accept": "application/json"})

    def parse(self, payload: Any) -> list[Hit]:
        """Raises `SearchFailed`."""
        if not isinstance(payload, dict) or not isinstance(payload.get("results"), list):
            raise provider_failed(self.name, "its answer has no results field")
        hits = [hit for result in payload["results"] if isinstance(result, dict) and (hit := self._hit(result))]
        if not hits and payload.get("unresponsive_engines"):
            raise provider_failed(self.name, f"no engine answered ({_engines(payload['unresponsive_engines'])})")
        return hits

    def _hit(self, result: dict[str, Any]) -> Hit | None:
        url = str(result.get("url") or "")
        if not url.startswith(("http://", "https://")):
            return None
        return Hit(
            url=url,
            title=tidy(str(result.get("title") or "")),
            snippet=tidy(str(result.get("content") or "")),
            provider=self.name,
            published_at=iso_date(str(result.get("publishedDate") or "")),
        )


def _engines(unresponsive: Any) -> str:
    rows = unresponsive if isinstance(unresponsive, list) else [unresponsive]
    return ", ".join(": ".join(map(str, row)) if isinstance(row, list) else str(row) for row in rows[:5])
