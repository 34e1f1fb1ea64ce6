"""What a running job writes: events, steps, readings, model calls, its report. Each transaction
first proves that the job is still ours.

The proof is an update of the job's row that names our fence: it fails when another worker has taken
the job over, and it holds the row until the transaction ends. Writes are keyed by what they are, so
a step that is repeated after a crash overwrites itself. Not here: the checkpoints, whose savers
prove the same (`sqlite/saver.py`, `postgres/saver.py`).
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, RowMapping, bindparam, func
from sqlmodel import SQLModel, col, delete, insert, select, update

from research.access.usage import COUNTED, count
from research.domain import (
    Job,
    JobStatus,
    Ledger,
    Observation,
    PageText,
    Reading,
    Snapshot,
    Step,
    Trajectory,
    now,
)
from research.domain.report import Report
from research.errors import FenceLost, JobEnded, LeadlineError
from research.events import EventType
from research.ledger.follow_up import line_of
from research.secrets.redaction import redacted, values_without_secrets
from research.store.database import Store
from research.store.repositories.held import READ, Held, newest, observed
from research.store.repositories.snapshots import add_snapshots, pairs_of
from research.store.shield import shielded
from research.store.tables import (
    AnswerRow,
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
    placing,
    table_of,
)

# Tables and not classes: what is written at every step of a run does without the bookkeeping of
# objects, which takes longer than the rest.
JOBS, EVENTS = table_of(JobRow), table_of(EventRow)
TELL, CALLED = insert(EVENTS), insert(table_of(ModelCallRow))
_OURS = update(JOBS).where(JOBS.c.id == bindparam("job_id"), JOBS.c.fence == bindparam("held"))
HOLD = _OURS.values(fence=bindparam("held"))
BEAT = _OURS.values(
    heartbeat_at=bindparam("at"), seconds=JOBS.c.seconds + bindparam("worked")
).returning(JOBS.c.cancel_requested)
Told = Mapping[str, Any]  # the data of an event
T = TypeVar("T")


class JobRecords:
    """The fenced hand of one job's worker."""

    def __init__(self, store: Store, job: Job) -> None:
        self._kept = Held(job.id)
        self.store = store.with_held(self._kept)
        self.job = job
        self._last_event: int | None = None
        self._line_of_job: tuple[str, ...] | None = None
        self._event_lock = asyncio.Lock()
        self._told: list[tuple[EventType, Told]] = []

    async def _write(self, work: Callable[[Connection], T]) -> T:
        """What the work gives, which is done in one transaction after the proof."""

        def proven(engine: Engine) -> T:
            with engine.begin() as connection:
                if connection.execute(HOLD, self._held).rowcount != 1:
                    raise FenceLost(job_id=self.job.id)
                return work(connection)

        return await self.store.work.write(proven)

    @property
    def _held(self) -> dict[str, Any]:
        """What the proof is given."""
        return {"job_id": self.job.id, "held": self.job.fence}

    @shielded
    async def heartbeat(self, seconds: float) -> bool:
        """Show that we live, adding the seconds worked since the last beat; tells whether the job
        is asked to stop."""
        beat = {**self._held, "at": now(), "worked": seconds}

        def write(engine: Engine) -> bool | None:
            with engine.begin() as connection:
                return connection.execute(BEAT, beat).scalar_one_or_none()

        asked = await self.store.work.read(write)  # one statement, which needs no more around it
        if asked is None:
            raise FenceLost(job_id=self.job.id)
        return asked

    def _row(self, connection: Connection) -> RowMapping:
        """How the job stands, with what this transaction has changed of it."""
        columns = (JOBS.c.status, JOBS.c.attempts, JOBS.c.cancel_requested)
        rows = connection.execute(select(*columns).where(JOBS.c.id == self.job.id))
        return rows.mappings().one()

    def _change(self, connection: Connection, **values: Any) -> None:
        connection.execute(update(JOBS).where(JOBS.c.id == self.job.id).values(values))

    @shielded
    async def emit(self, type: EventType, **data: Any) -> None:
        await self._telling(lambda connection: self._tell(connection, type, [data]))

    async def _telling(self, work: Callable[[Connection], T]) -> T:
        """The same for work that may add events: their numbers have no gap, and stand in the order
        of their transactions. Those who observe this process's jobs hear of them once they are
        stored."""
        async with self._event_lock:
            self._told.clear()
            try:
                given = await self._write(work)
            except BaseException:
                self._last_event = None  # what was to be told may not have been stored
                raise
            self._kept.forget(*(newest(type) for type, _ in self._told))
            for type, told in self._told:
                for observe in self.store.observers:
                    observe(self.job, type, told)
        self.store.announce(self.job.id)
        return given

    def _tell(self, connection: Connection, type: EventType, told: Sequence[Told]) -> None:
        """Add events to what a transaction writes, so that one is never told of without the
        other."""
        if not told:
            return
        if self._last_event is None:
            newest = connection.execute(
                select(func.max(EVENTS.c.id)).where(EVENTS.c.job_id == self.job.id)
            )
            self._last_event = newest.scalar() or 0
        at, last = now(), self._last_event
        rows = [
            {"job_id": self.job.id, "id": id, "type": type, "at": at, "data": redacted(data)}
            for id, data in enumerate(told, last + 1)
        ]
        self._last_event = last + len(rows)
        self._told.extend((type, data) for data in told)
        connection.execute(TELL, rows)

    @shielded
    async def add_readings(
        self, read: Sequence[tuple[PageText, Snapshot, Reading]], told: Sequence[Told] = ()
    ) -> list[Reading]:
        """Store readings and the snapshots they gave, with the `source` events that tell of them;
        reading the same text of the same URL again in this job changes nothing. Gives the readings,
        in order, with the numbers of their documents."""
        line = await self._line()

        def add(connection: Connection) -> list[Reading]:
            add_snapshots(connection, [(page, snapshot) for page, snapshot, _ in read])
            numbered = _numbered(connection, line, [reading for _, _, reading in read])
            ids = {reading.id: reading for reading in numbered}
            links = {reading.id: pairs_of(page.links) for page, _, reading in read}
            known = connection.execute(
                select(col(ReadingRow.id)).where(col(ReadingRow.id).in_(ids))
            )
            if fresh := ids.keys() - set(known.scalars()):
                connection.execute(
                    insert(ReadingRow),
                    [{**ids[id].model_dump(), "links": links[id]} for id in ids if id in fresh],
                )
            self._tell(connection, "source", told)
            return numbered

        try:
            return await self._telling(add)
        finally:
            self._kept.forget(READ)

    async def _line(self) -> tuple[str, ...]:
        """The ids of the job and of those before it, looked up once: they never change."""
        if self._line_of_job is None:
            self._line_of_job = tuple(job.id for job in await line_of(self.store, self.job))
        return self._line_of_job

    @shielded
    async def put_step(
        self,
        task_id: str,
        step: Step,
        observation: Observation | None = None,
        told: Sequence[Told] = (),
    ) -> Step:
        """Keep a step and what it gave, with the `agent.step` event that tells of it. Gives the
        step, which names its observation."""
        rows: list[SQLModel] = []
        if observation is not None:
            id = f"{task_id}:{step.index}"
            step = step.replace(observation_id=id)
            data = observation.replace(id=id).model_dump(mode="json")
            rows.append(ObservationRow(job_id=self.job.id, id=id, data=data))
        rows.append(
            StepRow(
                job_id=self.job.id,
                task_id=task_id,
                index=step.index,
                at=now(),
                data=step.model_dump(mode="json"),
            )
        )

        def put(connection: Connection) -> None:
            for row in rows:
                self._put(connection, row)
            self._tell(connection, "agent.step", told)

        try:
            await self._telling(put)
        finally:
            self._kept.forget(observed(f"{task_id}:{step.index}"))
        return step

    @shielded
    async def put_trajectory(
        self, trajectory: Trajectory, *, open: bool = False, told: Sequence[Told] = ()
    ) -> None:
        """Keep a branch as it stands, with the event that tells that it starts (`open`) or has
        finished."""
        task = trajectory.task
        row = TrajectoryRow(job_id=self.job.id, task_id=task.id, task=task.model_dump(mode="json"))
        if not open:
            row.outcome, row.reason = trajectory.outcome, trajectory.reason

        def put(connection: Connection) -> None:
            self._put(connection, row)
            self._tell(connection, "agent.started" if open else "agent.finished", told)

        await self._telling(put)

    def _put(self, connection: Connection, row: SQLModel) -> None:
        """Write a row in place of the one with its key."""
        connection.execute(
            placing(type(row), self.store.engine.dialect.name),
            values_without_secrets(row.model_dump()),
        )

    @shielded
    async def put_run(self, run: RunRow, files: Sequence[FileRow]) -> None:
        """Keep a run and its files; its code without secrets, and the hash of what is kept."""
        code = values_without_secrets(run.code)
        kept = {"code": code, "code_sha256": hashlib.sha256(code.encode()).hexdigest()}

        def put(connection: Connection) -> None:
            connection.execute(delete(FileRow).where(col(FileRow.run_id) == run.id))
            self._put(connection, RunRow(**run.model_dump() | kept))
            for file in files:
                self._put(connection, file)

        await self._write(put)

    @shielded
    async def put_model_call(self, call: ModelCallRow, **told: Any) -> None:
        """Keep a call, and tell of it in the same transaction."""

        def put(connection: Connection) -> None:
            connection.execute(CALLED, values_without_secrets(call.model_dump()))
            self._tell(connection, "model_call", [told])
            # last: all calls of a tenant, and its new jobs, wait for one another at this row
            count(connection, self.job.tenant, **call.model_dump(include=set(COUNTED)))

        await self._telling(put)

    @shielded
    async def put_answer(self, request_sha256: str, answer: str) -> None:
        """Keep what a model answered, before anything is made of it."""
        row = AnswerRow(job_id=self.job.id, request_sha256=request_sha256, answer=answer)
        await self._write(lambda connection: self._put(connection, row))

    @shielded
    async def finish(
        self, report: Report, ledger: Ledger, error: LeadlineError | None = None
    ) -> None:
        """Keep the report; `error` says what went wrong although there is one."""
        row = ReportRow(
            job_id=self.job.id,
            status=report.status,
            created_at=now(),
            data=report.model_dump(mode="json", by_alias=True),
            ledger=ledger.model_dump(mode="json", by_alias=True),
        )
        problem = _problem(error) if error else None
        told = {
            "status": report.status,
            "title": report.title,
            **({"error": problem} if problem else {}),
        }
        worked = {"error": problem, "seconds": report.usage.seconds}
        await self._end("completed", "job.completed", told, report=row, **worked)

    @shielded
    async def fail(self, error: LeadlineError) -> None:
        problem = _problem(error)
        await self._end("failed", "job.failed", problem, error=problem)

    @shielded
    async def cancelled(self) -> None:
        await self._end("cancelled", "job.cancelled", {})

    @shielded
    async def wait(self, asked: dict[str, Any]) -> bool:
        """Let go of the job until a person answers; that attempt does not count. False if it is
        asked to stop instead."""

        def let_go(connection: Connection) -> bool:
            row = self._row(connection)
            if row["cancel_requested"]:
                return False
            attempts = max(0, row["attempts"] - 1)
            nobodys = {"owner": None, "heartbeat_at": None}
            self._change(connection, status="needs_input", attempts=attempts, **nobodys)
            self._tell(connection, "needs_input", [asked])
            return True

        return await self._telling(let_go)

    async def _end(
        self,
        status: JobStatus,
        type: EventType,
        told: Told,
        *,
        report: ReportRow | None = None,
        **values: Any,
    ) -> None:
        """End the job and tell of it in one transaction: a process killed here leaves both or
        neither. Raises `JobEnded` for one that has ended: a wish to cancel that comes while the
        report is stored comes too late."""

        def end(connection: Connection) -> None:
            standing = self._row(connection)["status"]
            if standing != "running":
                raise JobEnded(job_id=self.job.id, status=standing)
            if report is not None:
                connection.execute(insert(ReportRow), report.model_dump())
            ended = {"status": status, "finished_at": now(), "owner": None}
            self._change(connection, **values, **ended)
            self._tell(connection, type, [told])

        await self._telling(end)


def _problem(error: LeadlineError) -> dict[str, str]:
    return {"code": error.code, "message": str(error), "mend": error.mend}


def _numbered(
    connection: Connection, line: Sequence[str], readings: Sequence[Reading]
) -> list[Reading]:
    """The readings with the numbers of their documents: a text that these jobs have read keeps its
    number, a new one gets the next."""
    columns = (col(ReadingRow.snapshot_id), col(ReadingRow.document))
    stored = connection.execute(select(*columns).where(col(ReadingRow.job_id).in_(line)))
    numbers = {snapshot_id: document for snapshot_id, document in stored if document}
    last = max(numbers.values(), default=0)
    for reading in readings:
        if reading.snapshot_id not in numbers:
            last += 1
            numbers[reading.snapshot_id] = last
    return [reading.replace(document=numbers[reading.snapshot_id]) for reading in readings]


def reading_id(job_id: str, canonical_url: str, snapshot_id: str) -> str:
    """The id of a reading: the same URL giving the same text in the same job is the same
    reading."""
    return hashlib.sha256(f"{job_id}\n{canonical_url}\n{snapshot_id}".encode()).hexdigest()[:16]
