"""What a run will probably take: by its plan, or as runs like it took."""

import pytest

from research.domain import BudgetLimits, Effort, Mode, now
from research.efforts import EFFORTS
from research.estimate import estimate, told
from research.settings import Price, Settings
from research.store.database import Store
from research.store.tables import ModelCallRow
from tests.research.crews import new_job

STRONG = {"model": "m", "model_base_url": "http://127.0.0.1:9/v1"}


async def ran(store: Store, calls: int) -> None:
    """A finished run that made so many calls."""
    job = await new_job(store, effort="quick", status="completed")
    async with store.session() as session:
        session.add_all(
            ModelCallRow(id=f"{job.id}{n}", job_id=job.id, role="summary", model="m", at=now())
            for n in range(calls)
        )


async def test_what_was_measured_is_told_from_the_10th_to_the_90th_percentile(
    store: Store, settings: Settings
) -> None:
    for calls in range(1, 21):
        await ran(store, calls)
    found = await estimate("quick", "multi_agent", BudgetLimits(calls=99), settings, store, "m")
    assert (found.runs, found.calls.low, found.calls.high) == (20, 2, 18)
    assert "10th to 90th percentile of 20 finished runs" in told(found)


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("mode", ["multi_agent", "react"])
async def test_more_effort_is_planned_to_take_more(
    store: Store, settings: Settings, mode: Mode, embedded: bool
) -> None:
    used = settings if embedded else settings.model_copy(update=STRONG)
    efforts: tuple[Effort, ...] = ("quick", "standard", "deep")
    found = [
        await estimate(effort, mode, BudgetLimits(calls=10_000), used, store, "m")
        for effort in efforts
    ]
    assert all(one.calls.low <= one.calls.high for one in found)
    assert found[0].calls.high < found[1].calls.high < found[2].calls.high


async def test_an_estimate_is_never_above_the_cap(store: Store, settings: Settings) -> None:
    asked = BudgetLimits(calls=4)
    found = await estimate("deep", "multi_agent", asked, settings, store, "m")
    assert found.calls.high == 4


async def test_a_real_run_lay_between_the_ends(store: Store, settings: Settings) -> None:
    """A standard run over a small library took 68 calls and 150,000 tokens, in the design with more
    and smaller calls."""
    found = await estimate(
        "standard", "multi_agent", BudgetLimits(), settings.model_copy(update=STRONG), store, "m"
    )
    assert found.calls.low < 68 < found.calls.high
    assert found.tokens.low < 150_000 < found.tokens.high
    assert found.tokens.high == EFFORTS["standard"].limits.tokens


async def test_the_low_end_is_a_library_read_whole_the_high_end_every_turn(
    store: Store, settings: Settings
) -> None:
    used = settings.model_copy(update=STRONG)
    found = await estimate("standard", "multi_agent", BudgetLimits(), used, store, "m")
    closing = 1 + 2 + 9  # outline, one author and an edit, the judge for 100 sentences
    assert found.calls.low == 1 + 1 + closing + 2
    assert found.calls.high == 3 + 4 * 4 * (5 + 1) + 1 + closing + 4
    deep = await estimate("deep", "multi_agent", BudgetLimits(), used, store, "m")
    assert deep.calls.low == 1 + 1 + 1 + (7 + 1) + 19 + 2


async def test_the_smallest_budget_is_below_no_estimate(store: Store, settings: Settings) -> None:
    for effort, plan in EFFORTS.items():
        found = await estimate(
            effort, "multi_agent", plan.least(), settings.model_copy(update=STRONG), store, "m"
        )
        assert found.tokens.high == plan.least().tokens and found.calls.high == plan.least().calls


async def test_money_is_told_of_the_tokens_within_the_cap(store: Store, settings: Settings) -> None:
    priced = settings.model_copy(
        update={**STRONG, "model_price": Price(prompt=1.0, cached=0.1, completion=1.0)}
    )
    found = await estimate("standard", "multi_agent", BudgetLimits(), priced, store, "m")
    assert found.usd is not None and found.usd.high == pytest.approx(
        0.8
    )  # 800,000 tokens at a dollar a million
