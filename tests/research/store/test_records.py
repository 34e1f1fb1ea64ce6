"""What a running job writes: each thing once, and with it the events that tell of it."""

import pytest
from sqlmodel import col, update

from research.domain import (
    Draft,
    Job,
    Ledger,
    Link,
    Observation,
    Reading,
    Step,
    Task,
    Trajectory,
    now,
)
from research.domain.report import Report, Usage
from research.errors import FenceLost, JobEnded, SnapshotDamaged
from research.process.lru_cache import LruCache
from research.reporting import bind as cite
from research.reporting.bind import Bindings
from research.store.database import Store
from research.store.records import JobRecords
from research.store.tables import ModelCallRow, ReadingRow, SnapshotRow
from tests.postgres import on_both
from tests.research.crews import PAGE, SNAPSHOT, new_job, question
from tests.research.readings import reading_of

pytestmark = on_both

TASK = Task(id="t1", role="search", goal="How deep?")
TOLD = {"task_id": "t1"}


@pytest.fixture
def scripted_report() -> tuple[Report, Ledger]:
    """A report of nothing, for a job that only has to end."""
    job = Job(id="job", question=question(), created_at=now())
    usage = Usage(seconds=12.5)
    draft = Draft(title="Nothing", limitations=("Nothing was found.",), complete=False)
    return cite.bind(
        draft, Ledger(), Bindings({}, {}), job=job, status="insufficient_evidence", usage=usage
    ), Ledger()


async def owned(store: Store) -> JobRecords:
    return JobRecords(store, await store.take((await new_job(store)).id, stale_seconds=60))


def reading(records: JobRecords, name: str) -> Reading:
    return reading_of(
        SNAPSHOT, f"https://{name}.example/", job_id=records.job.id, title=name, site=name
    )


async def test_readings_are_stored_once_and_told_of_each_time(store: Store) -> None:
    records = await owned(store)
    first, second = reading(records, "a"), reading(records, "b")
    await records.add_readings(
        [(PAGE, SNAPSHOT, one) for one in (first, second, first)], [{"title": "a"}, {"title": "b"}]
    )
    await records.add_readings([(PAGE, SNAPSHOT, second)], [{"title": "b"}])
    assert [one.id for one in await store.readings(records.job.id)] == [first.id, second.id]
    assert await store.snapshot(SNAPSHOT.id) == SNAPSHOT
    told = await store.events(records.job.id)
    assert [(event.id, event.type, event.data["title"]) for event in told] == [
        (1, "source", "a"),
        (2, "source", "b"),
        (3, "source", "b"),
    ]


async def test_a_worker_sees_at_once_what_it_adds_to_what_it_has_read_back(store: Store) -> None:
    records = await owned(store)
    job_id, seen = records.job.id, records.store
    for name in ("a", "b"):
        await records.add_readings([(PAGE, SNAPSHOT, reading(records, name))])
        await records.emit("plan", brief=name)
        observed = Observation(id="t1:0", text=name)
        await records.put_step("t1", Step(index=0, tool="note", arguments={}), observed)
        for _ in range(2):
            assert await seen.readings(job_id) == await store.readings(job_id)
            assert await seen.newest(job_id, "plan") == {"brief": name}
            assert await seen.observation(job_id, "t1:0") == observed
    assert len(await seen.readings(job_id)) == 2


async def test_links_are_kept_with_the_reading_whose_page_had_them(store: Store) -> None:
    records = await owned(store)
    link = Link(url="https://a.example/next", text="Next")
    pages = [PAGE.model_copy(update={"links": (link,)}), PAGE]
    with_links, without = reading(records, "a"), reading(records, "b")
    await records.add_readings(
        [(page, SNAPSHOT, one) for page, one in zip(pages, (with_links, without), strict=True)]
    )
    assert await store.links(with_links.id) == (link,)
    assert await store.links(without.id) == ()
    async with store.engine.begin() as connection:  # as one that was stored before links were
        await connection.execute(update(ReadingRow).values(links=None))
    assert await store.links(with_links.id) == ()


