"""LangGraph's checkpoints in PostgreSQL, through the store's connections: each write in one
transaction with the proof that the job is still ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg import AsyncCursor, OperationalError
from psycopg.rows import DictRow, dict_row
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine

from research.domain import Job
from research.errors import FenceLost
from research.store.shield import shielded

HOLD = "UPDATE jobs SET fence = fence WHERE id = %s AND fence = %s"
GOT_ON = "UPDATE jobs SET attempts = least(attempts, 1) WHERE id = %s AND fence = %s"
NEWEST = """
SELECT checkpoint_id FROM checkpoints WHERE thread_id = %s AND checkpoint_ns = %s
ORDER BY seq DESC LIMIT 1
"""
_proof: ContextVar[str] = ContextVar("proof", default=HOLD)


class FencedPostgresSaver(AsyncPostgresSaver):
    """A saver for one job's worker. Raises `FenceLost` when another worker has taken the job."""

    def __init__(self, engine: AsyncEngine, job: Job, serde: SerializerProtocol) -> None:
        super().__init__(conn=None, serde=serde)  # type: ignore[arg-type]  # `_cursor` has its own
        self._engine = engine
        self._job = job

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that is asked for, or the one written last, whatever the clocks said."""
        if get_checkpoint_id(config):
            return await super().aget_tuple(config)
        asked = config["configurable"]
        thread = {"thread_id": asked["thread_id"], "checkpoint_ns": asked.get("checkpoint_ns", "")}
        async with self._cursor() as cursor:
            await cursor.execute(NEWEST, tuple(thread.values()))
            row = await cursor.fetchone()
        if row is None:
            return None
        return await super().aget_tuple({"configurable": {**thread, **row}})

    @shielded
    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        _proof.set(GOT_ON)  # in a task of its own, so for this write only
        return await super().aput(config, checkpoint, metadata, new_versions)

    @shielded
    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        await super().aput_writes(*args, **kwargs)

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        """A cursor in a transaction of its own; one that writes (`pipeline`) has seen our fence.
        Raises SQLAlchemy's errors, as all else does that uses the database."""
        async with _as_sqlalchemy_tells(), self._engine.begin() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None  # the connection is open
            async with raw.cursor(binary=True, row_factory=dict_row) as cursor:
                if not pipeline:
                    yield cursor
                    return
                async with raw.pipeline() as sent, raw.cursor() as proof:
                    await proof.execute(_proof.get(), (self._job.id, self._job.fence))
                    yield cursor
                    await sent.sync()
                    if proof.rowcount != 1:
                        raise FenceLost(job_id=self._job.id)


@asynccontextmanager
async def _as_sqlalchemy_tells() -> AsyncIterator[None]:
    try:
        yield
    except OperationalError as error:
        raise exc.OperationalError("checkpoint", None, error) from error
