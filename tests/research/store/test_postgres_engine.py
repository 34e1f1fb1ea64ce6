"""The connections to PostgreSQL that a process keeps."""

import asyncio

from sqlalchemy import event, text

from evals.doubles.postgres import postgres_server
from research.settings import load_settings
from research.store.database import Store
from research.store.postgres.engine import POOL


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
