"""The suite from its command: scores by hand, what is ungraded, going on, and Leadline as the
system."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agents.models import Message, ScriptedModels
from agents.models.scripted import Scripted
from agents.models.types import Schema
from browser.library.library import sync_library
from evals.cli import app
from evals.suites import rubrics
from research.admission import admit_sources
from research.crew import Crew
from research.domain import Role, SourceChoice
from research.errors import LibraryError, ModelUnavailable, PrivateSourceRefused
from research.settings import Settings, load_settings
from research.store.database import Store
from tests.evals.reports import sample
from tests.research.crews import Script, scripted

VERDICTS = {"good": "yes", "half": "partly", "bad": "no"}


def criterion(text: str, weight: float, axis: str = "explicit") -> dict[str, Any]:
    return {"criterion": text, "weight": weight, "axis": axis}


TASKS = [
    {
        "sample_id": "one",
        "prompt": "How deep is the sea?",
        "rubrics": [
            criterion("good a", 5),
            criterion("half b", 3, "synthesis"),
            criterion("good fault", -2),
            criterion("bad z", 0),
        ],
    },
    {
        "sample_id": "two",
        "prompt": "How wide?",
        "rubrics": [criterion("good c", 2), criterion("bad d", 2), criterion("half fault", -4)],
    },
]


class Judging:
    """A judge that goes by the first word of a criterion; `broken` words make its call fail."""

    def __init__(self) -> None:
        self.calls = 0
        self.broken = ""

    def __call__(self, role: Role, messages: Sequence[Message], schema: Schema) -> Scripted:
        self.calls += 1
        if self.broken and self.broken in messages[-1]["content"]:
            return ModelUnavailable(model="scripted", reason="no route")
        listed = messages[-1]["content"].rsplit("?\n\n", 1)[1].split("\n")
        return {
            "verdicts": [
                {"id": i, "verdict": VERDICTS[line.split()[1]]}
                for i, line in enumerate(listed, start=1)
            ]
        }


@pytest.fixture
def judging(monkeypatch: pytest.MonkeyPatch) -> Judging:
    judge = Judging()
    monkeypatch.setattr(rubrics, "Models", lambda settings, tell: ScriptedModels(judge))
    return judge


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "processed_data.jsonl"
    path.write_text("\n".join(json.dumps(task) for task in TASKS))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "theirs"
    path.mkdir()
    (path / "one.md").write_text("# Deep")
    (path / "two.json").write_text(sample().model_dump_json(by_alias=True))
    return path


Run = Callable[..., Result]


@pytest.fixture
def run(data: Path, folder: Path, tmp_path: Path, judging: Judging) -> Run:
    def invoke(*more: str, reports: bool = True) -> Result:
        graded = ["--reports", str(folder)] if reports else []
        return CliRunner().invoke(
            app,
            ["run", "rubrics", "--data", str(data), "--out", str(tmp_path / "out"), *graded, *more],
        )

    return invoke


def line(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_the_golden_case(run: Run, tmp_path: Path) -> None:
    # one: (5 + 1.5 - 2) / 8 = 0.5625; two: (2 - 2) / 4 = 0
    found = line(run())
    assert (found["suite"], found["system"], found["n"], found["ungraded"]) == (
        "rubrics",
        "theirs",
        2,
        0,
    )
    assert found["metrics"]["score"]["value"] == pytest.approx(0.28125)
    assert found["metrics"]["score"]["low"] == 0
    assert found["metrics"]["coverage.explicit"]["value"] == pytest.approx(0.75)
    assert found["metrics"]["coverage.synthesis"] == {"value": 0.5, "low": None, "high": None}
    assert found["metrics"]["criteria_graded"]["value"] == 1
    assert found["usage"]["model_calls"] == 6
    kept = json.loads((tmp_path / "out/results.json").read_text())
    assert [task["score"] for task in kept["tasks"]] == [pytest.approx(0.5625), 0]
    assert kept["config"]["judge"].startswith("scripted")


def test_binary_makes_partly_nothing_and_needs_no_new_judgement(run: Run, judging: Judging) -> None:
    run()
    found = line(run("--binary"))  # one: (5 - 2) / 8; two: 2 / 4
    assert found["metrics"]["score"]["value"] == pytest.approx((0.375 + 0.5) / 2)
    assert judging.calls == 6


def test_repeats_are_judged_each_and_batches_save_calls(run: Run, judging: Judging) -> None:
    assert line(run("--repeats", "3"))["metrics"]["score"]["value"] == pytest.approx(0.28125)
    assert judging.calls == 18
    judging.calls = 0
    assert line(run("--batch", "8"))["metrics"]["score"]["value"] == pytest.approx(0.28125)
    assert judging.calls == 4


def test_a_failed_judge_leaves_the_task_ungraded_and_the_next_run_goes_on(
    run: Run, judging: Judging
) -> None:
    judging.broken = "bad d"
    found = line(run())
    assert found["ungraded"] == 1
    assert found["metrics"]["score"] == {"value": 0.5625, "low": None, "high": None}
    assert found["metrics"]["criteria_graded"]["value"] == pytest.approx(5 / 6)
    judging.broken, judging.calls = "", 0
    assert line(run())["metrics"]["score"]["value"] == pytest.approx(0.28125)
    assert judging.calls == 1


def test_all_ungraded_is_no_score(run: Run, judging: Judging) -> None:
    judging.broken = "?"
    found = line(run())
    assert found["ungraded"] == 2
    assert found["metrics"]["score"] == {"value": None, "low": None, "high": None}


@pytest.mark.parametrize("content", [None, "", "{}"])
def test_a_report_that_is_not_there_is_named(run: Run, folder: Path, content: str | None) -> None:
    (folder / "two.json").unlink()
    if content is not None:
        (folder / "two.json").write_text(content)
    result = run()
    assert line(result)["ungraded"] == 1
    assert "two: ungraded" in result.stderr
    assert "two.json" in result.stderr


def test_the_embedded_model_is_not_passed_off_as_a_judge(
    run: Run, judging: Judging, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no calibrated judge" not in run().stderr
    monkeypatch.setattr(
        rubrics, "Models", lambda settings, tell: ScriptedModels(judging, embedded=True)
    )
    assert "no calibrated judge" in run().stderr


def test_limit(run: Run) -> None:
    assert line(run("--limit", "1"))["n"] == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--reports DIR or --system"),
        (("--system", "gpt"), "--system leadline"),
        (("--reports", "nowhere"), "no folder"),
    ],
)
def test_a_wrong_wish_ends_with_its_mend(run: Run, options: tuple[str, ...], told: str) -> None:
    result = run(*options, reports=False)
    assert result.exit_code == 1
    assert told in result.stderr
    assert not result.stdout


def test_a_bad_line_of_data_ends_the_run(run: Run, data: Path, judging: Judging) -> None:
    data.write_text(json.dumps(TASKS[0]) + "\n{}\n")
    result = run()
    assert result.exit_code == 1
    assert "Line 2 of" in result.stderr
    assert judging.calls == 0


def test_another_judge_is_another_model_of_the_role() -> None:
    settings = load_settings(
        model="openai:a", roles={"judge": {"model_base_url": "http://127.0.0.1:1/v1"}}
    )
    changed = rubrics.with_judge(settings, "openai:b").roles["judge"]
    assert (changed.model, changed.model_base_url) == ("openai:b", "http://127.0.0.1:1/v1")
    assert rubrics.with_judge(settings, "embedded") is settings


# Leadline itself


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Script:
    script = Script()

    @asynccontextmanager
    async def assemble(settings: Settings, store: Store) -> AsyncIterator[Crew]:
        yield scripted(script)

    monkeypatch.setattr("agents.crew.assemble", assemble)
    return script


def test_leadline_writes_the_reports_and_a_second_run_writes_none(
    run: Run, crew: Script, judging: Judging, tmp_path: Path
) -> None:
    options = ("--system", "leadline", "--web", "--effort", "quick")
    found = line(run(*options, reports=False))
    assert (found["system"], found["n"], found["ungraded"]) == ("leadline", 2, 0)
    assert crew.calls["write"] == 2
    assert len(list((tmp_path / "out").glob("reports-*/*.json"))) == 2
    line(run(*options, reports=False))
    assert crew.calls["write"] == 2
    assert judging.calls == 6


def test_a_report_whose_file_is_gone_comes_from_the_database(
    run: Run, crew: Script, tmp_path: Path
) -> None:
    options = ("--system", "leadline", "--web", "--limit", "1")
    line(run(*options, reports=False))
    (kept,) = (tmp_path / "out").glob("reports-*/one.json")
    before = kept.read_text()
    kept.unlink()
    line(run(*options, reports=False))
    assert kept.read_text() == before
    assert crew.calls["write"] == 1


def test_another_effort_is_another_report(run: Run, crew: Script) -> None:
    for effort in ("quick", "deep"):
        line(
            run("--system", "leadline", "--web", "--limit", "1", "--effort", effort, reports=False)
        )
    assert crew.calls["write"] == 2


def test_a_run_without_a_report_is_ungraded_and_tried_again(
    run: Run, crew: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ModelUnavailable(model="m", reason="no route")

    options = ("--system", "leadline", "--web", "--limit", "1")
    with monkeypatch.context() as patched:
        patched.setattr("evals.subjects.systems.run_job", fail)
        assert line(run(*options, reports=False))["ungraded"] == 1
    with monkeypatch.context() as patched:
        patched.setattr(
            "research.store.queue.liveness.psutil.pid_exists", lambda pid: False
        )  # as after the process that failed
        assert line(run(*options, reports=False))["ungraded"] == 0


def test_leadline_needs_something_to_read(run: Run, crew: Script) -> None:
    result = run("--system", "leadline", reports=False)
    assert result.exit_code == 1
    assert "nothing to read" in result.stderr
    result = run("--system", "leadline", "--library", "none", reports=False)
    assert result.exit_code == 1
    assert "there is none of that name" in result.stderr


async def test_private_text_reaches_no_remote_judge_and_no_search_engine(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("The sea is deep.")
    await sync_library(store, "mine", tmp_path / "docs")
    (tmp_path / "empty").mkdir()
    mine = SourceChoice(libraries=("mine",))
    await admit_sources(mine, settings, store)
    with pytest.raises(PrivateSourceRefused, match="search engine"):
        await admit_sources(SourceChoice(libraries=("mine",), web=True), settings, store)
    with pytest.raises(PrivateSourceRefused, match="judge"):
        await admit_sources(mine, rubrics.with_judge(settings, "openai:remote"), store)
    with pytest.raises(LibraryError):
        await admit_sources(SourceChoice(libraries=("other",)), settings, store)
