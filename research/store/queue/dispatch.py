"""Which jobs may be started, and what becomes of jobs whose worker is gone.

Any number of workers may look at the same time. Not here: starting them (`api/jobs/worker.py`).
"""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, or_, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from research.domain import Job
from research.store.database import Store
from research.store.queue.at_once import (
    ANY_NUMBER,
    WORKED_ON,
    AtOnce,
    Waiting,
    admissible,
    going_by_tenant,
)
from research.store.queue.queue import enqueue
from research.store.repositories.jobs import job_of, update_as_seen
from research.store.shield import shielded
from research.store.tables import JobRow

WAITS: ColumnElement[bool] = or_(
    col(JobRow.status) == "queued",
    and_(col(JobRow.status) == "running", col(JobRow.owner).is_(None)),
)
QUEUED = text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")


@shielded
async def waiting_jobs(store: Store, at_once: AtOnce = ANY_NUMBER) -> list[Waiting]:
    """The jobs that may be started now, by priority, the oldest first."""
    async with store.engine.connect() as connection:
        return await _waiting(connection, at_once)


async def _waiting(connection: AsyncConnection, at_once: AtOnce) -> list[Waiting]:
    begun = col(JobRow.status) == "running"
    columns = (col(JobRow.id), col(JobRow.tenant), col(JobRow.priority), begun)
    priority = col(JobRow.priority).desc()
    in_order = (begun.desc(), priority, col(JobRow.created_at), col(JobRow.id))
    rows = await connection.execute(select(*columns).where(WAITS).order_by(*in_order))
    waiting = [Waiting(*row) for row in rows]
    if not waiting or at_once.none():
        return waiting
    return admissible(waiting, await going_by_tenant(connection), at_once)


@shielded
async def give_up_lost(
    store: Store, stale_seconds: float, owner: str, running: Collection[str]
) -> list[str]:
    """Take from their owners the jobs whose owners are gone, so that anybody may go on with them:
    their fence rises, and one who wakes up can write nothing. An `owner` knows itself which jobs
    are `running`. Gives the ids of the lost ones."""
    lost = []
    for job in await _owned(store):
        works_on_it = job.id in running
        if job.owner != owner:
            works_on_it = store.liveness.is_alive(job, stale_seconds)
        if works_on_it:
            continue
        still = (col(JobRow.heartbeat_at) == job.heartbeat_at, WORKED_ON)
        taken_from = update_as_seen(job).where(*still).values(owner=None, fence=job.fence + 1)
        async with store.engine.begin() as connection:
            if (await connection.execute(taken_from)).rowcount == 1:
                await enqueue(connection, job.id, job.priority, begun=True)
                lost.append(job.id)
    return lost


async def _owned(store: Store) -> Sequence[Job]:
    running = [job_of(row) for row in await store.rows(select(JobRow).where(WORKED_ON))]
    store.liveness.forget_all_but({job.id for job in running})
    return running


@shielded
async def fill_queue(store: Store, at_once: AtOnce = ANY_NUMBER) -> list[Waiting]:
    """Make up for entries that are missing in the queue of jobs that may be started: what a worker
    took out and died before it began, and what had to wait for others to end. Gives those jobs, as
    `waiting_jobs` does."""
    async with store.engine.begin() as connection:
        queued = set((await connection.execute(QUEUED)).scalars())
        waiting = await _waiting(connection, at_once)
        for one in waiting:
            if one.id not in queued:
                await enqueue(connection, one.id, one.priority, begun=one.begun)
    return waiting
