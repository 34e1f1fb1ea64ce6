"""A small proxy on loopback that applies the guard to each connection Chromium makes.

Route handlers see only the first URL of a redirect chain, so the check has to sit where connections
are opened. It speaks CONNECT (https, web sockets) and absolute-form HTTP, one request a connection.
Not here: caching, authentication (it opens nothing the guard refuses), looking into TLS.
"""

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from browser.net.guard import Guard
from research.errors import ReadingError

HEAD_BYTES = 64_000
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 8.0
IDLE_SECONDS = 20.0
CONNECTION_BYTES = 50_000_000
CHUNK = 65_536
_HOP = ("proxy-", "connection:", "keep-alive:", "upgrade:", "te:")


class Egress:
    """An async context manager; `url` is the proxy's address, `refusals` what was refused, by
    `host:port`."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refusals: dict[str, ReadingError] = {}
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            await self._handle(reader, writer)
        except (
            OSError,
            TimeoutError,
            ValueError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            pass  # a broken connection or request ends here; Chromium sees it closed
        finally:
            writer.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_SECONDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, _, headers = head.partition("\r\n")
        method, target, version = line.split(" ")
        host, port = _destination(method, target)
        try:
            addresses = await self._guard.addresses(host, port)
        except ReadingError as error:
            self.refusals[f"{host}:{port}"] = error
            await _answer(
                writer, "403 Forbidden" if error.kind == "forbidden_address" else "502 Bad Gateway"
            )
            return
        upstream = await _connect(addresses, port)
        if upstream is None:
            await _answer(writer, "502 Bad Gateway")
            return
        try:
            if method == "CONNECT":
                await _answer(writer, "200 Connection established", close=False)
            else:
                upstream[1].write(_forwarded(method, target, version, headers))
            await _pipe(reader, writer, *upstream)
        finally:
            upstream[1].close()


def _destination(method: str, target: str) -> tuple[str, int]:
    """Raises `ValueError`."""
    parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
    if not parts.hostname or (method != "CONNECT" and parts.scheme != "http"):
        raise ValueError("not a proxy request")
    return parts.hostname, parts.port or (443 if method == "CONNECT" else 80)


def _forwarded(method: str, target: str, version: str, headers: str) -> bytes:
    """The request as a server expects it: origin form, without the proxy's own headers, one request
    on the connection."""
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in headers.split("\r\n") if line and not line.lower().startswith(_HOP)]
    return "\r\n".join([f"{method} {path} {version}", *kept, "Connection: close", "", ""]).encode(
        "latin-1"
    )


async def _answer(writer: asyncio.StreamWriter, status: str, *, close: bool = True) -> None:
    headers = "Content-Length: 0\r\nConnection: close\r\n" if close else ""
    writer.write(f"HTTP/1.1 {status}\r\n{headers}\r\n".encode())
    await writer.drain()


async def _connect(
    addresses: list[str], port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    for address in addresses:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(address, port)
    return None


async def _pipe(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    up_reader: asyncio.StreamReader,
    up_writer: asyncio.StreamWriter,
) -> None:
    """Both ways at once until either side ends."""
    there = asyncio.create_task(_copy(reader, up_writer))
    back = asyncio.create_task(_copy(up_reader, writer))
    try:
        # Chromium keeps its side open while it reads, so the server's side decides.
        await back
    finally:
        there.cancel()
        back.cancel()
        await asyncio.gather(there, back, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    room = CONNECTION_BYTES
    with suppress(OSError, TimeoutError):
        while room > 0:
            async with asyncio.timeout(IDLE_SECONDS):
                part = await reader.read(CHUNK)
            if not part:
                break
            room -= len(part)
            writer.write(part)
            await writer.drain()
