"""What a running job writes: events, steps, readings, model calls, its report. Each transaction first proves that the job is still ours.

The proof is an update of the job's row that names our fence: it fails when another worker has taken the job over, and it holds the row
until the transaction ends. Writes are keyed by what they are, so a step that is repeated after a crash overwrites itself.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from research.errors import FenceLost, LeadlineError
from research.events import EventType
from research.report import Report
from research.store import Store, add_snapshot
from research.tables import (
    EventRow,
    FileRow,
    JobRow,
    ModelCallRow,
    ObservationRow,
    ReadingRow,
    ReportRow,
    RunRow,
    StepRow,
    TrajectoryRow,
)
from research.types import Job, JobStatus, Ledger, Observation, PageText, Reading, Snapshot, Step, Trajectory, now
from research.uncut import uncut


class JobRecords:
    """The fenced hand of one job's worker."""

    def __init__(self, store: Store, job: Job) -> None:
        self.store = store
        self.job = job
        self._last_event: int | None = None
        self._event_lock = asyncio.Lock()

    @asynccontextmanager
    async def _transaction(self, **job_values: Any) -> AsyncIterator[AsyncSession]:
        async with self.store.session() as session:
            mine = (col(JobRow.id) == self.job.id, col(JobRow.fence) == self.job.fence)
            touched = await session.exec(update(JobRow).where(*mine).values(fence=self.job.fence, **job_values))
            if touched.rowcount != 1:
                raise FenceLost(job_id=self.job.id)
            yield session

    @uncut
    async def heartbeat(self, seconds: float) -> bool:
        """Show that we live, adding the seconds worked since the last beat; tells whether the job is asked to stop."""
        async with self._transaction(heartbeat_at=now(), seconds=JobRow.seconds + seconds) as session:
            row = await session.get(JobRow, self.job.id)
            return bool(row and row.cancel_requested)

    @uncut
    async def emit(self, type: EventType, **data: Any) -> None:
        async with self._event_lock, self._transaction() as session:
            await self._add_event(session, type, data)

    async def _add_event(self, session: AsyncSession, type: EventType, data: dict[str, Any]) -> None:
        """Within a transaction, the lock of events held."""
        if self._last_event is None:
            newest = select(func.max(EventRow.id)).where(EventRow.job_id == self.job.id)
            self._last_event = (await session.exec(newest)).one() or 0
        self._last_event += 1
        session.add(EventRow(job_id=self.job.id, id=self._last_event, type=type, at=now(), data=data))

    @uncut
    async def add_reading(self, page: PageText, snapshot: Snapshot, reading: Reading) -> None:
        """Store a reading and the snapshot it gave; reading the same text of the same URL again in this job changes nothing."""
        async with self._transaction() as session:
            await add_snapshot(session, page, snapshot)
            await session.flush()
            if await session.get(ReadingRow, reading.id) is None:
                session.add(ReadingRow(**reading.model_dump()))

    @uncut
    async def put_step(self, task_id: str, step: Step, observation: Observation | None = None) -> None:
        async with self._transaction() as session:
            await session.merge(StepRow(job_id=self.job.id, task_id=task_id, index=step.index, at=now(), data=step.model_dump(mode="json")))
            if observation is not None:
                data = observation.model_dump(mode="json")
                await session.merge(ObservationRow(job_id=self.job.id, id=observation.id, data=data))

    @uncut
    async def put_trajectory(self, trajectory: Trajectory, *, open: bool = False) -> None:
        task = trajectory.task
        row = TrajectoryRow(job_id=self.job.id, task_id=task.id, task=task.model_dump(mode="json"))
        if not open:
            row.outcome, row.reason = trajectory.outcome, trajectory.reason
        async with self._transaction() as session:
            await session.merge(row)

    @uncut
    async def put_run(self, run: RunRow, files: Sequence[FileRow]) -> None:
        async with self._transaction() as session:
            await session.exec(delete(FileRow).where(col(FileRow.run_id) == run.id))
            await session.merge(run)
            await session.flush()
            session.add_all(files)

    @uncut
    async def put_model_call(self, call: ModelCallRow, **told: Any) -> None:
        """Keep a call, and tell of it in the same transaction."""
        async with self._event_lock, self._transaction() as session:
            session.add(call)
            await self._add_event(session, "model_call", told)

    @uncut
    async def finish(self, report: Report, ledger: Ledger) -> None:
        row = ReportRow(
            job_id=self.job.id,
            status=report.status,
            created_at=now(),
            data=report.model_dump(mode="json", by_alias=True),
            ledger=ledger.model_dump(mode="json", by_alias=True),
        )
        async with self._ending("completed", "job.completed", {"status": report.status, "title": report.title}, error=None) as session:
            await session.merge(row)

    @uncut
    async def fail(self, error: LeadlineError) -> None:
        problem = {"code": error.code, "message": str(error), "mend": error.mend}
        async with self._ending("failed", "job.failed", problem, error=problem):
            pass

    @uncut
    async def cancelled(self) -> None:
        async with self._ending("cancelled", "job.cancelled", {}):
            pass

    @uncut
    async def wait(self, asked: dict[str, Any]) -> bool:
        """Let go of the job until a person answers; that attempt does not count. False if it is asked to stop instead."""
        async with self._event_lock, self._transaction() as session:
            row = await session.get(JobRow, self.job.id)
            if row is None or row.cancel_requested:
                return False
            waiting = {"status": "needs_input", "owner": None, "heartbeat_at": None, "attempts": max(0, row.attempts - 1)}
            row.sqlmodel_update(waiting)
            newest = (await session.exec(select(func.max(EventRow.id)).where(EventRow.job_id == self.job.id))).one()
            session.add(EventRow(job_id=self.job.id, id=(newest or 0) + 1, type="needs_input", at=now(), data=asked))
            self._last_event = (newest or 0) + 1
        return True

    @asynccontextmanager
    async def _ending(self, status: JobStatus, type: EventType, told: dict[str, Any], **values: Any) -> AsyncIterator[AsyncSession]:
        """End the job and tell of it in one transaction: a process killed here leaves both or neither."""
        async with self._event_lock, self._transaction(status=status, finished_at=now(), owner=None, **values) as session:
            yield session
            await self._add_event(session, type, told)


def reading_id(job_id: str, canonical_url: str, snapshot_id: str) -> str:
    """The id of a reading: the same URL giving the same text in the same job is the same reading."""
    return hashlib.sha256(f"{job_id}\n{canonical_url}\n{snapshot_id}".encode()).hexdigest()[:16]
