"""Fetch one URL over HTTP: bytes or a `ReadingError` that says what kind of failure it was.

Redirects are followed by hand, hop by hop; time, size and decompression are bounded; each host is asked by few at a
time; 5xx and 429 are tried again. Not here: what the bytes say (`documents.py`), whether they are an article
(`challenge.py`), cookies, a cache.
"""

import asyncio
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Self

import httpx

from browser.challenge import wall_in_response
from browser.guard import Guard
from browser.transport import GuardedTransport
from research.errors import ReadingError, ReadingFailure

USER_AGENT = "Mozilla/5.0 (compatible; Leadline/0.1; deep research)"
HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.5",
    "Accept-Language": "en,zh;q=0.8,*;q=0.5",
    # Only what can be decoded with a bound on its output.
    "Accept-Encoding": "gzip, deflate",
}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
RETRIED = frozenset({429, 500, 502, 503, 504})
KIND_OF_STATUS: dict[int, ReadingFailure] = {401: "login", 404: "not_found", 407: "blocked", 410: "not_found"}


@dataclass(frozen=True)
class FetchLimits:
    """Bounds of one fetch; times in seconds."""

    total: float = 30.0
    connect: float = 8.0
    read: float = 15.0
    size: int = 10_000_000
    ratio: int = 100
    ratio_floor: int = 1_000_000
    redirects: int = 5
    attempts: int = 3
    backoff: float = 0.5
    longest_wait: float = 8.0
    per_host: int = 4


@dataclass(frozen=True)
class Fetched:
    """`url` is where the redirects ended."""

    url: str
    body: bytes
    media_type: str
    charset: str | None


class Fetcher:
    """An async context manager that owns the connection pool."""

    def __init__(self, guard: Guard, *, limits: FetchLimits | None = None) -> None:
        self.guard = guard
        self.limits = limits or FetchLimits()
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(self.limits.per_host))
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(guard, limits=httpx.Limits(max_connections=50, max_keepalive_connections=20)),
            headers=HEADERS,
            timeout=httpx.Timeout(self.limits.read, connect=self.limits.connect),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def fetch(self, url: str) -> Fetched:
        """Raises `ReadingError`."""
        try:
            async with asyncio.timeout(self.limits.total):
                return await self._follow(url)
        except TimeoutError as error:
            reason = f"no complete answer within {self.limits.total:g} s"
            raise ReadingError(url=url, kind="timeout", reason=reason) from error

    async def _follow(self, url: str) -> Fetched:
        here, seen = url, {url}
        for _ in range(self.limits.redirects + 1):
            self._check(url, here)
            step = await self._persist(url, here)
            if isinstance(step, Fetched):
                return step
            if step in seen:
                raise ReadingError(url=url, kind="blocked", reason="it redirects in a circle")
            seen.add(step)
            here = step
        raise ReadingError(url=url, kind="blocked", reason=f"more than {self.limits.redirects} redirects")

    def _check(self, url: str, here: str) -> None:
        """Raises `ReadingError` in the name of the URL that was asked for."""
        try:
            self.guard.check_url(here)
            httpx.URL(here)
        except ReadingError as error:
            raise ReadingError(url=url, kind=error.kind, reason=error.reason) from error
        except httpx.InvalidURL as error:
            raise ReadingError(url=url, kind="forbidden_address", reason="not a valid URL") from error

    async def _persist(self, url: str, here: str) -> Fetched | str:
        """One hop, tried again while it fails in a way that may pass. A string is where it redirects to."""
        for attempt in range(1, self.limits.attempts + 1):
            last = attempt == self.limits.attempts
            try:
                return await self._hop(url, here, last=last)
            except _TryAgain as again:
                wait = self.limits.backoff * 2 ** (attempt - 1) if again.wait is None else again.wait
                if last or wait > self.limits.longest_wait:
                    raise again.error from None
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _hop(self, url: str, here: str, *, last: bool) -> Fetched | str:
        host = httpx.URL(here).host
        try:
            async with self._hosts[host], self._client.stream("GET", here) as response:
                return await self._read(url, here, response)
        except ReadingError as error:
            raise ReadingError(url=url, kind=error.kind, reason=error.reason) from error
        except httpx.TimeoutException as error:
            raise ReadingError(url=url, kind="timeout", reason="the server does not answer in time") from error
        except httpx.TransportError as error:
            reason = f"the connection failed: {str(error) or type(error).__name__}"
            raise _TryAgain(ReadingError(url=url, kind="unreachable", reason=reason)) from error

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
        except (ReadingError, httpx.TransportError):
            body = b""
        wall = wall_in_response(status, response.headers, body)
        if wall:
            raise ReadingError(url=url, kind=wall, reason=f"HTTP {status}: a {wall} page, not the page itself")
        kind = "server_error" if status >= 500 else KIND_OF_STATUS.get(status, "blocked")
        error = ReadingError(url=url, kind=kind, reason=f"HTTP {status}")
        if status in RETRIED:
            raise _TryAgain(error, wait=_retry_after(response.headers.get("retry-after")))
        raise error

    async def _body(self, url: str, response: httpx.Response) -> bytes:
        limits = self.limits
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length) > limits.size:
            raise ReadingError(url=url, kind="too_large", reason=f"larger than {limits.size:,} bytes")
        decoder = _Decoder(url, response.headers.get("content-encoding", ""), limits)
        async with _closing(response.aiter_raw()) as parts:
            async for part in parts:
                decoder.feed(part)
        return decoder.finish()


