"""What comes out of the crew for a small model, over real documents and with a model that follows
rules."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.models import Message, ScriptedModels
from agents.models.scripted import Scripted
from evals.graders.invariants import violations
from research.domain import Mode, Role
from research.domain.report import Report, Table
from research.errors import ModelOutputInvalid
from research.reporting import bind as cite
from research.settings import Settings
from research.store.database import Store
from tests.acceptance.conftest import embedded
from tests.agents.crews import ask, by_rule, library

PAGES = {
    "ferries.md": "# Brennan Ferries\n\nMara Brennan founded Brennan Ferries in 1952. "
    "It sails to four islands. Its ships lie at Ostby in winter.\n",
    "2021.md": "---\ndate: 2022-02-01\n---\n# Annual review 2021\n\n"
    "In 2021 Brennan Ferries carried 366,000 passengers.\n",
    "2024.md": "---\ndate: 2025-02-01\n---\n# Annual review 2024\n\n"
    "In 2024 Brennan Ferries carried 418,000 passengers.\n",
    "port.md": "# The port of Ostby\n\nThe length of the Ostby quay is 310 metres.\n",
    "pilots.md": "# Pilots' book\n\nThe length of the Ostby quay is 325 metres.\n",
    "ships.csv": "ship,built,cabins\nPetrel,1998,40\nGannet,2011,64\nSkua,2019,52\n",
    "canteen.md": "# Canteen\n\nThe canteen serves soup on Mondays.\n",
    "轮渡.md": "# 海鸥轮渡\n\n海鸥轮渡由林海生于1979年创办。海鸥轮渡有船员96人。\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return library(tmp_path / "library", PAGES)


def eager(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> Scripted:
    """Says yes to every sentence."""
    names = [name for name in schema.get("properties", {}) if re.fullmatch(r"S\d+", name)]
    return by_rule(role, messages, schema) | dict.fromkeys(names, "yes")


async def report_of(
    store: Store,
    settings: Settings,
    folder: Path,
    question: str,
    handler: Any = by_rule,
    mode: Mode = "multi_agent",
) -> Report:
    """The report, after everything anyone can check of it."""
    models = ScriptedModels(handler, embedded=True)
    report = await ask(store, settings, folder, question, models, mode=mode)
    snapshots = await store.snapshots([source.snapshot_id for source in report.sources])
    assert violations(report, {s.id: s.text for s in snapshots.values()}, render=cite.render) == []
    return report


def told(report: Report) -> str:
    """All that the report itself says: its answer and sections, not its contradictions."""
    sections = [s for section in report.sections for s in cite.sentences_of(section)]
    return "\n".join(sentence.text for sentence in (*report.answer, *sections))


@pytest.mark.parametrize("mode", ["multi_agent", "react"])
async def test_a_question_is_answered_in_the_sources_words(
    store: Store, settings: Settings, folder: Path, mode: Mode
) -> None:
    report = await report_of(store, settings, folder, "Who founded Brennan Ferries?", by_rule, mode)
    assert [one.text for one in report.answer] == ["Mara Brennan founded Brennan Ferries in 1952."]
    assert (report.status, report.floors) == ("complete", ())
    assert "soup" not in report.markdown


@pytest.mark.parametrize(
    "question",
    [
        "Who is the chief financial officer of Brennan Ferries?",
        "How many crew does Falcon Ferries have?",
        "海鸥轮渡的总经理是谁？",
        "海鸥轮渡的年利润是多少？",
    ],
)
async def test_what_no_document_tells_is_not_answered_however_eager_the_model(
    store: Store, settings: Settings, folder: Path, question: str
) -> None:
    report = await report_of(store, settings, folder, question, eager)
    assert report.status == "insufficient_evidence"
    assert report.answer == ()


async def test_the_newer_of_two_years_is_told_and_the_older_as_such(
    store: Store, settings: Settings, folder: Path
) -> None:
    question = "How many passengers has Brennan Ferries carried?"
    report = await report_of(store, settings, folder, question)
    assert "418,000" in told(report) and "366,000" not in told(report)
    [found] = report.contradictions
    assert found.kind == "superseded"
    assert [side.superseded for side in found.sides] == [True, False]


async def test_a_value_that_the_model_missed_is_told_where_it_differs(
    store: Store, settings: Settings, folder: Path
) -> None:
    def first_alone(
        role: Role, messages: Sequence[Message], schema: dict[str, Any]
    ) -> dict[str, Any]:
        answer = dict(by_rule(role, messages, schema))
        chosen = [name for name, said in answer.items() if said == "yes"]
        return answer | dict.fromkeys(chosen[1:], "no")

    question = "What is the length of the Ostby quay?"
    report = await report_of(store, settings, folder, question, first_alone)
    [found] = report.contradictions
    assert found.kind == "conflict"
    assert {"310", "325"} <= set(re.findall(r"\d+", " ".join(side.text for side in found.sides)))
    assert report.answer[0].verdict == "contested"


async def test_rows_are_told_as_a_table(store: Store, settings: Settings, folder: Path) -> None:
    question = "How many cabins do the ships Gannet and Skua have?"
    report = await report_of(store, settings, folder, question, eager)
    [table] = [b for s in report.sections for b in s.blocks if isinstance(b, Table)]
    assert table.header == ("ship", "built", "cabins")
    assert ("Gannet", "2011", "64") in [tuple(cell.text for cell in row) for row in table.rows]
    assert "cabins: " not in report.markdown


async def test_rows_that_are_only_near_are_told_as_a_table_too(
    store: Store, settings: Settings, folder: Path
) -> None:
    def no(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> Scripted:
        return {
            name: "no" if said == "yes" else said
            for name, said in eager(role, messages, schema).items()
        }

    report = await report_of(store, settings, folder, "How many cabins has the ship Gannet?", no)
    assert report.status == "insufficient_evidence"
    [section] = report.sections
    assert any(isinstance(block, Table) for block in section.blocks)
    assert "cabins: 64" not in report.markdown


async def test_a_run_at_its_cap_is_partial_and_names_what_the_cap_stopped(
    store: Store, settings: Settings, folder: Path
) -> None:
    models, question = ScriptedModels(by_rule, embedded=True), "Who founded Brennan Ferries?"
    report = await ask(store, settings, folder, question, models, budget={"calls": 1})
    assert (report.status, report.floors) == ("partial", ("summary",))


async def test_a_chinese_question_is_answered_in_chinese(
    store: Store, settings: Settings, folder: Path
) -> None:
    report = await report_of(store, settings, folder, "海鸥轮渡有多少船员？")
    assert "96人" in report.answer[0].text
    assert "## 来源" in report.markdown


async def test_where_the_model_fails_words_decide_and_the_report_says_so(
    store: Store, settings: Settings, folder: Path
) -> None:
    def broken(*_: Any) -> Exception:
        return ModelOutputInvalid(model="m", reason="nonsense")

    question = "What is the length of the Ostby quay?"
    report = await report_of(store, settings, folder, question, broken)
    assert set(report.floors) == {"plan_brief", "pick"}
    assert "310 metres" in told(report) or "325 metres" in told(report)


async def test_a_sentence_that_leans_on_the_one_before_it_is_told_with_that(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    pages = {
        "pier.md": "# Works\n\nThe pier was built by Ada Rusk. Oak was its only timber in those years.\n"
    }
    folder = library(tmp_path / "other", pages)
    question = "Which timber was it?"
    report = await report_of(store, settings, folder, question, eager)
    assert "The pier was built by Ada Rusk." in told(report)


@pytest.mark.model
def test_the_embedded_model_tells_the_newer_figure_and_invents_no_officer(
    folder: Path, tmp_path: Path
) -> None:
    carried = embedded(
        "How many passengers has Brennan Ferries carried?", folder, tmp_path / "data"
    )
    assert "418,000" in told(carried)
    officer = "Who is the chief financial officer of Brennan Ferries?"
    assert embedded(officer, folder, tmp_path / "data").status == "insufficient_evidence"
