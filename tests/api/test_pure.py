"""What is pure: marking, negotiation, addresses, what events add up to, lines for a terminal."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from api.commands.asking import name_for
from api.commands.console import display, plain
from api.http.negotiate import best_of, weighted
from api.messages.follow import progress_of
from api.messages.requests import SourcesRequest, read_request
from api.viewer.forms import request_of
from api.viewer.marks import pieces, read_spans, write_spans
from api.viewer.shown import http_url
from research.domain import Event
from research.errors import InputRejected

SPANS = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=8)


@given(st.text(max_size=50), SPANS)
def test_marking_changes_no_text(text: str, spans: list[tuple[int, int]]) -> None:
    cut = pieces(text, spans)
    assert "".join(piece.text for piece in cut) == text
    assert all(piece.text for piece in cut)
    marked = {at for start, end in spans for at in range(max(start, 0), min(end, len(text)))}
    at = 0
    for piece in cut:
        assert all((offset in marked) is piece.marked for offset in range(at, at + len(piece.text)))
        at += len(piece.text)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1)), min_size=1, max_size=50
    )
)
def test_spans_survive_an_address(spans: list[tuple[int, int]]) -> None:
    assert read_spans(write_spans(spans)) == spans


@given(st.text(max_size=40))
def test_no_address_breaks_the_reading_of_spans(text: str) -> None:
    assert all(isinstance(offset, int) for span in read_spans(text) for offset in span)


@given(st.text(max_size=60))
def test_no_header_breaks_negotiation(header: str) -> None:
    assert all(0 <= weight <= 1 for _, weight in weighted(header))
    assert best_of({"json": "application/json"}, header) in ("json", None)


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://example.org/a?b=1", True),
        ("http://例え.jp/", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("https://a.example\n/", False),
        ("data:text/html,x", False),
        ("library://papers/a.md", False),
        ("//example.org", False),
        ("https://", False),
        ("https://[broken", False),
    ],
)
def test_only_addresses_of_the_web_are_followed(url: str, followed: bool) -> None:
    assert (http_url(url) is not None) is followed


def test_a_follow_up_by_form_keeps_its_caps_and_looks_where_the_question_before_looked() -> None:
    form = {"parent_id": ["p1"], "question": ["And now?"], "usd": ["0.5"], "calls": ["9"]}
    request = read_request(request_of(form))
    assert (request.parent_id, request.budget.usd, request.budget.calls) == ("p1", 0.5, 9)
    assert request.sources == SourcesRequest()


@pytest.mark.parametrize("filled", ["web", "library", "allow", "deny", "from", "to"])
def test_a_follow_up_by_form_looks_where_it_is_told(filled: str) -> None:
    sources = read_request(
        request_of({"parent_id": ["p1"], "question": ["And now?"], filled: ["2020-01-01"]})
    ).sources
    assert sources != SourcesRequest() and sources.web is (filled == "web")


def test_a_request_is_cleaned_and_its_doubles_dropped() -> None:
    asked = {
        "question": "a\u0000b\r\nc",
        "sources": {"libraries": ["x", "x"], "allow": ["*.Example.ORG."]},
    }
    request = read_request(asked)
    assert request.question == "ab\nc"
    choice = request.sources.choice()
    assert choice.libraries == ("x",) and choice.allow == ("example.org",) and choice.web is False
    with pytest.raises(InputRejected, match="question"):
        read_request({"question": "\ud800"})


def _event(number: int, type: str, **data: object) -> Event:
    return Event(id=number, type=type, at=datetime(2026, 1, 2, tzinfo=UTC), data=data)


EVENTS = [
    _event(1, "job.started", attempt=1),
    _event(2, "plan", round=1, brief="Look.", must_contain=["x"], tasks=[{}], done=False),
    _event(3, "agent.started", task_id="t1", role="search", goal="Find \x1b[31mit"),
    _event(
        4,
        "agent.step",
        task_id="t1",
        index=0,
        tool="batch_web_surfer",
        arguments={"queries": ["a", "b"]},
    ),
    _event(
        5, "source", task_id="t1", reading_id="r", title="[bold]T[/bold]", url="https://x.example"
    ),
    _event(
        6,
        "model_call",
        role="search",
        prompt_tokens=10,
        completion_tokens=5,
        seconds=1.0,
        budget_left={"calls": 3, "usd": None},
    ),
    _event(7, "claims", total=4, claims=[]),
    _event(8, "agent.finished", task_id="t1", outcome="finished", reason="", claims=4),
    _event(9, "something.new", whatever=1),
    _event(10, "warning", message="careful"),
]


def test_events_add_up() -> None:
    progress = progress_of(EVENTS)
    agent = progress.agents["t1"]
    assert (
        progress.phase,
        progress.calls,
        progress.tokens,
        progress.claims,
        progress.searches,
    ) == ("researching", 1, 15, 4, 2)
    assert (agent.steps, agent.outcome, agent.claims, agent.doing) == (
        1,
        "finished",
        4,
        "batch_web_surfer a, b",
    )
    assert progress.warnings == ["careful"] and progress.budget_left == {"calls": 3, "usd": None}


@pytest.mark.parametrize("terminal", [False, True])
def test_a_terminal_shows_all_of_it_and_obeys_none_of_it(terminal: bool) -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=120, color_system=None)
    with display(console, progress_of([])) as shown:
        for event in EVENTS:
            shown.show(event)
    text = written.getvalue()
    assert "\x1b[31m" not in text and "[bold]T[/bold]" in text and "3 calls" in text
    if not terminal:
        assert len(text.splitlines()) == len(EVENTS)


@given(st.text(max_size=80))
def test_a_line_is_one_line(text: str) -> None:
    assert "\n" not in plain(text) and "\x1b" not in plain(text)


def test_libraries_of_the_same_folder_name_stay_apart() -> None:
    from pathlib import Path

    one, other = name_for(Path("/a/my papers")), name_for(Path("/b/my papers"))
    assert one.startswith("my-papers-") and one != other
    assert name_for(Path("/a/notes.jsonl")).startswith("notes-") and name_for(Path("/")).startswith(
        "library-"
    )
