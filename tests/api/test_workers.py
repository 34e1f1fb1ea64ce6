"""Workers: which job is taken when, how many at once, what becomes of one whose worker is gone or
is to stop."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from procrastinate import App
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import col, update
from structlog.testing import capture_logs

from api.jobs import queue_worker
from api.jobs import worker as worker_module
from api.jobs.queue_worker import LOOK_SECONDS
from api.jobs.queueing import cancel, requeue, work
from api.jobs.worker import Worker
from evals.doubles.postgres import PostgresServer
from research.domain import Job, now
from research.domain.report import Report
from research.errors import FenceLost, JobEnded, StoreUnreadable
from research.run import Runs
from research.settings import Settings
from research.store.database import Store
from research.store.postgres.conninfo import BOUNDS, conninfo
from research.store.queue.dispatch import give_up_lost
from research.store.queue.queue import BEGUN, enqueue
from research.store.records import JobRecords
from research.store.repositories.jobs import ENDED
from research.store.tables import JobRow
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted

ELSEWHERE = "another machine:1:abcd"


async def until(reached: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not reached():
            await asyncio.sleep(0.02)


async def ended(store: Store, job_id: str, seconds: float = 30) -> Job:
    """The job once it has ended; what asks may find its own connection cut."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(StoreUnreadable):
                if (job := await store.job(job_id)).status in ENDED:
                    return job
            await asyncio.sleep(0.05)


class Runner:
    """Runs a small crew, and tells which jobs it was given and how many went at once."""

    def __init__(self, store: Store, settings: Settings, script: Script | None = None) -> None:
        self.begun: list[str] = []
        self.going: set[str] = set()
        self.most = 0
        self._runs = Runs(scripted(script or Script()), store, settings)

    async def __call__(self, job: Job) -> Report:
        self.begun.append(job.id)
        self.going.add(job.id)
        self.most = max(self.most, len(self.going))
        try:
            return await self._runs(job)
        finally:
            self.going.discard(job.id)

    def drain(self) -> None:
        self._runs.drain()


@on_both
async def test_the_most_urgent_are_started_first_then_the_oldest(
    store: Store, settings: Settings
) -> None:
    made = [(await new_job(store, priority=priority)).id for priority in (0, -5, 5, 0)]
    runner = Runner(store, settings)
    async with Worker(store, settings.model_copy(update={"workers": 1}), runner):
        for job_id in made:
            assert (await ended(store, job_id)).status == "completed"
    assert runner.begun == [made[2], made[0], made[3], made[1]]


@on_both
async def test_a_tenant_has_no_more_at_once_than_it_may_and_others_go_on(
    store: Store, settings: Settings
) -> None:
    own = settings.model_copy(update={"workers": 10, "tenant_jobs_at_once": 2})
    made = [(await new_job(store, tenant="many")).id for _ in range(6)]
    other = (await new_job(store, tenant="one")).id
    at_work: list[str] = []

    async def slowly(name: str) -> None:
        await asyncio.sleep(0.05)
        going = [job for job in await store.jobs() if job.status == "running"]
        at_work.extend(job.tenant for job in going if job.tenant == "one")
        assert sum(job.tenant == "many" for job in going) <= 2

    runner = Runner(store, own, Script(before=slowly))
    async with Worker(store, own, runner):
        for job_id in (*made, other):
            assert (await ended(store, job_id, 60)).status == "completed"
    assert at_work
    assert sorted(set(runner.begun)) == sorted([*made, other])


@on_both
async def test_all_together_are_no_more_at_once_than_the_settings_say(
    store: Store, settings: Settings
) -> None:
    own = settings.model_copy(update={"workers": 10, "jobs_at_once": 3})
    made = [(await new_job(store)).id for _ in range(8)]
    first, second = Runner(store, own), Runner(store, own)
    most = 0

    async def count() -> None:
        nonlocal most
        while True:
            most = max(most, len(first.going | second.going))
            await asyncio.sleep(0.002)

    counting = asyncio.create_task(count())
    async with Worker(store, own, first), Worker(store, own, second):
        for job_id in made:
            assert (await ended(store, job_id, 60)).status == "completed"
    counting.cancel()
    assert 1 <= most <= 3
    assert sorted(first.begun + second.begun) == sorted(made)


