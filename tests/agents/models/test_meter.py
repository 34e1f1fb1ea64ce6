"""Retries and repairs are admitted one by one, and a call is cut off where the run's time ends."""

import time

import pytest

from agents.models import Models
from research.budget import Budget
from research.domain import BudgetLimits, now
from research.errors import BudgetExhausted
from research.store.tables import ModelCallRow
from tests.agents.models.conftest import Endpoint, Told, completion, endpoint_settings, failure
from tests.agents.models.test_calls import ASKED, Yes


async def spend(models: Models, budget: Budget) -> None:
    async def count(usage: object) -> None:
        budget.add(ModelCallRow(id="c", job_id="j", role="search", model="m", at=now()))

    await models.role("search").ask(ASKED, Yes, max_tokens=50, on_call=count, meter=budget)


@pytest.mark.parametrize("said", [failure(500, "out of order"), completion("no JSON at all")])
async def test_no_retry_and_no_repair_passes_the_cap(
    models: Models, endpoint: Endpoint, said: Told
) -> None:
    endpoint.says(said)
    budget = Budget(limits=BudgetLimits(calls=1))
    with pytest.raises(BudgetExhausted):
        await spend(models, budget)
    assert len(endpoint.asked) == 1


async def test_a_call_ends_with_the_runs_time(models: Models, endpoint: Endpoint) -> None:
    endpoint.says(Told(completion('{"yes": true}').body, hold=60))
    began = time.monotonic()
    with pytest.raises(BudgetExhausted):
        await spend(models, Budget(limits=BudgetLimits(seconds=0.6)))
    assert time.monotonic() - began < 20


async def test_a_pause_the_endpoint_asks_for_ends_with_the_runs_time(
    endpoint: Endpoint,
) -> None:
    endpoint.says(failure(429, "slow down", Retry_After="59"))
    began = time.monotonic()
    async with Models(endpoint_settings(endpoint)) as models:
        with pytest.raises(BudgetExhausted):
            await spend(models, Budget(limits=BudgetLimits(seconds=0.6)))
    assert time.monotonic() - began < 20
