"""The database: migrations make what the tables say, lists page, libraries keep their revision."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlmodel import SQLModel

from research.errors import JobEnded, JobNotFound, LibraryError, StoreUnreadable
from research.settings import load_settings
from research.store.database import Store
from research.store.records import JobRecords
from research.store.schema import migrate
from research.store.tables import DocumentRow
from tests.postgres import on_both
from tests.research.crews import new_job
from tests.research.store.older import made_at


def _differences(connection: Connection) -> list[object]:
    """Where the database is not what the tables say."""
    ours = set(SQLModel.metadata.tables)
    mine = MigrationContext.configure(
        connection,
        opts={"include_name": lambda name, kind, _: kind != "table" or name in ours},
    )
    return list(compare_metadata(mine, SQLModel.metadata))


@on_both
async def test_migrations_make_what_the_tables_say(store: Store) -> None:
    async with store.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


@pytest.mark.parametrize(
    "before",
    [
        "ALTER TABLE model_calls DROP task_id; ALTER TABLE runs DROP given; ALTER TABLE runs DROP stopped",
        "ALTER TABLE runs DROP stopped",
        "ALTER TABLE readings DROP notes; ALTER TABLE documents DROP notes",
        "DROP TABLE answers; UPDATE alembic_version SET version_num = '0003'",
    ],
)
async def test_what_earlier_states_made_is_brought_up_to_date(tmp_path: Path, before: str) -> None:
    file = tmp_path / "old.db"
    await asyncio.to_thread(made_at, file, "0007")
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"UPDATE alembic_version SET version_num = '0004'; {before}")
    async with (
        Store.open(f"sqlite+aiosqlite:///{file}") as store,
        store.engine.connect() as connection,
    ):
        assert await connection.run_sync(_differences) == []


@on_both
async def test_opening_again_changes_nothing(store: Store) -> None:
    job = await new_job(store)
    async with Store.open(store.url) as again:
        assert await again.job(job.id) == job


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_processes_may_migrate_one_empty_database(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    code = "import sys; from research.store.schema import migrate; print('ready', flush=True); sys.stdin.readline(); migrate(sys.argv[1])"
    own = f"sqlite:///{tmp_path / 'data' / 'new.db'}"
    asked = own if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    url = load_settings(database_url=asked).database
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, url],
            stdin=-1,
            stdout=-1,
            stderr=-1,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [(process.communicate()[1], process.returncode) for process in processes] == [
        ("", 0)
    ] * 2


@on_both
async def test_jobs_page_newest_first(store: Store) -> None:
    made = [(await new_job(store)).id for _ in range(5)]
    first = await store.jobs(limit=2)
    rest = await store.jobs(limit=10, before=first[-1].id)
    assert [job.id for job in first + rest] == made[::-1]
    assert await store.jobs(containing="no such words") == []
    assert len(await store.jobs(containing="HOW DEEP")) == 5


@on_both
async def test_a_waiting_job_is_cancelled_at_once_and_only_once(store: Store) -> None:
    job = await new_job(store)
    assert (await store.request_cancel(job.id)).status == "cancelled"
    with pytest.raises(JobEnded):
        await store.request_cancel(job.id)
    with pytest.raises(JobNotFound):
        await store.job("nothing")


@on_both
async def test_a_library_gets_a_new_revision_when_a_document_changes(store: Store) -> None:
    library = await store.put_library("sea", path=None)
    document = DocumentRow(
        library_id=library.id,
        path="a.md",
        url="u",
        title="A",
        media_type="text/markdown",
        raw_sha256="0",
        extractor="test",
    )
    await store.put_documents(library.id, [document])
    await store.put_documents(library.id, [])
    found = await store.library("sea")
    assert found is not None
    assert found.revision == 1
    await store.put_documents(library.id, [], removed=["a.md"])
    assert await store.documents(library.id) == []
    with pytest.raises(LibraryError):
        await store.put_documents("absent", [document])


@pytest.mark.parametrize("revision", ["", "0005"])
def test_a_migration_that_is_killed_half_way_leaves_what_was_there(
    tmp_path: Path, revision: str
) -> None:
    file = tmp_path / "killed.db"
    url = f"sqlite+aiosqlite:///{file}"
    if revision:
        made_at(file, revision)
    before = _schema(file)
    code = (
        "import os, signal, sys; from sqlalchemy import Engine, event; "
        "from research.store.schema import migrate; "
        "see = lambda *told: os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] in told[2] else 0; "
        "event.listen(Engine, 'after_cursor_execute', see); migrate(sys.argv[1])"
    )
    for statement in ("CREATE TABLE", "ALTER TABLE", "'0012'"):
        command = [sys.executable, "-c", code, url, statement]
        killed = subprocess.run(command, cwd=Path(__file__).parents[3], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert _schema(file) == before
    migrate(url)
    assert ("alembic_version",) in _schema(file)


def _schema(file: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()


def test_a_schema_that_is_up_to_date_needs_no_migration(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'a b.db'}"
    migrate(url)
    code = "import sys; from research.store.schema import migrate; migrate(sys.argv[1]); print('alembic' in sys.modules)"
    again = subprocess.run(
        [sys.executable, "-c", code, url], capture_output=True, text=True, check=True
    )
    assert again.stdout.strip() == "False"
    new = subprocess.run(
        [sys.executable, "-c", code, url.replace("a b", "c")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert new.stdout.strip() == "True"


@on_both
async def test_a_text_with_the_character_that_postgresql_cannot_hold_is_kept_without_it(
    store: Store,
) -> None:
    job = await store.take((await new_job(store)).id, stale_seconds=60)
    records = JobRecords(store, job)
    await records.put_answer("request", "a\0b, \\u0000 stays")
    await records.emit("warning", message="a\0b")
    kept = await store.answer(job.id, "request")
    assert kept in ("a\0b, \\u0000 stays", "a\N{REPLACEMENT CHARACTER}b, \\u0000 stays")
    [event] = await store.events(job.id)
    assert event.data["message"] in ("a\0b", "a\N{REPLACEMENT CHARACTER}b")


async def test_a_server_that_is_away_is_told_with_what_mends_it(postgres_url: str) -> None:
    away = load_settings(database_url="postgresql://me:secret@127.0.0.1:1/leadline").database
    with pytest.raises(StoreUnreadable, match=r"127\.0\.0\.1/leadline") as told:
        async with Store.open(away):
            pass
    assert "secret" not in str(told.value)
    absent = load_settings(database_url=postgres_url.replace("/test_", "/none_")).database
    with pytest.raises(StoreUnreadable, match="does not exist"):
        async with Store.open(absent):
            pass
