"""Deleting a job with all that it left: rows, files, checkpoints, texts that nobody else has read.

Not here: who may (`api/`), and the cache of pages, which is no job's and ends by its days.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import Table, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel, col, delete, select

from research.domain import Job, now
from research.errors import JobBusy, JobNeeded
from research.store.database import Store
from research.store.repositories.jobs import ENDED, update_as_seen
from research.store.shield import shielded
from research.store.tables import DocumentRow, JobRow, ReadingRow, SnapshotRow

THREADS = {  # where each database keeps LangGraph's checkpoints, and the queue names a job
    "checkpoints": "thread_id",
    "checkpoint_blobs": "thread_id",
    "checkpoint_writes": "thread_id",
    "writes": "thread_id",
    "procrastinate_jobs": "queueing_lock",
}


async def delete_job(
    store: Store, job_id: str, stale_seconds: float, *, ended_only: bool = False
) -> None:
    """Delete a job. Raises `JobNotFound`, `JobBusy` while somebody works on it or, where only one
    that ended is meant, once it goes on; `JobNeeded` while another job follows it up: what that one
    cites was read in this one."""
    job = await store.job(job_id)
    goes_on = ended_only and job.status not in ENDED
    if goes_on or store.liveness.is_alive(job, stale_seconds):
        raise JobBusy(job_id=job_id, owner=job.owner)
    store.forget(await _delete_rows(store, job))


@shielded
async def _delete_rows(store: Store, job: Job) -> Sequence[str]:
    """Gives the ids of the texts that the job had read."""
    job_id = job.id
    async with store.engine.begin() as connection:
        # holds the row: whoever takes the job meanwhile finds that it is not there any more
        held = await connection.execute(update_as_seen(job).values(fence=job.fence + 1))
        if held.rowcount != 1:
            raise JobBusy(job_id=job_id, owner="another worker")
        followed = select(col(JobRow.id)).where(col(JobRow.parent_id) == job_id)
        if followers := (await connection.execute(followed)).scalars().all():
            raise JobNeeded(job_id=job_id, followers=", ".join(followers))
        read = select(col(ReadingRow.snapshot_id)).where(col(ReadingRow.job_id) == job_id)
        texts = (await connection.execute(read.distinct())).scalars().all()
        for table in _tables_of_jobs():
            await connection.execute(delete(table).where(table.c.job_id == job_id))
        await _delete_threads(connection, job_id)
        await connection.execute(delete(JobRow).where(col(JobRow.id) == job_id))
        for snapshot_id in texts:
            await _delete_unread(connection, snapshot_id)
    return texts


def _tables_of_jobs() -> list[Table]:
    """All tables whose rows belong to a job, those that refer to others first."""
    tables = reversed(SQLModel.metadata.sorted_tables)
    return [table for table in tables if "job_id" in table.c]


async def _delete_threads(connection: AsyncConnection, job_id: str) -> None:
    there = await connection.run_sync(lambda own: set(inspect(own).get_table_names()))
    for table, column in THREADS.items():
        if table in there:
            gone = text(f"DELETE FROM {table} WHERE {column} = :job_id")
            await connection.execute(gone, {"job_id": job_id})


async def _delete_unread(connection: AsyncConnection, snapshot_id: str) -> None:
    """Delete a text that no job has read and no library holds; one that is read at this moment
    stays."""
    unread = (
        col(SnapshotRow.id) == snapshot_id,
        ~select(ReadingRow).where(col(ReadingRow.snapshot_id) == snapshot_id).exists(),
        ~select(DocumentRow).where(col(DocumentRow.snapshot_id) == snapshot_id).exists(),
    )
    with suppress(IntegrityError):
        async with connection.begin_nested():
            await connection.execute(delete(SnapshotRow).where(*unread))


async def ended_before(store: Store, days: float) -> list[str]:
    """The jobs that ended so many days ago or more, the newest first: a job that follows up another
    goes before it."""
    ended = (col(JobRow.status).in_(ENDED), col(JobRow.finished_at) < now() - timedelta(days))
    query = select(JobRow.id).where(*ended)
    return await store.rows(query.order_by(col(JobRow.created_at).desc()))
