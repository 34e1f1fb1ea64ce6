"""The rules of the rounds."""

from agents.extractive.routing import SHARE, asked_so_far, by_risk, verify_room
from hypothesis import given
from hypothesis import strategies as st

from research.budget import Budget
from research.domain import BudgetLimits, Claim, Ledger, Plan, Quote, Task
from research.domain.report import RoleUsage


def claim(number: int, page: str = "p", text: str = "The sea is deep.", **fields: object) -> Claim:
    quote = Quote(reading_id=page, snapshot_id=page, spans=((0, 1),), quote=text)
    return Claim.model_validate({"id": f"c{number}", "text": text, "evidence": (quote,), **fields})


def test_risk_is_a_figure_a_single_source_and_a_dispute() -> None:
    plain = claim(1, documents=2, relevance=1.0)
    alone = claim(2, documents=1)
    figure = claim(3, text="It is 7 metres deep.", documents=2)
    both = claim(4, text="It is 7 metres deep.", documents=1)
    disputed = claim(5, text="It is 7 metres deep.", documents=1, verdict="contested")
    assert [one.id for one in by_risk([plain, alone, figure, both, disputed])] == [
        "c5",
        "c4",
        "c3",
        "c2",
        "c1",
    ]


@given(st.integers(1, 400), st.integers(0, 100), st.integers(1, 8))
def test_verifiers_take_a_quarter_of_the_calls_at_most(calls: int, spent: int, turns: int) -> None:
    budget = Budget(
        limits=BudgetLimits(calls=calls),
        by_role={"verify": RoleUsage(model_calls=spent), "search": RoleUsage(model_calls=99)},
    )
    room = verify_room(budget, turns)
    assert room >= 0
    assert not room or spent + room * (turns + 1) <= calls / SHARE


def test_what_was_asked_is_kept_through_all_rounds() -> None:
    search, verify = (
        Task(id="r2s1", role="search", goal="second"),
        Task(id="r2v1", role="verify", goal="- claim"),
    )
    last = Plan(asked=("first",), must_contain=("a part",), tasks=(search, verify))
    assert asked_so_far(last, Ledger(queries=("query", "first"))) == ("first", "second", "query")
