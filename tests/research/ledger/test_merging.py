import pytest
from hypothesis import given
from hypothesis import strategies as st
from research.ledger.superseding import Statement

from research.domain import Claim, Contradiction, Feedback, Ledger, Quote
from research.ledger import conflicts as disputes
from research.ledger import merging as ledger
from research.ledger.independence import Origins, site_of


def quote(text: str, source: str) -> Quote:
    return Quote(reading_id=source, snapshot_id=source, spans=((0, len(text)),), quote=text)


def statement(text: str, source: str, title: str = "", year: str = "") -> Statement:
    return Statement(text, quote(text, source), title, year)


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


@pytest.mark.parametrize(
    ("first", "second", "certain"),
    [
        (
            "The depth of the Challenger Deep is 10,935 metres.",
            "The depth of the Challenger Deep is 10,984 metres.",
            True,
        ),
        (
            "The Golden Gate Bridge opened in 1937.",
            "The Golden Gate Bridge was opened to traffic in 1933.",
            True,
        ),
        (
            "Mount Elbrus is 5,642 metres high.",
            "The height of Mount Elbrus is given as 5,633 metres.",
            False,
        ),
        ("长江全长6300公里。", "长江的长度约为6397公里。", False),
    ],
)
def test_differing_values_are_paired(first: str, second: str, certain: bool) -> None:
    pairs = disputes.differing([statement(first, "a"), statement(second, "b")])
    assert [pair.certain for pair in pairs] == [certain]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "The depth of the Challenger Deep is 10,935 metres.",
            "The depth of the Challenger Deep is about 10,900 metres.",
        ),
        ("Lake Baikal is 1,642 metres deep.", "Lake Tanganyika is 1,470 metres deep."),
        ("The average depth is 3,700 metres.", "The maximum depth is 10,900 metres."),
        (
            "Trieste reached 10,916 metres in 1960.",
            "Limiting Factor dived to 10,925 metres in 2019.",
        ),
        ("The bridge has 12 arches.", "The bridge is 240 metres long."),
        ("Some give 10,984 metres and some 10,935 metres as depth.", "The depth is 10,935 metres."),
    ],
)
def test_what_is_no_conflict_is_not_paired(first: str, second: str) -> None:
    assert disputes.differing([statement(first, "a"), statement(second, "b")]) == []


def test_one_text_does_not_contradict_itself() -> None:
    assert (
        disputes.differing(
            [statement("The depth is 5 metres.", "a"), statement("The depth is 6 metres.", "a")]
        )
        == []
    )


def test_statements_of_one_value_are_one_side() -> None:
    said = [
        statement("The depth of the Challenger Deep is 10,935 metres.", "a", "Pressure", "2021"),
        statement("The depth of the Challenger Deep is 10,984 metres.", "b", "Sonar", "2014"),
        statement("The Challenger Deep has a depth of 10,984 metres.", "c", "Chart", "2016"),
    ]
    (found,) = disputes.contradictions(disputes.differing(said))
    assert [len(side.evidence) for side in found.sides] == [2, 1]
    assert found.kind == "conflict"
    assert "Pressure (2021)" in found.note


def test_the_later_dated_figure_supersedes() -> None:
    said = [
        statement("By June 2024, 26.1 per cent of the sea floor had been mapped.", "a"),
        statement("By June 2025, 27.3 per cent of the sea floor had been mapped.", "b"),
    ]
    (found,) = disputes.contradictions(disputes.differing(said))
    assert found.kind == "superseded"
    assert "2024" in found.sides[0].text


def test_a_contradiction_is_told_once_and_its_claims_are_contested() -> None:
    texts = ["The depth of the Deep is 10,935 metres.", "The depth of the Deep is 10,984 metres."]
    known = ledger.merge(Ledger(), [feedback(claim(texts[0], "a"), claim(texts[1], "b"))])
    found = disputes.contradictions(
        disputes.differing([statement(texts[0], "a"), statement(texts[1], "b")])
    )
    twice = ledger.with_contradictions(ledger.with_contradictions(known, found), found)
    assert len(twice.contradictions) == 1
    assert [c.verdict for c in twice.claims] == ["contested", "contested"]


def answering(answer: str, source: str, goal: str = "Who designed the bridge?") -> Statement:
    return Statement(
        f"{answer} it was.", quote(f"{answer} it was.", source), goal=goal, answer=answer
    )


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("George Marrable", "Ada Rusk", True),
        ("George Marrable", "the engineer George Marrable", False),
        ("yes", "No.", True),
        ("是", "没有", True),
        ("yes", "Ada Rusk", False),
        ("顾守田", "林映秋", True),
        ("in 1931", "Ada Rusk", False),
        ("", "Ada Rusk", False),
    ],
)
def test_two_answers_to_one_question_are_a_pair_where_they_name_other_things(
    first: str, second: str, differ: bool
) -> None:
    a, b = answering(first, "a"), answering(second, "b")
    assert disputes.answers_differ(a, b) is disputes.answers_differ(b, a) is differ
    assert not disputes.answers_differ(a, answering(second, "b", goal="Who paid for it?"))


