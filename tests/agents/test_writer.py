"""The writer's draft: one section a claim, sections that fail alone, tables, inferences in their place, limits last."""

from typing import Any

from agents.check import check
from agents.writer import write
from research.errors import ModelOutputInvalid
from research.report import Table
from research.store import Store
from research.types import DraftTable, Inference
from tests.agents.written import PLAN, Desk, desk, models

TEXTS = [f"The Kestrel Trench was measured as station {n} by ship number {n}." for n in range(1, 11)]
PLANNED: dict[str, Any] = {
    "title": "Stations",
    "answer_claims": [1],
    "parts": [{"heading": "Early", "claims": [1, 2, 3]}, {"heading": "Late", "claims": [3, 4, 99]}],
    "table": None,
}


def writing(properties: dict[str, Any], prompt: str) -> dict[str, Any] | Exception | None:
    """Outlines, and writes each claim it is shown in its own words; the section *Late* fails."""
    if "answer_claims" in properties:
        return PLANNED
    if "sentences" in properties:
        if "Write the section: Late" in prompt:
            return ModelOutputInvalid(model="m", reason="nonsense")
        shown = [line.split(" ", 1) for line in prompt.splitlines() if line[:1].isdigit()]
        return {"sentences": [{"text": f"It is so: {text}", "claims": [int(n)]} for n, text in shown]}
    return None


async def test_each_claim_stands_in_one_section_and_a_section_that_fails_is_its_claims_own_words(store: Store) -> None:
    known = await desk(store, *TEXTS)
    draft = await write(known.run, models(writing), known.ledger, PLAN)
    assert [section.heading for section in draft.sections] == ["Early", "Late", "Further evidence"]
    claims = [claim for section in draft.sections for s in section.sentences for claim in s.claims]
    assert sorted(claims) == sorted(claim.id for claim in known.ledger.claims)
    early, late, _ = draft.sections
    assert all(s.text.startswith("It is so") for s in early.sentences)
    assert [s.text for s in late.sentences] == [TEXTS[3]]
    assert "section" in await store.floors(known.run.job.id)


async def test_sections_over_budget_are_their_claims_own_words(store: Store) -> None:
    known = await desk(store, *TEXTS)
    spent = known.run.budget.limits.model_copy(update={"calls": 2})
    known.run.budget.limits = spent
    draft = await write(known.run, models(writing), known.ledger, PLAN)
    said = [s.text for section in draft.sections for s in section.sentences]
    assert sorted(said) == sorted(TEXTS)


async def compared(store: Store, table: dict[str, Any] | None, *, embedded: bool = False) -> list[Table]:
    texts = ["The Kestrel Trench is 7,420 metres deep.", "The Falcon Trench is 6,100 metres deep.", *TEXTS]
    known = await desk(store, *texts, asked="Compare the depth of the Kestrel Trench and the Falcon Trench.")

    def answers(properties: dict[str, Any], prompt: str) -> dict[str, Any] | Exception | None:
        if "answer_claims" in properties:
            return {**PLANNED, "table": table}
        if "sections" in properties:
            return {"title": "t", "answer": [1], "sections": [{"heading": "h", "claims": [1, 2, 3]}]}
        return writing(properties, prompt)

    crew = models(answers, embedded=embedded)
    draft = await check(known.run, crew, await write(known.run, crew, known.ledger, PLAN), known.ledger)
    report = known.bound(draft)
    return [block for section in report.sections for block in section.blocks if isinstance(block, Table)]


async def test_a_question_that_compares_gets_a_table_whoever_writes(store: Store) -> None:
    for embedded in (False, True):
        (table,) = await compared(store, None, embedded=embedded)
        assert [row[0].text for row in table.rows] == ["Kestrel Trench", "Falcon Trench"]
        assert all(cell.evidence for row in table.rows for cell in row[1:])


def _table(first: str, second: str) -> dict[str, Any]:
    rows = [
        {"name": "Kestrel Trench", "cells": [{"claim": 1, "text": first}]},
        {"name": "Falcon Trench", "cells": [{"claim": 2, "text": second}]},
    ]
    return {"columns": ["Depth"], "rows": rows}


async def test_a_table_a_model_proposes_stands_where_its_cells_hold(store: Store) -> None:
    (table,) = await compared(store, _table("7,420 metres", "6,100 metres"))
    assert [[cell.text for cell in row] for row in table.rows] == [["Kestrel Trench", "7,420 metres"], ["Falcon Trench", "6,100 metres"]]
    assert await compared(store, _table("7,420 metres", "9,999 metres")) == []


def with_inferences(known: Desk, *inferences: Inference) -> Desk:
    return Desk(known.run, known.ledger.model_copy(update={"inferences": inferences}), known.bindings)


async def test_an_inference_stands_after_the_section_of_its_premises(store: Store) -> None:
    inference = Inference(
        text="Many ships measured the Kestrel Trench.", premises=("c2", "c3"), warrant="Each station had its own.", confidence="medium"
    )
    known = with_inferences(await desk(store, *TEXTS), inference)
    draft = await write(known.run, models(writing), known.ledger, PLAN)
    report = known.bound(await check(known.run, models(writing), draft, known.ledger))
    (said,) = [s for block in report.sections[0].blocks if block.type == "paragraph" for s in block.sentences if s.kind == "inference"]
    assert (said.warrant, said.confidence, said.premises) == ("Each station had its own.", "medium", ("c2", "c3"))
    assert "Why: Each station had its own. · Confidence: medium" in report.markdown


async def test_a_gap_is_an_absence_with_its_searches(store: Store) -> None:
    known = await desk(store, *TEXTS)
    known = Desk(known.run, known.ledger.model_copy(update={"gaps": ("the width of the Kestrel Trench",)}), known.bindings)
    draft = await write(known.run, models(writing), known.ledger, PLAN)
    report = known.bound(await check(known.run, models(writing), draft, known.ledger))
    assert not draft.complete
    assert "Not found in the sources: the width of the Kestrel Trench (1 searches, 10 pages)" in report.markdown


async def test_no_table_where_nothing_is_compared(store: Store) -> None:
    known = await desk(store, *TEXTS)
    draft = await write(known.run, models(writing), known.ledger, PLAN)
    assert not any(isinstance(block, DraftTable) for section in draft.sections for block in section.blocks)
