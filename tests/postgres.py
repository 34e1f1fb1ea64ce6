"""PostgreSQL for tests: one real server a session, a database of its own for each test that asks.

`postgres_url` is a database with the newest schema, `empty_postgres_url` one with none. A test that
is marked `@on_both` has `settings` and a `store` of SQLite, then of PostgreSQL; `pytestmark =
on_both` marks a whole file."""

from collections.abc import Iterator
from secrets import token_hex

import pytest

from evals.doubles.postgres import PostgresServer, postgres_server
from research.settings import load_settings
from research.store.schema import migrate

on_both = pytest.mark.both_databases
TEMPLATE = "leadline_template"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = any(metafunc.definition.iter_markers(on_both.name))
    if marked and "database" in metafunc.fixturenames:
        metafunc.parametrize("database", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def _migrated(postgres: PostgresServer) -> str:
    postgres.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate(load_settings(database_url=postgres.url(TEMPLATE)).database)
    return TEMPLATE


def _fresh(postgres: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{token_hex(6)}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres: PostgresServer, _migrated: str) -> Iterator[str]:
    yield from _fresh(postgres, _migrated)


@pytest.fixture
def empty_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    yield from _fresh(postgres, "template0")


@pytest.fixture
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kind of database that this test has: SQLite unless it is asked for both."""
    kind: str = getattr(request, "param", "sqlite")
    if kind == "postgres":
        monkeypatch.setenv("LEADLINE_DATABASE_URL", request.getfixturevalue("postgres_url"))
    return kind
