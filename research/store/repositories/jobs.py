"""Jobs and who owns them: made, listed, taken, asked to stop.

Not here: what a running job writes (`records.py`), the queue (`queue/`)."""

from collections.abc import Awaitable, Callable
from typing import Any, get_args

from sqlalchemy import Update, func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from research.domain import Job, JobStatus, now
from research.errors import FollowUpRefused, InputNeeded, JobBusy, JobEnded, JobNotFound
from research.store.queue.at_once import ANY_NUMBER, AtOnce, admit
from research.store.queue.liveness import PROCESS
from research.store.queue.queue import enqueue
from research.store.repositories.events import Events
from research.store.shield import shielded
from research.store.tables import JobRow

ENDED: frozenset[JobStatus] = frozenset({"completed", "failed", "cancelled"})
Admit = Callable[[AsyncSession], Awaitable[None]]  # raises what refuses a job


class Jobs(Events):
    @shielded
    async def create_job(
        self, job: Job, *, idempotency_key: str | None = None, admit: Admit | None = None
    ) -> Job:
        """Store a new job, unless `admit`, asked in the same transaction, refuses it; with a key
        that its tenant used already, return the job that key made. Raises `FollowUpRefused` when
        the job that it follows up is gone."""
        row = JobRow(
            idempotency_key=idempotency_key,
            question=job.question.model_dump(mode="json"),
            budget=job.budget.model_dump(mode="json"),
            **job.model_dump(exclude={"question", "budget"}),
        )
        try:
            async with self.session() as session:
                session.add(row)
                await session.flush()
                if job.parent_id is not None:
                    await _hold(session, job.parent_id)
                await enqueue(await session.connection(), job.id, job.priority)
                if admit is not None:  # last: it holds what the tenant used today
                    await admit(session)
        except IntegrityError:
            same = (JobRow.tenant == job.tenant, JobRow.idempotency_key == idempotency_key)
            [found] = await self.rows(select(JobRow).where(*same))
            return job_of(found)
        return job

    async def job(self, job_id: str) -> Job:
        """Raises `JobNotFound`, also for a job of another tenant."""
        row = await self.row(JobRow, job_id)
        if row is None or self.tenant not in (None, row.tenant):
            raise JobNotFound(job_id=job_id)
        return job_of(row)

    async def jobs(
        self,
        *,
        limit: int = 50,
        before: str | None = None,
        status: JobStatus | None = None,
        containing: str = "",
    ) -> list[Job]:
        """Newest first; `before` is the id of the last job of the page before."""
        query = (
            select(JobRow)
            .order_by(col(JobRow.created_at).desc(), col(JobRow.id).desc())
            .limit(limit)
        )
        if self.tenant is not None:
            query = query.where(JobRow.tenant == self.tenant)
        if status:
            query = query.where(JobRow.status == status)
        if containing:
            query = query.where(
                col(JobRow.question)["text"].as_string().icontains(containing, autoescape=True)
            )
        if before:
            last = await self.job(before)
            at, row_id = col(JobRow.created_at), col(JobRow.id)
            query = query.where(
                (at < last.created_at) | ((at == last.created_at) & (row_id < last.id))
            )
        return [job_of(row) for row in await self.rows(query)]

    async def count_jobs(self) -> dict[JobStatus, int]:
        """How many jobs there are in each status."""
        query = select(col(JobRow.status), func.count()).group_by(col(JobRow.status))
        counted = dict(await self.rows(query))
        return {status: counted.get(status, 0) for status in get_args(JobStatus)}

    @shielded
    async def take(
        self,
        job_id: str,
        *,
        stale_seconds: float,
        owner: str = PROCESS,
        at_once: AtOnce = ANY_NUMBER,
        failed_too: bool = True,
    ) -> Job:
        """Become the job's owner: raise its fence, mark it running. Raises `JobNotFound`,
        `JobEnded` (of one that failed too where that is not to be taken up again), `InputNeeded`
        when it waits for a person, `JobBusy` when its owner lives, or `JobHeld` when it would be
        one too many at once."""
        job = await self.job(job_id)
        given_up = job.status == "cancelled" and job.cancel_requested
        failed = job.status == "failed" and not failed_too
        if job.status == "completed" or given_up or failed:
            raise JobEnded(job_id=job_id, status=job.status)
        if job.status == "needs_input":
            raise InputNeeded(job_id=job_id, waits_for=await self.waits_for(job_id))
        if self.liveness.is_alive(job, stale_seconds):
            raise JobBusy(job_id=job_id, owner=job.owner)
        values: dict[str, Any] = {
            "owner": owner,
            "fence": job.fence + 1,
            "attempts": job.attempts + 1,
            "status": "running",
            "heartbeat_at": now(),
            "started_at": job.started_at or now(),
            "finished_at": None,
            "error": None,
        }
        async with self.session() as session:
            taken = await session.exec(update_as_seen(job).values(**values))
            if taken.rowcount != 1:
                raise JobBusy(job_id=job_id, owner="another worker")
            await admit(await session.connection(), job, at_once)
        return job.replace(**values)

    @shielded
    async def request_cancel(self, job_id: str) -> Job:
        """Ask a job to stop; one that nobody works on is cancelled at once. Raises `JobEnded`."""
        done = False
        while not done:  # once more when a worker took it, or let go of it, in between
            job = await self.job(job_id)
            if job.status in ENDED:
                raise JobEnded(job_id=job_id, status=job.status)
            values: dict[str, Any] = {"cancel_requested": True}
            if job.owner is None:
                values |= {"status": "cancelled", "finished_at": now()}
            asked = update_as_seen(job).where(col(JobRow.owner) == job.owner)
            done = await self.write(asked.values(**values)) == 1
        return await self.job(job_id)

    async def seconds(self, job_id: str) -> float:
        """The seconds worked on the job so far, over all attempts."""
        row = await self.row(JobRow, job_id)
        return row.seconds if row else 0.0


async def _hold(session: AsyncSession, job_id: str) -> None:
    """Keep a job from being deleted until the transaction ends. Raises
    `FollowUpRefused`."""
    there = select(JobRow.id).where(JobRow.id == job_id).with_for_update(read=True)
    if (await session.exec(there)).first() is None:
        raise FollowUpRefused(parent_id=job_id, reason="it is gone")


def update_as_seen(job: Job) -> Update:
    """An update of a job's row that meets none once somebody has taken or moved the job."""
    return update(JobRow).where(
        col(JobRow.id) == job.id,
        col(JobRow.fence) == job.fence,
        col(JobRow.status) == job.status,
    )


def job_of(row: JobRow) -> Job:
    return Job.model_validate(row.model_dump(exclude={"seconds", "idempotency_key"}))
