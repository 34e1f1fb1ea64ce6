"""What a run will probably take: by its plan, or as runs like it took."""

import pytest

from research.budget import EFFORTS
from research.estimate import estimate, told
from research.settings import Settings
from research.store import Store
from research.tables import ModelCallRow
from research.types import BudgetLimits, Effort, Mode, now
from tests.research.crews import new_job


async def ran(store: Store, calls: int) -> None:
    """A finished run that made so many calls."""
    job = await new_job(store, effort="quick", status="completed")
    async with store.session() as session:
        session.add_all(ModelCallRow(id=f"{job.id}{n}", job_id=job.id, role="summary", model="m", at=now()) for n in range(calls))


async def test_what_was_measured_is_told_from_the_10th_to_the_90th_percentile(store: Store, settings: Settings) -> None:
    for calls in range(1, 21):
        await ran(store, calls)
    found = await estimate("quick", "multi_agent", BudgetLimits(calls=99), settings, store, "m")
    assert (found.runs, found.calls.low, found.calls.high) == (20, 2, 18)
    assert "10th to 90th percentile of 20 finished runs" in told(found)


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("mode", ["multi_agent", "react"])
async def test_more_effort_is_planned_to_take_more(store: Store, settings: Settings, mode: Mode, embedded: bool) -> None:
    used = settings if embedded else settings.model_copy(update={"model": "m", "model_base_url": "http://127.0.0.1:9/v1"})
    efforts: tuple[Effort, ...] = ("quick", "standard", "deep")
    found = [await estimate(effort, mode, BudgetLimits(calls=10_000), used, store, "m") for effort in efforts]
    assert all(one.calls.low < one.calls.high for one in found)
    assert found[0].calls.high < found[1].calls.high < found[2].calls.high


async def test_an_estimate_is_never_above_the_cap(store: Store, settings: Settings) -> None:
    found = await estimate("deep", "multi_agent", BudgetLimits(), settings, store, "m")
    assert found.calls.high == EFFORTS["deep"].limits.calls
