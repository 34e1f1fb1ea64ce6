"""A library with stale papers in it: what is current is answered, what was superseded is told as
that and nowhere else."""

from pathlib import Path

import pytest

from agents.models import ScriptedModels
from evals.graders.invariants import violations
from research.domain.report import Report
from research.reporting import bind as cite
from research.settings import Settings
from research.store.database import Store
from tests.acceptance.conftest import embedded
from tests.agents.crews import ask, by_rule, library

QUESTION = "How many passengers does Brennan Ferries carry a year?"
PAPERS = {
    "overview.md": "# Brennan Ferries\n\nLast updated: March 2026\n\nBrennan Ferries carries 418,000 passengers a year. "
    "In 2021 Brennan Ferries had carried 205,000 passengers a year.\n",
    "archive/overview_2024.md": "# Brennan Ferries\n\nLast updated: March 2024\n\nBrennan Ferries carries 366,000 passengers a year.\n",
    "plans/outlook.md": "# Outlook for Brennan Ferries\n\nNOTE: superseded by the overview of 2026.\n\n"
    "Brennan Ferries carries 390,000 passengers a year.\n",
    "plans/ship_draft.md": "# The ship Petrel (draft v0.3)\n\nThe ship Petrel of Brennan Ferries is to cost 31 million euros.\n",
    "canteen.md": "# Canteen\n\nThe canteen serves 120 lunches a day. Soup is on Mondays.\n",
    "总览.md": "# 布伦南轮渡\n\n更新日期：2026年3月\n\n布伦南轮渡的船员人数为96人。\n",
    "旧版/总览.md": "# 布伦南轮渡\n\n更新日期：2023年3月\n\n布伦南轮渡的船员人数为71人。\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return library(tmp_path / "library", PAPERS)


def told(report: Report) -> str:
    """All that the report itself says: its answer and sections, not its contradictions."""
    sentences = [
        *report.answer,
        *(s for section in report.sections for s in cite.sentences_of(section)),
    ]
    return "\n".join(sentence.text for sentence in sentences)


def disputed(report: Report) -> list[str]:
    return [side.text for contradiction in report.contradictions for side in contradiction.sides]


async def whole(store: Store, report: Report) -> None:
    snapshots = await store.snapshots([source.snapshot_id for source in report.sources])
    assert violations(report, {s.id: s.text for s in snapshots.values()}, render=cite.render) == []


async def test_old_figures_are_told_as_superseded_and_not_as_findings(
    store: Store, settings: Settings, folder: Path
) -> None:
    report = await ask(store, settings, folder, QUESTION, ScriptedModels(by_rule, embedded=True))
    await whole(store, report)
    assert "418,000" in told(report)
    assert "366,000" not in told(report)
    assert "390,000" not in told(report)
    (first, *_, last) = disputed(report)
    assert "418,000" in last and "418,000" not in first
    assert any("366,000" in side for side in disputed(report))
    assert "superseded" in report.contradictions[0].note
    assert {s.verdict for s in report.answer} == {"supported"}
    assert not any("205,000" in side for side in disputed(report))


async def test_an_old_chinese_paper_is_superseded_too(
    store: Store, settings: Settings, folder: Path
) -> None:
    report = await ask(
        store,
        settings,
        folder,
        "布伦南轮渡的船员人数是多少？",
        ScriptedModels(by_rule, embedded=True),
    )
    await whole(store, report)
    assert "96人" in told(report)
    assert "71人" not in told(report)
    assert any("71人" in side for side in disputed(report))


async def test_a_draft_is_told_with_its_mark_where_there_is_nothing_better(
    store: Store, settings: Settings, folder: Path
) -> None:
    report = await ask(
        store,
        settings,
        folder,
        "What does the ship Petrel of Brennan Ferries cost?",
        ScriptedModels(by_rule, embedded=True),
    )
    await whole(store, report)
    assert "31 million" in told(report)
    assert [source.standing for source in report.sources if "Petrel" in source.title] == ["draft"]
    assert "a draft" in report.markdown


async def test_a_question_about_the_past_is_answered_from_the_archive(
    store: Store, settings: Settings, folder: Path
) -> None:
    asked = "How many passengers did Brennan Ferries carry a year in 2024?"
    report = await ask(store, settings, folder, asked, ScriptedModels(by_rule, embedded=True))
    assert "366,000" in told(report)


@pytest.mark.model
def test_the_embedded_model_keeps_old_figures_out_of_its_answer(
    folder: Path, tmp_path: Path
) -> None:
    report = embedded(QUESTION, folder, tmp_path / "data")
    assert "418,000" in told(report)
    assert "366,000" not in told(report)
    assert "390,000" not in told(report)
