"""SQLite on the event loop: transactions of one process never meet, and the lock of another process
holds up no loop."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.util import await_only

from research.store.checkpoints import open_saver
from research.store.database import Store
from research.store.records import JobRecords
from research.store.sqlite import connection as sqlite
from tests.research.crews import new_job


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE numbers (n INTEGER)")
    return path


@asynccontextmanager
async def locked_elsewhere(path: Path, seconds: float) -> AsyncIterator[None]:
    """The write lock is held by a connection that is not of the loop, as another process would."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = asyncio.get_running_loop().call_later(seconds, lambda: other.execute("COMMIT"))
        try:
            yield
        finally:
            release.cancel()


async def test_while_another_process_holds_the_lock_the_loop_goes_on(file: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async with sqlite.connect(str(file)) as connection, locked_elsewhere(file, 0.3):
        ticking = asyncio.create_task(tick())
        began = time.monotonic()
        await connection.execute("INSERT INTO numbers VALUES (1)")
        await connection.commit()
        took = time.monotonic() - began
        ticking.cancel()
        async with connection.execute("SELECT n FROM numbers") as cursor:
            assert list(await cursor.fetchall()) == [(1,)]
    assert took >= 0.29
    assert ticks >= 5


async def test_a_lock_that_is_never_let_go_is_an_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", 0.1)
    async with sqlite.connect(str(file)) as connection, locked_elsewhere(file, 60):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await connection.execute("INSERT INTO numbers VALUES (1)")


async def test_what_was_read_and_is_out_of_date_is_an_error_at_once(file: Path) -> None:
    async with (
        sqlite.connect(str(file), isolation_level=None) as first,
        sqlite.connect(str(file), isolation_level=None) as second,
    ):
        await first.execute("BEGIN")
        async with first.execute("SELECT count(*) FROM numbers") as cursor:
            assert await cursor.fetchone() == (0,)
        await second.execute("INSERT INTO numbers VALUES (2)")
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await first.execute("INSERT INTO numbers VALUES (1)")
        assert time.monotonic() - began < 5
        await first.rollback()


async def test_a_closed_connection_says_so(file: Path) -> None:
    connection = await sqlite.connect(str(file))
    await connection.close()
    await connection.close()
    with pytest.raises(ValueError, match="no active connection"):
        await connection.execute("SELECT 1")


async def test_a_transaction_that_waits_holds_up_its_like_and_not_the_loop(store: Store) -> None:
    """No transaction of ours waits for anything; if one ever does, the others wait for it and go on
    after it."""
    job = await store.take((await new_job(store)).id, stale_seconds=60)
    records = JobRecords(store, job)
    order: list[str] = []

    def work(_: Connection) -> None:
        order.append("begun")
        await_only(asyncio.sleep(0.2))
        order.append("ends")

    async def slow() -> None:
        await records._write(work)

    async def quick() -> None:
        await asyncio.sleep(0.05)
        await records.emit("warning", message="told")
        order.append("told")

    await asyncio.gather(slow(), quick())
    assert order == ["begun", "ends", "told"]


async def test_many_jobs_write_at_once_and_nothing_is_lost(store: Store) -> None:
    jobs = [await store.take((await new_job(store)).id, stale_seconds=60) for _ in range(10)]

    async def work(number: int) -> None:
        records = JobRecords(store, jobs[number])
        async with open_saver(store, jobs[number]) as saver:
            for turn in range(10):
                config = {
                    "configurable": {
                        "thread_id": jobs[number].id,
                        "checkpoint_ns": "",
                        "checkpoint_id": f"{turn:03}",
                    }
                }
                await asyncio.gather(
                    records.emit("warning", message=f"{turn}"),
                    saver.aput_writes(config, [("notes", turn)], task_id=f"t{turn}"),
                )

    await asyncio.gather(*(work(number) for number in range(10)))
    for job in jobs:
        events = await store.events(job.id)
        assert [event.id for event in events] == list(range(1, 11))
        assert [event.data["message"] for event in events] == [f"{turn}" for turn in range(10)]
        with closing(sqlite3.connect(store.engine.url.database or "")) as connection:
            kept = connection.execute(
                "SELECT count(*) FROM writes WHERE thread_id = ?", (job.id,)
            ).fetchone()
        assert kept == (10,)
