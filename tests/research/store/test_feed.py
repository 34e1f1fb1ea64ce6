"""The feed of events: each job read once, however many follow it; nobody misses anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from sqlalchemy import delete, event
from sqlmodel import col

from research.domain import Event
from research.errors import JobNotFound, ModelUnavailable
from research.store.database import Store
from research.store.feed import KEPT, Feed
from research.store.records import JobRecords
from research.store.tables import EventRow, JobRow
from tests.postgres import on_both
from tests.research.crews import new_job

pytestmark = on_both
GONE = ModelUnavailable(model="m", reason="gone")


@pytest.fixture
async def feed(store: Store) -> AsyncIterator[Feed[int]]:
    async with Feed(store, number_of) as opened:
        yield opened


def number_of(told: Event) -> int:
    return int(told.data.get("n", 0))


async def running(store: Store) -> JobRecords:
    return JobRecords(store, await store.take((await new_job(store)).id, stale_seconds=60))


async def followed(
    feed: Feed[int], job_id: str, *, after: int = 0, most: int = 10_000, slow: float = 0.0
) -> list[int]:
    """The numbers of the events until the job ends or `most` have come."""
    found: list[int] = []
    async with asyncio.timeout(120), aclosing(feed.follow(job_id, after=after)) as batches:
        async for batch in batches:
            found += [told.id for told in batch]
            if len(found) >= most:
                break
            await asyncio.sleep(slow)
    return found


async def test_many_followers_cost_no_more_reads_than_one(store: Store, feed: Feed[int]) -> None:
    records = await running(store)
    reads: list[str] = []

    @event.listens_for(store.engine.sync_engine, "before_cursor_execute")
    def _count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "events" in statement:
            reads.append(statement)

    following = [asyncio.create_task(followed(feed, records.job.id)) for _ in range(200)]
    for n in range(20):
        await records.emit("warning", n=n)
    await records.fail(GONE)
    assert [await one for one in following] == [list(range(1, 22))] * 200
    # two reads a round, and the record's own look at its last number
    assert len(reads) < 100


async def test_what_another_process_writes_is_found(store: Store) -> None:
    records = await running(store)
    async with Store.open(store.url) as elsewhere, Feed(elsewhere, number_of) as feed:
        following = asyncio.create_task(followed(feed, records.job.id))
        for n in range(3):
            await records.emit("warning", n=n)
            await asyncio.sleep(0.1)
        await records.fail(GONE)
        assert await following == [1, 2, 3, 4]


async def test_who_is_slow_gets_everything_and_holds_up_nobody(
    store: Store, feed: Feed[int]
) -> None:
    records = await running(store)
    slow = asyncio.create_task(followed(feed, records.job.id, slow=0.3))
    quick = asyncio.create_task(followed(feed, records.job.id))
    for n in range(3 * KEPT):
        await records.emit("warning", n=n)
    await records.fail(GONE)
    everything = list(range(1, 3 * KEPT + 2))
    assert await quick == everything
    assert not slow.done()
    assert await slow == everything


@pytest.mark.parametrize("left_at", [0, 1, KEPT - 1, KEPT, KEPT + 1, 2 * KEPT, 2 * KEPT + 1])
async def test_who_comes_back_misses_nothing_and_doubles_nothing(
    store: Store, feed: Feed[int], left_at: int
) -> None:
    records = await running(store)
    for n in range(2 * KEPT):
        await records.emit("warning", n=n)
    staying = asyncio.create_task(followed(feed, records.job.id))
    coming_back = asyncio.create_task(followed(feed, records.job.id, after=left_at))
    await asyncio.sleep(0)
    await records.fail(GONE)
    assert await staying == list(range(1, 2 * KEPT + 2))
    assert await coming_back == list(range(left_at + 1, 2 * KEPT + 2))


async def test_a_job_that_is_deleted_is_followed_no_longer(store: Store, feed: Feed[int]) -> None:
    records = await running(store)
    await records.emit("warning", n=1)
    following = asyncio.create_task(followed(feed, records.job.id))
    await asyncio.sleep(0.3)
    async with store.session() as session:
        await session.exec(delete(EventRow).where(col(EventRow.job_id) == records.job.id))
        await session.exec(delete(JobRow).where(col(JobRow.id) == records.job.id))
    with pytest.raises(JobNotFound):
        await following


async def test_a_feed_that_closes_lets_its_followers_go(store: Store) -> None:
    records = await running(store)
    await records.emit("warning", n=1)
    async with Feed(store, number_of) as feed:
        following = asyncio.create_task(followed(feed, records.job.id))
        await asyncio.sleep(0.3)
    assert await following == [1]


async def test_a_job_that_ended_without_a_word_is_not_followed_for_ever(
    store: Store, feed: Feed[int]
) -> None:
    """As one whose process was killed between its end and the event that tells of it."""
    job = await new_job(store)
    await store.request_cancel(job.id)
    assert await followed(feed, job.id) == []


async def test_the_reader_goes_on_after_a_bug(store: Store) -> None:
    records = await running(store)
    await records.emit("warning", n=1)
    await records.fail(GONE)
    met: list[int] = []

    def stumble(told: Event) -> int:
        met.append(told.id)
        if len(met) == 1:
            raise RuntimeError("a bug")
        return number_of(told)

    async with Feed(store, stumble) as feed:
        assert await followed(feed, records.job.id) == [1, 2]
    assert met[:2] == [1, 1]


async def test_an_event_that_cannot_be_told_holds_up_its_own_job_only(store: Store) -> None:
    broken, well = await running(store), await running(store)

    def stumble(told: Event) -> int:
        if told.data.get("n") == 13:
            raise RuntimeError("a bug")
        return number_of(told)

    async with Feed(store, stumble) as feed:
        waiting = asyncio.create_task(followed(feed, broken.job.id))
        following = asyncio.create_task(followed(feed, well.job.id))
        await broken.emit("warning", n=13)
        for n in range(3):
            await well.emit("warning", n=n)
            await broken.emit("warning", n=n)  # heard of in the same round
        await well.fail(GONE)
        assert await following == [1, 2, 3, 4]
        assert not waiting.done()
    assert await waiting == []
