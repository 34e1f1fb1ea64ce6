"""A job that is deleted leaves nothing behind, and takes nothing along that others have."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, inspect, text
from sqlmodel import col, update

from api.jobs.queueing import requeue
from api.jobs.worker import Worker
from research.errors import FollowUpRefused, JobBusy, JobNeeded, JobNotFound
from research.run import Runs, run_job
from research.settings import Settings
from research.store.database import Store
from research.store.deletion import delete_job
from research.store.tables import JobRow
from tests.postgres import on_both
from tests.research.crews import SNAPSHOT, Script, new_job, scripted

pytestmark = on_both
KEPT = ("alembic_version", "checkpoint_migrations", "procrastinate_workers")


async def finished(store: Store, settings: Settings, **fields: object) -> str:
    job = await store.take((await new_job(store, **fields)).id, stale_seconds=15)
    await run_job(job, scripted(Script()), store, settings)
    return job.id


def _rows(connection: Connection) -> dict[str, int]:
    names = [name for name in inspect(connection).get_table_names() if name not in KEPT]
    counted = {
        name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
        for name in names
        if not name.startswith("sqlite")
    }
    return {name: count for name, count in counted.items() if count}


async def rows(store: Store) -> dict[str, int]:
    async with store.engine.connect() as connection:
        return await connection.run_sync(_rows)


async def test_nothing_is_left_of_a_deleted_job(store: Store, settings: Settings) -> None:
    before = await rows(store)
    job_id = await finished(store, settings)
    assert {"checkpoints", "events", "readings", "snapshots"} <= (await rows(store)).keys()
    assert await store.snapshot(SNAPSHOT.id) is not None
    await delete_job(store, job_id, 15)
    assert await rows(store) == before
    assert await store.snapshot(SNAPSHOT.id) is None
    with pytest.raises(JobNotFound):
        await delete_job(store, job_id, 15)


async def test_what_another_job_has_read_stays(store: Store, settings: Settings) -> None:
    first, second = await finished(store, settings), await finished(store, settings)
    await delete_job(store, first, 15)
    assert await store.snapshot(SNAPSHOT.id) == SNAPSHOT
    assert await store.report(second) is not None


async def test_a_job_in_use_is_not_deleted(store: Store, settings: Settings) -> None:
    working = await store.take((await new_job(store)).id, stale_seconds=15)
    with pytest.raises(JobBusy):
        await delete_job(store, working.id, 15)
    parent = await finished(store, settings)
    child = (await new_job(store, parent_id=parent)).id
    with pytest.raises(JobNeeded, match=child):
        await delete_job(store, parent, 15)
    await delete_job(store, child, 15)
    await delete_job(store, parent, 15)


async def test_what_ended_long_ago_goes_when_the_settings_say_so(
    store: Store, settings: Settings
) -> None:
    old, fresh = await finished(store, settings), await finished(store, settings)
    ended = (await store.job(old)).finished_at
    assert ended is not None
    async with store.session() as session:
        long_ago = update(JobRow).where(col(JobRow.id) == old)
        await session.exec(long_ago.values(finished_at=ended - timedelta(days=31)))
    own = settings.model_copy(update={"retention_days": 30.0})
    async with asyncio.timeout(30), Worker(store, own, Runs(scripted(Script()), store, own)):
        while len(await store.jobs()) == 2:
            await asyncio.sleep(0.05)
    assert [job.id for job in await store.jobs()] == [fresh]


async def test_what_goes_on_again_does_not_go_with_what_ended(
    store: Store, settings: Settings
) -> None:
    """A job that was resumed after the sweep has listed it."""
    job = await new_job(store)
    async with store.session() as session:
        await session.exec(update(JobRow).values(status="failed"))
    await requeue(job.id, settings, store)
    with pytest.raises(JobBusy):
        await delete_job(store, job.id, 15, ended_only=True)
    await delete_job(store, job.id, 15)


async def test_a_job_that_is_gone_is_not_followed_up(store: Store) -> None:
    with pytest.raises(FollowUpRefused):
        await new_job(store, parent_id="gone")
    assert await store.jobs() == []
