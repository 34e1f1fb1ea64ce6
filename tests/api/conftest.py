"""The real application under uvicorn on loopback, and a scripted run in place of the agents."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.http.connections import Connections
from api.http.server import Server
from api.jobs.queueing import Runner
from research.settings import Settings
from research.store.database import Store
from research.store.repositories.jobs import ENDED
from tests.api.scripted import Script


@dataclass(frozen=True)
class Service:
    url: str
    client: httpx.AsyncClient
    store: Store

    async def ask(self, question: str = "How deep is the Challenger Deep?", **more: Any) -> str:
        answer = await self.client.post("/v1/research", json={"question": question, **more})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def reaches(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Poll until the job has one of these statuses, at most ten seconds."""
        for _ in range(500):
            job: dict[str, Any] = (await self.client.get(f"/v1/research/{job_id}")).json()
            if job["status"] in statuses:
                return job
            await asyncio.sleep(0.02)
        raise AssertionError(f"{job_id} is {job['status']}, not {statuses}")

    async def ended(self, job_id: str) -> dict[str, Any]:
        return await self.reaches(job_id, *ENDED)

    async def finished(self, **more: Any) -> str:
        job_id = await self.ask(**more)
        job = await self.ended(job_id)
        assert job["status"] == "completed", job["error"]
        return job_id


@asynccontextmanager
async def serving(app: FastAPI, connections: Connections | None = None) -> AsyncIterator[str]:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config, lambda: app.state.feed.close(), connections)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    try:
        async with asyncio.timeout(60):
            while not server.started:
                assert not task.done(), task.result()
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


Start = Callable[..., Awaitable[Service]]


@pytest.fixture
async def script(store: Store) -> Script:
    return Script(store)


@pytest.fixture
async def start(settings: Settings, store: Store) -> AsyncIterator[Start]:
    """Start a service: `await start(runner, settings=…)`."""
    async with AsyncExitStack() as stack:

        async def begin(
            runner: Runner | None = None, *, with_settings: Settings | None = None, **more: Any
        ) -> Service:
            url = await stack.enter_async_context(
                serving(create_app(with_settings or settings, store, runner, **more))
            )
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=60))
            return Service(url, client, store)

        yield begin


@pytest.fixture
async def service(start: Start, script: Script) -> Service:
    return await start(script.runner)
