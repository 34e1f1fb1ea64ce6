"""What the Summary Agent gave, as claims: code copies the quotes, and what names nothing that was
read is no claim."""

from typing import Any

import pytest

from agents.extraction.claims import Found, GivenCheck, Summary, checked, verbatim
from research.domain import Claim, now
from research.store.tables import RunRow
from tests.agents.writing.pages import documents_of, ledger_of

TEXTS = (
    "The trench is 7,420 metres deep. It lies in the north.",
    "A draft says 7,510 metres.",
    "The gauge gave 7,420 metres.",
)
DOCUMENTS = documents_of(*TEXTS)
RUN = RunRow(
    id="ab12", job_id="j", task_id="t", at=now(), code="print(1)", code_sha256="f" * 64, inputs=["d1.1", "d2.1"], given={}, exit_code=0,
    stdout="RESULT mean = 7465", stderr="", seconds=0.1, stopped=None,
)  # fmt: skip


def found(**given: Any) -> Found:
    made = Found(task_id="r1s1", documents=DOCUMENTS, runs={"run-ab12": RUN})
    made.add(Summary.model_validate({"claims": [], **given}))
    return made


def claim(text: str, *evidence: list[str], **more: Any) -> dict[str, Any]:
    return {"text": text, "evidence": list(evidence), **more}


def test_sentences_of_a_group_are_one_quote_and_groups_are_places() -> None:
    (made,) = found(
        claims=[claim("The trench in the north is 7,420 m deep.", ["d1.1", "d1.2"], ["d3.1"])]
    ).claims
    assert [quote.quote for quote in made.evidence] == [
        "The trench is 7,420 metres deep. … It lies in the north.",
        "The gauge gave 7,420 metres.",
    ]
    assert made.documents == 2 and not made.private


def test_what_is_known_of_a_figure_is_kept() -> None:
    about = {
        "subject": "Trench",
        "measure": "depth",
        "value": 7420,
        "unit": "m",
        "as_of": "2021",
        "speaker": "the ship",
        "parts": [2, 1, 2],
    }
    (made,) = found(claims=[claim("It is 7,420\nmetres deep.", ["d1.1"], **about)]).claims
    assert (made.subject, made.measure, made.value, made.unit, made.as_of, made.speaker) == (
        "Trench",
        "depth",
        "7420",
        "m",
        "2021",
        "the ship",
    )
    assert made.parts == (2, 1) and made.text == "It is 7,420 metres deep."


@pytest.mark.parametrize(
    "evidence", [[], [[]], [["d9.1"]], [["d1.99", "c1"]], [["run-gone"]], ["nothing"]]
)
def test_a_claim_that_names_nothing_that_was_read_is_a_gap(evidence: Any) -> None:
    made = found(claims=[{"text": "It is full of gold.", "evidence": evidence}])
    assert made.claims == [] and made.gaps == ["It is full of gold. (?)"]


def test_a_flat_list_of_sentences_is_one_group() -> None:
    (made,) = found(claims=[{"text": "It is deep.", "evidence": ["d1.1", "d1.2"]}]).claims
    assert len(made.evidence) == 1


def test_a_result_of_a_program_rests_on_the_run_and_on_what_it_was_given() -> None:
    (made,) = found(claims=[claim("The mean is 7,465 metres.", ["run-ab12"])]).claims
    assert [run.run_id for run in made.runs] == ["ab12"]
    assert [quote.quote for quote in made.evidence] == [
        "The trench is 7,420 metres deep.",
        "A draft says 7,510 metres.",
    ]


def test_a_claim_has_its_documents_standing_where_they_share_one() -> None:
    claims = [claim("A.", ["d2.1"]), claim("B.", ["d1.1"], ["d2.1"]), claim("C.", ["d1.1"])]
    made = found(
        claims=claims,
        sources=[{"id": "d2", "standing": "draft"}, {"id": "d77", "standing": "archived"}],
    )
    assert [one.standing for one in made.claims] == ["draft", "current", "current"]
    document = DOCUMENTS.get(2)
    assert document is not None and made.standings == {document.snapshot.id: "draft"}


CLAIMS = [
    claim("First.", ["d1.1"], as_of="2020"),
    claim("Of gold.", ["d9.9"]),
    claim("Last.", ["d2.1"]),
]


