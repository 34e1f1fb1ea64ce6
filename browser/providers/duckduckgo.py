"""DuckDuckGo without a key, through the `ddgs` library, which asks other public engines when that one does not answer.

The library is blocking and runs in a thread; it says "No results found." with the same exception as a failure.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from ddgs import DDGS
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

from browser.parts import tidy
from browser.providers.base import provider_failed
from browser.types import Hit
from research.text import language_of

BACKENDS = "duckduckgo, brave, mojeek, yahoo, wikipedia"
TIMEOUT = 8
Ask = Callable[..., list[dict[str, Any]]]


def _ask(query: str, **options: Any) -> list[dict[str, Any]]:
    return list(DDGS(timeout=TIMEOUT).text(query, **options))


class DuckDuckGo:
    name = "duckduckgo"

    def __init__(self, ask: Ask = _ask) -> None:
        self._ask = ask

    async def search(self, client: httpx.AsyncClient, query: str, limit: int) -> list[Hit]:
        """Raises `SearchFailed`. The client is not used: the library has its own."""
        region = "cn-zh" if language_of(query) == "zh" else "us-en"
        try:
            rows = await asyncio.to_thread(self._ask, query, region=region, max_results=limit, backend=BACKENDS)
        except TimeoutException as error:
            raise provider_failed(self.name, "timed out", passing=True) from error
        except RatelimitException as error:
            raise provider_failed(self.name, "rate limit", passing=True) from error
        except DDGSException as error:
            if "no results found" in str(error).lower():
                return []
            raise provider_failed(self.name, tidy(str(error))[:200] or "failed") from error
        return [hit for row in rows if (hit := self.parse_row(row))][:limit]

    def parse_row(self, row: dict[str, Any]) -> Hit | None:
        url = str(row.get("href") or "")
        if not url.startswith(("http://", "https://")):
            return None
        title, snippet = tidy(str(row.get("title") or "")), tidy(str(row.get("body") or ""))
        return Hit(url=url, title=title, snippet=snippet, provider=self.name)
