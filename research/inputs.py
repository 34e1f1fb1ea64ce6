"""What people say to a job: answers, an edited plan, notes. Rows, in order, kept whether or not anybody works on the job.

Not here: who may say what when (`api/`), and what the graph makes of it (`flow.py`).
"""

from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from research.store import Store
from research.tables import InputRow
from research.types import Input, InputKind, now
from research.uncut import uncut


@uncut
async def add_input(store: Store, job_id: str, kind: InputKind, data: dict[str, Any]) -> Input:
    async with store.session() as session:
        newest = (await session.exec(select(func.max(InputRow.id)).where(InputRow.job_id == job_id))).one()
        row = InputRow(job_id=job_id, id=(newest or 0) + 1, kind=kind, at=now(), data=data)
        session.add(row)
    return Input(**row.model_dump(exclude={"job_id"}))


@uncut
async def inputs(store: Store, job_id: str, kind: InputKind | None = None) -> list[Input]:
    """What was said to the job, in order; of one kind if asked so."""
    query = select(InputRow).where(InputRow.job_id == job_id).order_by(col(InputRow.id))
    if kind:
        query = query.where(InputRow.kind == kind)
    async with store.session() as session:
        return [Input(**row.model_dump(exclude={"job_id"})) for row in await session.exec(query)]
