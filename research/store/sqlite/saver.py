"""LangGraph's checkpoints in SQLite, each written in one transaction with the proof that the job is
still ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple, get_checkpoint_id
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from research.domain import Job
from research.errors import FenceLost
from research.store.shield import shielded
from research.store.sqlite import connection as sqlite

# In the order they were written: LangGraph's ids follow the clock of whoever made them.
NEWEST = """
SELECT checkpoint_id FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ?
ORDER BY rowid DESC LIMIT 1
"""


class FencedSqliteSaver(AsyncSqliteSaver):
    """A saver for one job's worker. Raises `FenceLost` when another worker has taken the job."""

    def __init__(
        self, connection: aiosqlite.Connection, job: Job, serde: SerializerProtocol
    ) -> None:
        super().__init__(connection, serde=serde)
        self._job = job
        self.writing = asyncio.Lock()

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that is asked for, or the one written last, whatever the clocks said."""
        if get_checkpoint_id(config):
            return await super().aget_tuple(config)
        asked = config["configurable"]
        thread = {"thread_id": asked["thread_id"], "checkpoint_ns": asked.get("checkpoint_ns", "")}
        async with self.conn.execute(NEWEST, tuple(thread.values())) as cursor:
            row = await cursor.fetchone()
        if row is None:
            return None
        return await super().aget_tuple({"configurable": {**thread, "checkpoint_id": row[0]}})

    @shielded
    async def aput(self, *args: Any, **kwargs: Any) -> RunnableConfig:
        async with self._fenced():
            await self.conn.execute(
                "UPDATE jobs SET attempts = 1 WHERE id = ? AND attempts > 1", (self._job.id,)
            )
            return await super().aput(*args, **kwargs)

    @shielded
    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        async with self._fenced():
            await super().aput_writes(*args, **kwargs)

    @asynccontextmanager
    async def _fenced(self) -> AsyncIterator[None]:
        """Open a write transaction that has seen our fence; the saver's own write commits it."""
        await self.setup()
        async with self.writing:
            try:
                await self.conn.execute("BEGIN IMMEDIATE")
                async with self.conn.execute(
                    "SELECT fence FROM jobs WHERE id = ?", (self._job.id,)
                ) as cursor:
                    row = await cursor.fetchone()
                if row is None or row[0] != self._job.fence:
                    raise FenceLost(job_id=self._job.id)
                yield
            finally:
                if self.conn.in_transaction:
                    await self.conn.rollback()


@asynccontextmanager
async def open_sqlite_saver(
    file: str, job: Job, serde: SerializerProtocol
) -> AsyncIterator[FencedSqliteSaver]:
    async with sqlite.connect(file) as connection:
        await connection.execute("PRAGMA synchronous=NORMAL")  # as the store's
        saver = FencedSqliteSaver(connection, job, serde)
        await saver.setup()
        try:
            yield saver
        finally:
            await _close(saver)


@shielded
async def _close(saver: FencedSqliteSaver) -> None:
    """Close the saver's connection after the write in flight: a cancelled graph does not wait for
    its writes, and a connection closed with a statement open keeps its lock on the database until
    the garbage collector comes by."""
    async with saver.writing:
        await saver.conn.close()
