"""The suite qa: measures by hand, the choice of questions, and whole runs over a small corpus with
a model that follows rules."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from agents.models import Message, ScriptedModels
from agents.models.scripted import Scripted
from agents.models.types import Schema
from evals.cli import app
from evals.data.multi_hop import Answered
from evals.graders import answers
from evals.subjects.arms import ARMS, CALLS, told
from evals.suites import qa
from research.domain import Role
from research.errors import ModelUnavailable
from tests.agents.crews import by_rule
from tests.evals.reports import sample

PASSAGES = [
    {
        "id": "a",
        "title": "Maximum Dread",
        "text": "Maximum Dread was shot around Leland. It is a film by Stella Kemp.",
    },
    {
        "id": "b",
        "title": "Stella Kemp",
        "text": "Stella Kemp, director of Maximum Dread, was born in Port Amble.",
    },
    *(
        {
            "id": f"n{n}",
            "title": f"Note {n}",
            "text": f"Note {n} is about ports, mills and the weather.",
        }
        for n in range(12)
    ),
]
QUESTIONS = [
    {
        "id": "h:1",
        "set": "hotpot_train",
        "question": "Where was Maximum Dread shot?",
        "answer": "Leland",
        "gold": ["a"],
    },
    {
        "id": "m:1",
        "set": "musique",
        "question": "Where was Stella Kemp, director of Maximum Dread, born?",
        "answer": "Amble",
        "aliases": ["Port Amble"],
        "gold": ["a", "b"],
    },
]


def test_measures_by_hand() -> None:
    assert answers.normalised("The  Port, of Amble!") == "port of amble"
    assert answers.exact("the Leland.", ["Leland"]) == 1.0
    assert answers.f1("Port Amble harbour", ["Port Amble"]) == pytest.approx(0.8)
    assert answers.f1("Port Amble", ["Amble", "Port Amble"]) == 1.0
    assert answers.f1("", ["Leland"]) == 0.0
    assert answers.contains("It was shot around Leland in 1971.", ["Leland"]) == 1.0
    assert answers.contains("Lelandia", ["Leland"]) == 0.0


def test_yes_and_no_match_only_themselves() -> None:
    assert answers.f1("yes it is", ["yes"]) == 0.0
    assert answers.f1("Yes.", ["yes"]) == 1.0
    assert answers.contains("yes, of course", ["yes"]) is None


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=3))
def test_measures_stay_between_nothing_and_all(answer: str, right: list[str]) -> None:
    assert 0.0 <= answers.f1(answer, right) <= 1.0
    if answers.normalised(answer):
        assert answers.f1(answer, right) >= answers.exact(answer, right)


def question(name: str, kind: str) -> Answered:
    return Answered(id=name, set=kind, question="?", gold=("a",), answer="x")


def test_the_questions_depend_on_ids_alone() -> None:
    known = [
        question(f"{kind}:{n}", kind) for kind in ("musique", "hotpot_train") for n in range(9)
    ]
    chosen = qa.choose(known, 6)
    assert chosen == qa.choose(known[::-1], 6)
    assert [q.dataset for q in chosen] == ["hotpotqa", "musique"] * 3
    assert not {q.id for q in chosen} & {q.id for q in qa.choose(known, 6, skip=6)}


def test_a_report_is_read_with_the_titles_of_its_sources() -> None:
    report = sample()
    text = told(report)
    assert report.answer[0].text in text
    assert f"[{report.sources[0].title}]" in text


class Reader:
    """Follows the rules of the acceptance tests' endpoint; as the reader it knows where things are
    if it is shown that. `broken` fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.broken = False

    def __call__(self, role: Role, messages: Sequence[Message], schema: Schema) -> Scripted:
        self.calls += 1
        if self.broken:
            return ModelUnavailable(model="scripted", reason="no route")
        if list(schema.get("properties", {})) != ["answer"]:
            return by_rule(role, messages, schema)
        shown = messages[-1]["content"]
        place = "Port Amble" if "born?" in shown else "Leland"
        return {"answer": place if place in shown else "Paris"}


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    made = Reader()
    monkeypatch.setattr(qa, "Models", lambda settings, tell: ScriptedModels(made))
    return made


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, reader: Reader) -> Run:
    data = tmp_path / "data-set"
    data.mkdir()
    (data / "passages.jsonl").write_text("\n".join(map(json.dumps, PASSAGES)))
    (data / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))

    def invoke(*more: str) -> Result:
        return CliRunner().invoke(
            app, ["run", "qa", "--data", str(data), "--out", str(tmp_path / "out"), *more]
        )

    return invoke


