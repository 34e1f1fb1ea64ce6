"""PostgreSQL tells of new events, also after the connection that listens was cut off."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from research.settings import load_settings
from research.store import feed
from research.store.database import Store
from research.store.feed import Feed
from tests.research.store.test_feed import GONE, followed, number_of, running

LISTENING = "pg_stat_activity WHERE query = 'LISTEN leadline_events' AND state = 'idle'"


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[Store]:
    async with Store.open(load_settings(database_url=postgres_url).database) as opened:
        yield opened


async def test_what_another_process_writes_is_told_of(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "POLL_LISTENING", 600.0)  # the feed does not look for itself
    records = await running(store)
    async with Store.open(store.url) as elsewhere, Feed(elsewhere, number_of) as following:
        first = asyncio.create_task(followed(following, records.job.id, most=1))
        await _listens(store)
        await records.emit("warning", n=1)
        assert await first == [1]
        rest = asyncio.create_task(followed(following, records.job.id, after=1))
        assert await _scalar(store, f"SELECT pg_terminate_backend(pid) FROM {LISTENING}")
        await records.emit("warning", n=2)
        await _listens(store)
        await records.fail(GONE)
        assert await rest == [2, 3]


async def _listens(store: Store) -> None:
    async with asyncio.timeout(60):
        while not await _scalar(store, f"SELECT count(*) FROM {LISTENING}"):
            await asyncio.sleep(0.05)


async def _scalar(store: Store, query: str) -> Any:
    async with store.engine.connect() as connection:
        return (await connection.execute(text(query))).scalar()
