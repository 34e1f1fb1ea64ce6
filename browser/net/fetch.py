"""Fetch one URL over HTTP: bytes or a `ReadingError` that says what kind of failure it was.

Redirects are followed by hand, hop by hop; time, size and decompression are bounded; hosts are
asked with courtesy; 5xx and 429 are tried again. Not here: what the bytes say
(`documents/reading.py`), whether they are an article (`challenge.py`), what is kept
(`page_cache.py`), cookies.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpcore
import httpx

from browser.net.challenge import wall_in_response
from browser.net.courtesy import AGENT, Courtesy, stopped, whole_seconds
from browser.net.decode import DecodeLimits, Decoder
from browser.net.guard import Guard
from browser.net.page_cache import PageCache
from browser.net.transport import GuardedTransport
from research.errors import ReadingError, ReadingFailure

USER_AGENT = f"Mozilla/5.0 (compatible; {AGENT}/0.1; deep research)"
HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.5",
    "Accept-Language": "en,zh;q=0.8,*;q=0.5",
    # Only what can be decoded with a bound on its output.
    "Accept-Encoding": "gzip, deflate",
}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
RETRIED = frozenset({429, 500, 502, 503, 504})
KEPT = 4  # idle connections: each of them is looked at for every request to any host
KIND_OF_STATUS: dict[int, ReadingFailure] = {
    401: "login",
    404: "not_found",
    407: "blocked",
    410: "not_found",
}


@dataclass(frozen=True)
class FetchLimits(DecodeLimits):
    """Bounds of one fetch; times in seconds. `delay` is the least time between two requests to a
    host."""

    total: float = 30.0
    connect: float = 8.0
    read: float = 15.0
    redirects: int = 5
    attempts: int = 3
    backoff: float = 0.5
    longest_wait: float = 8.0
    at_once: int = 64
    per_host: int = 4
    delay: float = 0.1
    robots: float = 8.0

    @classmethod
    def within(cls, seconds: float) -> Self:
        """The usual limits, and a page within so many seconds."""
        usual = cls()
        return replace(
            usual,
            total=seconds,
            connect=min(usual.connect, seconds),
            read=max(min(usual.read, seconds), seconds / 2),
            robots=min(usual.robots, seconds),
        )


@dataclass(frozen=True)
class Fetched:
    """`url` is where the redirects ended."""

    url: str
    body: bytes
    media_type: str
    charset: str | None


class Fetcher:
    """An async context manager that owns the connection pool."""

    def __init__(
        self,
        guard: Guard,
        *,
        limits: FetchLimits | None = None,
        cache: PageCache | None = None,
        robots: bool = True,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self.guard = guard
        self.limits = limits or FetchLimits()
        self._courtesy = Courtesy(
            self.limits.per_host,
            self.limits.delay,
            self.limits.longest_wait,
            self._read_robots if robots else None,
        )
        self._at_once = asyncio.Semaphore(self.limits.at_once)
        connections = httpx.Limits(
            max_connections=self.limits.at_once + 10, max_keepalive_connections=KEPT
        )
        transport: httpx.AsyncBaseTransport = GuardedTransport(
            guard, limits=connections, network=network
        )
        self._client = httpx.AsyncClient(
            transport=cache.before(transport, guard, largest=self.limits.size)
            if cache
            else transport,
            headers=HEADERS,
            timeout=httpx.Timeout(self.limits.read, connect=self.limits.connect),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._courtesy.aclose()
        await self._client.aclose()

    async def fetch(self, url: str) -> Fetched:
        """Raises `ReadingError`."""
        return await self._in_time(url, self.limits.total, self.limits.attempts, ask=True)

    async def admit(self, url: str) -> None:
        """Refuse what robots.txt keeps from us. Raises `ReadingError`."""
        await self._courtesy.admit(url)

    async def _read_robots(self, url: str) -> bytes:
        """Raises `ReadingError`."""
        return (await self._in_time(url, self.limits.robots, 1, ask=False)).body

    async def _in_time(self, url: str, seconds: float, attempts: int, *, ask: bool) -> Fetched:
        try:
            async with asyncio.timeout(seconds) as clock:
                return await self._follow(_Visit(url, clock, attempts, ask))
        except TimeoutError as error:
            raise ReadingError(
                url=url, kind="timeout", reason=f"no complete answer within {seconds:g} s"
            ) from error

    async def _follow(self, visit: "_Visit") -> Fetched:
        url = visit.url
        here, seen = url, {url}
        for _ in range(self.limits.redirects + 1):
            self._check(url, here)
            if visit.ask:
                await self._admit(url, here)
            step = await self._persist(visit, here)
            if isinstance(step, Fetched):
                return step
            if step in seen:
                raise ReadingError(url=url, kind="blocked", reason="it redirects in a circle")
            seen.add(step)
            here = step
        raise ReadingError(
            url=url, kind="blocked", reason=f"more than {self.limits.redirects} redirects"
        )

    async def _admit(self, url: str, here: str) -> None:
        """Raises `ReadingError` in the name of the URL that was asked for."""
        try:
            await self._courtesy.admit(here)
        except ReadingError as error:
            raise ReadingError(url=url, kind=error.kind, reason=error.reason) from error

    def _check(self, url: str, here: str) -> None:
        """Raises `ReadingError` in the name of the URL that was asked for."""
        try:
            self.guard.check_url(here)
            httpx.URL(here)
        except ReadingError as error:
            raise ReadingError(url=url, kind=error.kind, reason=error.reason) from error
        except httpx.InvalidURL as error:
            raise ReadingError(
                url=url, kind="forbidden_address", reason="not a valid URL"
            ) from error

    async def _persist(self, visit: "_Visit", here: str) -> Fetched | str:
        """One hop, tried again while it fails in a way that may pass. A string is where it
        redirects to."""
        for attempt in range(1, visit.attempts + 1):
            last = attempt == visit.attempts
            try:
                return await self._hop(visit, here)
            except _TryAgain as again:
                wait = (
                    self.limits.backoff * 2 ** (attempt - 1) if again.wait is None else again.wait
                )
                if last or wait > self.limits.longest_wait:
                    raise again.error from None
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _hop(self, visit: "_Visit", here: str) -> Fetched | str:
        url = visit.url
        try:
            async with (
                self._courtesy.turn(here, visit.clock),
                self._slot(visit.clock),
                self._client.stream("GET", here) as response,
            ):
                return await self._read(url, here, response)
        except ReadingError as error:
            raise ReadingError(url=url, kind=error.kind, reason=error.reason) from error
        except httpx.TimeoutException as error:
            raise ReadingError(
                url=url, kind="timeout", reason="the server does not answer in time"
            ) from error
        except httpx.HTTPError as error:
            reason = f"the connection failed: {str(error) or type(error).__name__}"
            raise _TryAgain(ReadingError(url=url, kind="unreachable", reason=reason)) from error

    @asynccontextmanager
    async def _slot(self, clock: asyncio.Timeout) -> AsyncIterator[None]:
        """One of the requests made at once. It is taken when the host's turn has come: a slow host
        does not hold up the others."""
        with stopped(clock):
            await self._at_once.acquire()
        try:
            yield
        finally:
            self._at_once.release()

    async def _read(self, url: str, here: str, response: httpx.Response) -> Fetched | str:
        status = response.status_code
        if status in REDIRECTS and "location" in response.headers:
            return _target(url, here, response.headers["location"])
        if status >= 400 or wall_in_response(status, response.headers, b""):
            await self._refuse(url, response)
        body = await self._body(url, response)
        media_type, charset = _content_type(response.headers.get("content-type", ""))
        return Fetched(url=here, body=body, media_type=media_type, charset=charset)

    async def _refuse(self, url: str, response: httpx.Response) -> None:
        """Raise what an error status means; a challenge page says more than its status."""
        status = response.status_code
        try:
            body = await self._body(url, response)
        except (ReadingError, httpx.HTTPError):
            body = b""
        seen = status, response.headers, body
        wall = await asyncio.to_thread(wall_in_response, *seen) if body else wall_in_response(*seen)
        if wall:
            raise ReadingError(
                url=url, kind=wall, reason=f"HTTP {status}: a {wall} page, not the page itself"
            )
        kind = "server_error" if status >= 500 else KIND_OF_STATUS.get(status, "blocked")
        error = ReadingError(url=url, kind=kind, reason=f"HTTP {status}")
        if status in RETRIED:
            raise _TryAgain(error, wait=_retry_after(response.headers.get("retry-after")))
        raise error

    async def _body(self, url: str, response: httpx.Response) -> bytes:
        limits = self.limits
        length = response.headers.get("content-length", "")
        if re.fullmatch(r"[0-9]{1,18}", length) and int(length) > limits.size:
            raise ReadingError(
                url=url, kind="too_large", reason=f"larger than {limits.size:,} bytes"
            )
        decoder = Decoder(url, response.headers.get("content-encoding", ""), limits)
        async with _closing(response.aiter_raw()) as parts:
            async for part in parts:
                decoder.feed(part)
        return decoder.finish()


@dataclass(frozen=True)
class _Visit:
    """One URL being fetched: its clock, how often a hop may be tried, and whether robots.txt is
    asked first."""

    url: str
    clock: asyncio.Timeout
    attempts: int
    ask: bool


class _TryAgain(Exception):
    """A failure that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, error: ReadingError, *, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


def _target(url: str, here: str, location: str) -> str:
    try:
        return str(httpx.URL(here).join(location).copy_with(fragment=None))
    except (httpx.InvalidURL, ValueError) as error:
        raise ReadingError(
            url=url, kind="broken", reason="it redirects to something that is no URL"
        ) from error


def _content_type(value: str) -> tuple[str, str | None]:
    message = Message()
    message["content-type"] = value or "application/octet-stream"
    charset = message.get_param("charset")
    return message.get_content_type(), charset if isinstance(charset, str) else None


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a number or a date; None when the header says nothing usable."""
    if not value:
        return None
    if (seconds := whole_seconds(value)) is not None:
        return seconds
    try:
        at = parsedate_to_datetime(value)
        return max(
            0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
        )
    except (ValueError, OverflowError):
        return None


@asynccontextmanager
async def _closing(parts: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    try:
        yield parts
    finally:
        close = getattr(parts, "aclose", None)
        if close:
            await close()
