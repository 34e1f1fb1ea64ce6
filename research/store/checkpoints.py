"""LangGraph checkpoints in our database, written only by the job's owner, read only as the types we
wrote.

The saver checks the job's fence in the same transaction as each write, so that a worker which lost
the job cannot move it. A new checkpoint is progress: the attempts counted against the job begin
anew, so that one killed often goes on and one that never gets on is stopped. Only the listed types
are read back: a tampered checkpoint gives an error, never an object of somebody's choosing.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy.engine import make_url

from research import domain
from research.domain import Job
from research.errors import FenceLost, SettingsError
from research.store import sqlite
from research.store.shield import uncut

STATE_TYPES = (
    domain.Calculation,
    domain.CalculationInput,
    domain.Claim,
    domain.Contradiction,
    domain.Draft,
    domain.DraftFigure,
    domain.DraftList,
    domain.DraftParagraph,
    domain.DraftSection,
    domain.DraftSentence,
    domain.DraftTable,
    domain.Drawing,
    domain.Feedback,
    domain.Inference,
    domain.Ledger,
    domain.Mark,
    domain.Outline,
    domain.Plan,
    domain.PlannedCalculation,
    domain.PlannedSection,
    domain.Quote,
    domain.Recommendation,
    domain.Remark,
    domain.RunEvidence,
    domain.SearchLog,
    domain.Side,
    domain.Step,
    domain.Task,
    domain.Trajectory,
    domain.Translation,
)


class OwnForms(JsonPlusSerializer):
    """Reads back the forms we write and no other: LangGraph also knows JSON that names a class to
    make."""

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        if data[0] not in ("msgpack", "bytes", "null", "empty"):
            raise ValueError(f"the form {data[0]!r} is not one of ours")
        return super().loads_typed(data)


def serializer() -> JsonPlusSerializer:
    return OwnForms(
        allowed_msgpack_modules=[(kind.__module__, kind.__name__) for kind in STATE_TYPES]
    )


class FencedSqliteSaver(AsyncSqliteSaver):
    """A saver for one job's worker. Raises `FenceLost` when another worker has taken the job."""

    def __init__(self, connection: aiosqlite.Connection, job: Job) -> None:
        super().__init__(connection, serde=serializer())
        self._job = job
        self.writing = asyncio.Lock()

    @uncut
    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        async with self._fenced():
            await self.conn.execute(
                "UPDATE jobs SET attempts = 1 WHERE id = ? AND attempts > 1", (self._job.id,)
            )
            return await super().aput(config, checkpoint, metadata, new_versions)

    @uncut
    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        async with self._fenced():
            await super().aput_writes(config, writes, task_id, task_path)

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
async def open_saver(url: str, job: Job) -> AsyncIterator[FencedSqliteSaver]:
    """The saver of one run. Raises `SettingsError` for a database whose checkpoints we cannot
    keep."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise SettingsError(
            name="LEADLINE_DATABASE_URL", reason="jobs run on SQLite files only so far"
        )
    async with sqlite.connect(parsed.database) as connection:
        await connection.execute("PRAGMA synchronous=NORMAL")  # as the store's
        saver = FencedSqliteSaver(connection, job)
        await saver.setup()
        try:
            yield saver
        finally:
            await _close(saver)


@uncut
async def _close(saver: FencedSqliteSaver) -> None:
    """Close the saver's connection after the write in flight: a cancelled graph does not wait for
    its writes, and a connection closed with a statement open keeps its lock on the database until
    the garbage collector comes by."""
    async with saver.writing:
        await saver.conn.close()
