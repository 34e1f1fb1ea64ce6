"""Whether the database can be read and written at all: what breaks below SQL is told as an error of ours, with what mends it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from research.errors import StoreUnreadable

UNREADABLE = tuple(f"SQLITE_{name}" for name in ("CORRUPT", "NOTADB", "FULL", "IOERR", "READONLY", "CANTOPEN"))


@contextmanager
def readable(url: str) -> Iterator[None]:
    """Raises `StoreUnreadable` for a SQLite file that is broken, full or out of reach; other errors of the database as they are."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        told = error.orig if isinstance(error, DatabaseError) else error
        if isinstance(told, sqlite3.DatabaseError) and getattr(told, "sqlite_errorname", "").startswith(UNREADABLE):
            raise StoreUnreadable(place=make_url(url).database, reason=str(told)) from error
        raise
