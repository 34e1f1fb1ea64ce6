"""How many jobs may be worked on at once, of all and of one tenant."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, func, select

from research.domain import Job
from research.errors import JobHeld
from research.store.tables import JobRow

ADMISSION_LOCK = 0x61646D6974  # "admit"
WORKED_ON: ColumnElement[bool] = and_(
    col(JobRow.status) == "running", col(JobRow.owner).is_not(None)
)


@dataclass(frozen=True)
class AtOnce:
    """How many jobs may be worked on at once: of all, and of one tenant; None for any number."""

    all: int | None = None
    tenant: int | None = None

    def none(self) -> bool:
        return self.all is None and self.tenant is None


ANY_NUMBER = AtOnce()


@dataclass(frozen=True)
class Waiting:
    """A job that waits; one that was `begun` goes before all that were not."""

    id: str
    tenant: str
    priority: int
    begun: bool = False


def admissible(waiting: Iterable[Waiting], going: Counter[str], at_once: AtOnce) -> list[Waiting]:
    """Those that may be started beside those that go on, the first ones first; `going` counts them
    by tenant."""
    going = going.copy()
    chosen = []
    for one in waiting:
        if at_once.all is not None and going.total() >= at_once.all:
            break
        if at_once.tenant is None or going[one.tenant] < at_once.tenant:
            going[one.tenant] += 1
            chosen.append(one)
    return chosen


async def going_by_tenant(connection: AsyncConnection) -> Counter[str]:
    query = select(col(JobRow.tenant), func.count()).where(WORKED_ON)
    rows = await connection.execute(query.group_by(col(JobRow.tenant)))
    return Counter({tenant: count for tenant, count in rows})


async def admit(connection: AsyncConnection, job: Job, at_once: AtOnce) -> None:
    """See that a job which this transaction has just taken is not one too many. Raises
    `JobHeld`."""
    if at_once.none():
        return
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(ADMISSION_LOCK)))
    going = await going_by_tenant(connection)
    if at_once.all is not None and going.total() > at_once.all:
        raise JobHeld(job_id=job.id, reason=f"{at_once.all} jobs are worked on")
    if at_once.tenant is not None and going[job.tenant] > at_once.tenant:
        raise JobHeld(job_id=job.id, reason=f"{at_once.tenant} jobs of its tenant are worked on")
