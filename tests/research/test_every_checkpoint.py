"""A run that is cut off as any of its checkpoints is written, its steps' results stored before, goes
on and repeats nothing that was stored."""

from typing import Any

import pytest

from research.errors import StoreUnreadable
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.store.postgres.saver import FencedPostgresSaver
from research.store.sqlite.saver import FencedSqliteSaver
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted


@on_both
async def test_cut_off_at_any_checkpoint_it_goes_on(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    saver: Any = FencedSqliteSaver if store.is_sqlite else FencedPostgresSaver
    whole = saver.aput
    cut = written = 0

    async def aput(self: Any, *given: Any) -> Any:
        nonlocal written
        written += 1
        if written == cut:
            raise StoreUnreadable(place="here", reason="it went away")
        return await whole(self, *given)

    monkeypatch.setattr(saver, "aput", aput)
    while True:
        cut, written = cut + 1, 0
        script = Script(tasks=1)
        job = await new_job(store)
        try:
            await _run(job.id, script, store, settings)
            break  # it has fewer checkpoints
        except StoreUnreadable:
            cut, at = -1, cut
        report = await _run(job.id, script, store, settings)
        assert report.status == "complete", at
        repeated = {name: n for name, n in script.calls.items() if n > 1}
        assert repeated.keys() <= {"plan"}, (at, repeated)
        cut = at
    assert cut > 10


async def _run(job_id: str, script: Script, store: Store, settings: Settings) -> Any:
    job = await store.take(job_id, stale_seconds=0)
    return await run_job(job, scripted(script), store, settings)
