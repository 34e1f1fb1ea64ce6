"""The doctor and the readiness of a process, on both databases."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from api.app import create_app
from api.commands.doctor import examine
from evals.doubles.postgres import PostgresServer
from research.settings import Settings, load_settings
from research.store.condition import health
from research.store.database import Store
from research.store.schema import newest_revision
from tests.api.conftest import Start, serving
from tests.postgres import on_both


async def _found(settings: Settings) -> dict[str, tuple[bool, str]]:
    findings = await examine(settings)
    return {one.name: (one.works, one.detail) for one in findings}


@on_both
async def test_the_doctor_tells_server_and_schema(
    settings: Settings, store: Store, database: str
) -> None:
    found = await _found(settings)
    works, detail = found["database"]
    server = r"PostgreSQL \d+\.\d+" if database == "postgres" else r"SQLite 3\.\d+"
    assert works and re.search(server, detail)
    assert found["database schema"] == (True, f"revision {newest_revision()}, the newest")
    if database == "postgres":
        assert found["clock"][0] and re.match(r"0\.\d s (ahead|behind)", found["clock"][1])
        assert re.match(r"\d+ of 100 in use", found["database connections"][1])


@on_both
async def test_a_schema_that_is_behind_or_ahead_is_told_and_readiness_knows_it(
    settings: Settings, store: Store, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "TRUSTED_SECONDS", 0.0)
    service = await start()
    ready = await service.client.get("/readyz")
    assert ready.status_code == 200 and ready.json()["schema"] == newest_revision()
    await _revise(store, "0001")
    assert "0001; this version needs" in (await _found(settings))["database schema"][1]
    behind = await service.client.get("/readyz")
    assert behind.status_code == 503 and "0001" in behind.json()["detail"]
    await _revise(store, "9999")
    works, detail = (await _found(settings))["database schema"]
    assert not works and "newer than" in detail
    # an older process goes on working while a newer one has taken the schema further
    assert (await service.client.get("/readyz")).status_code == 200


async def _revise(store: Store, revision: str) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))


async def test_the_doctor_makes_no_database(
    settings: Settings, tmp_path: Path, empty_postgres_url: str
) -> None:
    works, detail = (await _found(settings))["database"]
    assert works and "not there yet" in detail
    assert not settings.data_dir.exists()
    found = await _found(load_settings(database_url=empty_postgres_url))
    assert found["database schema"][0] and "none; this version needs" in found["database schema"][1]
    again = await _found(load_settings(database_url=empty_postgres_url))
    assert again["database schema"] == found["database schema"]


async def test_a_server_that_is_away_is_told_with_what_mends_it() -> None:
    away = load_settings(database_url="postgresql://someone:hidden@127.0.0.1:9/leadline")
    works, detail = (await _found(away))["database"]
    assert not works and "hidden" not in detail


async def test_a_server_that_takes_no_writes_is_not_ready(
    postgres: PostgresServer, postgres_url: str, start: Start
) -> None:
    name = str(make_url(postgres_url).database)
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    works, detail = (await _found(load_settings(database_url=postgres_url)))["database"]
    assert not works and "cannot be written to" in detail
    store = Store(load_settings(database_url=postgres_url).database)
    async with serving(create_app(load_settings(), store)) as url, httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/readyz")
    await store.close()
    assert answer.status_code == 503 and "cannot be written to" in answer.json()["detail"]


async def test_a_file_that_cannot_be_written_is_told(settings: Settings, store: Store) -> None:
    data = str(settings.data_dir)
    closed = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", data, data, sys.executable]
    done = await asyncio.to_thread(
        subprocess.run,
        [*closed, "-m", "api.cli", "doctor"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "MISSING  database: " in done.stdout and "readonly" in done.stdout, done.stdout
    assert done.returncode == 1 and "Traceback" not in done.stderr


async def test_calls_follow_the_jobs_at_once_and_one_that_starves_the_other_is_told() -> None:
    endpoint = {"model": "m", "model_base_url": "http://127.0.0.1:9/v1"}
    following = load_settings(workers=10, **endpoint)
    assert following.calls_at_once == 20
    assert (await _found(following))["at once"] == (True, "10 jobs, 20 calls to a model")
    starved = load_settings(workers=10, model_concurrency=4, **endpoint)
    findings = {one.name: one for one in await examine(starved)}
    assert not findings["at once"].works
    assert "LEADLINE_MODEL_CONCURRENCY to 20" in findings["at once"].mend
