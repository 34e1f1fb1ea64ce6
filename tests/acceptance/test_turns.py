"""Agents of many turns over real HTTP: several calls in one turn, histories that grow too long, and
a kill in the middle of a turn."""

import json
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.doubles.simulated_model import ModelServer
from evals.doubles.small_web import SmallWeb, query_of, serving_pages
from evals.graders.invariants import violations
from research.domain.report import Report
from research.reporting import bind as cite
from tests.acceptance.conftest import Leadline
from tests.acceptance.test_ask import stored_texts

QUESTIONS = {"en": "What is the depth of the Kestrel Trench?", "zh": "红隼海沟的深度是多少？"}
TURNS = {
    "en": [
        [
            ("batch_web_surfer", {"queries": ["Kestrel Trench depth"]}),
            ("note", {"text": "The depth is in metres."}),
        ],
        [
            ("batch_web_surfer", {"queries": ["Kestrel Trench survey"]}),
            ("batch_web_surfer", {"queries": ["herring Fridays"]}),
        ],
        [("batch_web_surfer", {"queries": ["cold north"]})],
        [("finish", {"findings": "Two depths were found."})],
    ],
    "zh": [
        [("batch_web_surfer", {"queries": ["红隼海沟 深度"]}), ("note", {"text": "深度以米计。"})],
        [
            ("batch_web_surfer", {"queries": ["红隼海沟 测量"]}),
            ("batch_web_surfer", {"queries": ["herring Fridays"]}),
        ],
        [("batch_web_surfer", {"queries": ["寒冷 北方"]})],
        [("finish", {"findings": "找到一个深度。"})],
    ],
}


def react(leadline: Leadline, question: str) -> tuple[dict[str, Any], str]:
    """The report of a run of one agent with many turns, and what the terminal was told."""
    # too small for the sources to be read whole
    leadline.environment["LEADLINE_MODEL_WINDOW__WRITER"] = "60"
    leadline.grow()
    asked = (
        "--library",
        str(leadline.library),
        "--no-web",
        "--effort",
        "standard",
        "--mode",
        "react",
        "--json",
    )
    done = leadline.run("ask", question, *asked)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    stored = stored_texts(Path(leadline.environment["LEADLINE_DATA_DIR"]))
    assert violations(Report.model_validate(report), stored, render=cite.render) == []
    return report, done.stderr


def is_whole(messages: list[dict[str, Any]]) -> bool:
    """Whether every call is followed by its result, and every result answers a call."""
    calls = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    return calls == [
        message["tool_call_id"] for message in messages if message["role"] == "tool"
    ] and len(set(calls)) == len(calls)


def test_several_calls_of_a_turn_are_one_message_with_their_results(
    leadline: Leadline, model: ModelServer
) -> None:
    model.script = TURNS["en"]
    report, told = react(leadline, QUESTIONS["en"])
    assert report["status"] == "complete"
    assert report["floors"] == []
    assert " context " not in told
    last = model.bodies[3]["messages"]
    assert [m["role"] for m in last] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "tool",
    ]
    assert [len(m["tool_calls"]) for m in last if m["role"] == "assistant"] == [2, 2, 1]
    assert all(is_whole(body["messages"]) for body in model.bodies)
    assert all(
        body["messages"] == last[: len(body["messages"])] for body in model.bodies
    )  # turns only append


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("strategy", "left"),
    [("none", [0, 2, 4, 5]), ("discard_all", [0, 0, 0, 0]), ("summary", [0, 0, 0, 0])],
)
def test_a_history_over_the_threshold_is_cut(
    leadline: Leadline, model: ModelServer, language: str, strategy: str, left: list[int]
) -> None:
    leadline.environment.update(
        {"LEADLINE_CONTEXT": strategy, "LEADLINE_CONTEXT_TOKENS__SEARCH": "700"}
    )
    model.script = TURNS[language]
    report, told = react(leadline, QUESTIONS[language])
    assert report["status"] == "complete"
    assert report["language"] == language
    assert [sum(m["role"] == "tool" for m in body["messages"]) for body in model.bodies] == left
    assert all(is_whole(body["messages"]) for body in model.bodies)
    assert told.count(" context r1s1 ") == (0 if strategy == "none" else 3)
    asked = model.bodies[3]["messages"][1]["content"]
    assert QUESTIONS[language] in asked
    if strategy != "none":
        assert TURNS[language][0][1][1]["text"] in asked  # the note
        assert TURNS[language][2][0][1]["queries"][0] in asked
    assert model.asked.count("condense") == (3 if strategy == "summary" else 0)
    assert ("7,420" in asked or "7420" in asked) == (strategy == "summary")


