"""The connections to PostgreSQL that a process keeps."""

import asyncio
import time

import pytest
from sqlalchemy import Engine, event, text

from evals.doubles.postgres import postgres_server
from research.errors import StoreUnreadable
from research.settings import load_settings
from research.store.database import Store
from research.store.postgres import engine as postgres_engine
from research.store.postgres.engine import POOL
from research.store.queue.dispatch import give_up_lost
from tests.research.crews import new_job


async def ask(store: Store) -> int:
    async with store.engine.connect() as connection:
        process = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await connection.execute(text("SELECT pg_sleep(0.05)"))
        return int(process)


async def test_a_server_that_was_started_anew_is_met_with_new_connections() -> None:
    with postgres_server() as server:
        async with Store.open(load_settings(database_url=server.url()).database) as store:
            before = await asyncio.gather(*(ask(store) for _ in range(5)))
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            after = await asyncio.gather(*(ask(store) for _ in range(5)))
    assert len(set(before)) == len(set(after)) == 5


async def test_a_burst_keeps_its_connections(postgres_url: str) -> None:
    async with Store.open(load_settings(database_url=postgres_url).database) as store:
        made: list[object] = []
        event.listen(store.engine.sync_engine, "connect", lambda raw, _: made.append(raw))
        for _ in range(3):
            await asyncio.gather(*(ask(store) for _ in range(2 * POOL)))
    assert len(made) == POOL


async def test_who_stands_still_within_a_transaction_does_not_hold_its_job(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stand_still(engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("UPDATE jobs SET fence = fence"))
            time.sleep(3)
            connection.execute(text("SELECT 1"))

    monkeypatch.setattr(
        postgres_engine, "LET_GO", "SET idle_in_transaction_session_timeout = '500ms'"
    )
    async with Store.open(load_settings(database_url=postgres_url).database) as store:
        job = await store.take((await new_job(store)).id, stale_seconds=15)
        still = asyncio.create_task(store.work.write(stand_still))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(2):
            assert await give_up_lost(store, 0, "another", ()) == [job.id]
        with pytest.raises(StoreUnreadable):  # as of a server that was started anew
            await still
