"""A run from its first step to its report, and from where it was stopped to the same report."""

import asyncio
import sqlite3

import pytest

from research.errors import FenceLost, JobBusy, JobEnded, ModelUnavailable, SearchFailed
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.store.records import JobRecords
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted, without_act


@on_both
async def test_a_run_ends_in_a_stored_report(store: Store, settings: Settings) -> None:
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    report = await run_job(job, scripted(Script()), store, settings)
    assert report.status == "complete"
    assert [source.n for source in report.sources] == [1, 2]
    assert await store.report(job.id) == report
    assert (await store.job(job.id)).status == "completed"
    events = await store.events(job.id)
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert events[0].type == "job.started"
    assert events[-1].type == "job.completed"


@pytest.mark.parametrize(
    "stop_at", ["plan", "think t1", "act t1", "summarise t1", "outline", "write", "check"]
)
@on_both
async def test_stopped_anywhere_it_goes_on_and_repeats_only_the_step_in_flight(
    store: Store, settings: Settings, stop_at: str
) -> None:
    script = Script()
    reached = script.stops_at(stop_at)
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    running = asyncio.create_task(run_job(job, scripted(script), store, settings))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await store.job(job.id)).status == "running"
    job = await store.take(job.id, stale_seconds=0)
    report = await run_job(job, scripted(script), store, settings)
    assert report.status == "complete"
    assert all(count == (2 if name == "plan" else 1) for name, count in script.calls.items()), (
        script.calls
    )


@on_both
async def test_a_job_that_gets_on_is_not_counted_as_one_that_never_ends(
    store: Store, settings: Settings
) -> None:
    """Killed at one step after another it has one attempt; dying of one step it has as many as it
    was started there."""
    job = await new_job(store)
    counted = []
    for step in ["plan", "think t1", "summarise t1", "outline", "write", "write", "write"]:

        async def stop(name: str, step: str = step) -> None:
            if name == step:
                raise RuntimeError("a bug")

        taken = await store.take(job.id, stale_seconds=0)
        counted.append(taken.attempts)
        with pytest.raises(RuntimeError):
            await run_job(taken, scripted(Script(tasks=2, before=stop)), store, settings)
    assert max(counted[:5]) <= 2
    assert counted[-2:] == [2, 3]


@on_both
async def test_one_failed_branch_leaves_its_siblings(store: Store, settings: Settings) -> None:
    crew = without_act(scripted(Script()), SearchFailed(reason="no network"), "t0")
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    report = await run_job(job, crew, store, settings)
    assert len(report.sources) == 1
    ledger = await store.ledger(job.id)
    assert ledger is not None
    assert ledger.failures == ("No search provider answered: no network.",)


