"""The database: migrations make what the tables say, lists page, libraries keep their revision."""

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

from research.errors import JobEnded, JobNotFound, LibraryError
from research.store.database import Store
from research.store.schema import migrate
from research.store.tables import DocumentRow
from tests.research.crews import new_job


def _differences(connection: Connection) -> list[object]:
    """Where the database is not what the tables say."""
    ours = set(SQLModel.metadata.tables)
    found = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    return [one for one in found if not (one[0] == "remove_table" and one[1].name not in ours)]


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
    async with Store.open(f"sqlite+aiosqlite:///{file}"):
        pass
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"UPDATE alembic_version SET version_num = '0004'; {before}")
    async with (
        Store.open(f"sqlite+aiosqlite:///{file}") as store,
        store.engine.connect() as connection,
    ):
        assert await connection.run_sync(_differences) == []


async def test_opening_again_changes_nothing(store: Store) -> None:
    job = await new_job(store)
    async with Store.open(store.url) as again:
        assert await again.job(job.id) == job


def test_two_processes_may_migrate_one_empty_database(tmp_path: Path) -> None:
    code = "import sys; from research.store.schema import migrate; print('ready', flush=True); sys.stdin.readline(); migrate(sys.argv[1])"
    url = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'new.db'}"
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


async def test_jobs_page_newest_first(store: Store) -> None:
    made = [(await new_job(store)).id for _ in range(5)]
    first = await store.jobs(limit=2)
    rest = await store.jobs(limit=10, before=first[-1].id)
    assert [job.id for job in first + rest] == made[::-1]
    assert await store.jobs(containing="no such words") == []
    assert len(await store.jobs(containing="HOW DEEP")) == 5


async def test_a_waiting_job_is_cancelled_at_once_and_only_once(store: Store) -> None:
    job = await new_job(store)
    assert (await store.request_cancel(job.id)).status == "cancelled"
    with pytest.raises(JobEnded):
        await store.request_cancel(job.id)
    with pytest.raises(JobNotFound):
        await store.job("nothing")


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
