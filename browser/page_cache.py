"""Responses kept on disk as RFC 9111 lets a shared cache keep them, asked for conditionally once they are stale.

What came over the wire is stored, so that bounds on decompression hold for a page from the cache too. A cache that cannot be
used (a full disk, a damaged file) is passed by: reading does not depend on it. Not here: the client (`fetch.py`).
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import httpx
from hishel import AsyncSqliteStorage, CacheOptions
from hishel.httpx import AsyncCacheTransport


@dataclass(frozen=True)
class PageCache:
    """Where responses are kept, for how many days and in how many bytes at most."""

    path: Path
    days: float = 7.0
    size: int = 1_000_000_000

    def before(self, transport: httpx.AsyncBaseTransport, *, largest: int) -> httpx.AsyncBaseTransport:
        """The transport with the cache in front; responses of more than `largest` bytes are not kept."""
        return _CachingTransport(self, transport, largest)


class _CachingTransport(httpx.AsyncBaseTransport):
    def __init__(self, cache: PageCache, transport: httpx.AsyncBaseTransport, largest: int) -> None:
        storage = AsyncSqliteStorage(
            database_path=cache.path, default_ttl=cache.days * 86_400, max_stream_size=largest, max_size=cache.size
        )
        self._plain = transport
        self._cached = AsyncCacheTransport(transport, storage, rfc=CacheOptions(shared=True, allow_stale=False))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._cached.handle_async_request(request)
        except (sqlite3.Error, OSError):
            return await self._plain.handle_async_request(request)

    async def aclose(self) -> None:
        await self._cached.aclose()
