"""Responses kept on disk as RFC 9111 lets a shared cache keep them, asked for conditionally once
they are stale.

What came over the wire is stored, so that bounds on decompression hold for a page from the cache
too, and a host is judged by the guard before a page of it is taken from the cache. A cache that
cannot be used (a full disk, a damaged file) is passed by: reading does not depend on it. robots.txt
is never kept here. Not here: the client (`fetch.py`).
"""

import sqlite3
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from hishel import AsyncSqliteStorage, CacheOptions, Entry, Request, Response
from hishel.httpx import AsyncCacheTransport

from browser.net.guard import Guard
from research.domain import DEFAULT_TENANT
from research.store.sqlite import connection as sqlite

# Whose pages are looked for and kept, so that nobody learns from the cache what others have read.
READS_FOR: ContextVar[str] = ContextVar("reads_for", default=DEFAULT_TENANT)
_UNUSABLE = (
    sqlite3.Error,
    OSError,
    RuntimeError,
)  # the last is how hishel tells of rows that are not its own
_BODY_HEADERS = frozenset({"content-length", "content-encoding", "transfer-encoding"})


@dataclass(frozen=True)
class PageCache:
    """Where responses are kept, for how many days and in how many bytes at most."""

    path: Path
    days: float = 7.0
    size: int = 1_000_000_000

    def before(
        self, transport: httpx.AsyncBaseTransport, guard: Guard, *, largest: int
    ) -> httpx.AsyncBaseTransport:
        """The transport with the cache in front; responses of more than `largest` bytes are not
        kept."""
        return _CachingTransport(self, transport, guard, largest)


class _CachingTransport(httpx.AsyncBaseTransport):
    def __init__(
        self, cache: PageCache, transport: httpx.AsyncBaseTransport, guard: Guard, largest: int
    ) -> None:
        storage = _Storage(cache, largest)
        self._plain = transport
        self._guard = guard
        self._cached = AsyncCacheTransport(
            _BareNotModified(transport), storage, rfc=CacheOptions(shared=True, allow_stale=False)
        )
        self._usable = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._usable or request.url.path == "/robots.txt":
            return await self._plain.handle_async_request(request)
        host, port = (
            request.url.host,
            request.url.port or (443 if request.url.scheme == "https" else 80),
        )
        await self._guard.addresses(
            host, port
        )  # raises for a host that was public when its page was kept and is not now
        try:
            response = await self._cached.handle_async_request(request)
        except _UNUSABLE:
            return await self._plain.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Watched(response.stream, self)
        return response

    def give_up(self) -> None:
        self._usable = False

    async def aclose(self) -> None:
        await self._cached.aclose()


class _Storage(AsyncSqliteStorage):
    """The cache's file, on the event loop's own thread (`research/store/sqlite/connection.py`)."""

    def __init__(self, cache: PageCache, largest: int) -> None:
        self._folder = cache.path.parent
        self._file = sqlite.connect(str(cache.path), isolation_level=None)
        connection: Any = self._file  # it has what is used of an anysqlite connection
        super().__init__(
            connection=connection,
            default_ttl=cache.days * 86_400,
            max_stream_size=largest,
            max_size=cache.size,
        )

    async def create_entry(
        self, request: Request, response: Response, key: str, **lives: Any
    ) -> Entry:
        return await super().create_entry(request, response, _own(key), **lives)

    async def get_entries(self, key: str) -> list[Entry]:
        return await super().get_entries(_own(key))

    async def _initialize_database(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._file
        await super()._initialize_database()
        await self._file.execute("PRAGMA busy_timeout=0")  # the connection waits, the loop does not


def _own(key: str) -> str:
    tenant = READS_FOR.get()
    return key if tenant == DEFAULT_TENANT else f"{tenant} {key}"


class _Watched(httpx.AsyncByteStream):
    """A response's bytes. Where the cache fails while it gives them, it is passed by from then on
    and the request may be tried again."""

    def __init__(self, stream: httpx.AsyncByteStream, cache: _CachingTransport) -> None:
        self._stream = stream
        self._cache = cache

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except _UNUSABLE as error:
            self._cache.give_up()
            raise httpx.ReadError(f"the page cache failed: {error}") from error

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BareNotModified(httpx.AsyncBaseTransport):
    """The transport, whose *not modified* answers have no body: there is none to expect, and the
    cache would decode it without a bound."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        if response.status_code != httpx.codes.NOT_MODIFIED:
            return response
        await response.aclose()
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in _BODY_HEADERS
        ]
        return httpx.Response(
            response.status_code, headers=headers, extensions=response.extensions, request=request
        )

    async def aclose(self) -> None:
        await self._transport.aclose()
