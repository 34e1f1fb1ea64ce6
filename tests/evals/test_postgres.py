"""The PostgreSQL of tests and benchmarks."""

import shutil
from pathlib import Path

import psycopg
import pytest

from evals.doubles import postgres


def test_without_the_systems_programs_those_of_a_package_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "SYSTEM", tmp_path)
    monkeypatch.setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    if shutil.which("initdb"):
        pytest.skip("initdb is among the programs that every machine has")
    assert postgres.PACKAGE in postgres.programs().parts
    with postgres.postgres_server() as server, psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int").fetchone()
    assert row is not None and row[0] >= 130000