def test_a_dispute_about_a_name_has_a_side_for_each_answer() -> None:
    pairs = disputes.differing(
        [
            answering("George Marrable", "a"),
            answering("Ada Rusk", "b"),
            answering("the late Ada Rusk", "c"),
        ]
    )
    (dispute,) = disputes.contradictions(pairs)
    assert [len(side.evidence) for side in dispute.sides] == [1, 2]
    assert dispute.kind == "conflict"


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


def chain_of(*said: tuple[str, str]) -> tuple[Contradiction, ...]:
    statements = [
        statement(f"The fleet is {number} robots as of {year}.", f"{year}", f"Fleet {year}", year)
        for number, year in said
    ]
    return disputes.contradictions(disputes.differing(statements))


FLEET = {"2022": "1,960", "2023": "2,480", "2024": "3,120", "2025": "3,350"}


@pytest.mark.parametrize(
    "found",
    [
        [("2022", "2023"), ("2023", "2024")],
        [("2023", "2024"), ("2022", "2023")],
        [("2022", "2024"), ("2023", "2024")],
        [("2022", "2023"), ("2024", "2025"), ("2023", "2024")],
        [("2022", "2023", "2024")],
    ],
)
def test_values_that_took_each_others_place_are_one_contradiction_in_order_of_date(
    found: list[tuple[str, ...]],
) -> None:
    known = Ledger()
    for years in found:
        known = ledger.with_contradictions(
            known, chain_of(*((FLEET[year], year) for year in years))
        )
    (one,) = known.contradictions
    told = sorted({year for years in found for year in years})
    assert (one.kind, [side.date for side in one.sides]) == ("superseded", told)
    assert one.note == " / ".join(
        [
            *(f"Fleet {year} ({year}, superseded)" for year in told[:-1]),
            f"Fleet {told[-1]} ({told[-1]})",
        ]
    )
    assert ledger.with_contradictions(known, known.contradictions[:1]) == known


def conflict_of(*said: tuple[str, str]) -> tuple[Contradiction, ...]:
    return disputes.contradictions(
        disputes.differing([statement(text, source, source) for text, source in said])
    )


ONE, TWO, TWO_AGAIN, THREE = (
    ("The depth of the Deep is 10,935 metres.", "a"),
    ("The depth of the Deep is 10,984 metres.", "b"),
    ("The Deep has a depth of 10,984 metres.", "c"),
    ("The depth of the Deep is 10,902 metres.", "d"),
)


@pytest.mark.parametrize(("more", "sides"), [(TWO_AGAIN, [1, 2]), (THREE, [1, 1, 1])])
def test_what_several_agents_found_against_one_sentence_is_one_contradiction(
    more: tuple[str, str], sides: list[int]
) -> None:
    known = ledger.with_contradictions(Ledger(), conflict_of(ONE, TWO))
    (one,) = ledger.with_contradictions(known, conflict_of(ONE, more)).contradictions
    assert (one.kind, [len(side.evidence) for side in one.sides]) == ("conflict", sides)


def test_of_one_pair_told_in_two_ways_the_later_stands() -> None:
    (conflict,) = conflict_of(ONE, TWO)
    settled = conflict.model_copy(update={"kind": "superseded"})
    known = ledger.with_contradictions(ledger.with_contradictions(Ledger(), [conflict]), [settled])
    assert [one.kind for one in known.contradictions] == ["superseded"]


def test_two_disputes_stay_two_where_they_only_have_a_value_in_common() -> None:
    depth = conflict_of(ONE, TWO)
    length = conflict_of(
        ("The length of the cable is 10,935 metres.", "e"),
        ("The length of the cable is 10,700 metres.", "f"),
    )
    assert (
        len(
            ledger.with_contradictions(
                ledger.with_contradictions(Ledger(), depth), length
            ).contradictions
        )
        == 2
    )


def test_what_was_judged_and_does_not_hold_is_not_made_contested() -> None:
    texts = ["The depth of the Deep is 10,935 metres.", "The depth of the Deep is 10,984 metres."]
    found = disputes.contradictions(
        disputes.differing([statement(texts[0], "a"), statement(texts[1], "b")])
    )
    marks = (
        {"verdict": "insufficient", "reason": "its quotes do not say it"},
        {"verdict": "refuted", "reason": "denied"},
    )
    claims = tuple(
        claim(text, place).model_copy(update=mark)
        for text, place, mark in zip(texts, "ab", marks, strict=True)
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
