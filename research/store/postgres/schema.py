"""The schema of a PostgreSQL database: our tables, LangGraph's checkpoints, procrastinate's queue.

Processes that start at once take turns by an advisory lock. It is tried again and again and not
waited for: LangGraph builds an index while others work, and would wait for one who waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from procrastinate.schema import SchemaManager
from psycopg.rows import dict_row
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from research.store.postgres.conninfo import conninfo

Connection = psycopg.Connection[dict[str, Any]]
LOCK = 0x6C6561646C696E65  # "leadline"
TRY_AGAIN_SECONDS = 0.05
# Checkpoints in the order they were written: LangGraph's ids follow the clock of whoever made them.
NUMBERED = "ALTER TABLE checkpoints ADD COLUMN IF NOT EXISTS seq BIGSERIAL"


def migrate_postgres(url: URL, newest: str, upgrade: Callable[[], None]) -> None:
    """Bring the database to the newest schema; `upgrade` makes our own tables."""
    with _connected(url) as connection:
        if _is_newest(connection, newest):
            return
        with _alone(connection):
            PostgresSaver(connection).setup()
            connection.execute(NUMBERED)
            if not _has_table(connection, "procrastinate_jobs"):
                connection.execute(SchemaManager.get_schema().encode())
            upgrade()


def _connected(url: URL) -> Connection:
    """Raises SQLAlchemy's `OperationalError`, as all else does that uses the database."""
    try:
        return psycopg.connect(conninfo(url), autocommit=True, row_factory=dict_row)
    except psycopg.OperationalError as error:
        raise OperationalError("connect", None, error) from error


def _is_newest(connection: Connection, newest: str) -> bool:
    tables = ("alembic_version", "checkpoint_migrations", "procrastinate_jobs")
    if not all(_has_table(connection, table) for table in tables):
        return False
    query = "SELECT (SELECT max(version_num) FROM alembic_version) AS ours, max(v) AS theirs"
    found = connection.execute(f"{query} FROM checkpoint_migrations").fetchone() or {}
    theirs = len(PostgresSaver.MIGRATIONS) - 1
    return bool(found["ours"] == newest and found["theirs"] == theirs)


def _has_table(connection: Connection, name: str) -> bool:
    return _holds(connection, "SELECT to_regclass(%s) IS NOT NULL", name)


def _holds(connection: Connection, query: LiteralString, given: object) -> bool:
    """Whether what the query asks, of one value, is true."""
    found = connection.execute(query, [given]).fetchone()
    return bool(found and all(found.values()))


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold the lock, after whoever holds it now; the server lets go of it when a process dies."""
    while not _holds(connection, "SELECT pg_try_advisory_lock(%s)", LOCK):
        time.sleep(TRY_AGAIN_SECONDS)
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
