"""SQLite on the event loop's own thread: a connection of aiosqlite's form without its thread.

A statement takes microseconds, a hop to a thread and back takes more, and beside a busy interpreter
a hundred times more. And since nothing waits within a transaction, the transactions of a process
run one after another, each whole: its connections never meet at the database's write lock. Where
another process holds that lock, the statement is tried again without holding up the loop.

Not here: what is stored, and how (`repositories/`, `checkpoints.py`). A single statement that takes
long, such as a search through the texts of all jobs, holds up the loop for as long
(docs/decisions/0022)."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Generator
from typing import Any, Self, TypeVar

import aiosqlite

PATIENCE = 30.0  # seconds for the write lock of another process
PAUSES = (0.001, 0.002, 0.005, 0.01, 0.025)  # seconds between tries; the last one again and again
T = TypeVar("T")


class LoopConnection(aiosqlite.Connection):
    """A connection whose statements are done when they are called."""

    def __await__(self) -> Generator[Any, None, Self]:
        return self._open().__await__()

    async def _open(self) -> Self:
        if self._connection is None:
            self._connection = self._connector()
        return self

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Raises `sqlite3.OperationalError` when the database stays locked."""
        until = time.monotonic() + PATIENCE
        pauses = iter(PAUSES)
        while True:
            try:
                return fn(*args, **kwargs)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > until:
                    raise
            await asyncio.sleep(next(pauses, PAUSES[-1]))

    def stop(self) -> None:
        """Close at once."""
        self._running = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connect(database: str, **options: Any) -> LoopConnection:
    """A connection, opened when it is awaited or entered; the options are those of
    `sqlite3.connect`."""
    settled = {**options, "timeout": 0.0, "check_same_thread": False}
    return LoopConnection(lambda: sqlite3.connect(database, **settled), iter_chunk_size=64)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another connection holds the lock. What a transaction has read may also be out of
    date, which waiting does not mend; an error of Python's own, of a text that is no UTF-8 say, has
    no code."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
