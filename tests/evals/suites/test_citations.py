"""The suite from its command: reports out of files and out of the database, sound and tampered."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from evals.cli import app
from research.domain.report import Report
from research.run import run_job
from research.settings import load_settings
from research.store.database import Store
from tests.evals.reports import READINGS, TEXTS, sample
from tests.research.crews import Script, new_job, scripted


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["run", "citations", *map(str, arguments)])


def line(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def values(found: dict[str, Any]) -> dict[str, float | None]:
    return {name: metric["value"] for name, metric in found["metrics"].items()}


def source(reading_id: str) -> dict[str, Any]:
    snapshot_id = READINGS[reading_id]
    return {
        "reading_id": reading_id,
        "snapshot_id": snapshot_id,
        "url": "x",
        "text": TEXTS[snapshot_id],
        "sentences": [[0, 3]],
    }


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    path = tmp_path / "sources.json"
    path.write_text(json.dumps([source("r1"), source("r2")]))
    return path


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(report: Report, name: str = "report.json") -> Path:
        (tmp_path / name).write_text(report.model_dump_json(by_alias=True))
        return tmp_path / name

    return to_file


def test_a_sound_report(write: Write, sources: Path) -> None:
    result = run(write(sample()), "--snapshots", sources)
    found = line(result)
    assert (found["suite"], found["n"], found["ungraded"]) == ("citations", 1, 0)
    # needing evidence: 5 of 6; with evidence: 4, of which 2 supported
    assert values(found) == {"integrity": 1, "precision": 0.5, "coverage": 0.8, "violations": 0}
    assert found["metrics"]["precision"]["low"] == 0
    assert result.stderr == ""


def test_a_tampered_quote_lowers_integrity_and_is_named(write: Write, sources: Path) -> None:
    report = sample()
    forged = report.answer[0].evidence[0].model_copy(update={"quote": "The sea is flat."})
    tampered = report.model_copy(
        update={
            "answer": (
                report.answer[0].model_copy(update={"evidence": (forged,)}),
                *report.answer[1:],
            )
        }
    )
    path = write(tampered)
    result = run(path, "--snapshots", sources)
    assert values(line(result)) == {
        "integrity": pytest.approx(7 / 8),
        "precision": 0.5,
        "coverage": 0.8,
        "violations": 1,
    }
    assert "'The sea is flat.'" in result.stderr
    assert run(path, "--snapshots", sources, "--strict").exit_code == 1


def test_a_tampered_markdown_is_named(write: Write, sources: Path) -> None:
    tampered = sample().model_copy(update={"markdown": sample().markdown.replace("1875", "1876")})
    result = run(write(tampered), "--snapshots", sources)
    assert (
        values(line(result))["violations"] == 3
    )  # the line that is missing, the one that is there, the renderer's word
    assert "1876" in result.stderr


def test_many_reports_are_pooled(write: Write, sources: Path) -> None:
    report = sample()
    lean = report.model_copy(update={"sections": ()})
    found = line(run(write(report), write(lean, "lean.json"), "--snapshots", sources))
    assert found["n"] == 2
    assert found["metrics"]["coverage"]["value"] == pytest.approx(6 / 7)
    assert found["metrics"]["coverage"]["low"] == pytest.approx(0.8)


@pytest.mark.parametrize("form", ["folder", "lines", "items"])
def test_sources_come_in_files_lines_and_lists(write: Write, tmp_path: Path, form: str) -> None:
    both = [source("r1"), source("r2")]
    path = tmp_path / "given"
    if form == "folder":
        path.mkdir()
        for given in both:
            (path / f"{given['reading_id']}.json").write_text(json.dumps(given))
    else:
        path.write_text(
            "\n".join(map(json.dumps, both))
            if form == "lines"
            else json.dumps({"items": both, "next_cursor": None})
        )
    assert values(line(run(write(sample()), "--snapshots", path)))["integrity"] == 1


def test_without_any_of_its_texts_a_report_is_ungraded(write: Write) -> None:
    result = run(write(sample()))
    found = line(result)
    assert found["ungraded"] == 1
    assert values(found)["integrity"] is None
    assert values(found)["coverage"] == 0.8
    assert "--snapshots" in result.stderr


@pytest.mark.parametrize("content", ["{", '{"schema_version": 1}', None])
def test_what_is_no_report_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_text(content)
    result = run(path)
    assert result.exit_code == 1
    assert "x.json" in result.stderr


def test_what_is_no_source_is_told(write: Write, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('[{"text": "a"}]')
    result = run(write(sample()), "--snapshots", tmp_path / "s.json")
    assert result.exit_code == 1
    assert "no Source JSON" in result.stderr


def _run_a_job(url: str) -> str:
    async def work() -> str:
        async with Store.open(url) as store:
            job = await store.take((await new_job(store)).id, stale_seconds=15)
            return (await run_job(job, scripted(Script()), store, load_settings())).id

    return asyncio.run(work())


def test_a_stored_report_is_checked_against_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    job_id = _run_a_job(load_settings(database_url=url).database)
    result = run(job_id, "--store", url)
    assert values(line(result)) == {
        "integrity": 1,
        "precision": 0.5,
        "coverage": 1,
        "violations": 0,
    }, result.stderr


def test_an_unknown_id_is_told_with_its_mend() -> None:
    result = run("nope")
    assert result.exit_code == 1
    assert "There is no job nope" in result.stderr
    assert "leadline report list" in result.stderr


def test_a_database_that_is_none_is_told() -> None:
    result = run("nope", "--store", "no-url")
    assert result.exit_code == 1
    assert "LEADLINE_DATABASE_URL" in result.stderr
