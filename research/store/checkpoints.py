"""LangGraph checkpoints in our database, written only by the job's owner, read only as the types we
wrote.

The saver of either database checks the job's fence in the same transaction as each write, so that
a worker which lost the job cannot move it. A new checkpoint is progress: the attempts counted
against the job begin anew, so that one killed often goes on and one that never gets on is stopped.
Only the nouns of `research/domain` are read back: a tampered checkpoint gives an error, never an
object of somebody's choosing.

Not here: the savers (`sqlite/saver.py`, `postgres/saver.py`).
"""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from research import domain
from research.domain import Job, Noun
from research.store.database import Store
from research.store.sqlite.saver import open_sqlite_saver
from research.store.work import InThreads

STATE_TYPES = [
    kind for kind in vars(domain).values() if isinstance(kind, type) and issubclass(kind, Noun)
]


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


def open_saver(store: Store, job: Job) -> AbstractAsyncContextManager[BaseCheckpointSaver[Any]]:
    """The saver of one run."""
    if isinstance(store.work, InThreads):
        from research.store.postgres.saver import FencedPostgresSaver  # here: of an extra

        return nullcontext(FencedPostgresSaver(store.work, job, serializer()))
    return open_sqlite_saver(str(store.engine.url.database), job, serializer())
