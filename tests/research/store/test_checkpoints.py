"""A stored state that is not what we wrote: nothing in it is executed, and the job ends typed, or
its report is refused."""

import asyncio
import pickle
import sqlite3
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from sqlalchemy.engine import make_url

from research.domain import Job
from research.errors import CheckpointUnreadable, ContractViolation, FenceLost
from research.run import run_job
from research.settings import Settings
from research.store.checkpoints import open_saver, serializer
from research.store.database import Store
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


async def stopped(store: Store, settings: Settings, at: str = "write") -> Job:
    """A job that was stopped at a step, to be resumed."""
    reached = asyncio.Event()

    async def stop(name: str) -> None:
        if name == at:
            await asyncio.sleep(0.5)  # its sibling finishes
            reached.set()
            await asyncio.sleep(3600)

    job = await store.take((await new_job(store)).id, stale_seconds=15)
    running = asyncio.create_task(run_job(job, scripted(Script(before=stop)), store, settings))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    return await store.take(job.id, stale_seconds=0)


def alter(settings: Settings, statement: str, *values: object) -> int:
    path = make_url(settings.database).database
    assert path is not None
    with sqlite3.connect(path) as connection:
        return connection.execute(statement, values).rowcount


def smuggled(mark: Path) -> bytes:
    """A msgpack extension that names a function of somebody's choosing, as LangGraph's own form
    does."""
    return ormsgpack.packb(
        {"x": ormsgpack.Ext(0, ormsgpack.packb(("os", "system", f"touch {mark}")))}
    )


BLOBS = ["flipped", "pickle", "extension", "empty", "another type", "JSON"]


@pytest.mark.parametrize("what", BLOBS)
async def test_an_altered_checkpoint_ends_typed_and_runs_nothing(
    store: Store, settings: Settings, tmp_path: Path, what: str
) -> None:
    mark = tmp_path / "executed"
    job = await stopped(store, settings)
    blob, kind = {
        "flipped": (b"\xc1\xff\x00\x13" * 40, "msgpack"),
        "pickle": (pickle.dumps(Bomb(mark)), "pickle"),
        "extension": (smuggled(mark), "msgpack"),
        "empty": (b"", "msgpack"),
        "another type": (ormsgpack.packb([1, 2, 3]), "msgpack"),
        "JSON": (
            b'{"lc": 2, "type": "constructor", "id": ["pathlib", "Path"], "args": ["x"]}',
            "json",
        ),
    }[what]
    assert alter(settings, "UPDATE checkpoints SET checkpoint = ?, type = ?", blob, kind)
    with pytest.raises(CheckpointUnreadable) as caught:
        await run_job(job, scripted(Script()), store, settings)
    assert caught.value.mend
    assert not mark.exists()
    failed = await store.job(job.id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error["code"] == "checkpoint_unreadable"


@pytest.mark.parametrize("what", BLOBS[:4])
async def test_altered_writes_end_typed_and_run_nothing(
    store: Store, settings: Settings, tmp_path: Path, what: str
) -> None:
    """The writes of a finished branch whose sibling was stopped: they are read when the job goes
    on."""
    mark = tmp_path / "executed"
    job = await stopped(store, settings, at="summarise t1")
    blob, kind = {
        "flipped": (b"\xc1\xff\x00\x13" * 40, "msgpack"),
        "pickle": (pickle.dumps(Bomb(mark)), "pickle"),
        "extension": (smuggled(mark), "msgpack"),
        "empty": (b"", "msgpack"),
    }[what]
    assert alter(settings, "UPDATE writes SET value = ?, type = ?", blob, kind)
    with pytest.raises(CheckpointUnreadable):
        await run_job(job, scripted(Script()), store, settings)
    assert not mark.exists()


async def test_claims_whose_quotes_were_edited_are_refused_by_the_bind(
    store: Store, settings: Settings
) -> None:
    job = await stopped(store, settings)
    path = make_url(settings.database).database
    assert path is not None
    changed = 0
    with sqlite3.connect(path) as connection:
        for table, column in (("checkpoints", "checkpoint"), ("writes", "value")):
            for row, blob in connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall():
                edited = blob.replace(b"The sea is deep.", b"The sea is flat.") if blob else blob
                changed += edited != blob
                connection.execute(
                    f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (edited, row)
                )
    assert changed
    with pytest.raises(ContractViolation):
        await run_job(job, scripted(Script()), store, settings)
    assert await store.report(job.id) is None


async def test_a_foreign_jobs_state_is_refused(store: Store, settings: Settings) -> None:
    """Another job's rows under this job's name: its readings are not this job's, so the bind
    refuses them."""
    job = await stopped(store, settings)
    other = await stopped(store, settings)
    for table in ("checkpoints", "writes"):
        alter(settings, f"DELETE FROM {table} WHERE thread_id = ?", job.id)
        alter(settings, f"UPDATE {table} SET thread_id = ? WHERE thread_id = ?", job.id, other.id)
    with pytest.raises((ContractViolation, CheckpointUnreadable)):
        await run_job(job, scripted(Script()), store, settings)
    assert await store.report(job.id) is None


def test_only_our_own_types_are_read_back(tmp_path: Path) -> None:
    """The allow-list is in force: a type that is not on it is no object of its class, and nothing
    of it is called."""
    mark = tmp_path / "executed"
    read = serializer()
    for module, name, argument in (
        ("os", "system", f"touch {mark}"),
        ("research.domain", "Job", {}),
    ):
        packed = ormsgpack.packb(ormsgpack.Ext(0, ormsgpack.packb((module, name, argument))))
        assert not isinstance(read.loads_typed(("msgpack", packed)), Job | int)
    assert not mark.exists()


@on_both
async def test_who_has_lost_the_job_writes_no_checkpoint(store: Store) -> None:
    lost = await store.take((await new_job(store)).id, stale_seconds=15)
    config: RunnableConfig = {"configurable": {"thread_id": lost.id, "checkpoint_ns": ""}}
    async with open_saver(store, lost) as saver:
        first = await saver.aput(config, empty_checkpoint(), {}, {})
        await saver.aput_writes(first, [("notes", "kept")], task_id="t1")
        await store.take(lost.id, stale_seconds=0)
        with pytest.raises(FenceLost):
            await saver.aput(first, empty_checkpoint(), {}, {})
        with pytest.raises(FenceLost):
            await saver.aput_writes(first, [("notes", "too late")], task_id="t2")
        saved = await saver.aget_tuple(config)
    assert saved is not None
    assert saved.config["configurable"]["checkpoint_id"] == first["configurable"]["checkpoint_id"]
    assert saved.pending_writes == [("t1", "notes", "kept")]
