"""LangGraph's checkpoints in PostgreSQL, through the store's connections: each write in one
transaction with the proof that the job is still ours."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg import Cursor, OperationalError
from psycopg.errors import IdleInTransactionSessionTimeout
from psycopg.rows import DictRow, dict_row
from sqlalchemy import exc

from research.domain import Job
from research.errors import FenceLost
from research.store.shield import shielded
from research.store.work import InThreads

HOLD = "UPDATE jobs SET fence = fence WHERE id = %s AND fence = %s"
GOT_ON = "UPDATE jobs SET attempts = least(attempts, 1) WHERE id = %s AND fence = %s"
NEWEST = """
SELECT checkpoint_id FROM checkpoints WHERE thread_id = %s AND checkpoint_ns = %s
ORDER BY seq DESC LIMIT 1
"""
_proof: ContextVar[str] = ContextVar("proof", default=HOLD)


class FencedPostgresSaver(PostgresSaver):
    """A saver for one job's worker: LangGraph's own, whole in a thread. Raises `FenceLost` when
    another worker has taken the job."""

    def __init__(self, work: InThreads, job: Job, serde: SerializerProtocol) -> None:
        super().__init__(conn=None, serde=serde)  # type: ignore[arg-type]  # `_cursor` has its own
        self._work = work
        self._job = job

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that is asked for, or the one written last, whatever the clocks said."""
        return await self._work.read(lambda _: self.get_tuple(config))

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        if get_checkpoint_id(config):
            return super().get_tuple(config)
        asked = config["configurable"]
        thread = {"thread_id": asked["thread_id"], "checkpoint_ns": asked.get("checkpoint_ns", "")}
        with self._cursor() as cursor:
            row = cursor.execute(NEWEST, tuple(thread.values())).fetchone()
        if row is None:
            return None
        return super().get_tuple({"configurable": {**thread, **row}})

    @shielded
    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        _proof.set(GOT_ON)  # in a task of its own, so for this write only
        return await self._work.write(
            lambda _: self.put(config, checkpoint, metadata, new_versions)
        )

    @shielded
    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        await self._work.write(lambda _: self.put_writes(config, writes, task_id, task_path))

    @contextmanager
    def _cursor(self, *, pipeline: bool = False) -> Iterator[Cursor[DictRow]]:
        """A cursor in a transaction of its own; one that writes (`pipeline`) sends all its
        statements behind the proof of our fence and waits once. Raises SQLAlchemy's errors, as all
        else does that uses the database."""
        with _as_sqlalchemy_tells(), self._work.engine.begin() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # the connection is open
            with ExitStack() as stack:
                if pipeline:
                    stack.enter_context(raw.pipeline())
                    proof = raw.execute(_proof.get(), (self._job.id, self._job.fence))
                yield stack.enter_context(raw.cursor(binary=True, row_factory=dict_row))
            if pipeline and proof.rowcount != 1:  # what was written behind it is rolled back
                raise FenceLost(job_id=self._job.id)


@contextmanager
def _as_sqlalchemy_tells() -> Iterator[None]:
    try:
        yield
    except (OperationalError, IdleInTransactionSessionTimeout) as error:
        raise exc.OperationalError("checkpoint", None, error) from error
