"""Whether the database can be read and written at all: what breaks below SQL is told as an error of
ours, with what mends it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DatabaseError

from research.errors import StoreUnreadable

UNREADABLE = tuple(
    f"SQLITE_{name}" for name in ("CORRUPT", "NOTADB", "FULL", "IOERR", "READONLY", "CANTOPEN")
)


@contextmanager
def readable(url: str) -> Iterator[None]:
    """Raises `StoreUnreadable` for a SQLite file that is broken, full or out of reach; other errors
    of the database as they are."""
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
    if isinstance(error, sqlite3.DatabaseError) and getattr(
        error, "sqlite_errorname", ""
    ).startswith(UNREADABLE):
        return StoreUnreadable(place=make_url(url).database, reason=str(error))
    return None
