"""The writer's draft and its check: the claims' own words under headings, each once; tables, gaps,
limits last."""

from typing import Any

import pytest
from agents.extractive.check import check
from agents.extractive.writer import write

from research.domain import Draft, DraftSection, DraftSentence
from research.domain.report import Report, Table
from research.store.database import Store
from tests.agents.written import PLAN, Desk, desk, models

DEEP = "The Kestrel Trench is 7,420 metres deep."
FALCON = "The Falcon Trench is 6,100 metres deep."
TEXTS = [
    f"The Kestrel Trench was measured as station {n} by ship number {n}." for n in range(1, 11)
]


def arranging(properties: dict[str, Any], prompt: str) -> dict[str, Any] | None:
    if "sections" not in properties:
        return None
    sections = [
        {"heading": "Stations of the trench", "claims": [1, 2, 3]},
        {"heading": "Famous ships", "claims": [3, 4]},
    ]
    return {"title": "The Kestrel Trench", "answer": [1], "sections": sections}


async def report(known: Desk, **ledger: Any) -> Report:
    left, crew = known.ledger.model_copy(update=ledger), models(arranging, embedded=True)
    draft = await write(known.run, crew, left, PLAN)
    return Desk(known.run, left, known.bindings).bound(await check(known.run, crew, draft, left))


def said(report: Report) -> list[str]:
    paragraphs = [
        block.sentences
        for section in report.sections
        for block in section.blocks
        if block.type == "paragraph"
    ]
    return [sentence.text for part in (report.answer, *paragraphs) for sentence in part]


async def test_each_claim_is_told_once_in_its_own_words_and_none_is_lost(store: Store) -> None:
    made = await report(await desk(store, *TEXTS))
    assert sorted(said(made)) == sorted(TEXTS)
    assert (made.quality.supported, made.quality.dropped) == (10, 0)


async def test_a_title_and_headings_are_in_the_words_of_the_question_or_their_sentences(
    store: Store,
) -> None:
    made = await report(await desk(store, *TEXTS))
    assert made.title == "The Kestrel Trench"
    assert [section.heading for section in made.sections] == [
        "Stations of the trench",
        "Findings",
        "Further evidence",
    ]


async def test_a_question_that_compares_gets_a_table(store: Store) -> None:
    made = await report(
        await desk(
            store,
            DEEP,
            FALCON,
            *TEXTS,
            asked="Compare the depth of the Kestrel Trench and the Falcon Trench.",
        )
    )
    (table,) = [
        block for section in made.sections for block in section.blocks if isinstance(block, Table)
    ]
    assert [row[0].text for row in table.rows] == ["Kestrel Trench", "Falcon Trench"]
    assert all(
        cell.evidence and cell.verdict == "supported" for row in table.rows for cell in row[1:]
    )


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        ("the depth of the Kestrel Trench", "the depth of the Kestrel Trench"),
        ("Is Professor Ortiz a liar?", "a part of “What is the depth of the Kestrel Trench?”"),
    ],
)
async def test_a_gap_is_an_absence_with_its_searches_in_the_words_of_the_question(
    store: Store, gap: str, told: str
) -> None:
    made = await report(
        await desk(store, *TEXTS, asked="What is the depth of the Kestrel Trench?"), gaps=(gap,)
    )
    assert (
        f"Not found in the sources: {told}" in made.markdown
        and "in 1 searches and 10 pages." in made.markdown
    )


async def test_what_is_disputed_is_told_as_disputed_and_what_is_foreign_in_the_limitations(
    store: Store,
) -> None:
    known = await desk(store, DEEP, asked="红隼海沟有多深？")
    (claim,) = known.ledger.claims
    made = await report(known, claims=(claim.model_copy(update={"verdict": "contested"}),))
    assert [(s.text, s.verdict) for s in made.answer] == [(DEEP, "contested")]
    assert made.limitations == ("仍为来源语言的句子数：1",)


async def test_nothing_is_said_twice(store: Store) -> None:
    known = await desk(store, DEEP, FALCON)
    deep, falcon = (
        DraftSentence(text=claim.text, claims=(claim.id,)) for claim in known.ledger.claims
    )
    again = DraftSection(heading="Depth", sentences=(deep, falcon))
    draft = Draft(title="Depth", answer=(deep,), sections=(again, again))
    made = await check(known.run, models(arranging), draft, known.ledger)
    assert [s.text for s in made.written()] == [DEEP, FALCON]
    assert (len(made.sections), made.dropped) == (1, 3)


async def test_a_japanese_answer_to_a_japanese_question_is_not_foreign(store: Store) -> None:
    deep = "カワウソ海溝の深さは7,420メートルである。"
    known = await desk(store, deep, asked="カワウソ海溝の深さはどれくらいですか")
    made = await report(known, claims=known.ledger.claims)
    assert [s.text for s in made.answer] == [deep] and made.limitations == ()
