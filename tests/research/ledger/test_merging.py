from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.domain import Claim, Contradiction, Feedback, Ledger, Quote, Side
from research.ledger import merging as ledger
from research.ledger.independence import Origins, site_of


def quote(text: str, source: str) -> Quote:
    return Quote(reading_id=source, snapshot_id=source, spans=((0, len(text)),), quote=text)


def claim(text: str, source: str) -> Claim:
    return Claim(id=f"{source}.{text[:3]}", text=text, evidence=(quote(text, source),))


def feedback(*claims: Claim) -> Feedback:
    return Feedback(task_id="t", role="search", claims=claims)


def test_claims_that_say_the_same_are_one_with_both_quotes() -> None:
    merged = ledger.merge(
        Ledger(),
        [
            feedback(
                claim("The trench is 10,935 metres deep.", "a"),
                claim("The trench, 10,935 metres deep.", "b"),
                claim("It is cold.", "a"),
            )
        ],
    )
    assert [(c.id, c.documents, len(c.evidence)) for c in merged.claims] == [
        ("c1", 2, 2),
        ("c2", 1, 1),
    ]


def test_a_word_for_word_copy_corroborates_nothing() -> None:
    text = "The trench is 10,935 metres deep."
    merged = ledger.merge(Ledger(), [feedback(claim(text, "a"), claim(text, "b"))])
    assert merged.claims[0].documents == 1


def test_other_figures_are_another_claim() -> None:
    merged = ledger.merge(
        Ledger(),
        [
            feedback(
                claim("The trench is 10,935 metres deep.", "a"),
                claim("The trench is 10,984 metres deep.", "b"),
            )
        ],
    )
    assert len(merged.claims) == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["It is 5 m.", "It is 6 m.", "Ships sail.", "Ships sail fast."]),
            st.sampled_from("abc"),
        )
    )
)
def test_merging_again_changes_no_claim(said: list[tuple[str, str]]) -> None:
    once = ledger.merge(Ledger(), [feedback(*(claim(text, source) for text, source in said))])
    again = ledger.merge(once, [feedback(*(claim(text, source) for text, source in said))])
    assert again.claims == once.claims
    assert len({c.id for c in once.claims}) == len(once.claims)


def contradiction(*said: tuple[str, str], **changes: Any) -> Contradiction:
    sides = tuple(Side(text=text, evidence=(quote(text, source),)) for text, source in said)
    return Contradiction(
        **{"topic": "depth", "note": "a / b", "kind": "conflict", "sides": sides, **changes}
    )


ONE, TWO, THREE = (
    ("The depth of the Deep is 10,935 metres.", "a"),
    ("The depth of the Deep is 10,984 metres.", "b"),
    ("The depth of the Deep is 10,902 metres.", "d"),
)


def test_a_contradiction_is_told_once_and_its_claims_are_contested() -> None:
    known = ledger.merge(Ledger(), [feedback(claim(*ONE), claim(*TWO))])
    found = [contradiction(ONE, TWO)]
    twice = ledger.with_contradictions(ledger.with_contradictions(known, found), found)
    assert twice.contradictions == tuple(found)
    assert [c.verdict for c in twice.claims] == ["contested", "contested"]


def test_the_value_that_was_superseded_is_marked_and_the_last_is_not() -> None:
    known = ledger.merge(Ledger(), [feedback(claim(*ONE), claim(*TWO))])
    told = ledger.with_contradictions(known, [contradiction(ONE, TWO, kind="superseded")])
    assert [c.verdict for c in told.claims] == ["superseded", "insufficient"]


def test_what_another_contradiction_tells_whole_is_left_out() -> None:
    pair, more = contradiction(ONE, TWO), contradiction(ONE, TWO, THREE)
    for found in ([pair, more], [more, pair]):
        assert ledger.with_contradictions(Ledger(), found).contradictions == (more,)


def test_of_one_pair_told_in_two_ways_the_later_stands() -> None:
    settled = contradiction(ONE, TWO, kind="superseded")
    known = ledger.with_contradictions(Ledger(), [contradiction(ONE, TWO)])
    assert ledger.with_contradictions(known, [settled]).contradictions == (settled,)


def test_near_copies_of_a_page_corroborate_nothing() -> None:
    said = [
        feedback(
            claim("The bridge is 312 metres long.", "a"),
            claim("The bridge is 312 metres long, they say.", "b"),
        )
    ]
    assert ledger.merge(Ledger(), said).claims[0].documents == 2
    assert ledger.merge(Ledger(), said, Origins(copies={"b": "a"})).claims[0].documents == 1


