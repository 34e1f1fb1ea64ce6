"""No order of parallel calls passes a cap, and every phase leaves the next its share."""

from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.budget import EFFORTS, SHARES, Budget, Phase, Rates
from research.errors import BudgetExhausted
from research.tables import ModelCallRow
from research.types import BudgetLimits, now

RATES = Rates(prompt=0.000002, completion=0.00001)
PHASES: list[Phase] = ["research", "analyse", "write", "check"]


def row(prompt: int, completion: int, rates: Rates = RATES) -> ModelCallRow:
    usd = prompt * rates.prompt + completion * rates.completion
    return ModelCallRow(id="c", job_id="j", role="search", model="m", at=now(), prompt_tokens=prompt, completion_tokens=completion, usd=usd)


calls = st.tuples(st.integers(1, 4_000), st.integers(1, 6_000), st.floats(0.05, 1.0), st.floats(0.0, 1.0), st.integers(0, 5))
caps = st.builds(
    BudgetLimits,
    calls=st.none() | st.integers(1, 30),
    tokens=st.none() | st.integers(1, 40_000),
    usd=st.none() | st.floats(0.0001, 0.2),
)


@given(caps, st.lists(calls, max_size=40), st.lists(st.sampled_from(PHASES), max_size=3))
def test_no_schedule_of_parallel_calls_passes_a_cap(limits: BudgetLimits, planned: list[Any], phases: list[Phase]) -> None:
    """Each call is admitted, stays in flight while up to five others are admitted, and comes to what its bound allows at most. The bound
    of all prompts is off by the same measure, as it is for one vocabulary."""
    budget = Budget(limits=limits, kept={phase: EFFORTS["deep"].kept_calls(phase) for phase in SHARES})
    flying: list[tuple[ExitStack, int, int, int]] = []

    def land() -> None:
        stack, prompt, completion, _ = flying.pop(0)
        stack.close()
        budget.add(row(prompt, completion))

    ratio = planned[0][2] if planned else 1.0
    for number, (bound, longest, _, part, wait) in enumerate(planned):
        if number and number % 10 == 0 and phases:
            budget.phase = phases.pop()
        while flying and flying[0][3] <= number:
            land()
        stack = ExitStack()
        try:
            admission = stack.enter_context(budget.admit(bound, longest, RATES))
        except BudgetExhausted:
            continue
        assert admission.max_tokens <= longest
        prompt = int(bound * ratio)
        admission.prompt_tokens = prompt
        flying.append((stack, prompt, int(admission.max_tokens * part), number + wait))
    while flying:
        land()
    spent = budget.spent
    assert limits.calls is None or spent.model_calls <= limits.calls
    assert limits.tokens is None or spent.prompt_tokens + spent.completion_tokens <= limits.tokens
    assert limits.usd is None or spent.usd <= limits.usd + 1e-9


def test_a_vocabulary_that_needs_more_than_the_bound_is_learnt_of() -> None:
    budget = Budget(limits=BudgetLimits(tokens=3_000), phase="check")
    with budget.admit(1_000, 400) as first:
        first.prompt_tokens = 2_000
    budget.add(row(2_000, 0))
    with pytest.raises(BudgetExhausted), budget.admit(400, 400):
        pass


def test_an_answer_is_cut_to_what_is_left_and_no_call_is_made_for_a_useless_one() -> None:
    budget = Budget(limits=BudgetLimits(tokens=4_000), phase="check")
    with budget.admit(1_000, 6_000) as cut:
        assert cut.max_tokens == 3_000
    with pytest.raises(BudgetExhausted), budget.admit(3_000, 6_000):
        pass


def test_money_is_set_aside_before_a_call() -> None:
    budget = Budget(limits=BudgetLimits(usd=0.01), phase="check")
    with budget.admit(1_000, 600, RATES), pytest.raises(BudgetExhausted), budget.admit(1_000, 600, RATES):
        pass


@pytest.mark.parametrize("effort", ["quick", "standard", "deep"])
def test_research_leaves_what_closing_needs(effort: Any) -> None:
    plan = EFFORTS[effort]
    budget = Budget(limits=BudgetLimits(calls=40), kept={phase: plan.kept_calls(phase) for phase in SHARES})
    made: dict[Phase, int] = {}
    for phase in PHASES:
        budget.phase = phase
        made[phase] = 0
        try:
            while True:
                with budget.admit(1, 1):
                    pass
                budget.add(row(1, 1))
                made[phase] += 1
        except BudgetExhausted:
            pass
    assert sum(made.values()) == 40
    assert made["write"] >= 1
    assert made["check"] >= 1


def test_time_that_is_up_admits_nothing() -> None:
    budget = Budget(limits=BudgetLimits(seconds=100), earlier_seconds=81)
    with pytest.raises(BudgetExhausted), budget.admit(1, 1):
        pass
    budget.phase = "check"
    with budget.admit(1, 1) as late:
        assert late.seconds is not None
        assert 18 < late.seconds <= 19
