"""Which contradictions are told apart from the prose that weighs them."""

from collections.abc import Sequence

import pytest

from research.domain.report import (
    Block,
    BulletList,
    CitedContradiction,
    CitedQuote,
    CitedSide,
    Paragraph,
    Quality,
    Section,
    Sentence,
)
from research.reporting.disagreements import untold
from tests.research.argued import argued


def quote(n: int, start: int) -> CitedQuote:
    spans = ((start, start + 9),)
    return CitedQuote(reading_id=f"r{n}", snapshot_id=f"s{n}", spans=spans, quote="It is deep", n=n)


def said(*quotes: CitedQuote) -> Sentence:
    return Sentence(text="It is deep.", kind="fact", verdict="supported", evidence=quotes)


PRICE, OTHER = quote(1, 0), quote(2, 0)
CONFLICT = CitedContradiction(
    topic="price",
    note="",
    kind="conflict",
    sides=(CitedSide(text="46", evidence=(PRICE,)), CitedSide(text="52", evidence=(OTHER,))),
)


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        # each side by its own quote, in one section
        ((Paragraph(sentences=(said(PRICE),)), Paragraph(sentences=(said(OTHER),))), True),
        # or by a part of it
        ((Paragraph(sentences=(said(quote(1, 5)), said(quote(2, 5)))),), True),
        # by another sentence of each source, in one item
        ((BulletList(items=((said(quote(1, 50), quote(2, 50)),),)),), True),
        # in two items: each may speak of something else
        ((BulletList(items=((said(quote(1, 50)),), (said(quote(2, 50)),))),), False),
        ((Paragraph(sentences=(said(PRICE),)),), False),
    ],
)
def test_what_a_section_weighs_is_not_told_again(blocks: Sequence[Block], told: bool) -> None:
    sections = (Section(heading="h", blocks=tuple(blocks)),)
    changes = {"answer": (), "sections": sections, "contradictions": (CONFLICT,)}
    report = argued().model_copy(update={**changes, "quality": Quality(judge="m")})
    assert (untold(report) == ()) == told
    unjudged = report.model_copy(update={"quality": Quality()})
    assert untold(unjudged) == (CONFLICT,)


def test_of_three_values_two_beside_each_other_tell_it() -> None:
    third = CitedSide(text="44", evidence=(quote(3, 0),))
    conflict = CONFLICT.model_copy(update={"sides": (*CONFLICT.sides, third)})
    blocks = (
        Paragraph(sentences=(said(quote(1, 50), quote(3, 50)),)),
        Paragraph(sentences=(said(quote(2, 50)),)),
    )
    changes = {"answer": (), "contradictions": (conflict,), "quality": Quality(judge="m")}
    sections = (Section(heading="h", blocks=blocks),)
    assert untold(argued().model_copy(update={**changes, "sections": sections})) == ()
    alone = (Section(heading="h", blocks=(blocks[1], *blocks[1:])),)
    assert untold(argued().model_copy(update={**changes, "sections": alone})) == (conflict,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It is 46, not the 52 of the draft.", True),
        ("It is 46,000, not the 52,000 of the draft.", True),
        ("It is 46.", False),
        ("It is 46. In the draft it is 52.", False),  # each sentence may speak of something else
    ],
)
def test_what_a_sentence_weighs_by_its_figures_is_not_told_again(text: str, told: bool) -> None:
    parts = text.replace(". ", ".|").split("|")
    weighed = tuple(said(quote(1, 50)).model_copy(update={"text": part}) for part in parts)
    sections = (Section(heading="h", blocks=(Paragraph(sentences=weighed),)),)
    changes = {"answer": (), "contradictions": (CONFLICT,), "quality": Quality(judge="m")}
    report = argued().model_copy(update={**changes, "sections": sections})
    assert (untold(report) == ()) == told


def test_what_was_replaced_is_told_as_such_and_what_holds_now_elsewhere() -> None:
    replaced = CONFLICT.model_copy(update={"kind": "superseded"})
    outdated = said(quote(1, 50)).model_copy(update={"text": "Outdated: 46."})
    now = said(quote(2, 50)).model_copy(update={"text": "It is 52."})
    changes = {"answer": (), "quality": Quality(judge="m")}
    for one, sentences, told in (
        (replaced, (outdated, now), True),
        (replaced, (now,), False),
        (CONFLICT, (outdated, now), False),
    ):
        blocks = tuple(Paragraph(sentences=(sentence,)) for sentence in sentences)
        sections = (Section(heading="h", blocks=blocks),)
        more = {"sections": sections, "contradictions": (one,)}
        assert (untold(argued().model_copy(update=changes | more)) == ()) == told


def test_days_and_years_weigh_nothing() -> None:
    sides = (
        CitedSide(text="Memo of 3 May 2024: 80 %", evidence=(PRICE,)),
        CitedSide(text="Auditor, 12 March 2026: 62 %", evidence=(OTHER,)),
    )
    conflict = CONFLICT.model_copy(update={"sides": sides})
    for text, told in (
        ("Since 2024 the rate holds, and in 2026 too, on 3 May and 12 March.", False),
        ("In 2026 it is 62 %; the 80 % of 2024 is disowned.", True),
    ):
        sentence = said(quote(2, 50)).model_copy(update={"text": text})
        sections = (Section(heading="h", blocks=(Paragraph(sentences=(sentence,)),)),)
        changes = {"answer": (), "contradictions": (conflict,), "quality": Quality(judge="m")}
        report = argued().model_copy(update={**changes, "sections": sections})
        assert (untold(report) == ()) == told
