"""kill -9 at every node of the graph, one job killed again and again: it goes on from its last
step, nothing already paid for is paid again but the step in flight, and its report is the one of a
run that nobody disturbed."""

import json
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from evals.doubles.loopback import free_port
from evals.doubles.simulated_model import ModelServer
from tests.acceptance import killing
from tests.acceptance.command import Command
from tests.acceptance.conftest import Leadline

QUESTION = "What is the depth of the Kestrel Trench?"
CALLS = 80  # with room for a call lost at every node
ASKED = (QUESTION, "--no-web", "--effort", "standard", "--max-calls", str(CALLS))
WAITING = ("--clarify", "always", "--approve-plan")
WAITED_FOR = {
    "Which period?": ("--answer", "since 2019"),
    "the approval of its plan": ("--approve",),
}
# Every node in the order in which a run over sources that are searched comes to it, with the step
# of the model that it pays for.
NODES: tuple[tuple[str, str], ...] = (
    ("clarify", "clarify"),
    ("await_answers", ""),
    ("plan", "plan"),
    ("await_plan", ""),
    ("search.think", "act"),
    ("search.act", ""),
    ("search.summarise", "summary"),
    ("merge", ""),
    ("plan", "route"),
    ("verify.think", "act"),
    ("verify.act", ""),
    ("verify.summarise", "summary"),
    ("merge", ""),
    ("plan", "route"),
    ("outline", "outline"),
    ("write", "write"),
    ("check", "judge"),
    ("bind", ""),
    ("store", ""),
)


ANEW = [
    "route",
    "route",
    # the one step that is asked in other words when the job is taken up again: it tells the budget
    # that is left
]


RUN_ID = re.compile(r'"run_id": "(\w+)"')


@pytest.fixture(autouse=True)
def _searched(leadline: Leadline) -> None:
    leadline.grow()


def content(report: dict[str, Any]) -> Any:
    """All that a report says and rests on: without its id, the times, what it took, and with
    readings by their place in the sources, runs by their order."""
    places = {source["reading_id"]: source["n"] for source in report["sources"]}
    for number, run in enumerate(dict.fromkeys(RUN_ID.findall(json.dumps(report)))):
        report = json.loads(json.dumps(report).replace(run, f"run {number}"))

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: plain(one)
                for key, one in value.items()
                if key not in ("fetched_at", "from", "to")
            }
        if isinstance(value, list):
            return [plain(one) for one in value]
        return places.get(value, value) if isinstance(value, str) else value

    return plain({key: value for key, value in report.items() if key not in ("id", "usage")})


def asked(leadline: Leadline, deaths: Sequence[killing.Within], *options: str) -> dict[str, Any]:
    """The report on the question, its process dying in these ways one after another; what it waits
    for is given."""
    left = list(deaths)
    command: tuple[str, ...] = ("ask", *ASKED, "--library", str(leadline.library), *options)
    while True:
        process = leadline.start(*command, within=left[0] if left else None)
        out, err = process.communicate()
        assert process.returncode is not None
        job_id = out.split()[0]
        command = ("resume", job_id)
        if process.returncode == 0:
            assert left == []
            return json.loads(leadline.run("report", "show", job_id, "--json").stdout)  # type: ignore[no-any-return]
        if process.returncode == -signal.SIGKILL:
            left.pop(0)
            continue
        (given,) = [answer for waited, answer in WAITED_FOR.items() if waited in err]
        assert leadline.run("input", job_id, *given).returncode == 0


def test_ask_dies_at_every_node_and_makes_no_call_again_that_was_answered(
    leadline: Leadline, model: ModelServer
) -> None:
    whole = asked(leadline, [], *WAITING)
    alone = Counter(model.asked)
    model.asked.clear()
    both = (
        "await_answers",
        "await_plan",
        "merge",
        "bind",
        "store",
    )  # the others' beginnings are the ends of those before them
    deaths = [
        killing.at(node, when)
        for node, _ in NODES
        for when in (("before", "after") if node in both else ("after",))
    ]
    report = asked(leadline, deaths, *WAITING)
    assert Counter(model.asked) - alone == Counter(ANEW)
    assert report["usage"]["model_calls"] == len(model.asked)  # what was paid in vain is told
    assert content(report) == content(whole)


def killed_when_asked(
    model: ModelServer, step: str, process: Command, made: list[str]
) -> threading.Event:
    """Kill the process as soon as the model is asked for this step; `made` are the calls."""
    killed = threading.Event()

    def on_call(asked: str) -> None:
        made.append(asked)
        if asked == step and not killed.is_set():
            killed.set()
            process.kill()

    model.on_call = on_call
    return killed


def test_ask_killed_while_a_call_is_under_way_makes_that_call_again_and_no_other(
    leadline: Leadline, model: ModelServer
) -> None:
    whole = asked(leadline, [])
    alone = Counter(model.asked)
    made: list[str] = []
    model.delay = 0.2
    command: tuple[str, ...] = ("ask", *ASKED, "--library", str(leadline.library))
    steps = [step for _, step in NODES if step and step != "clarify"]
    for step in steps:
        process = leadline.start(*command)
        killed = killed_when_asked(model, step, process, made)
        output, _ = process.communicate(timeout=120)
        assert killed.is_set()
        assert process.returncode == -signal.SIGKILL
        command = ("resume", output.split()[0])
    resumed = leadline.run(*command, "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert content(json.loads(resumed.stdout)) == content(whole)
    assert Counter(made) - alone == Counter(steps)


def served(leadline: Leadline, port: int, within: killing.Within | None = None) -> Command:
    """`leadline serve`, answering; or dead already, of what it went on with."""
    process = leadline.start("serve", "--port", str(port), within=within)
    for _ in range(2400):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=60)
            return process
        except httpx.TransportError:
            if process.returncode is not None:
                return process
            time.sleep(0.05)
    raise AssertionError("the server did not start")


def reaches(url: str, status: str, seconds: float = 120) -> dict[str, Any]:
    """The job, once it has this status."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job: dict[str, Any] = httpx.get(url, timeout=60).json()
        if job["status"] == status:
            return job
        assert job["status"] not in ("failed", "cancelled"), job["error"]
        time.sleep(0.1)
    raise AssertionError(f"it is {job['status']}, not {status}")


def test_serve_dies_more_often_than_a_poison_job_may_and_goes_on_with_its_job(
    leadline: Leadline, model: ModelServer
) -> None:
    whole = asked(leadline, [])
    alone = Counter(model.asked)
    model.asked.clear()
    (library,) = [line.split()[0] for line in leadline.run("library", "list").stdout.splitlines()]
    port = free_port()
    base = f"http://127.0.0.1:{port}/v1/research"
    nodes = [
        (node, step)
        for node, step in NODES
        if node in ("plan", "search.act", "search.summarise", "merge", "write", "check", "store")
    ]
    process = served(leadline, port, killing.at(nodes[0][0]))
    question = {
        "question": QUESTION,
        "effort": "standard",
        "budget": {"calls": CALLS},
        "sources": {"libraries": [library]},
    }
    job = f"{base}/{httpx.post(base, json=question, timeout=60).json()['id']}"
    for following in [*(killing.at(node) for node, _ in nodes[1:]), None]:
        process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL
        process = served(leadline, port, following)
    try:
        reaches(job, "completed")
        report = httpx.get(
            f"{job}/report", headers={"Accept": "application/json"}, timeout=10
        ).json()
        assert content(report) == content(whole)
        assert Counter(model.asked) - alone == Counter(ANEW)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
