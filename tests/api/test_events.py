"""The event stream over real HTTP: whoever reconnects misses nothing, and the stream ends with the
job."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import httpx
import psutil
import pytest

from api.guarding.streams import Streams
from api.http import server
from api.jobs.queueing import requeue
from research.domain import Job
from research.errors import ModelUnavailable, TooManyRequests
from research.events import FINAL
from research.settings import Settings
from research.store.database import Store
from research.store.records import JobRecords
from tests.api.conftest import Service, Start
from tests.api.scripted import Script


async def read(
    service: Service, job_id: str, *, most: int = 10_000, last: str | None = None, **query: Any
) -> list[dict[str, Any]]:
    """The events of the stream until it ends or `most` have come."""
    found: list[dict[str, Any]] = []
    headers = {"Last-Event-ID": last} if last else {}
    async with (
        asyncio.timeout(60),
        service.client.stream(
            "GET", f"/v1/research/{job_id}/events", headers=headers, params=query
        ) as answer,
    ):
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(
            "text/event-stream"
        )
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line and name:
                fields[name] = value
            elif fields.get("data"):
                event = json.loads(fields["data"])
                assert (fields["id"], fields["event"]) == (str(event["id"]), event["type"])
                found.append(event)
                fields = {}
                if len(found) == most:
                    break
    return found


async def test_a_stream_tells_everything_in_order_and_ends(service: Service) -> None:
    job_id = await service.ask()
    events = await read(service, job_id)
    stored = [event.model_dump(mode="json") for event in await service.store.events(job_id)]
    assert events == stored and events[-1]["type"] == "job.completed"
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))


async def test_whoever_reconnects_misses_nothing(start: Start, script: Script) -> None:
    going = asyncio.Event()

    async def gate(job: Job, stage: str) -> None:
        if stage == "claims":
            await going.wait()

    script.gate = gate
    service = await start(script.runner)
    job_id = await service.ask()
    first = await read(service, job_id, most=4)
    going.set()
    rest = await read(service, job_id, last=str(first[-1]["id"]))
    assert [event["id"] for event in first + rest] == list(range(1, len(first + rest) + 1))
    assert rest[-1]["type"] == "job.completed"
    again = await read(service, job_id, after=first[-1]["id"])
    assert again == rest
    # The header of a reconnection counts, not the address it was opened with.
    assert await read(service, job_id, after=0, last=str(first[-1]["id"])) == rest


async def test_after_the_end_a_browser_is_told_not_to_come_back(service: Service) -> None:
    job_id = await service.finished()
    last = (await read(service, job_id))[-1]["id"]
    answer = await service.client.get(
        f"/v1/research/{job_id}/events", headers={"Last-Event-ID": str(last)}
    )
    assert answer.status_code == 204


@pytest.mark.parametrize(
    "last", ["soon", "-1", "٣", "9" * 40, "0" * 12 + "9" * 25, "0" * 5_000, "2147483648"]
)
async def test_a_number_that_is_none_is_refused(service: Service, last: str) -> None:
    answer = await service.client.get(
        f"/v1/research/{await service.ask()}/events", headers=[(b"Last-Event-ID", last.encode())]
    )
    assert answer.status_code == 422 and answer.json()["field"] == "last-event-id"


async def test_an_earlier_failure_does_not_end_the_stream_of_a_resumed_job(
    start: Start, store: Store, settings: Settings
) -> None:
    waiting = await start(None)
    job_id = await waiting.ask()
    job = await store.take(job_id, stale_seconds=15)
    await JobRecords(store, job).fail(ModelUnavailable(model="m", reason="gone"))
    await requeue(job_id, settings, store)
    reading = asyncio.create_task(read(waiting, job_id))
    await asyncio.sleep(0.5)
    assert not reading.done()
    await start(Script(store).runner)
    events = await reading
    assert [event["type"] for event in events if event["type"] in FINAL] == [
        "job.failed",
        "job.completed",
    ]


async def test_a_client_that_leaves_does_not_stop_the_job(start: Start, script: Script) -> None:
    leaving = asyncio.Event()

    async def gate(job: Job, stage: str) -> None:
        await leaving.wait()

    script.gate = gate
    service = await start(script.runner)
    job_id = await service.ask()
    async with (
        httpx.AsyncClient(base_url=service.url) as other,
        other.stream("GET", f"/v1/research/{job_id}/events") as answer,
    ):
        await anext(answer.aiter_lines())
    leaving.set()
    assert (await service.ended(job_id))["status"] == "completed"


async def test_streams_leave_room_for_other_tenants_and_requests(
    start: Start, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.app.room", lambda: 4)
    leaving = asyncio.Event()

    async def gate(job: Job, stage: str) -> None:
        await leaving.wait()

    script.gate = gate
    service = await start(script.runner)
    job_id = await service.ask()
    path = f"/v1/research/{job_id}/events"
    reading: list[AsyncIterator[str]] = []  # one that is let go of is closed
    async with AsyncExitStack() as stack:
        for _ in range(2):  # half of four
            answer = await stack.enter_async_context(service.client.stream("GET", path))
            reading.append(answer.aiter_lines())
            await anext(reading[-1])
        refused = await service.client.get(path)
        assert refused.status_code == 429 and refused.headers["retry-after"] == "5"
        assert (await service.client.get(f"/v1/research/{job_id}")).status_code == 200
    leaving.set()
    assert (await service.ended(job_id))["status"] == "completed"
    async with asyncio.timeout(30):
        while (await service.client.get(path)).status_code == 429:
            await asyncio.sleep(0.05)  # until the service has seen that they left


def test_all_streams_together_leave_an_eighth_of_the_places() -> None:
    streams = Streams(16)
    with ExitStack() as stack:
        for tenant in "abcdefg":
            for _ in range(2):
                streams.check(tenant)
                stack.enter_context(streams.held(tenant))
        with pytest.raises(TooManyRequests):
            streams.check("h")
    streams.check("h")


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such option")
async def test_a_client_that_stops_reading_is_cut_off(
    start: Start, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SEND_MILLISECONDS", 1_000)
    service = await start(None)
    records = JobRecords(store, await store.take(await service.ask(), stale_seconds=60))
    port = int(service.url.rsplit(":", 1)[1])
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", port))
        asked = f"GET /v1/research/{records.job.id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        await loop.sock_sendall(client, asked.encode())
        for _ in range(200):
            await records.emit("warning", message="x" * 50_000)
        async with asyncio.timeout(60):
            while connections(port):
                await asyncio.sleep(0.1)
    await records.fail(ModelUnavailable(model="m", reason="gone"))
    assert [event["type"] for event in await read(service, records.job.id, after=200)][-1:] == [
        "job.failed"
    ]


def connections(port: int) -> int:
    """Those that are open at the server's end."""
    open_ones = psutil.Process().net_connections("tcp")
    return sum(one.laddr.port == port and one.status == "ESTABLISHED" for one in open_ones)