@pytest.mark.parametrize(
    ("addresses", "count"),
    [
        (("https://www.harbour.co.uk/bridge", "https://news.harbour.co.uk/length"), 1),
        (("https://harbour.co.uk/bridge", "https://bridges.co.uk/length"), 2),
        (("https://port.com.cn/a", "https://wap.port.com.cn/b"), 1),
        (("https://port.com.cn/a", "https://qiao.com.cn/b"), 2),
        (("https://ada.github.io/a", "https://ben.github.io/b"), 2),
        (("https://harbour.co.uk/bridge", "library://own/length.md"), 2),
        (("library://own/bridge.md", "library://own/length.md"), 2),
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        ("The bridge is 312 metres long.", "The bridge is 312 metres long, they say."),
        ("港口大桥全长312米。", "港口大桥的全长是312米。"),
    ],
)
def test_two_pages_of_one_site_are_one_source(
    addresses: tuple[str, str], count: int, words: tuple[str, str]
) -> None:
    said = feedback(*(claim(text, place) for text, place in zip(words, addresses, strict=True)))
    sites = {place: site_of(place) for place in addresses}
    (merged,) = ledger.merge(Ledger(), [said], Origins(sites)).claims
    assert (len(merged.evidence), merged.documents) == (2, count)


def test_what_was_judged_and_does_not_hold_is_not_made_contested() -> None:
    found = [contradiction(ONE, TWO)]
    marks = (
        {"verdict": "insufficient", "reason": "its quotes do not say it"},
        {"verdict": "refuted", "reason": "denied"},
    )
    claims = tuple(
        claim(*said).model_copy(update=mark) for said, mark in zip((ONE, TWO), marks, strict=True)
    )
    marked = ledger.with_contradictions(Ledger(claims=claims), found).claims
    assert [(one.verdict, one.holds) for one in marked] == [
        ("insufficient", False),
        ("refuted", False),
    ]


def test_the_narrowed_words_of_a_claim_take_the_place_of_the_wider_ones() -> None:
    known = ledger.merge(
        Ledger(), [feedback(claim("The pier is 300 metres long and made of steel.", "a"))]
    )
    narrowed = known.claims[0].model_copy(
        update={
            "text": "The pier is 300 metres long.",
            "verdict": "supported",
            "reason": "narrowed",
        }
    )
    assert [one.text for one in ledger.merge(known, [feedback(narrowed)]).claims] == [
        "The pier is 300 metres long."
    ]


@pytest.mark.parametrize(("first", "second"), [("US", "EU"), ("A股", "H股"), ("IT部门", "HR部门")])
def test_chinese_claims_that_differ_in_letters_are_two(first: str, second: str) -> None:
    assert not ledger.same_claim(
        f"{first}市场的销售额占总收入的40%。", f"{second}市场的销售额占总收入的40%。"
    )


def test_claims_of_a_strong_model_are_one_where_they_say_one_thing_out_of_the_same_sentences() -> (
    None
):
    first = claim("The trench was found in 1931.", "1").model_copy(
        update={"subject": "trench", "parts": (1,)}
    )
    again = first.model_copy(update={"id": "new", "parts": (2,)})
    other = first.model_copy(update={"id": "other", "text": "A ship found it."})
    merged = ledger.merge(
        Ledger(), [Feedback(task_id="t", role="search", claims=(first, again, other))]
    )
    assert [(one.text, one.parts) for one in merged.claims] == [
        ("The trench was found in 1931.", (1, 2)),
        ("A ship found it.", (1,)),
    ]


def test_claims_on_two_subjects_out_of_one_sentence_are_two() -> None:
    def retired(subject: str) -> Claim:
        text = f"{subject} is retired."
        known = {"subject": subject, "measure": "status", "value": "retired", "id": subject}
        return claim("E7 and R12 are retired.", "1").model_copy(update={"text": text, **known})

    told = (retired("E7"), retired("R12"), retired("the intermediate E7"))
    merged = ledger.merge(Ledger(), [Feedback(task_id="t", role="search", claims=told)])
    assert [one.text for one in merged.claims] == ["E7 is retired.", "R12 is retired."]


def test_a_claim_that_shares_a_sentence_with_a_side_is_no_side() -> None:
    first, second = quote("It was 20,130.", "a"), quote("Of which 380 are struck.", "b")
    raw = claim("x", "1").model_copy(update={"text": "It was 20,130.", "evidence": (first,)})
    right = raw.model_copy(update={"id": "2", "text": "It is 19,750.", "evidence": (first, second)})
    told = Contradiction(
        topic="total",
        note="",
        kind="superseded",
        sides=(Side(text="a", evidence=(first,)), Side(text="b", evidence=(first, second))),
    )
    known = Ledger(claims=(raw, right), contradictions=(told,))
    assert [one.verdict for one in ledger.contested(known).claims] == ["superseded", right.verdict]


def test_a_claim_of_another_value_out_of_the_same_sentence_is_not_contested() -> None:
    said = quote("The winch pulls 9,000 N and was built in 1931.", "a")
    pull = Claim(id="c1", text="It pulls 9,000 N.", value="9,000", evidence=(said,))
    built = Claim(id="c2", text="It is of 1931.", value="1931", evidence=(said,))
    other = Side(text="It pulls 7,000 N.", evidence=(quote("It pulls 7,000 N.", "b"),))
    sides = (Side(text=pull.text, evidence=(said,)), other)
    told = Contradiction(topic="pull", note="", kind="conflict", sides=sides)
    known = ledger.contested(Ledger(claims=(pull, built), contradictions=(told,)))
    assert [one.verdict for one in known.claims] == ["contested", built.verdict]
