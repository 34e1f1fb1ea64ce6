"""PostgreSQL over psycopg 3: how an engine to it is made, and what its connections do with the one
character that it cannot hold.

Not here: what is stored, and how (`repositories/`, `saver.py`)."""

import json
import re
import select
from typing import Any

from psycopg.adapt import AdaptersMap
from psycopg.types.json import set_json_dumps
from psycopg.types.string import StrDumper, StrDumperUnknown, StrDumperVarchar
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from research.store.postgres.conninfo import bounds

POOL = 16  # connections of the event loop, kept open once they are made
# Connections of threads. With ten a run took a quarter more of the processor's time than with four:
# they wait for one another, since one thread at a time has the interpreter.
THREADS = 4
# A process that stands still within a transaction holds what that has locked: its job's row, which
# nobody could take over. The server ends it before the process counts as gone.
LET_GO = "SET idle_in_transaction_session_timeout = '10s'"
REPLACEMENT = "�"
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def postgres_engine(url: str) -> AsyncEngine:
    """An engine whose connections are looked at before they are used: a server that was started
    anew is met with new connections."""
    engine = create_async_engine(url, pool_size=POOL, **_options(url))
    _watch(engine.sync_engine)
    return engine


def plain_engine(url: str) -> Engine:
    """An engine whose statements wait for the server in the thread that asks, as many at once."""
    engine = create_engine(url, pool_size=THREADS, **_options(url))
    _watch(engine)
    return engine


def _options(url: str) -> dict[str, Any]:
    return {"max_overflow": 0, "json_serializer": _dumps, "connect_args": bounds(url)}


def _watch(engine: Engine) -> None:
    """Set up each connection, and look at it before it is used."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(LET_GO)
        cursor.close()
        connection.commit()
        raw = record.driver_connection
        _hold_no_nul(raw.adapters)
        set_json_dumps(_dumps, raw)

    @event.listens_for(engine, "checkout")
    def _on_checkout(_: Any, record: Any, _proxy: Any) -> None:
        if _has_unread(record.driver_connection.pgconn.socket):
            raise InvalidatePoolError("the server has ended the connection")


def _has_unread(socket: int) -> bool:
    """Whether a connection that nobody uses has something to read: the server says nothing then but
    that it ends it. Asking it instead, as SQLAlchemy would, takes three rounds for each
    transaction."""
    look = select.poll()
    look.register(socket, select.POLLIN)
    return bool(look.poll(0))


def _hold_no_nul(adapters: AdaptersMap) -> None:
    for kind in (StrDumperVarchar, StrDumper, StrDumperUnknown):  # the last one is the default
        adapters.register_dumper(str, type(kind.__name__, (_WithoutNul, kind), {}))


class _WithoutNul:
    """PostgreSQL's texts cannot hold NUL, which a page or a model may hand us."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", REPLACEMENT))  # type: ignore[misc]  # a dumper's


def _dumps(value: Any) -> str:
    """JSON without NUL, which `jsonb` refuses."""
    text = json.dumps(value)
    return _ESCAPED_NUL.sub(r"\1" + REPLACEMENT, text) if r"\u0000" in text else text
