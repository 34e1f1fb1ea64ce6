"""A worker: takes the jobs of its database one after another and has them run as tasks of this
process, `settings.workers` at once.

On SQLite it looks at the rows; on PostgreSQL the queue tells it of jobs, and it looks for those
whose worker is gone or that the queue should have told of long ago. Not here: what becomes of one
job (`queueing.work`)."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.jobs.queueing import Runner, work
from api.observing.logs import logged_as
from research.errors import (
    Drained,
    InputNeeded,
    JobBusy,
    JobEnded,
    JobNeeded,
    JobNotFound,
    LeadlineError,
    StoppedByBug,
    StoreUnreadable,
)
from research.settings import Settings
from research.store.database import Store
from research.store.deletion import delete_job, ended_before
from research.store.queue.at_once import AtOnce, Waiting
from research.store.queue.dispatch import fill_queue, give_up_lost, waiting_jobs
from research.store.queue.liveness import new_owner

BACKOFF_SECONDS = 10.0  # the longest pause before a database that does not answer is asked again
OVERDUE_SECONDS = 12.0  # that a job waits beside room until the queue is not waited for any more
CLOSE_SECONDS = 10.0  # for what looks at the database to end
SWEEP_SECONDS = 3600.0  # between looks for jobs whose days are over
_log = structlog.get_logger("leadline.worker")


class Worker:
    """Works while its block is open. At its end it takes no more, and its runs are asked to stop
    after the step they are at; those that have not within `settings.drain_seconds` are cut off."""

    def __init__(
        self, store: Store, settings: Settings, runner: Runner, *, poll_seconds: float = 1.0
    ) -> None:
        self._store = store
        self._settings = settings
        self._runner = runner
        self._poll_seconds = poll_seconds
        self._at_once = AtOnce(all=settings.jobs_at_once, tenant=settings.tenant_jobs_at_once)
        self._owner = new_owner()
        self._woken = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, float] = {}  # since when each was seen to wait beside room
        self._stopping = False
        self._fault: StoreUnreadable | None = None
        self._loop: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._listening = AsyncExitStack()

    @property
    def alive(self) -> bool:
        return self._loop is not None and not self._loop.done()

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def __aenter__(self) -> Self:
        if not self._store.is_sqlite:
            from api.jobs.queue_worker import listening  # here: it belongs to an extra

            hearing = listening(self._store.url, self.hand_over, self._room)
            await self._listening.enter_async_context(hearing)
        self._loop = asyncio.create_task(self._look_again_and_again())
        self._sweeping = asyncio.create_task(self._sweep_again_and_again())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping = True
        own = [task for task in (self._loop, self._sweeping) if task is not None]
        for task in own:
            task.cancel()
        ends = asyncio.wait(own, timeout=CLOSE_SECONDS)
        # at once: the runs are asked to stop although a connection does not answer
        await asyncio.gather(self._drain(), self._listening.aclose(), ends)

    async def _drain(self) -> None:
        running = list(self._running.values())
        drain = getattr(self._runner, "drain", None)
        if running and drain is not None:
            drain()
            await asyncio.wait(running, timeout=self._settings.drain_seconds)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def hand_over(self, job_id: str) -> None:
        """Start a job as soon as there is room, and return when there is room for another."""
        await self._room.wait()
        self._start(job_id)
        await self._room.wait()

    async def _look_again_and_again(self) -> None:
        """Look for work each time somebody wakes us, and now and then. A database that cannot be
        used, also one that can be read but not written, is left alone for longer and longer."""
        pause = self._poll_seconds
        while True:
            self._woken.clear()
            fault = await self._looked()
            if fault is not None:
                pause = min(2 * pause, BACKOFF_SECONDS)
                _log.error("the database cannot be used", reason=str(fault), pause=pause)
                await asyncio.sleep(pause)
                continue
            with suppress(
                TimeoutError
            ):  # `wait_for` of Python 3.11 loses a cancellation that comes with what is waited for
                async with asyncio.timeout(self._poll_seconds):
                    await self._woken.wait()
            if self._fault is None:
                pause = self._poll_seconds

    async def _looked(self) -> Exception | None:
        """Look for work, unless a job has met a fault of the database; gives the fault."""
        if self._fault is None:
            try:
                await self._look()
            except (SQLAlchemyError, StoreUnreadable) as error:
                return error
            return None
        fault, self._fault = self._fault, None
        return fault

    async def _look(self) -> None:
        """Free the jobs whose workers are gone; then start what waits, or see that the queue holds
        it."""
        lost = await give_up_lost(
            self._store, self._settings.stale_seconds, self._owner, self._running.keys()
        )
        for job_id in lost:
            _log.warning("the worker of a job is gone", job=job_id)
        if not self._store.is_sqlite:
            self._start_overdue(await fill_queue(self._store, self._at_once))
        elif self._room.is_set():
            for waiting in await waiting_jobs(self._store, self._at_once):
                if not self._room.is_set():
                    break
                self._start(waiting.id)

    def _start_overdue(self, waiting: Sequence[Waiting]) -> None:
        """Start what the queue has not handed over although there was room all the time: it may
        have gone silent. A job that another worker has begun meanwhile is left to it."""
        now = time.monotonic()
        seen = waiting if self._room.is_set() else ()
        self._waiting = {one.id: self._waiting.get(one.id, now) for one in seen}
        for job_id, since in self._waiting.items():
            if self._room.is_set() and now - since >= OVERDUE_SECONDS:
                _log.warning("the queue has not told of a job", job=job_id)
                self._waiting[job_id] = now
                self._start(job_id)

    async def _sweep_again_and_again(self) -> None:
        """Delete what has been kept for as many days as the settings say."""
        days = self._settings.retention_days
        while days is not None:
            try:
                for job_id in await ended_before(self._store, days):
                    with suppress(JobBusy, JobNeeded, JobNotFound):  # in use, or gone already
                        await delete_job(
                            self._store, job_id, self._settings.stale_seconds, ended_only=True
                        )
                        _log.info("job deleted after its days", job=job_id)
            except (SQLAlchemyError, StoreUnreadable) as error:
                _log.error("the database does not answer", reason=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    def _start(self, job_id: str) -> None:
        if self._stopping or job_id in self._running:
            return
        task = asyncio.create_task(self._work_on(job_id))
        self._running[job_id] = task
        task.add_done_callback(partial(self._ended, job_id))
        self._count()

    async def _work_on(self, job_id: str) -> None:
        """Work on a job, and tell in the log how it ended. One that ended badly has said so in its
        row; one that could not is taken up again."""
        try:
            job = await self._store.job(job_id)
        except StoreUnreadable as error:
            self._fault = error
            return
        with logged_as(job):
            try:
                report = await work(job_id, self._runner, self._settings, self._store, self._owner)
            except (Drained, JobBusy, JobEnded) as error:
                _log.debug("job left to others", code=error.code)
            except InputNeeded:
                _log.info("job waits for a person")
            except StoppedByBug:
                pass  # told where it was met
            except StoreUnreadable as error:
                self._fault = error  # told once for all jobs that met it
            except LeadlineError as error:
                _log.warning("job without report", code=error.code, reason=str(error))
            else:
                _log.info("job completed", status=report.status)

    def _count(self) -> None:
        if len(self._running) < self._settings.workers:
            self._room.set()
        else:
            self._room.clear()

    def _ended(self, job_id: str, task: "asyncio.Task[None]") -> None:
        """Make room."""
        del self._running[job_id]
        self._count()
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("job stopped", job=job_id, exc_info=error)
