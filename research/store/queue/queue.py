"""The queue of a PostgreSQL database: an entry of procrastinate's for each job that waits for a
worker, written in the transaction that makes it wait.

An entry only says where to look: what a job's row says is the truth, an entry too many does
nothing, and a missing one is made up for by any worker (`dispatch.py`). SQLite has no queue: its
worker looks at the rows. Not here: taking jobs from the queue (`api/jobs/queue_worker.py`)."""

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    import procrastinate

RAISE = """
UPDATE procrastinate_jobs SET priority = %(priority)s
WHERE queueing_lock = %(job_id)s AND status = 'todo' AND priority < %(priority)s
"""
TASK = QUEUE = "research"
BEGUN = 1000  # above the priority of every request


@cache
def _app() -> "procrastinate.App":
    import procrastinate  # here: it belongs to an extra

    return procrastinate.App(connector=procrastinate.PsycopgConnector())


async def enqueue(
    connection: AsyncConnection, job_id: str, priority: int = 0, *, begun: bool = False
) -> None:
    """Add an entry for the job to what the transaction writes; one that waits already, left over
    from before the job was begun, is given its priority. One that was `begun` goes before all that
    were not. Raises SQLAlchemy's `OperationalError`, as all else does that uses the database."""
    if connection.dialect.name != "postgresql":
        return
    import psycopg  # here: they belong to an extra
    from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None  # the connection is open
    priority += BEGUN if begun else 0
    entry = _app().configure_task(
        TASK, queue=QUEUE, queueing_lock=job_id, priority=priority, connection=raw
    )
    try:
        async with raw.transaction():  # a savepoint: the outer transaction goes on
            await entry.defer_async(job_id=job_id)
    except AlreadyEnqueued:
        await raw.execute(RAISE, {"job_id": job_id, "priority": priority})
    except (ConnectorException, psycopg.Error) as error:
        raise OperationalError("enqueue", None, error.__cause__ or error) from error
