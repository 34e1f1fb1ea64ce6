"""Jobs out of procrastinate's queue, for a worker on PostgreSQL.

Its worker takes one entry at a time and hands the job over; it holds back as long as there is no
room for another, so that an entry goes to a worker that can start it. What becomes of the job does
not depend on it: when it ends, because the database was away, it is made anew and the runs go on.
While it does not answer at all, the worker starts jobs by their rows (`worker.py`).
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from psycopg import Error

from research.store.postgres.conninfo import conninfo
from research.store.queue.queue import QUEUE, TASK

LOOK_SECONDS = 5.0  # between looks at the queue, should a notification be lost
BEAT_SECONDS = 5.0
STALLED_SECONDS = 30.0
PAUSES = (0.5, 10.0)  # seconds before a database that does not answer is asked again
CLOSE_SECONDS = 5.0  # for its last words to the database, then as much to be cut off
HandOver = Callable[[str], Awaitable[None]]
_log = structlog.get_logger("leadline.queue")


@asynccontextmanager
async def listening(url: str, hand_over: HandOver, room: asyncio.Event) -> AsyncIterator[None]:
    """Hand the jobs of the queue over as long as the block is open; `hand_over` returns when there
    is room for another."""
    hearing = asyncio.create_task(_listen_again_and_again(url, hand_over, room))
    try:
        yield
    finally:
        await _end(hearing)


async def _end(hearing: asyncio.Task[None]) -> None:
    """End it in order; or, when the database does not answer, without. Procrastinate's worker takes
    the first cancellation for a wish to stop, and each query it waits for another."""
    hearing.cancel()
    await asyncio.wait([hearing], timeout=CLOSE_SECONDS)
    until = time.monotonic() + CLOSE_SECONDS
    while not hearing.done() and time.monotonic() < until:
        hearing.cancel()
        await asyncio.wait([hearing], timeout=0.5)
    if not hearing.done():
        _log.warning("the queue does not answer and is left")


async def _listen_again_and_again(url: str, hand_over: HandOver, room: asyncio.Event) -> None:
    pause, longest = PAUSES
    while True:
        await room.wait()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await _listen(url, hand_over)
        except (ConnectorException, Error, OSError) as error:
            _log.warning("the queue does not answer", reason=str(error))
        except Exception as error:  # noqa: BLE001  # nobody waits for this task: it must go on
            _log.error("the queue is made anew after a bug", exc_info=error)
        pause = PAUSES[0] if loop.time() - began > longest else min(2 * pause, longest)
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))


async def _listen(url: str, hand_over: HandOver) -> None:
    """Take from the queue until procrastinate's worker gives up."""
    connector = procrastinate.PsycopgConnector(conninfo=conninfo(url), min_size=1, max_size=3)
    app = procrastinate.App(connector=connector)

    @app.task(name=TASK, queue=QUEUE)
    async def take(job_id: str) -> None:
        await hand_over(job_id)

    async with app.open_async():
        await _clear_stalled(app)
        await app.run_worker_async(
            queues=[QUEUE],
            concurrency=1,
            install_signal_handlers=False,
            delete_jobs="always",
            fetch_job_polling_interval=LOOK_SECONDS,
            update_heartbeat_interval=BEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=0,
        )


async def _clear_stalled(app: procrastinate.App) -> None:
    """Remove the entries that dead workers had taken: their jobs are seen to by their rows."""
    manager = app.job_manager
    for entry in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await manager.finish_job(entry, procrastinate.jobs.Status.FAILED, delete_job=True)