@on_both
async def test_a_running_job_is_cancelled_within_two_seconds_of_work(
    store: Store, settings: Settings
) -> None:
    async def hang(name: str) -> None:
        if name == "write":
            await asyncio.sleep(3600)

    script = Script(before=hang)
    job_id = (await new_job(store)).id
    async with Worker(store, settings, Runner(store, settings, script)):
        await until(lambda: script.calls["outline"] > 0)
        await cancel(job_id, store)
        assert (await ended(store, job_id)).status == "cancelled"
        [cancelled] = [e for e in await store.events(job_id) if e.type == "job.cancelled"]
    assert settings.heartbeat_seconds <= 1.0
    assert cancelled


@on_both
async def test_a_job_that_was_left_is_cancelled_at_once(store: Store, settings: Settings) -> None:
    async def hang(name: str) -> None:
        await asyncio.sleep(3600)

    own = settings.model_copy(update={"drain_seconds": 0.0})
    job_id = (await new_job(store)).id
    runner = Runner(store, own, Script(before=hang))
    async with Worker(store, own, runner):
        await until(lambda: bool(runner.going))
    assert (await store.job(job_id)).status == "running"
    assert (await cancel(job_id, store)).status == "cancelled"


@on_both
async def test_a_job_whose_worker_stands_still_is_taken_over_and_the_woken_can_write_nothing(
    store: Store, settings: Settings
) -> None:
    own = settings.model_copy(update={"stale_seconds": 1.0})
    frozen = await store.take((await new_job(store)).id, stale_seconds=15, owner=ELSEWHERE)
    async with Worker(store, own, Runner(store, own)):
        job = await ended(store, frozen.id)
    assert job.status == "completed"
    assert job.fence > frozen.fence
    with pytest.raises(FenceLost):
        await JobRecords(store, frozen).emit("warning", message="a zombie speaks")
    kinds = [event.type for event in await store.events(frozen.id)]
    assert kinds.count("job.completed") == 1


@on_both
async def test_a_worker_that_is_to_stop_ends_its_step_and_nothing_is_repeated(
    store: Store, settings: Settings
) -> None:
    script = Script()
    asked = asyncio.Event()

    async def slowly(name: str) -> None:
        if name == "act t1":
            asked.set()
            await asyncio.sleep(0.5)

    script.before = slowly
    job_id = (await new_job(store)).id
    async with Worker(store, settings, Runner(store, settings, script)):
        await asyncio.wait_for(asked.wait(), 30)
    left = await store.job(job_id)
    assert (left.status, left.owner) == ("running", None)
    assert script.calls["act t1"] == 1
    assert "write" not in script.calls
    async with Worker(store, settings, Runner(store, settings, script)):
        assert (await ended(store, job_id)).status == "completed"
    assert {name: n for name, n in script.calls.items() if n > 1} == {"plan": 2}


async def test_what_does_not_end_within_the_bound_is_cut_off(
    store: Store, settings: Settings
) -> None:
    own = settings.model_copy(update={"drain_seconds": 0.2})

    async def hang(name: str) -> None:
        await asyncio.sleep(3600)

    runner = Runner(store, own, Script(before=hang))
    job_id = (await new_job(store)).id
    async with asyncio.timeout(30):
        async with Worker(store, own, runner):
            await until(lambda: bool(runner.going))
    left = await store.job(job_id)
    assert (left.status, left.owner, left.attempts) == ("running", None, 1)


# PostgreSQL's queue


async def entries(store: Store) -> list[tuple[str, int]]:
    query = text("SELECT queueing_lock, priority FROM procrastinate_jobs ORDER BY id")
    async with store.engine.connect() as connection:
        return [(row[0], row[1]) for row in await connection.execute(query)]