def line(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_all_arms_over_a_small_corpus(run: Run, tmp_path: Path) -> None:
    result = run()
    found = line(result)
    assert (found["suite"], found["n"], found["ungraded"]) == ("qa", 2, 0)
    metrics = {name: metric["value"] for name, metric in found["metrics"].items()}
    assert metrics["no_search.f1"] == 0.0
    assert metrics["no_search.calls"] == 1
    assert metrics["no_search.gold_recall"] == 0.0
    assert metrics["single_shot.gold_recall"] == 1.0
    for arm in ("react", "multi_agent"):
        assert 2 <= metrics[f"{arm}.calls"] <= metrics[f"{arm}.calls_max"] <= CALLS
        assert metrics[f"{arm}.within_caps"] == 1.0
        assert metrics[f"{arm}.em"] == metrics[f"{arm}.contains"] == 1.0
        assert metrics[f"{arm}-no_search.f1"] == metrics[f"{arm}.f1"]
        assert metrics[f"{arm}.gold_cited"] <= metrics[f"{arm}.gold_recall"]
    assert found["usage"]["model_calls"] == 2 * sum(metrics[f"{arm}.calls"] for arm in ARMS)
    assert "| multi_agent |" in result.stderr
    assert "| react-single_shot.f1 |" in result.stderr
    assert (
        json.loads((tmp_path / "out/outcome-leadline.json").read_text())["metrics"]
        == found["metrics"]
    )


def test_what_a_report_without_an_answer_quotes_is_read_and_counted_apart(
    run: Run, reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def declining(role: Role, messages: Sequence[Message], schema: Schema) -> Scripted:
        said = reader(role, messages, schema)
        assert isinstance(said, dict)
        return {name: "no" if word == "yes" else word for name, word in said.items()}

    monkeypatch.setattr(
        qa, "Models", lambda settings, tell: ScriptedModels(declining, embedded=True)
    )
    unanswered = {
        **QUESTIONS[0],
        "id": "declined",
        "question": "What is the weight of the harbour of Port Amble?",
        "answer": "Port Amble",
    }
    deep = {
        "id": "a",
        "title": "Port Amble",
        "text": "The harbour of Port Amble is 30 metres deep.",
    }
    (tmp_path / "data-set/questions.jsonl").write_text(json.dumps(unanswered))
    (tmp_path / "data-set/passages.jsonl").write_text(
        "\n".join(map(json.dumps, [deep, *PASSAGES[2:]]))
    )
    metrics = {
        name: metric["value"]
        for name, metric in line(run("--arms", "no_search,react"))["metrics"].items()
    }
    assert metrics["react.declined"] == 1.0 and metrics["no_search.declined"] == 0.0
    assert metrics["react.f1_strict"] == 0.0
    assert metrics["react-no_search.f1_strict"] == -metrics["no_search.f1"]


def test_a_second_run_asks_nothing_and_a_torn_line_is_asked_again(
    run: Run, reader: Reader, tmp_path: Path
) -> None:
    before, calls = line(run()), reader.calls
    assert line(run())["metrics"] == before["metrics"]
    assert reader.calls == calls
    results = tmp_path / "out/results.jsonl"
    results.write_bytes(
        results.read_bytes()[:-40]
    )  # the last line: multi_agent's, whose job has its report
    again = line(run())
    assert reader.calls == calls + 2  # the model is started, the report is read once more
    assert again["metrics"]["multi_agent.calls"] == before["metrics"]["multi_agent.calls"]
    assert len(results.read_bytes().split(b"\n")) == 2 * len(ARMS) + 2


def test_another_label_begins_anew(run: Run, reader: Reader) -> None:
    line(run("--arms", "single_shot"))
    calls = reader.calls
    line(run("--arms", "single_shot", "--label", "other"))
    assert reader.calls == 2 * calls


def test_without_a_model_a_question_is_ungraded_and_tried_again(run: Run, reader: Reader) -> None:
    reader.broken = True
    found = line(run("--arms", "no_search,single_shot"))
    assert found["ungraded"] == 2
    assert found["metrics"]["single_shot.f1"]["value"] is None
    reader.broken = False
    assert line(run("--arms", "no_search,single_shot"))["ungraded"] == 0


def test_an_arm_that_is_not_there_is_named(run: Run) -> None:
    result = run("--arms", "oracle")
    assert result.exit_code == 1
    assert "no arm oracle" in result.stderr
