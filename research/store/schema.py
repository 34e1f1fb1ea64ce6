"""The schema of the database, brought up to date by Alembic with the steps in `migrations/`. Not
here: the tables (`tables.py`)."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock
from sqlalchemy.engine import make_url

from research.errors import SchemaUnknown, StoreUnreadable
from research.store.condition.private_files import private_database

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Bring the database to the newest schema. Of processes that start at once on one database, one
    migrates and the others wait. Raises `StoreUnreadable` for a file that cannot be made, and
    `SchemaUnknown`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        from research.store.postgres.schema import migrate_postgres  # here: it belongs to an extra

        migrate_postgres(parsed, newest_revision(), partial(upgrade, url))
        return
    if not parsed.database:
        upgrade(url)
        return
    file = Path(parsed.database)
    alone = FileLock(file.with_name(f".{file.name}.migrate.lock"), mode=0o600)
    try:
        private_database(file)
        if _is_newest(file):
            return
        alone.acquire()  # the system lets go of it when a process dies
    except OSError as error:
        raise StoreUnreadable(place=str(file), reason=error.strerror or str(error)) from error
    try:
        upgrade(url)
    finally:
        alone.release()


def upgrade(url: str) -> None:
    """Take every step of `migrations/` that the database lacks. Raises `SchemaUnknown`."""
    # here, because Alembic is slow to load and a schema that is up to date does not need it
    from alembic import command
    from alembic.config import Config
    from alembic.script.revision import ResolutionError
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if not isinstance(error.__cause__, ResolutionError):
            raise
        place = make_url(url).render_as_string(hide_password=True)
        raise SchemaUnknown(place=place, reason=str(error)) from error


def newest_revision() -> str:
    """The steps are numbered: the name of the last one's file begins with its revision."""
    return max(step.name.split("_")[0] for step in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _is_newest(file: Path) -> bool:
    """Whether a SQLite file has the newest schema."""
    if not file.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return False  # no such table yet, or it cannot be read: Alembic will say
    return bool(found == (newest_revision(),))