@on_both
async def test_a_model_that_is_gone_fails_the_job_and_resuming_goes_on(
    store: Store, settings: Settings
) -> None:
    script = Script()
    crew = without_act(scripted(script), ModelUnavailable(model="m", reason="refused"), "t0")
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    with pytest.raises(ModelUnavailable):
        await run_job(job, crew, store, settings)
    failed = await store.job(job.id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error["code"] == "model_unavailable"
    job = await store.take(job.id, stale_seconds=15)
    report = await run_job(job, scripted(script), store, settings)
    assert report.status == "complete"
    assert script.calls["think t0"] == 1


@on_both
async def test_a_live_job_cannot_be_taken_and_an_ended_one_not_resumed(
    store: Store, settings: Settings
) -> None:
    made = await new_job(store)
    job = await store.take(made.id, stale_seconds=15)
    with pytest.raises(JobBusy):
        await store.take(made.id, stale_seconds=15)
    await run_job(job, scripted(Script()), store, settings)
    with pytest.raises(JobEnded):
        await store.take(made.id, stale_seconds=15)


@on_both
async def test_a_worker_that_lost_its_job_writes_nothing_more(
    store: Store, settings: Settings
) -> None:
    script = Script()
    taken = asyncio.Event()
    gone_on = asyncio.Event()

    async def pause(name: str) -> None:
        if name == "outline" and not taken.is_set():
            taken.set()
            await gone_on.wait()

    script.before = pause
    first = await store.take((await new_job(store)).id, stale_seconds=15)
    zombie = asyncio.create_task(
        run_job(
            first, scripted(script), store, settings.model_copy(update={"heartbeat_seconds": 60})
        )
    )
    await taken.wait()
    second = await store.take(first.id, stale_seconds=0)
    gone_on.set()
    with pytest.raises(FenceLost):
        await zombie
    with pytest.raises(FenceLost):
        await JobRecords(store, first).emit("warning", message="a zombie speaks")
    report = await run_job(second, scripted(script), store, settings)
    assert report.status == "complete"


@on_both
async def test_a_running_job_is_cancelled(store: Store, settings: Settings) -> None:
    script = Script()

    async def hang(name: str) -> None:
        if name == "write":
            await asyncio.sleep(3600)

    script.before = hang
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    running = asyncio.create_task(
        run_job(
            job, scripted(script), store, settings.model_copy(update={"heartbeat_seconds": 0.05})
        )
    )
    while not script.calls["outline"]:
        await asyncio.sleep(0.02)
    await store.request_cancel(job.id)
    with pytest.raises(JobEnded):
        await running
    assert (await store.job(job.id)).status == "cancelled"


async def test_a_tampered_checkpoint_is_an_error_and_no_object_of_its_choosing(
    store: Store, settings: Settings
) -> None:
    script = Script()

    async def fail(name: str) -> None:
        if name == "write":
            raise ModelUnavailable(model="m", reason="gone")

    script.before = fail
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    with pytest.raises(ModelUnavailable):
        await run_job(job, scripted(script), store, settings)
    path = store.url.removeprefix("sqlite+aiosqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE checkpoints SET checkpoint = ? WHERE checkpoint_ns = ''", (b"\xc1 not msgpack",)
        )
    connection.close()
    script.before = None
    job = await store.take(job.id, stale_seconds=15)
    with pytest.raises(Exception, match="stored state of job"):
        await run_job(job, scripted(script), store, settings)
    assert (await store.job(job.id)).status == "failed"


async def test_graph_state_holds_no_page_text(store: Store, settings: Settings) -> None:
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    await run_job(job, scripted(Script()), store, settings)
    path = store.url.removeprefix("sqlite+aiosqlite:///")
    with sqlite3.connect(path) as connection:
        states = [row[0] for row in connection.execute("SELECT checkpoint FROM checkpoints")]
    connection.close()
    from tests.research.crews import TEXT

    assert states
    assert not any(TEXT.encode() in state for state in states)


REFUSING = {
    "sqlite": """
        CREATE TRIGGER refuse BEFORE UPDATE OF heartbeat_at ON jobs
        BEGIN SELECT RAISE(ABORT, 'not now'); END
    """,
    "postgresql": """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OF heartbeat_at ON jobs
        FOR EACH ROW EXECUTE FUNCTION refuse()
    """,
}
WILLING = {"sqlite": "DROP TRIGGER refuse", "postgresql": "DROP TRIGGER refuse ON jobs"}


@on_both
async def test_a_heart_beats_on_after_beats_that_the_database_refused(
    store: Store, settings: Settings
) -> None:
    async def change(statements: dict[str, str]) -> None:
        async with store.engine.begin() as connection:
            await connection.exec_driver_sql(statements[store.engine.dialect.name])

    async def refuse_for_a_while(name: str) -> None:
        if name != "outline":
            return
        await change(REFUSING)
        await asyncio.sleep(0.5)
        last = (await store.job(job.id)).heartbeat_at
        await change(WILLING)
        async with asyncio.timeout(30):
            while (await store.job(job.id)).heartbeat_at == last:
                await asyncio.sleep(0.05)

    job = await store.take((await new_job(store)).id, stale_seconds=15)
    quick = settings.model_copy(update={"heartbeat_seconds": 0.05})
    report = await run_job(job, scripted(Script(before=refuse_for_a_while)), store, quick)
    assert report.status == "complete"
    assert await store.seconds(job.id) >= 0.5


async def test_a_run_whose_heart_meets_a_bug_is_stopped_and_says_so(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def beat(self: JobRecords, seconds: float) -> bool:
        raise RuntimeError("a bug")

    async def hang(name: str) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(JobRecords, "heartbeat", beat)
    job = await store.take((await new_job(store)).id, stale_seconds=15)
    quick = settings.model_copy(update={"heartbeat_seconds": 0.05})
    async with asyncio.timeout(30) as limit:
        with pytest.raises(RuntimeError, match="a bug"):
            await run_job(job, scripted(Script(before=hang)), store, quick)
    assert not limit.expired()