def test_keep_last_keeps_the_first_turn_and_the_last(
    leadline: Leadline, model: ModelServer
) -> None:
    leadline.environment.update(
        {"LEADLINE_CONTEXT": "keep_last", "LEADLINE_CONTEXT_TOKENS": "2200"}
    )
    for name, part in (("north", "slope"), ("south", "wall"), ("east", "ridge")):
        lines = (f"The {name} {part} falls {n} metres to ledge number {n}." for n in range(3, 40))
        (leadline.library / f"{name}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    names = ("herring onions", "north slope", "south wall", "east ridge")
    model.script = [
        [("note", {"text": "Begin with fish."})],
        *([("batch_web_surfer", {"queries": [name]})] for name in names),
    ]
    _, told = react(leadline, QUESTIONS["en"])
    assert " keep_last" in told
    cut = next(
        body["messages"]
        for body in model.bodies
        if "What you searched before" in body["messages"][1]["content"]
    )
    assert is_whole(cut)
    assert cut[2]["tool_calls"][0]["function"]["name"] == "note"


def test_an_overflow_is_recovered(leadline: Leadline, model: ModelServer) -> None:
    lines = [
        f"The depth of the Kestrel Trench at its ledge number {n} is {n},{n}00 metres below the calm surface."
        for n in range(1, 9)
    ]
    (leadline.library / "ledges.txt").write_text("\n\n".join(lines), encoding="utf-8")
    model.script = TURNS["en"]

    def narrow(step: str) -> None:
        if model.window is None:
            model.window = len(str(model.bodies[0]["messages"])) + 700

    model.on_call = lambda step: narrow(step) if step == "act" else None
    report, told = react(leadline, QUESTIONS["en"])
    assert report["status"] == "complete"
    assert report["floors"] == []
    assert "overflow" in model.asked
    assert "overflow" in told


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Lets what is slow go on."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def slow_search(released: threading.Event) -> Iterator[SmallWeb]:
    """A web whose search does not answer what is slow until it is released."""
    sentences = (
        "The depth of the Kestrel Trench is 7,420 metres.",
        "The trench lies in the cold north of the sea.",
    )

    def hold(target: str) -> None:
        if "slow" in target:
            released.wait(30)

    with serving_pages(SmallWeb({"/trench": ("The trench", sentences)}, on_request=hold)) as web:
        yield web


def searched(web: SmallWeb, query: str) -> int:
    """How often this was searched for."""
    return sum(query_of(request) == query for request in web.requests)


def steps_done(data: Path) -> int:
    """The calls that are stored as carried out."""
    if not (data / "leadline.db").exists():
        return 0
    connection = sqlite3.connect(data / "leadline.db", timeout=60)
    try:
        return int(connection.execute("SELECT count(*) FROM observations").fetchone()[0])
    except sqlite3.OperationalError:  # the tables are not there yet
        return 0
    finally:
        connection.close()


def test_a_turn_killed_between_its_calls_goes_on_with_those_that_are_missing(
    leadline: Leadline, model: ModelServer, slow_search: SmallWeb, released: threading.Event
) -> None:
    leadline.searches(slow_search)
    model.script = [
        [
            ("batch_web_surfer", {"queries": ["fast trench"]}),
            ("batch_web_surfer", {"queries": ["slow trench"]}),
        ],
        [("finish", {"findings": "It was found."})],
    ]
    process = leadline.start(
        "ask", QUESTIONS["en"], "--web", "--effort", "standard", "--mode", "react"
    )
    data = Path(leadline.environment["LEADLINE_DATA_DIR"])
    end = time.monotonic() + 60
    while (
        not (steps_done(data) and searched(slow_search, "slow trench")) and time.monotonic() < end
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert searched(slow_search, "fast trench") == searched(slow_search, "slow trench") == 1
    released.set()
    resumed = leadline.run("resume", output.split()[0], "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["status"] == "complete"
    assert (searched(slow_search, "fast trench"), searched(slow_search, "slow trench")) == (1, 2)
    assert len(model.bodies) == 2  # the turn was decided once
