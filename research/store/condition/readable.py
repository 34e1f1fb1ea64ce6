"""Whether the database can be read and written at all: what breaks below SQL is told as an error of
ours, with what mends it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DatabaseError

from research.errors import StoreUnreadable

SQLITE_UNREADABLE = tuple(
    f"SQLITE_{name}" for name in ("CORRUPT", "NOTADB", "FULL", "IOERR", "READONLY", "CANTOPEN")
)
# PostgreSQL's classes of errors: connections, who may connect, no such database, resources (a full
# disk), a server that stops or starts, the system's own, a transaction that may only read, one that
# was ended since this process stood still
POSTGRES_UNREADABLE = ("08", "28", "3D", "53", "57P", "58", "XX", "25006", "25P03")


@contextmanager
def readable(url: str) -> Iterator[None]:
    """Raises `StoreUnreadable` for a database that is broken, full or out of reach; other errors of
    the database as they are."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        if told := _told(error.orig if isinstance(error, DatabaseError) else error, url):
            raise told from error
        raise


def tell_unreadable(engine: Engine) -> None:
    """Have every statement of the engine raise `StoreUnreadable` in the same way."""

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> None:
        if told := _told(context.original_exception, str(engine.url)):
            raise told from context.original_exception


def _told(error: BaseException | None, url: str) -> StoreUnreadable | None:
    place = make_url(url)
    if isinstance(error, sqlite3.DatabaseError):
        if not getattr(error, "sqlite_errorname", "").startswith(SQLITE_UNREADABLE):
            return None
        return StoreUnreadable(place=place.database, reason=str(error))
    if error is None or not _is_out_of_reach(error):
        return None
    where = f"{place.host or 'on this machine'}/{place.database}"
    return StoreUnreadable(place=where, reason=" ".join(str(error).split()))


def _is_out_of_reach(error: BaseException) -> bool:
    """Whether an error of psycopg, which need not be installed, says that the server cannot be
    used. One without a code is told by the connection, not by the server."""
    if not hasattr(error, "sqlstate"):
        return False
    if error.sqlstate is None:
        return type(error).__name__ in ("OperationalError", "ConnectionTimeout")
    return str(error.sqlstate).startswith(POSTGRES_UNREADABLE)