@pytest.fixture
def on_postgres(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    monkeypatch.setenv("LEADLINE_DATABASE_URL", postgres_url)


async def test_a_job_and_its_entry_are_stored_together_or_not_at_all(
    on_postgres: None, store: Store, settings: Settings
) -> None:
    job = await new_job(store, priority=3)
    assert await entries(store) == [(job.id, 3)]
    again = job.model_copy(update={"id": "another"})
    first = await store.create_job(job.model_copy(update={"id": "k"}), idempotency_key="key")
    assert (await store.create_job(again, idempotency_key="key")).id == first.id
    assert [id for id, _ in await entries(store)] == [job.id, "k"]
    await requeue(job.id, settings, store)
    assert [id for id, _ in await entries(store)] == [job.id, "k"]


async def test_a_job_that_lost_its_worker_goes_first_although_an_old_entry_waits(
    on_postgres: None, store: Store, settings: Settings
) -> None:
    new, begun = [(await new_job(store, priority=priority)).id for priority in (5, 0)]
    await store.take(begun, stale_seconds=60, owner=ELSEWHERE)
    lost = await give_up_lost(store, 0, "me", ())
    assert lost == [begun]
    assert dict(await entries(store)) == {new: 5, begun: BEGUN}


async def test_an_entry_that_was_lost_is_made_up_for(
    on_postgres: None, store: Store, settings: Settings
) -> None:
    job_id = (await new_job(store)).id
    async with store.engine.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
    async with Worker(store, settings, Runner(store, settings)):
        assert (await ended(store, job_id)).status == "completed"


async def test_an_entry_that_cannot_be_added_is_told_as_an_error_of_the_database(
    on_postgres: None, store: Store
) -> None:
    async with store.engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await _cut_all(store)
        with pytest.raises(OperationalError):
            await enqueue(connection, "any")
        await connection.invalidate()


async def test_a_worker_looks_again_after_an_entry_that_could_not_be_added(
    on_postgres: None, store: Store, settings: Settings
) -> None:
    defer = "procrastinate_defer_jobs_v1"
    job_id = (await new_job(store)).id
    async with store.engine.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
        await connection.execute(text(f"ALTER FUNCTION {defer} RENAME TO away"))
    with capture_logs() as logs:
        async with Worker(store, settings, Runner(store, settings), poll_seconds=0.1) as worker:
            await until(lambda: any("cannot be used" in line["event"] for line in logs))
            assert worker.alive
            async with store.engine.begin() as connection:
                await connection.execute(text(f"ALTER FUNCTION away RENAME TO {defer}"))
            assert (await ended(store, job_id)).status == "completed"


async def test_workers_share_the_jobs_and_each_is_run_once(
    on_postgres: None, store: Store, settings: Settings
) -> None:
    made = [(await new_job(store)).id for _ in range(12)]
    runners = [Runner(store, settings) for _ in range(3)]
    async with (
        Worker(store, settings, runners[0]),
        Worker(store, settings, runners[1]),
        Worker(store, settings, runners[2]),
    ):
        for job_id in made:
            job = await ended(store, job_id, 60)
            assert (job.status, job.fence) == ("completed", 1)
    assert sorted(id for runner in runners for id in runner.begun) == sorted(made)
    assert await entries(store) == []


async def test_a_worker_outlives_connections_that_are_cut(
    on_postgres: None, store: Store, settings: Settings
) -> None:
    """As a restart of the server cuts them; the job goes on although its worker was at it."""
    script = Script()
    cut = asyncio.Event()

    async def stop(name: str) -> None:
        if name == "outline" and not cut.is_set():
            await _cut_all(store)
            cut.set()

    script.before = stop
    job_id = (await new_job(store)).id
    async with Worker(store, settings, Runner(store, settings, script)):
        assert (await ended(store, job_id, 60)).status == "completed"
        assert cut.is_set()
        later = (await new_job(store)).id
        assert (await ended(store, later, 60)).status == "completed"


async def test_the_queue_is_asked_again_after_a_bug(
    on_postgres: None, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def stumble(app: App) -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise RuntimeError("a bug")

    monkeypatch.setattr(queue_worker, "_clear_stalled", stumble)
    monkeypatch.setattr(worker_module, "OVERDUE_SECONDS", 3600.0)  # nothing but the queue tells
    job_id = (await new_job(store)).id
    async with Worker(store, settings, Runner(store, settings)):
        assert (await ended(store, job_id)).status == "completed"
    assert begun == 2


@asynccontextmanager
async def over_tcp(server: PostgresServer) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port that leads to the server until the event is set: from then on nothing is said there,
    and nothing closed."""
    silent = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        writers.append(sink)
        with suppress(OSError):
            while data := await source.read(65536):
                if not silent.is_set():
                    sink.write(data)
        if not silent.is_set():
            sink.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(str(server.folder / ".s.PGSQL.5432"))
        await asyncio.gather(pump(reader, back), pump(there, writer))

    listening = await asyncio.start_server(lead, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1], silent
    finally:
        listening.close()
        for writer in writers:
            writer.close()


def by_port(url: str, port: int) -> str:
    """The same database by TCP."""
    there = make_url(url).set(host="127.0.0.1", port=port, query={})
    return there.render_as_string(hide_password=False)


async def test_a_job_is_started_although_the_queue_has_gone_silent(
    on_postgres: None,
    postgres: PostgresServer,
    store: Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "OVERDUE_SECONDS", 1.0)
    async with over_tcp(postgres) as (port, silent):
        store.url = by_port(store.url, port)  # the queue's connections; the pool has its own
        async with Worker(store, settings, Runner(store, settings), poll_seconds=0.1):
            assert (await ended(store, (await new_job(store)).id)).status == "completed"
            silent.set()
            later = [await new_job(store) for _ in range(3)]
            for job in later:
                assert (await ended(store, job.id)).status == "completed"
                assert (await store.job(job.id)).fence == 1


async def test_a_worker_beside_a_silent_queue_stops_its_runs_after_their_step(
    on_postgres: None, postgres: PostgresServer, store: Store, settings: Settings
) -> None:
    asked, silent_for_long = asyncio.Event(), asyncio.Event()

    async def slowly(name: str) -> None:
        if name == "act t1":
            asked.set()
            await silent_for_long.wait()
            await asyncio.sleep(0.5)

    script = Script(before=slowly)
    async with over_tcp(postgres) as (port, silent):
        store.url = by_port(store.url, port)
        job_id = (await new_job(store)).id
        async with asyncio.timeout(90):
            async with Worker(store, settings, Runner(store, settings, script)):
                await asyncio.wait_for(asked.wait(), 30)
                silent.set()
                await asyncio.sleep(2 * LOOK_SECONDS)  # it has asked, and hears nothing
                silent_for_long.set()
        assert (await store.job(job_id)).owner is None
    assert script.calls["act t1"] == 1


async def test_a_connection_that_goes_silent_is_given_up_after_a_bounded_time(
    postgres: PostgresServer, postgres_url: str
) -> None:
    bound = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    async with over_tcp(postgres) as (port, _):
        url = by_port(postgres_url, port)
        async with Store.open(url) as store, store.engine.connect() as connection:
            pooled = (await connection.get_raw_connection()).driver_connection
            assert pooled is not None
            async with await AsyncConnection.connect(conninfo(url)) as own:
                for descriptor in (pooled.fileno(), own.fileno()):
                    with socket.socket(fileno=os.dup(descriptor)) as wire:
                        assert wire.getsockopt(*bound) == BOUNDS["tcp_user_timeout"]
                        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert "tcp_user_timeout=5" in conninfo(f"{url}?tcp_user_timeout=5")


async def _cut_all(store: Store) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    same = "AND datname = current_database()"
    async with store.engine.connect() as connection:
        await connection.execute(text(f"{others} {same}"))


async def test_an_owner_is_not_taken_for_gone_because_its_row_says_an_old_time(
    on_postgres: None, store: Store, settings: Settings
) -> None:
    job = await store.take((await new_job(store)).id, stale_seconds=15, owner=ELSEWHERE)
    past = now().replace(year=2020)
    async with store.session() as session:
        await session.exec(update(JobRow).where(col(JobRow.id) == job.id).values(heartbeat_at=past))
    assert store.liveness.is_alive(await store.job(job.id), 15)


@on_both
async def test_an_entry_too_many_begins_no_failed_job_anew(
    store: Store, settings: Settings
) -> None:
    job = await new_job(store)
    async with store.session() as session:
        await session.exec(update(JobRow).values(status="failed"))
    runner = Runner(store, settings)
    with pytest.raises(JobEnded):
        await work(job.id, runner, settings, store)
    assert runner.begun == [] and (await store.job(job.id)).status == "failed"


@on_both
async def test_a_job_that_is_resumed_leaves_its_last_worker_and_its_cancellation_behind(
    store: Store, settings: Settings
) -> None:
    held = await store.take((await new_job(store)).id, stale_seconds=15)
    async with store.session() as session:
        failed = {"status": "failed", "cancel_requested": True, "owner": None}
        await session.exec(update(JobRow).values(**failed))
    again = await requeue(held.id, settings, store)
    assert (again.status, again.cancel_requested) == ("queued", False)
    with pytest.raises(FenceLost):
        await JobRecords(store, held).emit("job.cancelled")
