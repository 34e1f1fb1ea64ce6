"""The rules of the rounds."""

from hypothesis import given
from hypothesis import strategies as st

from agents.routing import (
    BATCH,
    SHARE,
    asked_so_far,
    batches,
    by_risk,
    judgings,
    seen_so_far,
    shares,
    still_met,
    verified,
    verify_room,
    verify_tasks,
)
from research.budget import Budget
from research.report import RoleUsage
from research.types import BudgetLimits, Claim, Ledger, Plan, Quote, Task, Verdict


def claim(number: int, page: str = "p", text: str = "The sea is deep.", **fields: object) -> Claim:
    quote = Quote(reading_id=page, snapshot_id=page, spans=((0, 1),), quote=text)
    return Claim.model_validate({"id": f"c{number}", "text": text, "evidence": (quote,), **fields})


CLAIMS = st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans(), st.integers(1, 3), st.floats(0, 1)), max_size=40).map(
    lambda rows: [
        claim(i, page, "It is 7 metres deep." if figure else "It is deep.", documents=documents, relevance=relevance)
        for i, (page, figure, documents, relevance) in enumerate(rows)
    ]
)


@given(CLAIMS, st.integers(0, 5))
def test_batches_are_few_and_hold_each_claim_once_and_the_riskiest_first(claims: list[Claim], most: int) -> None:
    made = batches(claims, most)
    assert len(made) <= most
    assert all(1 <= len(batch) <= BATCH for batch in made)
    ids = [one.id for batch in made for one in batch]
    assert len(ids) == len(set(ids))
    if claims and most:
        assert made[0][0] == by_risk(claims)[0]


def test_claims_of_a_page_go_to_one_agent_and_several_pages_to_one_if_they_are_few() -> None:
    claims = [claim(1, "a"), claim(2, "b"), claim(3, "a"), claim(4, "c", relevance=0.9)]
    assert [[one.id for one in batch] for batch in batches(claims, 5)] == [["c4", "c1", "c3", "c2"]]
    many = [claim(i, "ab"[i % 2]) for i in range(2 * BATCH)]
    assert [{one.evidence[0].snapshot_id for one in batch} for batch in batches(many, 5)] == [{"a"}, {"b"}]


def test_risk_is_a_figure_a_single_source_and_a_dispute() -> None:
    plain = claim(1, documents=2, relevance=1.0)
    alone = claim(2, documents=1)
    figure = claim(3, text="It is 7 metres deep.", documents=2)
    both = claim(4, text="It is 7 metres deep.", documents=1)
    disputed = claim(5, text="It is 7 metres deep.", documents=1, verdict="contested")
    assert [one.id for one in by_risk([plain, alone, figure, both, disputed])] == ["c5", "c4", "c3", "c2", "c1"]


@given(st.integers(1, 400), st.integers(0, 100), st.integers(1, 8))
def test_verifiers_take_a_quarter_of_the_calls_at_most(calls: int, spent: int, turns: int) -> None:
    budget = Budget(limits=BudgetLimits(calls=calls), by_role={"verify": RoleUsage(model_calls=spent), "search": RoleUsage(model_calls=99)})
    room = verify_room(budget, turns)
    assert room >= 0
    assert not room or spent + room * (turns + judgings(turns)) <= calls / SHARE


@given(st.integers(1, 8), st.integers(0, 9), st.integers(0, 9))
def test_no_more_agents_go_out_than_the_effort_allows_and_both_roles_get_one(most: int, searching: int, verifying: int) -> None:
    search, verify = shares(most, searching, verifying)
    assert search + verify <= most
    assert search + verify == min(most, searching + verifying)
    if most > 1 and searching and verifying:
        assert search
        assert verify


def test_a_part_is_not_met_by_a_claim_that_is_refuted_or_unknown() -> None:
    known: dict[int, Verdict] = {1: "supported", 2: "refuted"}
    ledger = Ledger(claims=tuple(claim(number, verdict=verdict) for number, verdict in known.items()))
    met = {"depth": ("c1", "c2"), "finder": ("c2",), "width": ("c9",), "asked by nobody": ("c1",)}
    assert still_met(["depth", "finder", "width"], met, ledger) == {"depth": ("c1",)}


def test_met_parts_are_sound_only_where_somebody_looked_and_nobody_disputes() -> None:
    looked = claim(1, verdict="supported", reason="said by one text")
    disputed = claim(2, verdict="contested", reason="said by one text")
    ledger = Ledger(claims=(looked, disputed, claim(3)))
    assert verified({"depth": ("c1", "c2")}, ledger)
    assert not verified({"depth": ("c1",), "finder": ("c2",)}, ledger)
    assert not verified({"depth": ("c3",)}, ledger)


def test_a_claim_a_verdict_a_dispute_and_a_document_are_new_each() -> None:
    before = Ledger(claims=(claim(1),))
    after = [
        (Ledger(claims=(claim(1), claim(2))), 4),
        (Ledger(claims=(claim(1, verdict="supported", reason="said by one text"),)), 4),
        (Ledger(claims=(claim(1, verdict="contested"),)), 4),
        (before, 5),
    ]
    assert all(seen_so_far(ledger, documents) != seen_so_far(before, 4) for ledger, documents in after)
    tried = before.model_copy(update={"queries": ("one more",), "pages": 9, "gaps": ("depth",)})
    assert seen_so_far(tried, 4) == seen_so_far(before, 4)


def test_what_was_asked_is_kept_through_all_rounds() -> None:
    search, verify = Task(id="r2s1", role="search", goal="second"), Task(id="r2v1", role="verify", goal="- claim")
    last = Plan(asked=("first",), must_contain=("a part",), tasks=(search, verify))
    assert asked_so_far(last, Ledger(queries=("query", "first"))) == ("first", "second", "query")


def test_a_verify_agent_is_told_the_claims_it_checks() -> None:
    (task,) = verify_tasks([[claim(1, text="It is 7 metres deep."), claim(2)]], 3)
    assert (task.id, task.role, task.claims) == ("r3v1", "verify", ("c1", "c2"))
    assert task.goal == "- It is 7 metres deep.\n- The sea is deep."
