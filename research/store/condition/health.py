"""How the database stands, for operators: its server, its schema, its clock, its connections.
Changes nothing. Not here: bringing the schema up to date (`schema.py`).
"""

import asyncio
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from research.domain import now
from research.store.condition.readable import readable
from research.store.database import Store
from research.store.schema import newest_revision

OF_THE_QUEUE = 5  # connections of a process beside its pool: the queue's, and what hears of events
TRUSTED_SECONDS = 2.0  # what was found, and that a write has gone well
_FOUND: WeakKeyDictionary[AsyncEngine, tuple[float, "Health"]] = WeakKeyDictionary()
_WRITTEN: WeakKeyDictionary[AsyncEngine, float] = WeakKeyDictionary()
LEAST_ROOM = 10_000_000  # bytes on the disk of a SQLite file


@dataclass(frozen=True)
class Health:
    """`revision` is that of the schema, None where there is none yet; `newest` that of this version
    of Leadline. `skew` is by how many seconds this machine's clock is ahead of the database's.
    `in_use` are the connections of all who use the server, `allowed` how many it lets in, and
    `each` how many one process of ours may open; None where there is no server."""

    server: str
    revision: str | None
    newest: str
    writable: bool = True
    queue: bool = True
    skew: float = 0.0
    in_use: int | None = None
    allowed: int | None = None
    each: int | None = None

    @property
    def is_behind(self) -> bool:
        """Whether the schema lacks what this version needs."""
        return self.revision is None or self.revision < self.newest or not self.queue


async def health(store: Store) -> Health:
    """Raises `StoreUnreadable` and SQLAlchemy's errors."""
    with readable(store.url):
        async with store.engine.connect() as connection:
            if store.engine.dialect.name == "postgresql":
                return await _postgres(connection)
            return await _sqlite(connection, Path(str(store.engine.url.database)))


async def recent_health(store: Store) -> Health:
    """What `health` found, looked for once in a few seconds at most, however often one asks."""
    at, found = _FOUND.get(store.engine, (0.0, None))
    if found is None or time.monotonic() - at >= TRUSTED_SECONDS:
        found = await health(store)
        _FOUND[store.engine] = time.monotonic(), found
    return found


async def takes_writes(store: Store) -> None:
    """Write without a change, once in a few seconds at most, however often one asks. Raises
    `StoreUnreadable` and SQLAlchemy's errors: only a write tells of a full disk or of a quota."""
    if time.monotonic() - _WRITTEN.get(store.engine, -TRUSTED_SECONDS) < TRUSTED_SECONDS:
        return
    with readable(store.url):
        async with store.engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
    _WRITTEN[store.engine] = time.monotonic()


async def _sqlite(connection: AsyncConnection, file: Path) -> Health:
    version = await _one(connection, "SELECT sqlite_version()")
    made = await _one(
        connection, "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
    )
    return Health(
        server=f"SQLite {version}",
        revision=await _revision(connection) if made else None,
        newest=newest_revision(),
        writable=await asyncio.to_thread(_can_write, file),
    )


def _can_write(file: Path) -> bool:
    """Whether a SQLite file and the log beside it can be written, and there is room for it."""
    allowed = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    return allowed and shutil.disk_usage(file.parent).free > LEAST_ROOM


async def _postgres(connection: AsyncConnection) -> Health:
    from research.store.postgres.engine import POOL, THREADS  # here: it belongs to an extra

    before = now()
    theirs = await _one(connection, "SELECT clock_timestamp()")
    ours = before + (now() - before) / 2
    made = await _one(connection, "SELECT to_regclass('alembic_version') IS NOT NULL")
    return Health(
        server=f"PostgreSQL {await _one(connection, 'SHOW server_version')}",
        revision=await _revision(connection) if made else None,
        newest=newest_revision(),
        writable=await _one(connection, "SHOW transaction_read_only") == "off",
        queue=await _one(connection, "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"),
        skew=(ours - theirs).total_seconds(),
        in_use=await _one(connection, "SELECT count(*) FROM pg_stat_activity"),
        allowed=int(await _one(connection, "SHOW max_connections")),
        each=POOL + THREADS + OF_THE_QUEUE,
    )


async def _revision(connection: AsyncConnection) -> str | None:
    revision: str | None = await _one(connection, "SELECT version_num FROM alembic_version")
    return revision


async def _one(connection: AsyncConnection, query: str) -> Any:
    return (await connection.execute(text(query))).scalar()
