"""Work with the database that is done in one go: a function of SQLAlchemy's plain engine, with all
its statements.

A transaction of several steps on the event loop waits for a turn of the loop at each of them. Here
it waits once. On PostgreSQL the work is done in a thread, where waiting for the server needs
neither the loop nor the interpreter; on SQLite, whose statements take microseconds, on the event
loop itself (`sqlite/connection.py`)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Protocol, TypeVar

from sqlalchemy import Engine
from sqlalchemy.util import greenlet_spawn

from research.store.shield import shielded

T = TypeVar("T")


class Work(Protocol):
    """Does work with a database."""

    async def read(self, work: Callable[[Engine], T]) -> T:
        """What the work reads; each of its statements sees what was committed before it."""
        ...

    async def write(self, work: Callable[[Engine], T]) -> T:
        """What the work gives, which ends its transactions itself."""
        ...

    def close(self) -> None:
        """Let go of all connections, after the work that is being done."""
        ...


class OnTheLoop:
    """Work done on the event loop, in a greenlet, over an asynchronous engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @shielded
    async def read(self, work: Callable[[Engine], T]) -> T:
        return await greenlet_spawn(work, self._engine)

    async def write(self, work: Callable[[Engine], T]) -> T:
        return await greenlet_spawn(work, self._engine)

    def close(self) -> None:
        """The engine is closed by whoever made it."""


class InThreads:
    """Work done in threads, so many at once, over an engine of their own."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self.engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="database")

    async def read(self, work: Callable[[Engine], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work, self._reading)

    async def write(self, work: Callable[[Engine], T]) -> T:
        loop, context = asyncio.get_running_loop(), copy_context()
        return await loop.run_in_executor(self._threads, context.run, work, self.engine)

    def close(self) -> None:
        self._threads.shutdown()
        self.engine.dispose()
