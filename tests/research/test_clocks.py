"""A clock that goes back, or another machine's, costs nothing: the run goes on from where it
stood."""

import asyncio
import time

import pytest
from langgraph.checkpoint.base import id as checkpoint_ids

from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted


@on_both
@pytest.mark.parametrize("stop_at", ["summarise t1", "write"])
async def test_resumed_with_the_clock_earlier_it_goes_on(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    script = Script()
    reached = script.stops_at(stop_at)
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    running = asyncio.create_task(run_job(job, scripted(script), store, settings))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    right = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: right() - 30 * 10**9)
    # as in another process: LangGraph keeps its ids in order within one only
    monkeypatch.setattr(checkpoint_ids, "_last_v6_timestamp", None)
    report = await run_job(
        await store.take(job.id, stale_seconds=0), scripted(script), store, settings
    )
    assert report.status == "complete"
    repeated = {name: count for name, count in script.calls.items() if count > 1}
    assert repeated == {"plan": 2}