class _TryAgain(Exception):
    """A failure that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, error: ReadingError, *, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class _Decoder:
    """Decodes a body part by part and stops as soon as it grows past its bounds."""

    def __init__(self, url: str, encoding: str, limits: FetchLimits) -> None:
        self._url, self._limits = url, limits
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise ReadingError(url=url, kind="unsupported", reason=f"content encoding {encoding!r}")
        self._zlib = None if self._encoding in ("", "identity") else zlib.decompressobj(47)
        self._out = bytearray()
        self._received = 0

    def feed(self, part: bytes) -> None:
        self._received += len(part)
        if self._zlib is None:
            self._out += part
        else:
            self._inflate(part)
        if len(self._out) > self._limits.size:
            self._too_large(f"larger than {self._limits.size:,} bytes")

    def _inflate(self, part: bytes) -> None:
        room = self._limits.size + 1
        while part and len(self._out) < room and self._zlib is not None:
            if self._zlib.eof:  # another gzip member, or padding
                if not part.strip(b"\0"):
                    return
                self._zlib = zlib.decompressobj(47)
            self._out += self._decompress(part, room - len(self._out))
            part = self._zlib.unused_data or self._zlib.unconsumed_tail
            if len(self._out) > max(self._limits.ratio_floor, self._limits.ratio * self._received):
                self._too_large(f"it decompresses to more than {self._limits.ratio} times its size")

    def _decompress(self, part: bytes, room: int) -> bytes:
        decoder = self._zlib
        assert decoder is not None
        try:
            return decoder.decompress(part, room)
        except zlib.error as error:
            if self._encoding == "deflate" and not self._out:  # some servers send deflate without its zlib header
                self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
                self._encoding = "raw deflate"
                return self._decompress(part, room)
            raise ReadingError(url=self._url, kind="broken", reason="the compressed body is damaged") from error

    def finish(self) -> bytes:
        if self._zlib is not None and self._received and not self._zlib.eof:
            raise ReadingError(url=self._url, kind="broken", reason="the compressed body is cut off")
        return bytes(self._out)

    def _too_large(self, reason: str) -> None:
        raise ReadingError(url=self._url, kind="too_large", reason=reason)


def _target(url: str, here: str, location: str) -> str:
    try:
        return str(httpx.URL(here).join(location).copy_with(fragment=None))
    except (httpx.InvalidURL, ValueError) as error:
        raise ReadingError(url=url, kind="broken", reason="it redirects to something that is no URL") from error


def _content_type(value: str) -> tuple[str, str | None]:
    message = Message()
    message["content-type"] = value or "application/octet-stream"
    charset = message.get_param("charset")
    return message.get_content_type(), charset if isinstance(charset, str) else None


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a number or a date; None when the header says nothing usable."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


@asynccontextmanager
async def _closing(parts: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    try:
        yield parts
    finally:
        close = getattr(parts, "aclose", None)
        if close:
            await close()
