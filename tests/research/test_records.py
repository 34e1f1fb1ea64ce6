"""What a running job writes: each thing once, and with it the events that tell of it."""

import pytest

from research.errors import FenceLost
from research.kept import KeptSnapshots
from research.records import JobRecords
from research.store import Store
from research.types import Observation, Reading, Snapshot, Step, Task, Trajectory
from tests.research.crews import PAGE, SNAPSHOT, new_job
from tests.research.readings import reading_of

TASK = Task(id="t1", role="search", goal="How deep?")
TOLD = {"task_id": "t1"}


async def owned(store: Store) -> JobRecords:
    return JobRecords(store, await store.take((await new_job(store)).id, stale_seconds=60))


def reading(records: JobRecords, name: str) -> Reading:
    return reading_of(SNAPSHOT, f"https://{name}.example/", job_id=records.job.id, title=name, site=name)


async def test_readings_are_stored_once_and_told_of_each_time(store: Store) -> None:
    records = await owned(store)
    first, second = reading(records, "a"), reading(records, "b")
    await records.add_readings([(PAGE, SNAPSHOT, one) for one in (first, second, first)], [{"title": "a"}, {"title": "b"}])
    await records.add_readings([(PAGE, SNAPSHOT, second)], [{"title": "b"}])
    assert [one.id for one in await store.readings(records.job.id)] == [first.id, second.id]
    assert await store.snapshot(SNAPSHOT.id) == SNAPSHOT
    told = await store.events(records.job.id)
    assert [(event.id, event.type, event.data["title"]) for event in told] == [(1, "source", "a"), (2, "source", "b"), (3, "source", "b")]


async def test_a_step_that_is_repeated_overwrites_itself(store: Store) -> None:
    records = await owned(store)
    await records.put_trajectory(Trajectory(task=TASK), open=True, told=[TOLD])
    for text in ("one", "two"):
        seen = Observation(id="t1:0", text=text)
        await records.put_step("t1", Step(index=0, tool="look", thought=text, observation_id=seen.id), seen, told=[TOLD])
    await records.put_trajectory(Trajectory(task=TASK, outcome="stopped", reason="enough"), told=[TOLD])
    [(row, steps)] = await store.trajectories(records.job.id)
    assert (row.outcome, row.reason, [step.thought for step in steps]) == ("stopped", "enough", ["two"])
    assert await store.observation(records.job.id, "t1:0") == Observation(id="t1:0", text="two")
    assert [event.type for event in await store.events(records.job.id)] == ["agent.started", "agent.step", "agent.step", "agent.finished"]


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
    assert (await store.trajectories(job), await store.observations(job), await store.readings(job), await store.events(job)) == ([],) * 4


async def test_a_heartbeat_adds_the_time_and_hears_the_wish_to_stop(store: Store) -> None:
    records = await owned(store)
    assert not await records.heartbeat(1.5)
    await store.request_cancel(records.job.id)
    assert await records.heartbeat(2.0)
    assert await store.seconds(records.job.id) == 3.5


def test_the_snapshots_that_nobody_asked_for_longest_go_first() -> None:
    made = [Snapshot(id=f"s{n}", text="x" * 10, sentences=()) for n in range(4)]
    kept = KeptSnapshots(size=30)
    kept.keep(made[:3])
    assert list(kept.found(["s0", "s9"])) == ["s0"]
    kept.keep([made[3], made[3]])
    assert list(kept.found([f"s{n}" for n in range(4)])) == ["s0", "s2", "s3"]
