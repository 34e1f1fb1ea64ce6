"""What a search provider is, and the one way an HTTP one is asked. Not here: retries, fusion (`browser/search.py`)."""

from typing import Any, Protocol

import httpx

from browser.types import Hit
from research.errors import SearchFailed


class Provider(Protocol):
    """Answers one query, or raises `SearchFailed` with its name in the reason. No hits means that it looked and found
    nothing."""

    name: str

    async def search(self, client: httpx.AsyncClient, query: str, limit: int) -> list[Hit]: ...


class HttpProvider:
    """A provider that is two pure functions: `request` and `parse`."""

    name: str

    def request(self, query: str, limit: int) -> httpx.Request:
        raise NotImplementedError

    def parse(self, payload: Any) -> list[Hit]:
        raise NotImplementedError

    async def search(self, client: httpx.AsyncClient, query: str, limit: int) -> list[Hit]:
        try:
            response = await client.send(self.request(query, limit))
        except httpx.TimeoutException as error:
            raise provider_failed(self.name, "timed out", passing=True) from error
        except httpx.HTTPError as error:
            raise provider_failed(self.name, f"cannot be reached ({type(error).__name__})", passing=True) from error
        if response.status_code != httpx.codes.OK:
            passing = response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.status_code >= 500
            raise provider_failed(self.name, f"HTTP {response.status_code}", passing=passing)
        try:
            payload = response.json()
        except ValueError as error:
            raise provider_failed(self.name, "its answer is no JSON") from error
        return self.parse(payload)[:limit]


class PassingFailure(SearchFailed):
    """No search provider answered: {reason}."""


def provider_failed(name: str, reason: str, *, passing: bool = False) -> SearchFailed:
    """The failure of one provider; a passing one is worth another try."""
    return (PassingFailure if passing else SearchFailed)(reason=f"{name}: {reason}")
