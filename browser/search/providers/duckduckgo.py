"""DuckDuckGo without a key, through the `ddgs` library, which asks other public engines when that
one does not answer.

The library is blocking and runs in a thread; it says "No results found." with the same exception as
a failure.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from ddgs import DDGS
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

from browser.documents.parts import tidy
from browser.search.limits import QueryLimit
from browser.search.providers.base import HttpProvider, provider_failed
from browser.types import Found, Query

BACKENDS = "duckduckgo, brave, mojeek, yahoo, wikipedia"
REGIONS = {"en": "us-en", "zh": "cn-zh", "ja": "jp-ja", "ko": "kr-ko"}
TIMEOUT = 8
Ask = Callable[..., list[dict[str, Any]]]


def _ask(query: str, **options: Any) -> list[dict[str, Any]]:
    return list(DDGS(timeout=TIMEOUT).text(query, **options))


class DuckDuckGo(HttpProvider):
    name = "duckduckgo"
    longest = QueryLimit(characters=500)

    def __init__(
        self, base_url: str | None = None, key: str | None = None, *, ask: Ask = _ask
    ) -> None:
        super().__init__(base_url, key)
        self._ask = ask

    async def search(self, client: httpx.AsyncClient, query: Query, limit: int) -> Found:
        """Raises `SearchFailed`. The client is not used: the library has its own."""
        asked, told = self.within(query)
        options = {"region": REGIONS[query.language], "max_results": limit, "backend": BACKENDS}
        try:
            rows = await asyncio.to_thread(self._ask, asked.text, **options)
        except TimeoutException as error:
            raise provider_failed(self.name, "timed out", passing=True) from error
        except RatelimitException as error:
            raise provider_failed(self.name, "rate limit", passing=True) from error
        except DDGSException as error:
            if "no results found" in str(error).lower():
                return Found([], told)
            raise provider_failed(self.name, tidy(str(error))[:200] or "failed") from error
        hits = [self.hit(row.get("href"), row.get("title"), row.get("body")) for row in rows]
        return Found([hit for hit in hits if hit][:limit], told)
