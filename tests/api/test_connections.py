"""Clients that connect and do not ask, on real sockets: everybody else is still answered."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from api.app import create_app
from api.http.connections import HEADER_LIMIT, Connections
from api.observing.operations import CONNECTIONS
from evals.doubles.loopback import free_port
from research.settings import Settings
from research.store.database import Store
from tests.api.conftest import serving

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = b"POST /v1/research HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"


@asynccontextmanager
async def bounded(
    settings: Settings, store: Store, connections: Connections
) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(create_app(settings, store), connections) as url,
        httpx.AsyncClient(base_url=url, timeout=20) as client,
    ):
        yield client


async def connect(client: httpx.AsyncClient, sent: bytes) -> socket.socket:
    """A connection that has sent this and waits."""
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    await loop.sock_connect(sock, ("127.0.0.1", client.base_url.port))
    await loop.sock_sendall(sock, sent)
    return sock


async def received(sock: socket.socket) -> bytes:
    """All that comes until the other side hangs up."""
    loop, found = asyncio.get_running_loop(), b""
    async with asyncio.timeout(30):
        try:
            while part := await loop.sock_recv(sock, 65536):
                found += part
        except ConnectionResetError:
            pass
    return found


@pytest.mark.parametrize("sent", [b"", HALF, BODY])
async def test_others_are_answered_while_all_places_are_taken(
    sent: bytes, settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(bounded(settings, store, Connections(most=200)))
        for _ in range(450):
            sock = await connect(client, sent)
            stack.callback(sock.close)
        began = time.monotonic()
        for _ in range(3):
            assert (await client.get("/healthz")).json() == {"status": "ok"}
            assert (await client.get("/v1/research")).status_code == 200
        assert time.monotonic() - began < 10
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(("sent", "part"), [(HALF, b"a"), (BODY, b" "), (b"", b"")])
async def test_a_request_that_comes_too_slowly_is_ended(
    sent: bytes, part: bytes, settings: Settings, store: Store
) -> None:
    quick = Connections(header_seconds=0.7, body_seconds=0.7)
    async with bounded(settings, store, quick) as client:
        sock = await connect(client, sent)
        loop = asyncio.get_running_loop()

        async def drip() -> None:
            for _ in range(99):
                await asyncio.sleep(0.1)
                await loop.sock_sendall(sock, part)

        dripping = asyncio.create_task(drip())
        try:
            assert (await received(sock)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        finally:
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
            sock.close()


async def test_a_connection_is_not_kept_by_the_start_of_a_second_request(
    settings: Settings, store: Store
) -> None:
    quick = Connections(header_seconds=0.7)
    async with bounded(settings, store, quick) as client:
        whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        sock = await connect(client, whole + HALF)
        told = await received(sock)
        assert told.startswith(b"HTTP/1.1 200 OK\r\n") and told.count(b"HTTP/1.1") == 1
        sock.close()


async def test_a_request_that_is_being_answered_is_left_alone(
    settings: Settings, store: Store
) -> None:
    """A stream outlasts the times for headers and bodies, and is not what makes room."""
    quick = Connections(most=2, header_seconds=0.5, body_seconds=0.5)
    async with bounded(settings, store, quick) as client:
        job = (await client.post("/v1/research", json={"question": "How deep?"})).json()
        async with client.stream("GET", job["links"]["events"]) as stream:
            for _ in range(10):
                sock = await connect(client, HALF)
                await asyncio.sleep(0.1)
                sock.close()
            assert stream.status_code == 200
            await client.post(job["links"]["cancel"])
            told = "".join([text async for text in stream.aiter_text()])
    assert "job.cancelled" in told


async def test_the_port_of_operators_is_bounded_too(settings: Settings, store: Store) -> None:
    own = settings.model_copy(update={"metrics_port": free_port()})
    async with (
        serving(create_app(own, store)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{own.metrics_port}", timeout=20) as client,
    ):
        socks = [await connect(client, HALF) for _ in range(2 * CONNECTIONS)]
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert await received(socks[0]) == b""  # it made room
        for sock in socks:
            sock.close()


async def test_headers_have_a_size(settings: Settings, store: Store) -> None:
    async with bounded(settings, store, Connections()) as client:
        sock = await connect(client, HALF + b"x" * 2 * HEADER_LIMIT)
        assert (await received(sock))[:12] in (b"HTTP/1.1 400", b"")
        sock.close()
        assert (await client.get("/healthz")).status_code == 200


async def test_junk_fills_no_log(
    settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with bounded(settings, store, Connections()) as client:
        for junk in (b"\x16\x03\x01\x02\x00\x01\n\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"\0" * 99):
            sock = await connect(client, junk + b"\r\n\r\n")
            assert (await received(sock))[:12] in (b"HTTP/1.1 400", b"")
            sock.close()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
