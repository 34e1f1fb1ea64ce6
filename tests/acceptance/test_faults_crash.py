"""An agent meets a bug, the endpoint dies: the run stops or waits, and goes on from where it stood
with all that was paid for."""

import json
import signal
import sqlite3
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import ormsgpack

from evals.doubles.loopback import free_port
from evals.doubles.simulated_model import ModelServer, serving
from tests.acceptance import killing
from tests.acceptance.conftest import Leadline, part_by_part, prepared, together
from tests.acceptance.test_faults_reading import TWO_PARTS, events
from tests.acceptance.test_resume import QUESTION, content, reaches, served

RAILWAY = "Maribel Ortiz built every cable railway here, 1931.\n"


def standard(leadline: Leadline) -> tuple[str, ...]:
    """Asks a question of two parts; in the second round one agent searches beside another that
    verifies."""
    (leadline.library / "railway.txt").write_text(RAILWAY, encoding="utf-8")
    leadline.grow()
    return (
        "ask",
        TWO_PARTS,
        "--library",
        str(leadline.library),
        "--no-web",
        "--effort",
        "standard",
        "--json",
    )


def test_a_bug_in_one_agent_stops_the_run_and_takes_nothing_paid_from_its_siblings(
    leadline: Leadline, model: ModelServer
) -> None:
    part_by_part(model)
    asking = standard(leadline)
    whole = json.loads(leadline.run(*asking).stdout)
    alone = Counter(model.asked)
    model.asked.clear()
    model.bodies.clear()
    stopped = leadline.run(*asking, within=killing.bug("r2s1", "act", "an unexpected turn"))
    assert stopped.returncode == 1 and stopped.stdout == ""
    assert "an unexpected turn" in stopped.stderr  # a bug is told as one
    job_id = stopped.stderr.split()[0]
    assert f"leadline resume {job_id}" in stopped.stderr
    again = leadline.run(
        "resume", job_id, within=killing.bug("r2s1", "act", "an unexpected turn")
    )  # its sibling is done by now
    assert again.returncode == 1
    resumed = leadline.run("resume", job_id, "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert content(json.loads(resumed.stdout)) == content(whole)
    repeated = Counter(model.asked) - alone
    assert sum(repeated.values()) <= 2, (
        repeated
    )  # what its sibling had under way when each bug struck


def test_a_bug_that_stays_ends_the_job_typed_in_a_service_that_goes_on(
    leadline: Leadline, model: ModelServer
) -> None:
    part_by_part(model)
    standard(leadline)
    leadline.environment["LEADLINE_STALE_SECONDS"] = "0.6"
    assert leadline.run("library", "add", "sea", str(leadline.library)).returncode == 0
    port = free_port()
    base = f"http://127.0.0.1:{port}/v1/research"
    process = served(leadline, port, killing.bug("r2s1", "act", "an unexpected turn"))
    try:
        question = {"question": TWO_PARTS, "effort": "standard", "sources": {"libraries": ["sea"]}}
        job = f"{base}/{httpx.post(base, json=question, timeout=60).json()['id']}"
        sibling = f"{base}/{httpx.post(base, json=question | {'question': QUESTION}, timeout=60).json()['id']}"
        reaches(sibling, "completed")
        failed = reaches(job, "failed")
        assert failed["error"]["code"] == "bug" and "leadline resume" in failed["error"]["mend"]
        assert failed["attempts"] == 1
        assert model.asked.count("plan") == 2 and model.asked.count("route") <= 4
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    resumed = leadline.run("resume", job.rsplit("/", 1)[1], "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert "Ortiz" in resumed.stdout


def dying(model: ModelServer, step: str, back_after: float | None) -> tuple[ExitStack, list[str]]:
    """Serve the model until it is asked for this step: then nobody listens on its port, for good or
    for so many seconds."""
    life = ExitStack()
    life.enter_context(serving(model))
    port = int(model.url.split(":")[2].split("/")[0])
    made: list[str] = []

    def on_call(asked: str) -> None:
        made.append(asked)
        if asked != step or made.count(step) > 1:
            return
        life.close()
        if back_after is not None:
            threading.Timer(
                back_after, lambda: life.enter_context(serving(model, port=port))
            ).start()
        raise ConnectionResetError

    model.on_call = on_call
    return life, made


def asked_of(leadline: Leadline) -> dict[str, Any]:
    """The report on the question from a library of the same name everywhere."""
    assert leadline.run("library", "add", "sea", str(leadline.library)).returncode == 0
    done = leadline.run(
        "ask", QUESTION, "--library", "sea", "--no-web", "--effort", "quick", "--json"
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_an_endpoint_that_dies_in_mid_run_and_comes_back_on_its_port(tmp_path: Path) -> None:
    def undisturbed() -> tuple[Any, Counter[str]]:
        with serving(ModelServer()) as model:
            return content(asked_of(prepared(tmp_path / "whole", model.url))), Counter(model.asked)

    def soon() -> tuple[Any, list[str]]:
        model = ModelServer()
        life, made = dying(model, "summary", back_after=1.5)
        with life:
            return content(asked_of(prepared(tmp_path / "soon", model.url))), made

    def late() -> tuple[Any, list[str]]:
        model = ModelServer()
        life, made = dying(model, "write", back_after=None)
        with life:
            leadline = prepared(tmp_path / "late", model.url)
            assert leadline.run("library", "add", "sea", str(leadline.library)).returncode == 0
            failed = leadline.run(
                "ask", QUESTION, "--library", "sea", "--no-web", "--effort", "quick"
            )
        assert failed.returncode == 1 and "Traceback" not in failed.stderr
        assert (
            "cannot be used: no connection" in failed.stderr and "leadline resume" in failed.stderr
        )
        (problem,) = events(leadline, "job.failed")
        assert problem["code"] == "model_unavailable"
        with serving(model, port=int(model.url.split(":")[2].split("/")[0])):
            resumed = leadline.run("resume", failed.stdout.split()[0], "--json")
        assert resumed.returncode == 0, resumed.stderr
        return content(json.loads(resumed.stdout)), made

    (whole, alone), *others = together(undisturbed, soon, late)  # type: ignore[list-item]
    for (report, made), step in zip(others, ("summary", "write"), strict=True):
        assert report == whole
        assert Counter(made) - alone == Counter([step])


def test_a_checkpoint_that_was_tampered_with_ends_typed_and_runs_nothing(
    leadline: Leadline, tmp_path: Path
) -> None:
    asking = ("ask", QUESTION, "--library", str(leadline.library), "--no-web", "--effort", "quick")
    killed = leadline.run(*asking, within=killing.at("write"))
    assert killed.returncode == -signal.SIGKILL
    database = Path(leadline.environment["LEADLINE_DATA_DIR"]) / "leadline.db"
    mark = tmp_path / "executed"
    smuggled = ormsgpack.packb(
        {"x": ormsgpack.Ext(0, ormsgpack.packb(("os", "system", f"touch {mark}")))}
    )
    with sqlite3.connect(database) as connection:
        assert connection.execute("UPDATE checkpoints SET checkpoint = ?", (smuggled,)).rowcount
    connection.close()
    failed = leadline.run("resume", killed.stdout.split()[0])
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    assert "The stored state of job" in failed.stderr and "ask the question again" in failed.stderr
    assert not mark.exists()
    assert leadline.run(*asking).returncode == 0


def test_kept_answers_that_were_tampered_with_are_asked_for_anew(
    leadline: Leadline, model: ModelServer
) -> None:
    asking = ("ask", QUESTION, "--library", str(leadline.library), "--no-web", "--effort", "quick")
    killed = leadline.run(*asking, within=killing.at("write"))
    with sqlite3.connect(
        Path(leadline.environment["LEADLINE_DATA_DIR"]) / "leadline.db"
    ) as connection:
        assert connection.execute("UPDATE answers SET answer = '[1, 2'").rowcount
    connection.close()
    resumed = leadline.run("resume", killed.stdout.split()[0], "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["status"] == "complete"
    assert model.asked.count("write") == 2
