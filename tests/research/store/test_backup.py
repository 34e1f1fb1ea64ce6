"""A backup that is made while jobs run is whole: what is restored from it goes on from there."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from evals.doubles.postgres import PostgresServer, programs
from research.run import run_job
from research.settings import Settings, load_settings
from research.store.database import Store
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted

Restore = Callable[[], str]


def _copied(url: str, folder: Path) -> Restore:
    """The backup of SQLite that the guide tells of: gives the restored database's URL."""
    kept = folder / "backup.db"
    file = url.removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(kept)) as copy:
        live.backup(copy)
    return lambda: f"sqlite:///{kept}"


def _dumped(url: str, folder: Path, server: PostgresServer) -> Restore:
    kept, plain = folder / "backup.dump", url.replace("+psycopg", "")
    _run("pg_dump", "--format=custom", f"--file={kept}", plain)

    def restore() -> str:
        server.execute("CREATE DATABASE restored")
        _run("pg_restore", f"--dbname={server.url('restored')}", "--exit-on-error", str(kept))
        return server.url("restored")

    return restore


def _run(program: str, *arguments: str) -> None:
    command = [str(programs() / program), *arguments]
    subprocess.run(command, check=True, timeout=120, env={"PATH": os.environ["PATH"]})


@on_both
async def test_a_job_goes_on_in_a_restored_database(
    request: pytest.FixtureRequest, store: Store, settings: Settings, tmp_path: Path
) -> None:
    script = Script()
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def pause(name: str) -> None:
        if name == "outline" and not go_on.is_set():
            reached.set()
            await go_on.wait()

    script.before = pause
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    running = asyncio.create_task(run_job(job, scripted(script), store, settings))
    await reached.wait()
    if store.is_sqlite:
        restore = await asyncio.to_thread(_copied, store.url, tmp_path)
    else:
        server = request.getfixturevalue("postgres")
        restore = await asyncio.to_thread(_dumped, store.url, tmp_path, server)
    go_on.set()
    whole = await running

    again = Script()
    url = load_settings(database_url=await asyncio.to_thread(restore)).database
    async with Store.open(url) as restored:
        taken = await restored.take(job.id, stale_seconds=0)
        report = await run_job(taken, scripted(again), restored, settings)
    assert report.markdown == whole.markdown
    assert dict(again.calls) == {"outline": 1, "write": 1, "check": 1}
