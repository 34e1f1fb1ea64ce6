"""Databases as earlier versions left them."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config

from research.store.schema import MIGRATIONS


def made_at(file: Path, revision: str) -> None:
    """A new SQLite database as the version with this revision made it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = f"sqlite+aiosqlite:///{file}"
    command.upgrade(config, revision)


async def made_with_rows_of(file: Path, newer: Path, revision: str, *tables: str) -> None:
    """The same with rows of a newer database, as far as the older one has a place for them."""
    await asyncio.to_thread(made_at, file, revision)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("ATTACH ? AS newer", [str(newer)])
        for table in tables:
            about = connection.execute(f"PRAGMA main.table_info({table})")
            columns = ", ".join(f'"{name}"' for _, name, *_ in about)
            connection.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}"
            )
