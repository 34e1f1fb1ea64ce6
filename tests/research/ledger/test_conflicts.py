import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.domain import Claim, Contradiction, Ledger, Quote
from research.ledger import conflicts as disputes
from research.ledger import merging as ledger
from research.ledger.document_status import document_of
from research.ledger.superseding import Statement, supersedes

FIRM = "library://firm/"
NEW, OLD, DRAFT = "ops/q1_2026.md", "ops/archive/q1_2025.md", "ops/fees_draft.md"


def said(
    text: str, place: str = NEW, title: str = "", published: str | None = None, head: str = ""
) -> Statement:
    document = document_of(FIRM + place, title, head, published)
    name = f"{place} {title} {published} {head}"
    return Statement(
        text,
        Quote(reading_id=name, snapshot_id=name, spans=((0, len(text)),), quote=text),
        title,
        document=document,
    )


def told(*statements: Statement, question: str = "") -> list[Contradiction]:
    return list(disputes.contradictions(disputes.differing(statements, question=question)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            said("The deployed fleet is 1,960 robots.", OLD),
            said("The deployed fleet is 3,120 robots."),
        ),
        (
            said("The depth of the basin is 12 metres.", head="NOTE: superseded by the survey."),
            said("The depth of the basin is 14 metres."),
        ),
        (said("The harbour fee is 12 euros.", DRAFT), said("The harbour fee is 14 euros.")),
        (
            said("The firm has 168 employees.", published="2025-05-01"),
            said("The firm has 241 employees.", published="2026-05-01"),
        ),
        (
            said("The basin is 12 metres deep.", title="Chart v1"),
            said("The basin is 14 metres deep.", title="Chart v2"),
        ),
        (
            said("The gauge reads 12 metres.", title="Level in May 2024"),
            said("The gauge reads 14 metres.", title="Level in May 2025"),
        ),
        (said("港口收费为12元。", "旧版/收费.md"), said("港口收费为14元。")),
        (
            said("员工人数为168人。", published="2024-01-01"),
            said("员工人数为241人。", published="2026-01-01"),
        ),
        (
            said("The launch price was previously 52 dollars."),
            said("The launch price is 56 dollars.", "ops/other.md"),
        ),
    ],
)
def test_the_word_of_today_supersedes_whatever_order_it_is_met_in(
    old: Statement, new: Statement
) -> None:
    for pair in ((old, new), (new, old)):
        (found,) = disputes.contradictions([disputes.Pair(*pair, 1.0)])
        assert (found.kind, [side.text for side in found.sides]) == (
            "superseded",
            [old.text, new.text],
        )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            said("The depth of the basin is 12 metres.", published="2014-01-01"),
            said("The depth of the basin is 14 metres.", published="2021-01-01"),
        ),
        (said("The firm has 168 employees.", "a.md"), said("The firm has 241 employees.", "b.md")),
        (
            said("The fleet is 5 robots.", OLD),
            said("The fleet is 6 robots.", "ops/archive/other.md"),
        ),
    ],
)
def test_what_nothing_dates_stays_a_conflict(first: Statement, second: Statement) -> None:
    assert [found.kind for found in told(first, second)] == ["conflict"]


def test_what_a_text_of_today_tells_of_the_past_is_history() -> None:
    now = said("The firm has 241 employees.", "overview.md")
    assert told(said("In 2023 the firm had 168 employees.", published="2026-05-01"), now) == []
    assert (
        told(
            said("2023年公司员工人数曾为168人。", published="2026-05-01"),
            said("公司员工人数为241人。", "b.md"),
        )
        == []
    )
    assert len(told(said("The firm has 168 employees.", published="2026-05-01"), now)) == 1


def test_a_question_about_a_year_or_about_growth_has_no_dispute_between_years() -> None:
    both = (
        said("The deployed fleet is 1,960 robots.", OLD),
        said("The deployed fleet is 3,120 robots."),
    )
    assert len(told(*both, question="How large is the fleet?")) == 1
    assert (
        told(*both, question="How large was the fleet in 2025?")
        == told(*both, question="How has the fleet grown?")
        == []
    )


def test_an_old_side_is_told_apart_from_a_conflict_of_today() -> None:
    found = told(
        said("The deployed fleet is 1,960 robots.", OLD),
        said("The deployed fleet is 3,120 robots.", "a.md"),
        said("The deployed fleet is 3,350 robots.", "b.md"),
    )
    assert sorted((c.kind, len(c.sides)) for c in found) == [("conflict", 2), ("superseded", 2)]
    assert "superseded" in next(c.note for c in found if c.kind == "superseded")


def test_only_the_old_claim_is_marked() -> None:
    old, new = (
        said("The deployed fleet is 1,960 robots.", OLD),
        said("The deployed fleet is 3,120 robots."),
    )
    claims = tuple(
        Claim(id=i, text=s.text, evidence=(s.evidence,), verdict="supported")
        for i, s in (("c1", old), ("c2", new))
    )
    marked = ledger.with_contradictions(Ledger(claims=claims), told(old, new))
    assert [c.verdict for c in marked.claims] == ["superseded", "supported"]


def test_a_document_that_calls_itself_superseded_gives_no_current_claim_even_alone() -> None:
    one = said("The fleet is 5 robots.")
    claim = Claim(
        id="c1", text=one.text, evidence=(one.evidence,), verdict="supported", standing="superseded"
    )
    assert ledger.contested(Ledger(claims=(claim,))).claims[0].verdict == "superseded"


