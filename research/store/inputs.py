"""What people say to a job: answers, an edited plan, notes. Rows, in order, kept whether or not
anybody works on the job.

Not here: who may say what when (`api/`), and what the graph makes of it (`flow.py`).
"""

from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from research.domain import Input, InputKind, Job, Question, now
from research.errors import InputUnwanted, JobEnded
from research.store.database import Store
from research.store.queue.queue import enqueue
from research.store.repositories.jobs import ENDED, update_as_seen
from research.store.shield import shielded
from research.store.tables import EventRow, InputRow, JobRow, table_of

INPUTS = table_of(InputRow)
INPUT = tuple(INPUTS.c[name] for name in Input.model_fields)


@shielded
async def add_input(store: Store, job_id: str, kind: InputKind, data: dict[str, Any]) -> Input:
    """Say something to a job that has not ended. Raises `JobNotFound`, `JobEnded`."""
    async with store.session() as session:
        going = (col(JobRow.id) == job_id, col(JobRow.status).not_in(ENDED))
        held = await session.exec(
            update(JobRow).where(*going).values(fence=JobRow.fence)
        )  # holds the row: ids count without a gap
        if held.rowcount == 1:
            return await _add(session, job_id, kind, data)
    raise JobEnded(job_id=job_id, status=(await store.job(job_id)).status)


@shielded
async def answer(
    store: Store, job: Job, kind: InputKind, data: dict[str, Any], question: Question
) -> None:
    """Give a waiting job what it waits for, and queue it again, in one transaction. Raises
    `InputUnwanted` when it waits no longer."""
    asked = question.model_dump(mode="json")
    async with store.session() as session:
        queued = await session.exec(update_as_seen(job).values(status="queued", question=asked))
        if queued.rowcount == 1:
            await _add(session, job.id, kind, data)
            await enqueue(await session.connection(), job.id, job.priority, begun=True)
            number = await _next(session, EventRow, job.id)
            told = {"kind": kind}
            session.add(EventRow(job_id=job.id, id=number, type="input", at=now(), data=told))
            return
    raise InputUnwanted(job_id=job.id, kind=kind, status=(await store.job(job.id)).status)


async def _add(session: AsyncSession, job_id: str, kind: InputKind, data: dict[str, Any]) -> Input:
    number = await _next(session, InputRow, job_id)
    said = Input(id=number, kind=kind, at=now(), data=data)
    session.add(InputRow(job_id=job_id, **said.model_dump()))
    return said


async def _next(session: AsyncSession, kind: type[InputRow] | type[EventRow], job_id: str) -> int:
    """The number of a job's next row of this kind."""
    newest = await session.exec(select(func.max(kind.id)).where(kind.job_id == job_id))
    return (newest.one() or 0) + 1


async def inputs(store: Store, job_id: str, kind: InputKind | None = None) -> list[Input]:
    """What was said to the job, in order; of one kind if asked so."""
    query = sqlalchemy.select(*INPUT).where(INPUTS.c.job_id == job_id).order_by(INPUTS.c.id)
    if kind:
        query = query.where(INPUTS.c.kind == kind)
    rows = await store.reading(lambda connection: connection.execute(query).mappings().all())
    return [Input(**row) for row in rows]