def test_conflicts_count_the_claims_as_they_were_listed() -> None:
    told = [
        {"topic": "Depth", "kind": "superseded", "sides": [1, 3, 3], "why": "A new survey."},
        {"topic": "With one side", "kind": "conflict", "sides": [1, 2]},
        {"topic": "With none", "kind": "conflict", "sides": [0, 9]},
        {"topic": "Depth", "kind": "scope", "sides": [1, 3], "why": "another trench"},
    ]
    made = found(claims=CLAIMS, conflicts=told)
    (one,) = made.contradictions
    assert (one.topic, one.kind, one.note) == ("Depth", "superseded", "A new survey.")
    assert [(side.text, side.date) for side in one.sides] == [("First.", "2020"), ("Last.", "")]
    (scope,) = made.surprises
    assert (scope.text, scope.ids) == ("Depth: another trench", ("d1.1", "d2.1"))


# Claims that were sent to be checked

LEDGER = ledger_of(DOCUMENTS)
FIRST, SECOND = LEDGER.claims[0], LEDGER.claims[2]


def looked_at(*given: tuple[str, str, str]) -> tuple[dict[str, Claim], list[Any]]:
    checks = [
        (
            GivenCheck(claim=id, finding=finding, evidence=[[ref]], why="So it says."),
            DOCUMENTS.quotes([ref]),
        )
        for id, finding, ref in given
    ]
    claims, contradictions = checked(checks, [FIRST, SECOND], "en")
    return {one.id: one for one in claims}, contradictions


def test_what_nobody_speaks_of_was_looked_at() -> None:
    claims, conflicts = looked_at(("c1", "not_found", "d1.1"))
    assert [(one.verdict, one.reason) for one in claims.values()] == [
        ("insufficient", "no other source was found")
    ] * 2
    assert conflicts == []


def test_another_source_corroborates_a_claim_and_stands_beside_its_own() -> None:
    claims, _ = looked_at((FIRST.id, "corroborated", "d3.1"))
    assert (claims[FIRST.id].verdict, len(claims[FIRST.id].evidence)) == ("supported", 2)


def test_another_source_contradicts_a_claim() -> None:
    claims, (conflict,) = looked_at((FIRST.id, "contradicted", "d2.1"))
    assert claims[FIRST.id].verdict == "contested" and claims[FIRST.id].evidence == FIRST.evidence
    assert [side.text for side in conflict.sides] == [
        "The trench is 7,420 metres deep.",
        "A draft says 7,510 metres.",
    ]


def test_one_source_may_corroborate_what_another_contradicts() -> None:
    claims, conflicts = looked_at(
        (FIRST.id, "corroborated", "d3.1"), (FIRST.id, "contradicted", "d2.1")
    )
    assert (claims[FIRST.id].verdict, len(claims[FIRST.id].evidence), len(conflicts)) == (
        "contested",
        2,
        1,
    )
    claims, _ = looked_at((FIRST.id, "contradicted", "d2.1"), (FIRST.id, "corroborated", "d3.1"))
    assert (claims[FIRST.id].verdict, len(claims[FIRST.id].evidence)) == ("contested", 2)


@pytest.mark.parametrize(
    "check",
    [
        ("c99", "contradicted", "d2.1"),
        ("c1", "corroborated", "d1.1"),
        ("c1", "contradicted", "d9.9"),
    ],
)
def test_a_check_of_no_claim_by_its_own_source_or_by_nothing_changes_nothing(
    check: tuple[str, str, str],
) -> None:
    claims, conflicts = looked_at(check)
    assert [one.verdict for one in claims.values()] == ["insufficient"] * 2 and conflicts == []


def test_without_a_model_sentences_are_claims_in_their_own_words_spread_over_the_documents() -> (
    None
):
    wanted = {1: frozenset({0, 1}), 2: frozenset({0}), 9: frozenset({3})}
    assert [
        one.text for one in verbatim("r1s1", "Where in the north is it?", DOCUMENTS, wanted, 3)
    ] == [
        "It lies in the north.",
        "A draft says 7,510 metres.",
    ]


def test_a_side_that_was_computed_carries_the_program() -> None:
    (conflict,) = found(
        claims=[
            claim("The mean depth is 7,465 metres.", ["run-ab12", "d1.1", "d2.1"]),
            claim("The gauge gave 7,420 metres.", ["d3.1"]),
        ],
        conflicts=[{"topic": "depth", "kind": "conflict", "sides": [1, 2], "why": ""}],
    ).contradictions
    assert [[run.run_id for run in side.runs] for side in conflict.sides] == [["ab12"], []]
