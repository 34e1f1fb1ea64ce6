"""The model endpoint misbehaves in every way one was seen to: the run ends in a report, or in a
typed error that a resume mends."""

import json
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from evals.doubles.loopback import Answering
from evals.doubles.simulated_model import serving
from tests.acceptance import faulty_server as faults
from tests.acceptance.conftest import COMMAND, Leadline, prepared
from tests.acceptance.faulty_server import Faulty, said, told

QUESTION = "What is the depth of the Kestrel Trench?"


def command(server: Faulty, folder: Path, **settings: str) -> Leadline:
    return prepared(folder, server.url, **{"LEADLINE_MODEL_TIMEOUT": "2"} | settings)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """Every case by its name, side by side: they mostly wait."""
    with ThreadPoolExecutor(4) as pool:
        yield {
            name: pool.submit(case, tmp_path_factory.mktemp("case")) for name, case in CASES.items()
        }


PASSING: dict[str, tuple[Answering, int]] = {
    "reset": (faults.reset, 2),
    "429 at once": (told(429, b'{"error": {"message": "slow down"}}', Retry_After="0"), 2),
    "429 without a word": (told(429, b""), 2),
    "500": (told(500, b"oops"), 2),
    "an error page": (told(502, b"<html>bad gateway</html>", Content_Type="text/html"), 2),
    "half JSON": (told(200, b'{"id": "r", "choices": [{"mes'), 2),
    "HTML": (told(200, b"<html>Welcome</html>", Content_Type="text/html"), 2),
    "empty": (told(200, b""), 2),
    "bytes": (told(200, bytes(range(256)) * 20), 2),
    "cut": (faults.cut, 2),
    "silence": (faults.silent, 1),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_waited_out(begun: dict[str, Future[None]], name: str) -> None:
    begun[f"passing {name}"].result()


def waited_out(name: str, tmp_path: Path) -> None:
    fault, times = PASSING[name]
    with serving(Faulty(fault=fault, step="summary", times=times)) as server:
        done = command(server, tmp_path).ask(QUESTION, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "complete"
    assert report["floors"] == []
    assert server.times == 0
    assert report["usage"]["model_calls"] == len(server.calls)


STAYING: dict[str, Answering] = {
    "500": told(500, b"oops"),
    "429 for an hour": told(429, b"{}", Retry_After="3600"),
    "HTML": told(200, b"<html>Welcome</html>", Content_Type="text/html"),
    "silence": faults.silent,
    "drip": faults.drip,
    "huge": faults.huge,
}


@pytest.mark.parametrize("name", STAYING)
def test_what_stays_fails_typed_and_a_resume_repeats_nothing_paid(
    begun: dict[str, Future[None]], name: str
) -> None:
    begun[f"staying {name}"].result()


def failed_typed(name: str, step: str, tmp_path: Path) -> None:
    with serving(Faulty(fault=STAYING[name], step=step)) as server:
        leadline = command(server, tmp_path)
        failed = leadline.ask(QUESTION)
        assert failed.returncode == 1, failed.stdout
        assert "Traceback" not in failed.stderr
        assert "cannot be used" in failed.stderr
        server.fault = None
        before = Counter(server.asked)
        resumed = leadline.run("resume", failed.stdout.split()[0], "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["status"] == "complete"
    assert Counter(server.asked)["plan"] == 1
    if step == "write":  # all before it was paid for
        again = Counter(server.asked) - before
        assert not {name for name in again if name in before}


def test_an_endless_body_is_not_kept(tmp_path: Path) -> None:
    with serving(Faulty(fault=faults.huge, step="plan")) as server:
        leadline = command(server, tmp_path, LEADLINE_MODEL_TIMEOUT="1")
        asked = [
            COMMAND,
            "ask",
            QUESTION,
            "--library",
            leadline.library,
            "--no-web",
            "--effort",
            "quick",
        ]
        process = subprocess.Popen(
            asked,
            env=leadline.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        limit = threading.Timer(120, process.kill)
        limit.start()
        _, status, usage = os.wait4(process.pid, 0)  # of this process and those it waited for
        limit.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    _, told = process.communicate()
    assert process.returncode == 1, told
    assert usage.ru_maxrss < 900_000  # kB


BAD: dict[str, str] = {
    "prose": "The sea is very, very deep, my friend",
    "only thought": "<think>" + "Hm. " * 50,
    "another form": '{"colour": "blue"}',
    "circles": '{"answer": "' + "deep and deeper " * 400,
}


@pytest.mark.parametrize("name", BAD)
def test_answers_that_never_fit_make_a_plainer_report(
    begun: dict[str, Future[None]], name: str
) -> None:
    begun[f"bad {name}"].result()


def plainer(name: str, step: str, tmp_path: Path) -> None:
    with serving(Faulty(fault=said(BAD[name]), step=step)) as server:
        done = command(server, tmp_path).ask(QUESTION, "--json")
    assert done.returncode == (0 if step else 3), done.stderr
    report = json.loads(done.stdout)
    assert report["floors"] and "the model" in report["limitations"][0].lower()
    assert BAD[name][:20] not in report["markdown"]


BAD_STEPS = {"prose": "", "only thought": "summary", "another form": "judge", "circles": ""}
CASES: dict[str, Callable[[Path], None]] = {
    **{f"passing {name}": partial(waited_out, name) for name in PASSING},
    **{
        f"staying {name}": partial(failed_typed, name, ("plan", "write")[i % 2])
        for i, name in enumerate(STAYING)
    },
    **{f"bad {name}": partial(plainer, name, step) for name, step in BAD_STEPS.items()},
}


def test_a_cap_of_seconds_holds_against_a_silent_endpoint(tmp_path: Path) -> None:
    with serving(Faulty(fault=faults.silent)) as server:
        leadline = command(server, tmp_path, LEADLINE_MODEL_TIMEOUT="60")
        done = leadline.ask(QUESTION, "--json", "--max-seconds", "5")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] in ("partial", "insufficient_evidence")
    assert report["usage"]["seconds"] < 8  # the rest of the command's time is its start


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--max-calls", "9", "the least is 10"),
        ("--max-tokens", "100", "the least is"),
        ("--max-usd", "1", "no price"),
    ],
)
def test_a_budget_too_small_is_refused_at_the_door(
    tmp_path: Path, option: str, value: str, named: str
) -> None:
    with serving(Faulty()) as server:
        refused = command(server, tmp_path).ask(QUESTION, option, value)
    assert refused.returncode == 1
    assert named in refused.stderr
    assert server.calls == []


@pytest.mark.parametrize("calls", (10, 12, 14))
def test_any_budget_from_the_least_on_ends_in_a_report(tmp_path: Path, calls: int) -> None:
    with serving(Faulty()) as server:
        done = command(server, tmp_path).ask(QUESTION, "--json", "--max-calls", str(calls))
    assert done.returncode == 0, done.stderr
    assert len(server.calls) <= calls


def test_an_estimate_is_told_before_and_measured_after_three_runs(tmp_path: Path) -> None:
    with serving(Faulty()) as server:
        leadline = command(server, tmp_path)
        planned = json.loads(
            leadline.run("ask", QUESTION, "--effort", "quick", "--estimate", "--json").stdout
        )
        assert planned["runs"] == 0
        runs = [
            json.loads(leadline.ask(QUESTION, "--json").stdout)["usage"]["model_calls"]
            for _ in range(3)
        ]
        measured = json.loads(
            leadline.run("ask", QUESTION, "--effort", "quick", "--estimate", "--json").stdout
        )
        asked: subprocess.CompletedProcess[str] = leadline.ask(QUESTION)
    assert (
        runs[0] <= planned["calls"]["high"]
    )  # small sources, which are read whole, take fewer than the least it tells
    assert measured["runs"] == 3
    assert measured["calls"] == {"low": min(runs), "high": max(runs)}
    assert "Estimate (quick, multi_agent)" in asked.stderr
