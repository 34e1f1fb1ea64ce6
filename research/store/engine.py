"""The engine of the database, SQLite or PostgreSQL by its address."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from research.errors import SettingsError
from research.store.condition.readable import readable, tell_unreadable
from research.store.sqlite import connection as sqlite
from research.store.work import InThreads, OnTheLoop, Work


def engine_of(url: str) -> AsyncEngine:
    """The engine of the database, whose failures below SQL are errors of ours."""
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = _sqlite_engine(url) if is_sqlite else _postgres_engine(url)
    tell_unreadable(engine.sync_engine)
    return engine


def _postgres_engine(url: str) -> AsyncEngine:
    """Raises `SettingsError` where the driver is not installed."""
    try:
        from research.store.postgres.engine import postgres_engine  # here: it belongs to an extra
    except ImportError as error:
        raise SettingsError(
            name="LEADLINE_DATABASE_URL",
            reason=f"PostgreSQL needs the extra `postgres` ({error})",
            mend="Install it: `pip install 'leadline[postgres]'`.",
        ) from error
    return postgres_engine(url)


def work_with(engine: AsyncEngine, url: str) -> Work:
    """How work with this database is done in one go."""
    if engine.dialect.name == "sqlite":
        return OnTheLoop(engine.sync_engine)
    from research.store.postgres.engine import THREADS, plain_engine  # here: it is of an extra

    plain = plain_engine(url)
    tell_unreadable(plain)
    return InThreads(plain, THREADS)


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = sqlite.connect

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        with readable(url):
            for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
                cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