async def test_a_step_that_is_repeated_overwrites_itself(store: Store) -> None:
    records = await owned(store)
    await records.put_trajectory(Trajectory(task=TASK), open=True, told=[TOLD])
    for text in ("one", "two"):
        seen = Observation(id="t1:0", text=text)
        await records.put_step(
            "t1",
            Step(index=0, tool="look", thought=text, observation_id=seen.id),
            seen,
            told=[TOLD],
        )
    await records.put_trajectory(
        Trajectory(task=TASK, outcome="stopped", reason="enough"), told=[TOLD]
    )
    [(row, steps)] = await store.trajectories(records.job.id)
    assert (row.outcome, row.reason, [step.thought for step in steps]) == (
        "stopped",
        "enough",
        ["two"],
    )
    assert await store.observation(records.job.id, "t1:0") == Observation(id="t1:0", text="two")
    assert [event.type for event in await store.events(records.job.id)] == [
        "agent.started",
        "agent.step",
        "agent.step",
        "agent.finished",
    ]


async def test_one_who_lost_the_job_leaves_neither_a_thing_nor_word_of_it(store: Store) -> None:
    records = await owned(store)
    await store.take(records.job.id, stale_seconds=0)
    step = Step(index=0, tool="look")
    with pytest.raises(FenceLost):
        await records.put_step("t1", step, Observation(id="t1:0", text=""), told=[TOLD])
    with pytest.raises(FenceLost):
        await records.add_readings([(PAGE, SNAPSHOT, reading(records, "a"))], [TOLD])
    with pytest.raises(FenceLost):
        await records.put_trajectory(Trajectory(task=TASK), told=[TOLD])
    with pytest.raises(FenceLost):
        await records.heartbeat(1.0)
    job = records.job.id
    assert (
        await store.trajectories(job),
        await store.observations(job),
        await store.readings(job),
        await store.events(job),
    ) == ([],) * 4


async def test_a_heartbeat_adds_the_time_and_hears_the_wish_to_stop(store: Store) -> None:
    records = await owned(store)
    assert not await records.heartbeat(1.5)
    await store.request_cancel(records.job.id)
    assert await records.heartbeat(2.0)
    assert await store.seconds(records.job.id) == 3.5


async def test_a_wish_to_cancel_that_comes_after_the_report_changes_nothing(
    store: Store, scripted_report: tuple[Report, Ledger]
) -> None:
    records = await owned(store)
    report, ledger = scripted_report
    await records.finish(report, ledger)
    with pytest.raises(JobEnded):
        await records.cancelled()
    job = await store.job(records.job.id)
    assert job.status == "completed"
    assert [event.type for event in await store.events(job.id)] == ["job.completed"]
    assert await store.seconds(job.id) == report.usage.seconds


async def test_what_runs_took_counts_all_their_calls(
    store: Store, scripted_report: tuple[Report, Ledger]
) -> None:
    records = await owned(store)
    for number, model in enumerate(("small", "small", "big")):
        counted = {
            "prompt_tokens": 10,
            "cached_tokens": 0,
            "completion_tokens": 5,
            "usd": 0.5,
            "seconds": 1.0,
            "error": None,
        }
        await records.put_model_call(
            ModelCallRow(
                id=f"m{number}",
                job_id=records.job.id,
                role="summary",
                task_id="",
                model=model,
                at=now(),
                **counted,
            )
        )
    await records.finish(*scripted_report)
    job = records.job
    for model in ("small", "big"):
        assert await store.finished_usage(job.effort, job.mode, model, limit=5) == [
            (3, 45, 1.5, scripted_report[0].usage.seconds)
        ]
    assert await store.finished_usage(job.effort, job.mode, "another", limit=5) == []


async def test_a_text_that_was_changed_in_the_database_is_never_handed_on(store: Store) -> None:
    records = await owned(store)
    await records.add_readings([(PAGE, SNAPSHOT, reading(records, "a"))])
    async with store.session() as session:
        await session.exec(
            update(SnapshotRow)
            .where(col(SnapshotRow.id) == SNAPSHOT.id)
            .values(text=SNAPSHOT.text.replace("deep", "flat"))
        )
    with pytest.raises(SnapshotDamaged, match=SNAPSHOT.id):
        await store.snapshot(SNAPSHOT.id)


def test_what_nobody_asked_for_longest_go_first() -> None:
    kept: LruCache[str, str] = LruCache(30, len)
    kept.keep({f"s{n}": "x" * 10 for n in range(3)})
    assert list(kept.found(["s0", "s9"])) == ["s0"]
    kept.keep({"s3": "x" * 10})
    kept.keep({"s3": "x" * 10})
    assert list(kept.found([f"s{n}" for n in range(4)])) == ["s0", "s2", "s3"]
