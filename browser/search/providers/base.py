"""What a search provider is, and the one way an HTTP one is asked. Not here: retries, pauses,
fusion (`browser/search/fusion.py`)."""

import html
import re
from typing import Any, ClassVar, Literal, Protocol

import httpx

from browser.documents.dates import iso_date
from browser.documents.parts import tidy
from browser.net.courtesy import whole_seconds
from browser.search.limits import QueryLimit
from browser.types import Found, Hit, Query
from research.errors import SearchFailed
from research.secrets.redaction import values_without_secrets, without_secrets

MAX_ANSWER = 5_000_000
_TAG = re.compile(r"<[^<>]{0,300}>")


class Provider(Protocol):
    """Answers one query, or raises `SearchFailed` with its name in the reason. No hits means that
    it looked and found nothing. `pause` is the least time between two questions, in seconds."""

    name: str
    pause: float

    async def search(self, client: httpx.AsyncClient, query: Query, limit: int) -> Found: ...


class HttpProvider:
    """A provider that is two pure functions: `request` and `parse`.

    `answers` tells what `parse` is given: decoded JSON or the text; `longest` how much of a query
    it takes. A provider that needs a key is not asked without one."""

    name: str
    base_url: ClassVar[str] = ""
    needs_key: ClassVar[bool] = False
    answers: ClassVar[Literal["json", "text"]] = "json"
    longest: ClassVar[QueryLimit] = QueryLimit(octets=2000)  # what servers take in an address
    pause: float = 0.0

    def __init__(self, base_url: str | None = None, key: str | None = None) -> None:
        self.url = (base_url or self.base_url).rstrip("/")
        self._key = key or ""

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        raise NotImplementedError

    def parse(self, payload: Any) -> list[Hit]:
        """Raises `SearchFailed` for an answer that is not what the provider documents."""
        raise NotImplementedError

    def complaints(self, payload: Any) -> tuple[str, ...]:
        """What of the provider itself failed, though it answered."""
        return ()

    async def search(self, client: httpx.AsyncClient, query: Query, limit: int) -> Found:
        asked, told = self.within(query)
        payload = await self._answer(client, self.request(asked, limit, self._key))
        complaints = (f"{self.name}: {text}" for text in self.complaints(payload))
        return Found(self.parse(payload)[:limit], (*told, *complaints))

    def within(self, query: Query) -> tuple[Query, tuple[str, ...]]:
        """The query as far as the provider takes it, and what to tell where that is less than
        all."""
        text = self.longest.cut(query.text)
        if text == query.text:
            return query, ()
        told = f"{self.name}: a query was cut to the {self.longest} that it takes"
        return query.replace(text=text), (told,)

    async def _answer(self, client: httpx.AsyncClient, request: httpx.Request) -> Any:
        try:
            response = await client.send(request)
        except httpx.TimeoutException as error:
            raise provider_failed(self.name, "timed out", passing=True) from error
        except httpx.HTTPError as error:
            raise provider_failed(
                self.name, f"cannot be reached ({type(error).__name__})", passing=True
            ) from error
        if response.status_code != httpx.codes.OK:
            passing = (
                response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.status_code >= 500
            )
            wait = response.headers.get("retry-after", "")
            told = f"HTTP {response.status_code}"
            raise provider_failed(self.name, told, passing=passing, wait=whole_seconds(wait))
        if len(response.content) > MAX_ANSWER:
            raise provider_failed(self.name, f"its answer is larger than {MAX_ANSWER:,} bytes")
        if self.answers == "text":
            return without_secrets(response.text)
        try:
            return values_without_secrets(response.json())
        except ValueError as error:
            raise provider_failed(self.name, "its answer is no JSON") from error

    def hit(
        self, url: object, title: object, snippet: object = "", published: object = None
    ) -> Hit | None:
        """A hit from a provider's fields, whatever they are; None where the URL is not one of the
        web."""
        address = url if isinstance(url, str) else ""
        if not address.startswith(("http://", "https://")):
            return None
        date = iso_date(published) if isinstance(published, str) else None
        return Hit(
            url=address,
            title=plain(title),
            snippet=plain(snippet),
            provider=self.name,
            published_at=date,
        )

    def hits(
        self, rows: list[dict[str, Any]], *, url: str, title: str, snippet: str, published: str = ""
    ) -> list[Hit]:
        """The hits among rows, by the names of their fields."""
        made = (
            self.hit(row.get(url), row.get(title), row.get(snippet), row.get(published))
            for row in rows
        )
        return [hit for hit in made if hit]

    def rows(self, payload: Any, *path: str, optional: bool = False) -> list[dict[str, Any]]:
        """The objects of the list at a path. `optional`: where nothing is found, the field is left
        out. Raises `SearchFailed`."""
        found = payload
        for name in path:
            if not isinstance(found, dict):
                raise provider_failed(self.name, f"its answer has no field {'.'.join(path)}")
            if optional and found.get(name) is None:
                return []
            found = found.get(name)
        if not isinstance(found, list):
            raise provider_failed(self.name, f"its answer has no field {'.'.join(path)}")
        return [row for row in found if isinstance(row, dict)]


class PassingFailure(SearchFailed):
    """No search provider answered: {reason}."""

    wait: float | None = None


def provider_failed(
    name: str, reason: str, *, passing: bool = False, wait: float | None = None
) -> SearchFailed:
    """The failure of one provider; a passing one is worth another try, after `wait` seconds if it
    says so."""
    if not passing:
        return SearchFailed(reason=f"{name}: {reason}")
    failure = PassingFailure(reason=f"{name}: {reason}")
    failure.wait = wait
    return failure


def plain(value: object) -> str:
    """A field as plain text: no markup, no entities; empty for what is no text."""
    return tidy(html.unescape(_TAG.sub("", value))) if isinstance(value, str) else ""
