"""The database: every repository over one engine. Async SQLAlchemy over SQLite (WAL) or PostgreSQL.

Writes of a running job go through `records.JobRecords`, which checks the job's fence in every
transaction. Not here: queueing (`api/jobs/queueing.py`), checkpoints (`checkpoints.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

from research.domain import Job
from research.events import EventType
from research.store.condition.readable import readable
from research.store.engine import engine_of, work_with
from research.store.queue.liveness import Liveness
from research.store.repositories.held import Held
from research.store.repositories.jobs import Jobs
from research.store.repositories.libraries import Libraries
from research.store.repositories.results import Results
from research.store.repositories.snapshots import Snapshots
from research.store.schema import migrate

Observer = Callable[[Job, EventType, Mapping[str, Any]], None]


class Store(Jobs, Results, Snapshots, Libraries):
    """`listeners` hear of jobs that have new events, `observers` of each event that this process's
    workers write."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.tenant = None
        self.engine = engine_of(url)
        self.work = work_with(self.engine, url)
        self.liveness = Liveness()
        self.listeners: set[Callable[[str], None]] = set()
        self.observers: list[Observer] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Store"]:
        """Open the database, migrated to the newest schema. Raises `StoreUnreadable`."""
        store = cls(url)
        try:
            with readable(url):
                await asyncio.to_thread(migrate, url)
            yield store
        finally:
            await store.close()

    async def close(self) -> None:
        """Let go of all connections."""
        await asyncio.to_thread(self.work.close)
        await self.engine.dispose()

    def of(self, tenant: str) -> "Store":
        """The same database as one tenant sees it: jobs and libraries of others are not there.
        Without a tenant all jobs are there, and the libraries of the default tenant."""
        view = copy(self)
        view.tenant = tenant
        return view

    def with_held(self, held: Held) -> "Store":
        """The same database for the worker of a job, with what it has read back of it."""
        view = copy(self)
        view.held = held
        return view

    def announce(self, job_id: str) -> None:
        """Tell whoever listens in this process that the job has new events; they are committed."""
        for listener in self.listeners:
            listener(job_id)