places = st.sampled_from([NEW, OLD, DRAFT, "fees_superseded.md", "a.md"])
statements = st.builds(
    said,
    st.sampled_from(["The fleet is 5 robots.", "The fleet was formerly 6 robots."]),
    places,
    published=st.sampled_from([None, "2020", "2024"]),
)


@given(statements, statements)
def test_no_two_statements_supersede_each_other(first: Statement, second: Statement) -> None:
    assert not (supersedes(first, second) and supersedes(second, first))


def test_two_models_of_one_make_are_two_things() -> None:
    assert (
        told(
            said("The list price of the PX-40 is 48 dollars."),
            said("The list price of the PX-50 is 56 dollars.", "b.md"),
        )
        == []
    )
    assert (
        len(
            told(
                said("The list price of the PX-40 is 48 dollars."),
                said("The list price of the PX-40 is 56 dollars.", "b.md"),
            )
        )
        == 1
    )


def test_two_figures_of_one_document_are_no_conflict_because_a_third_differs_from_both() -> None:
    old = said("The deployed fleet is 1,960 robots.", OLD)
    first, second = (
        said("The deployed fleet is 3,120 robots."),
        said("The whole fleet deployed is 3,350 robots."),
    )
    found = disputes.contradictions(
        [disputes.Pair(old, first, 1.0), disputes.Pair(old, second, 1.0)]
    )
    assert [c.kind for c in found] == ["superseded"]


def test_what_cannot_be_compared_is_no_part_of_a_side() -> None:
    old, new = (
        said("The deployed fleet is 1,960 robots.", OLD),
        said("The deployed fleet is 3,120 robots."),
    )
    other = said("Of the fleet 61 per cent is deployed in cold stores.", "memo.md")
    pairs = [disputes.Pair(old, new, 1.0), disputes.Pair(old, other, 0.5)]
    found = disputes.contradictions(pairs)[0]
    assert {c.kind for c in disputes.contradictions(pairs)} == {"superseded"}
    assert all(
        "61" not in q.quote
        for side in found.sides
        if "fleet is" in side.text
        for q in side.evidence
    )
    assert found.sides[0].text == old.text


def test_what_was_corrected_at_one_time_does_not_supersede_a_later_value() -> None:
    corrected = said(
        "In 1960 the depth of the basin was corrected to 12 metres.", published="1960-05-01"
    )
    surveyed = said("The depth of the basin is 14 metres.", "ops/survey.md", published="2021-05-01")
    (found,) = disputes.contradictions([disputes.Pair(corrected, surveyed, 1.0)])
    assert found.kind == "conflict"


def test_a_correction_of_another_figure_supersedes_nothing() -> None:
    surveyed = said(
        "The depth of the Osk Basin is 14 metres.", "ops/survey.md", published="2021-05-01"
    )
    of_a_dive = said(
        "The depth of the Petrel dive was later corrected to 12 metres.",
        "ops/dive.md",
        published="2023-05-01",
    )
    of_the_same = said(
        "The depth of the Osk Basin was later corrected to 12 metres.",
        "ops/basin.md",
        published="2023-05-01",
    )
    assert [
        disputes.contradictions([disputes.Pair(surveyed, s, 1.0)])[0].kind
        for s in (of_a_dive, of_the_same)
    ] == [
        "conflict",
        "superseded",
    ]


def test_rows_of_data_do_not_date_a_document() -> None:
    assert (
        document_of(
            f"{FIRM}depths.csv",
            "depths",
            "date: 1951-03-01; ship: Osk; depth: 14\ndate: 1960; ship: Ulm; depth: 15",
            None,
        ).date
        == ""
    )


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("depth: 11,521 metres; note: superseded: later corrected to 10,916 metres.", "superseded"),
        ("旧值深度11521米已被取代。", "superseded"),
        ("The new law superseded 40 rules of 12 metres.", "supported"),
    ],
)
def test_a_figure_that_its_own_sentence_calls_superseded_is_no_finding(
    text: str, verdict: str
) -> None:
    quote = Quote(reading_id="r", snapshot_id="s", spans=((0, len(text)),), quote=text)
    (claim,) = ledger.contested(
        Ledger(claims=(Claim(id="c1", text=text, evidence=(quote,), verdict="supported"),))
    ).claims
    assert claim.verdict == verdict


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Revenue of the firm was 21 million euros.",
            "Recurring revenue of the firm was 47 million euros.",
        ),
        ("The average depth is 12 metres.", "The depth is 14 metres."),
        (
            "The revenue target for 2026 is 96 million euros.",
            "A fundraise is planned; its target is 70 million euros.",
        ),
    ],
)
def test_two_measures_are_no_dispute(first: str, second: str) -> None:
    assert disputes.differing([said(first), said(second, "ops/other.md")]) == []


def test_bare_totals_of_one_paper_are_a_dispute() -> None:
    pair = [
        said(f"The total is {n} million euros.", place, "Kestrel Bridge budget")
        for n, place in ((4.1, NEW), (5.3, "ops/other.md"))
    ]
    assert len(disputes.differing(pair)) == 1


def test_a_breakdown_makes_no_other_measure() -> None:
    old = said("Deployed fleet: 1,960 VLX-400 robots across 33 customer sites", OLD)
    new = said(
        "Deployed fleet: 3,120 VLX-400 robots across 47 customer sites (EU: 29 sites, North America: 14, Japan: 4)"
    )
    (found,) = told(old, new)
    assert found.kind == "superseded" and found.sides[-1].text == new.text
    parts = [
        said(f"The depth of the trench ({part} end) is {n} metres.", place)
        for part, n, place in (("north", 90, OLD), ("south", 70, NEW))
    ]
    assert told(*parts) == []
