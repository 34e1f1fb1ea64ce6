"""The events of jobs that are followed: read once for a process, handed to all who follow.

One reader hears which jobs have new events and reads their rows once. It hears from
`Store.announce` of what this process writes, from PostgreSQL (`notifications.py`) of what others
do, and looks for itself now and then: often where only that tells what other processes write.

A follower holds nothing but the number of the last event it has: one that is slow, or comes late,
reads from the database what is not kept here any more, and holds up nobody. Not here: how events
are written (`records.py`).
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, NamedTuple, Self, TypeVar

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from research.domain import Event, JobStatus
from research.errors import JobNotFound, StoreUnreadable
from research.events import FINAL
from research.store.database import Store
from research.store.repositories.jobs import ENDED
from research.store.shield import shielded
from research.store.tables import EventRow, JobRow, table_of

KEPT = 200  # events of a job that are kept for its followers; also those of one read
PAUSE = 0.05  # seconds between two rounds of the reader: what comes in between is read together
POLLS = (0.25, 1.0)  # seconds between looks for what other processes write: the least, the most
POLL_LISTENING = 5.0  # where the database tells of it
BACKOFF = (0.5, 10.0)  # seconds until a database that does not answer is asked again
GRACE = 3.0  # seconds that a job without a final event is waited for after its end
JOBS, EVENTS = table_of(JobRow), table_of(EventRow)
FORESEEN = (SQLAlchemyError, StoreUnreadable)  # the database is away: nobody's events can be read
T = TypeVar("T")
_log = structlog.get_logger("leadline.feed")


@dataclass(frozen=True)
class Told(Generic[T]):
    """An event in the form that its followers want, made once for all of them."""

    id: int
    form: T


class _Standing(NamedTuple):
    status: JobStatus
    newest: int


class _Channel(Generic[T]):
    """A job that is followed: its newest events, and whether it has ended."""

    def __init__(self) -> None:
        self.followers = 0
        self.kept: list[Told[T]] = []
        self.kept_after = 0  # all events after this one are kept
        self.newest: int | None = None  # of those read; None before the first look
        self.final = False
        self.ended = False
        self.missing = False
        self.changed = asyncio.Event()
        self._ended_since: float | None = None

    @property
    def state(self) -> tuple[int | None, bool, bool]:
        return self.newest, self.ended, self.missing

    def add(self, events: Sequence[Event], told: Sequence[Told[T]]) -> None:
        self.kept += told
        if len(self.kept) > KEPT:
            self.kept_after = self.kept[-KEPT - 1].id
            del self.kept[:-KEPT]
        self.newest = events[-1].id
        self.final = events[-1].type in FINAL

    def after(self, id: int) -> list[Told[T]] | None:
        """Those after this one; None if older ones than are kept are among them."""
        if id < self.kept_after:
            return None
        return self.kept[bisect_right(self.kept, id, key=lambda told: told.id) :]

    def settle(self, status: JobStatus) -> None:
        """The job's row may end a moment before its last event is written."""
        if status not in ENDED:
            self._ended_since, self.ended = None, False
            return
        self._ended_since = self._ended_since or time.monotonic()
        self.ended = self.final or time.monotonic() - self._ended_since > GRACE

    def wake(self) -> None:
        """Let all who wait look again."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class Feed(Generic[T]):
    """Follows jobs while its block is open. `form` makes of an event what followers are given."""

    def __init__(self, store: Store, form: Callable[[Event], T]) -> None:
        self._store = store
        self._form = form
        self._channels: dict[str, _Channel[T]] = {}
        self._news: set[str] = set()
        self._stuck: set[str] = set()  # jobs with an event that cannot be handed out
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False
        self._listening = False
        self._poll_seconds = POLLS[0]
        self._next_poll = 0.0

    async def __aenter__(self) -> Self:
        self._store.listeners.add(self._heard)
        self._tasks = [asyncio.create_task(self._read())]
        if self._store.engine.dialect.name == "postgresql":
            from research.store.postgres.notifications import listen  # here: it belongs to an extra

            listening = listen(self._store.url, self._heard, self._linked)
            self._tasks.append(asyncio.create_task(listening))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        self._store.listeners.discard(self._heard)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """Let every follower go, with what it has."""
        self._closed = True
        for channel in self._channels.values():
            channel.wake()

    async def follow(self, job_id: str, *, after: int = 0) -> AsyncIterator[Sequence[Told[T]]]:
        """The events of a job after this one as they come, those at hand together; ends when the
        job has ended or the feed closes. Raises `JobNotFound`."""
        with self._joined(job_id) as channel:
            while not self._closed:
                changed = channel.changed
                fresh = await self._at_hand(job_id, channel, after)
                if fresh:
                    yield fresh
                    after = fresh[-1].id
                elif channel.missing:
                    raise JobNotFound(job_id=job_id)
                elif channel.ended:
                    return
                else:
                    await changed.wait()

    @contextmanager
    def _joined(self, job_id: str) -> Iterator[_Channel[T]]:
        channel = self._channels.setdefault(job_id, _Channel())
        channel.followers += 1
        if channel.newest is None:
            self._heard(job_id)
        try:
            yield channel
        finally:
            channel.followers -= 1
            if not channel.followers:
                del self._channels[job_id]
                self._stuck.discard(job_id)

    async def _at_hand(self, job_id: str, channel: _Channel[T], after: int) -> Sequence[Told[T]]:
        if channel.newest is None:
            return ()
        kept = channel.after(after)
        return await self._page(job_id, after) if kept is None else kept

    async def _page(self, job_id: str, after: int) -> list[Told[T]]:
        """What a follower lacks that is not kept any more, KEPT events at most."""
        while not self._closed:
            try:
                return self._formed(await self._store.events(job_id, after=after, limit=KEPT))
            except FORESEEN:
                await asyncio.sleep(BACKOFF[-1])  # the reader says so, in the log
        return []

    def _formed(self, events: Sequence[Event]) -> list[Told[T]]:
        return [Told(event.id, self._form(event)) for event in events]

    # Reading

    def _heard(self, job_id: str) -> None:
        """A job has new events, or may have."""
        if job_id in self._channels:
            self._news.add(job_id)
            self._woken.set()

    def _linked(self, listening: bool) -> None:
        """The database tells of new events from now on, or no longer: look for what it did not."""
        self._listening = listening
        self._next_poll = 0.0
        self._woken.set()

    async def _read(self) -> None:
        backoff = 0.0
        while True:
            jobs, polled = await self._to_look_at()
            try:
                found = await self._look(jobs)
            except Exception as error:  # noqa: BLE001  # followers would wait for ever on its end
                foreseen = isinstance(error, FORESEEN)
                if not backoff:
                    bug = None if foreseen else error
                    _log.warning("events cannot be read", reason=type(error).__name__, exc_info=bug)
                backoff = min(BACKOFF[-1], backoff * 2 or BACKOFF[0])
                self._news |= jobs
                await asyncio.sleep(backoff)
                continue
            if backoff:
                _log.info("events can be read again")
            backoff = 0.0
            if polled:
                self._put_off_poll(found)
            await asyncio.sleep(PAUSE)

    def _put_off_poll(self, found: int) -> None:
        least, most = POLLS
        self._poll_seconds = least if found else min(most, self._poll_seconds * 2)
        pause = POLL_LISTENING if self._listening else self._poll_seconds
        self._next_poll = time.monotonic() + pause

    async def _to_look_at(self) -> tuple[set[str], bool]:
        """The jobs that were heard of, or, each time the poll is due, all that are followed; waits
        until there is one."""
        while not self._channels:
            self._woken.clear()
            await self._woken.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._next_poll - time.monotonic())):
                await self._woken.wait()
        polled = time.monotonic() >= self._next_poll
        news, self._news = self._news, set()
        self._woken.clear()
        return (set(self._channels) if polled else news), polled

    @shielded
    async def _look(self, jobs: Collection[str]) -> int:
        """Read what is new of these jobs; gives the number of events."""
        standings = await self._standings(jobs)
        found = 0
        for job_id in jobs:
            try:
                found += await self._look_at(job_id, standings.get(job_id))
            except FORESEEN:
                raise
            except Exception as error:  # noqa: BLE001  # an event that is a bug holds up its own job
                self._tell_stuck(job_id, error)
            else:
                self._stuck.discard(job_id)
        return found

    async def _look_at(self, job_id: str, standing: _Standing | None) -> int:
        channel = self._channels.get(job_id)
        if channel is None:
            return 0  # whoever followed it has left
        before, found = channel.state, 0
        channel.missing = standing is None
        if standing is not None:
            found = await self._catch_up(job_id, channel, standing)
        if channel.state != before:
            channel.wake()
        return found

    def _tell_stuck(self, job_id: str, error: Exception) -> None:
        """Say once that the events of a job cannot be handed out; each poll tries again."""
        if job_id not in self._stuck:
            self._stuck.add(job_id)
            _log.error("the events of a job cannot be told", job=job_id, exc_info=error)

    async def _catch_up(self, job_id: str, channel: _Channel[T], standing: _Standing) -> int:
        if channel.newest is None:
            channel.newest = channel.kept_after = max(0, standing.newest - KEPT)
        found = 0
        while channel.newest < standing.newest:
            events = await self._store.events(job_id, after=channel.newest, limit=KEPT)
            if not events:
                break  # they were deleted meanwhile
            channel.add(events, self._formed(events))
            found += len(events)
        channel.settle(standing.status)
        return found

    async def _standings(self, jobs: Collection[str]) -> dict[str, _Standing]:
        """The status of each job and the number of its newest event, of one moment."""
        newest = select(func.max(EVENTS.c.id)).where(EVENTS.c.job_id == JOBS.c.id)
        query = select(JOBS.c.id, JOBS.c.status, newest.scalar_subquery())
        async with self._store.engine.connect() as connection:
            rows = await connection.execute(query.where(JOBS.c.id.in_(jobs)))
            return {id: _Standing(status, newest or 0) for id, status, newest in rows}
