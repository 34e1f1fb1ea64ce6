"""The database: jobs and who owns them, what was read, reports, libraries. Async SQLAlchemy over
SQLite (WAL).

Writes of a running job go through `records.JobRecords`, which checks the job's fence in every
transaction. Not here: queueing (`api/jobs/queueing.py`), checkpoints (`checkpoints.py`).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from copy import copy
from secrets import token_hex
from typing import Any, get_args

from sqlalchemy import Text, cast, event, func
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from research.domain import (
    DEFAULT_TENANT,
    Effort,
    Event,
    Job,
    JobStatus,
    Ledger,
    Mode,
    Observation,
    PageText,
    Reading,
    Snapshot,
    Step,
    now,
)
from research.domain.report import Report
from research.errors import (
    InputNeeded,
    JobBusy,
    JobEnded,
    JobNotFound,
    LibraryError,
    SettingsError,
    SnapshotDamaged,
)
from research.events import EventType
from research.store.condition.readable import readable, tell_unreadable
from research.store.lru_cache import LruCache
from research.store.queue.at_once import ANY_NUMBER, AtOnce, admit
from research.store.queue.liveness import PROCESS, Liveness
from research.store.queue.queue import enqueue
from research.store.schema import migrate
from research.store.shield import shielded
from research.store.sqlite import connection as sqlite
from research.store.tables import (
    AnswerRow,
    DocumentRow,
    EventRow,
    GrantRow,
    JobRow,
    LibraryRow,
    ModelCallRow,
    ObservationRow,
    ReadingRow,
    ReportRow,
    SnapshotRow,
    StepRow,
    TextBytes,
    TrajectoryRow,
    inserting,
)

AS_BYTES = TextBytes(col(SnapshotRow.text))
AT_ONCE = 500  # rows of a query by id
KEPT = 8_000_000  # characters of snapshots that are kept once read: they never change
KEPT_SECTIONS = 100_000  # headings of snapshots that are kept once read
READING = tuple(getattr(ReadingRow, name) for name in Reading.model_fields)
ENDED: frozenset[JobStatus] = frozenset({"completed", "failed", "cancelled"})


Observer = Callable[[Job, EventType, Mapping[str, Any]], None]
Admit = Callable[[AsyncSession], Awaitable[None]]  # raises what refuses a job
Sections = tuple[tuple[int, str], ...]  # where each part of a text begins, and its name


def new_id() -> str:
    return token_hex(8)


class Store:
    def __init__(self, url: str) -> None:
        self.url = url
        self.tenant: str | None = None
        self.engine = _engine(url)
        self.liveness = Liveness()
        self.listeners: set[Callable[[str], None]] = set()
        self.observers: list[Observer] = []  # of the events that this process's workers write
        self._snapshots_cache: LruCache[str, Snapshot] = LruCache(
            KEPT, lambda snapshot: len(snapshot.text)
        )
        self._sections_cache: LruCache[str, Sections] = LruCache(
            KEPT_SECTIONS, lambda sections: 1 + len(sections)
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Store"]:
        """Open the database, migrated to the newest schema. Raises `StoreUnreadable`."""
        store = cls(url)
        try:
            with readable(url):
                await asyncio.to_thread(migrate, url)
            yield store
        finally:
            await store.engine.dispose()

    def of(self, tenant: str) -> "Store":
        """The same database as one tenant sees it: jobs and libraries of others are not there.
        Without a tenant all jobs are there, and the libraries of the default tenant."""
        view = copy(self)
        view.tenant = tenant
        return view

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def acting_tenant(self) -> str:
        """Whose new jobs and libraries will be."""
        return self.tenant or DEFAULT_TENANT

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction, committed at the end of the block."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def announce(self, job_id: str) -> None:
        """Tell whoever listens in this process that the job has new events; they are committed."""
        for listener in self.listeners:
            listener(job_id)

    # Jobs

    @shielded
    async def create_job(
        self, job: Job, *, idempotency_key: str | None = None, admit: Admit | None = None
    ) -> Job:
        """Store a new job, unless `admit`, asked in the same transaction, refuses it; with a key
        that its tenant used already, return the job that key made. Raises `JobNotFound` when the
        job that it follows up is gone."""
        row = JobRow(idempotency_key=idempotency_key, **_job_fields(job))
        try:
            async with self.session() as session:
                session.add(row)
                await session.flush()
                if job.parent_id is not None:
                    await _hold(session, job.parent_id)
                if admit is not None:
                    await admit(session)
                await enqueue(await session.connection(), job.id, job.priority)
        except IntegrityError:
            async with self.session() as session:
                same = (JobRow.tenant == job.tenant, JobRow.idempotency_key == idempotency_key)
                found = (await session.exec(select(JobRow).where(*same))).one()
                return job_of(found)
        return job

    @shielded
    async def job(self, job_id: str) -> Job:
        """Raises `JobNotFound`, also for a job of another tenant."""
        async with self.session() as session:
            row = await session.get(JobRow, job_id)
            if row is None or self.tenant not in (None, row.tenant):
                raise JobNotFound(job_id=job_id)
            return job_of(row)

    @shielded
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
        async with self.session() as session:
            return [job_of(row) for row in await session.exec(query)]

    @shielded
    async def count_jobs(self) -> dict[JobStatus, int]:
        """How many jobs there are in each status."""
        query = select(col(JobRow.status), func.count()).group_by(col(JobRow.status))
        async with self.engine.connect() as connection:
            counted = {status: number for status, number in await connection.execute(query)}
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
            as_seen = (
                col(JobRow.id) == job_id,
                col(JobRow.fence) == job.fence,
                col(JobRow.status) == job.status,
            )
            if (await session.exec(update(JobRow).where(*as_seen).values(**values))).rowcount != 1:
                raise JobBusy(job_id=job_id, owner="another worker")
            await admit(await session.connection(), job, at_once)
        return job.model_copy(update=values)

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
            as_seen = (
                col(JobRow.id) == job_id,
                col(JobRow.status) == job.status,
                col(JobRow.owner) == job.owner,
            )
            async with self.session() as session:
                asked = await session.exec(update(JobRow).where(*as_seen).values(**values))
                done = asked.rowcount == 1
        return await self.job(job_id)

    # What a job left

    @shielded
    async def events(self, job_id: str, *, after: int = 0, limit: int = 500) -> list[Event]:
        query = select(EventRow).where(EventRow.job_id == job_id, EventRow.id > after)
        async with self.session() as session:
            rows = await session.exec(query.order_by(col(EventRow.id)).limit(limit))
            return [Event(id=row.id, type=row.type, at=row.at, data=row.data) for row in rows]

    @shielded
    async def newest(self, job_id: str, type: EventType) -> dict[str, Any]:
        """The data of the job's newest event of this type; empty if there is none."""
        query = (
            select(EventRow)
            .where(EventRow.job_id == job_id, EventRow.type == type)
            .order_by(col(EventRow.id).desc())
            .limit(1)
        )
        async with self.session() as session:
            row = (await session.exec(query)).first()
            return dict(row.data) if row else {}

    async def asked(self, job_id: str) -> dict[str, Any]:
        """What the job asked of a person last; empty if it never did."""
        return await self.newest(job_id, "needs_input")

    async def waits_for(self, job_id: str) -> str:
        """What a waiting job waits for, in words."""
        asked = await self.asked(job_id)
        if asked.get("kind") == "plan":
            return "the approval of its plan"
        return "answers to " + " / ".join(asked.get("questions", ()))

    @shielded
    async def report(self, job_id: str) -> Report | None:
        async with self.session() as session:
            row = await session.get(ReportRow, job_id)
            return Report.model_validate(row.data) if row else None

    @shielded
    async def ledger(self, job_id: str) -> Ledger | None:
        async with self.session() as session:
            row = await session.get(ReportRow, job_id)
            return Ledger.model_validate(row.ledger) if row else None

    @shielded
    async def readings(self, job_id: str) -> list[Reading]:
        query = (
            select(*READING)
            .where(col(ReadingRow.job_id) == job_id)
            .order_by(col(ReadingRow.fetched_at))
        )
        async with self.engine.connect() as connection:
            return [
                Reading.model_validate(dict(row))
                for row in (await connection.execute(query)).mappings()
            ]

    async def snapshot(self, snapshot_id: str) -> Snapshot | None:
        return (await self.snapshots([snapshot_id])).get(snapshot_id)

    async def snapshots(self, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Those of them that are stored. Raises `SnapshotDamaged` for one that is not what was
        read."""
        found = self._snapshots_cache.found(ids)
        if missing := [id for id in ids if id not in found]:
            read = await self.stored_snapshots(missing)
            if damaged := next(
                (id for id, snapshot in read.items() if not snapshot.is_whole()), None
            ):
                raise SnapshotDamaged(snapshot_id=damaged)
            self._snapshots_cache.keep(read)
            found |= read
        return found

    def forget(self, ids: Sequence[str]) -> None:
        """Keep nothing of these snapshots in this process."""
        self._snapshots_cache.forget(ids)
        self._sections_cache.forget(ids)

    @shielded
    async def stored_snapshots(self, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Those of them that are stored, as they stand there, damaged or not."""
        columns = (col(SnapshotRow.id), AS_BYTES, col(SnapshotRow.sentences))
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(*columns).where(col(SnapshotRow.id).in_(ids)))
            found = (
                (id, text.decode(errors="replace"), tuple((start, end) for start, end in spans))
                for id, text, spans in rows
            )
            return {id: Snapshot(id=id, text=text, sentences=spans) for id, text, spans in found}

    @shielded
    async def sections(self, ids: Sequence[str]) -> dict[str, Sections]:
        """The sections of those snapshots that are stored."""
        found = self._sections_cache.found(ids)
        if missing := [id for id in ids if id not in found]:
            query = select(col(SnapshotRow.id), col(SnapshotRow.sections)).where(
                col(SnapshotRow.id).in_(missing)
            )
            async with self.engine.connect() as connection:
                rows = (await connection.execute(query)).all()
            read = {
                id: tuple((int(start), str(name)) for start, name in sections)
                for id, sections in rows
            }
            self._sections_cache.keep(read)
            found |= read
        return found

    @shielded
    async def trajectories(self, job_id: str) -> list[tuple[TrajectoryRow, list[Step]]]:
        async with self.session() as session:
            rows = list(
                await session.exec(select(TrajectoryRow).where(TrajectoryRow.job_id == job_id))
            )
            steps = list(
                await session.exec(
                    select(StepRow).where(StepRow.job_id == job_id).order_by(col(StepRow.index))
                )
            )
        return [
            (row, [Step.model_validate(s.data) for s in steps if s.task_id == row.task_id])
            for row in rows
        ]

    @shielded
    async def observation(self, job_id: str, observation_id: str) -> Observation | None:
        query = select(col(ObservationRow.data)).where(
            ObservationRow.job_id == job_id, ObservationRow.id == observation_id
        )
        async with self.engine.connect() as connection:
            data = (await connection.execute(query)).scalar()
            return Observation.model_validate(data) if data is not None else None

    @shielded
    async def observations(self, job_id: str) -> list[Observation]:
        query = (
            select(col(ObservationRow.data))
            .where(ObservationRow.job_id == job_id)
            .order_by(ObservationRow.id)
        )
        async with self.engine.connect() as connection:
            return [
                Observation.model_validate(data)
                for data in (await connection.execute(query)).scalars()
            ]

    @shielded
    async def model_calls(self, job_id: str) -> list[ModelCallRow]:
        async with self.session() as session:
            query = (
                select(ModelCallRow)
                .where(ModelCallRow.job_id == job_id)
                .order_by(col(ModelCallRow.at))
            )
            return list(await session.exec(query))

    @shielded
    async def answer(self, job_id: str, request_sha256: str) -> str | None:
        """What a model answered to this request in this job; None where it was not asked or gave
        nothing usable."""
        query = select(col(AnswerRow.answer)).where(
            AnswerRow.job_id == job_id, AnswerRow.request_sha256 == request_sha256
        )
        async with self.engine.connect() as connection:
            return (await connection.execute(query)).scalar()

    @shielded
    async def answers(self, job_id: str) -> int:
        """How many requests of this job got a usable answer."""
        query = select(func.count()).select_from(AnswerRow).where(col(AnswerRow.job_id) == job_id)
        async with self.engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    @shielded
    async def finished_usage(
        self, effort: Effort, mode: Mode, model: str, *, limit: int
    ) -> list[tuple[int, int, float, float]]:
        """Calls, tokens, USD and seconds of the last runs that ended in a report and called this
        model; all their calls. One tenant learns nothing of another's runs."""
        tokens = func.sum(col(ModelCallRow.prompt_tokens) + col(ModelCallRow.completion_tokens))
        called = select(col(ModelCallRow.job_id)).where(ModelCallRow.model == model)
        query = (
            select(
                func.count(col(ModelCallRow.id)),
                tokens,
                func.sum(col(ModelCallRow.usd)),
                col(JobRow.seconds),
            )
            .join(JobRow, col(JobRow.id) == col(ModelCallRow.job_id))
            .where(
                JobRow.effort == effort,
                JobRow.mode == mode,
                JobRow.status == "completed",
                col(JobRow.id).in_(called),
            )
            .group_by(col(JobRow.id), col(JobRow.seconds), col(JobRow.created_at))
            .order_by(col(JobRow.created_at).desc())
            .limit(limit)
        )
        if self.tenant is not None:
            query = query.where(JobRow.tenant == self.tenant)
        async with self.session() as session:
            return [(row[0], row[1], row[2], row[3]) for row in await session.exec(query)]

    @shielded
    async def calls_of(self, job_id: str, task_id: str) -> list[ModelCallRow]:
        """The model calls of one agent."""
        query = select(ModelCallRow).where(
            ModelCallRow.job_id == job_id, ModelCallRow.task_id == task_id
        )
        async with self.session() as session:
            return list(await session.exec(query))

    @shielded
    async def fallback_events(self, job_id: str) -> list[dict[str, Any]]:
        """What was told of each time that plain code took over a step, in order."""
        query = (
            select(EventRow)
            .where(EventRow.job_id == job_id, EventRow.type == "floor")
            .order_by(col(EventRow.id))
        )
        async with self.session() as session:
            return [row.data for row in await session.exec(query)]

    async def fallbacks(self, job_id: str) -> list[str]:
        """The steps that plain code took over, each once, in order."""
        return list(dict.fromkeys(told["step"] for told in await self.fallback_events(job_id)))

    @shielded
    async def seconds(self, job_id: str) -> float:
        """The seconds worked on the job so far, over all attempts."""
        async with self.session() as session:
            row = await session.get(JobRow, job_id)
            return row.seconds if row else 0.0

    # Libraries

    @shielded
    async def save_snapshot(self, page: PageText, snapshot: Snapshot) -> None:
        async with self.engine.begin() as connection:
            await add_snapshots(connection, [(page, snapshot)])

    @shielded
    async def damaged_snapshots(self, ids: Sequence[str]) -> set[str]:
        """Those of these snapshots that are missing or not what was written."""
        whole: set[str] = set()
        for start in range(0, len(ids), AT_ONCE):
            # as it stands: what is no JSON would raise for all of them
            sentences = cast(col(SnapshotRow.sentences), Text)
            query = select(SnapshotRow.id, AS_BYTES, sentences).where(
                col(SnapshotRow.id).in_(ids[start : start + AT_ONCE])
            )
            async with self.session() as session:
                rows = list(await session.exec(query))
            whole |= await asyncio.to_thread(_whole, rows)
        return set(ids) - whole

    @shielded
    async def library(self, name: str) -> LibraryRow | None:
        """The tenant's library of that name; as `owner/name`, one that another tenant lets it
        read."""
        own = (LibraryRow.tenant == self.acting_tenant, LibraryRow.name == name)
        owner, _, shared = name.partition("/")
        granted = (
            LibraryRow.tenant == owner,
            LibraryRow.name == shared,
            col(LibraryRow.id).in_(self._granted()),
        )
        async with self.session() as session:
            for where in (own, granted):
                found = (await session.exec(select(LibraryRow).where(*where))).one_or_none()
                if found is not None:
                    return found
        return None

    def _granted(self) -> SelectOfScalar[str]:
        return select(GrantRow.library_id).where(GrantRow.tenant == self.acting_tenant)

    def name_of(self, library: LibraryRow) -> str:
        """What the tenant calls a library."""
        if library.tenant == self.acting_tenant:
            return library.name
        return f"{library.tenant}/{library.name}"

    @shielded
    async def libraries(self) -> list[tuple[LibraryRow, int]]:
        """Each library that the tenant may read, with the number of its readable documents; its
        own first."""
        own = col(LibraryRow.tenant) == self.acting_tenant
        async with self.session() as session:
            rows = await session.exec(
                select(LibraryRow, func.count(col(DocumentRow.snapshot_id)))
                .join(DocumentRow, col(DocumentRow.library_id) == LibraryRow.id, isouter=True)
                .where(own | col(LibraryRow.id).in_(self._granted()))
                .group_by(*LibraryRow.__table__.columns)  # type: ignore[attr-defined]  # SQLModel does not type __table__
                .order_by(own.desc(), LibraryRow.tenant, LibraryRow.name)
            )
            return [(library, count) for library, count in rows]

    @shielded
    async def put_library(self, name: str, *, path: str | None, private: bool = True) -> LibraryRow:
        """Make the library, or point the one of that name at `path`. Raises `LibraryError` for one
        of another tenant."""
        found = await self.library(name)
        if found is not None and found.tenant != self.acting_tenant:
            raise LibraryError(library=name, reason="it is another tenant's, to read only")
        row = found or LibraryRow(
            id=new_id(), tenant=self.acting_tenant, name=name, created_at=now()
        )
        row.path, row.private = path, private
        async with self.session() as session:
            return await session.merge(row)

    @shielded
    async def documents(self, library_id: str) -> list[DocumentRow]:
        async with self.session() as session:
            query = (
                select(DocumentRow)
                .where(DocumentRow.library_id == library_id)
                .order_by(DocumentRow.path)
            )
            return list(await session.exec(query))

    @shielded
    async def put_documents(
        self, library_id: str, changed: Sequence[DocumentRow], removed: Sequence[str] = ()
    ) -> None:
        """Write changed documents and forget removed ones, in one transaction; the library's
        revision rises if anything changed."""
        if not changed and not removed:
            return
        async with self.session() as session:
            library = await session.get(LibraryRow, library_id)
            if library is None:
                raise LibraryError(library=library_id, reason="it does not exist")
            paths = [document.path for document in changed]
            same = (col(DocumentRow.library_id) == library_id, col(DocumentRow.path).in_(paths))
            known = set(await session.exec(select(DocumentRow.path).where(*same)))
            session.add_all(document for document in changed if document.path not in known)
            for document in changed:
                if document.path in known:
                    await session.merge(document)
            if removed:
                gone = (
                    col(DocumentRow.library_id) == library_id,
                    col(DocumentRow.path).in_(removed),
                )
                await session.exec(delete(DocumentRow).where(*gone))
            library.revision += 1
            session.add(library)


async def add_snapshots(
    connection: AsyncConnection,
    read: Sequence[tuple[PageText, Snapshot]],
    damaged: Set[str] = frozenset(),
) -> None:
    """Store many snapshots, each text once: a second one with the same text changes nothing. Those
    that are `damaged` are written anew."""
    ids = {snapshot.id: (page, snapshot) for page, snapshot in read}
    stored = set(
        (
            await connection.execute(
                select(col(SnapshotRow.id))
                .where(col(SnapshotRow.id).in_(ids))
                .order_by(col(SnapshotRow.id))
                .with_for_update(read=True, key_share=True)  # nobody deletes them meanwhile
            )
        ).scalars()
    )
    if fresh := sorted(ids.keys() - stored):  # in one order: two that insert never wait in a ring
        unless_there = inserting(SnapshotRow, connection.dialect.name).on_conflict_do_nothing()
        await connection.execute(unless_there, [_snapshot_row(*ids[new]) for new in fresh])
    for broken in stored & damaged:
        await connection.execute(
            update(SnapshotRow)
            .where(col(SnapshotRow.id) == broken)
            .values(**_snapshot_row(*ids[broken]))
        )


def _whole(rows: Sequence[tuple[str, bytes, str]]) -> set[str]:
    """The ids of the rows that are what was written. CPU work: called in a thread."""
    found = set()
    for id, text, sentences in rows:
        try:
            spans = tuple((start, end) for start, end in json.loads(sentences))
            whole = Snapshot(id=id, text=text.decode(), sentences=spans).is_whole()
        except (ValueError, TypeError):
            continue
        found |= {id} if whole else set()
    return found


def _snapshot_row(page: PageText, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "text": snapshot.text,
        "sentences": [list(span) for span in snapshot.sentences],
        "sections": [list(section) for section in page.sections],
    }


def _engine(url: str) -> AsyncEngine:
    """The engine of the database, whose failures below SQL are errors of ours."""
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = _sqlite_engine(url) if is_sqlite else _postgres_engine(url)
    tell_unreadable(engine.sync_engine)
    return engine


def _postgres_engine(url: str) -> AsyncEngine:
    """Raises `SettingsError` where the driver is not installed."""
    try:
        from research.store.postgres.engine import postgres_engine  # here: it belongs to an extra
    except ImportError as error:
        raise SettingsError(
            name="LEADLINE_DATABASE_URL",
            reason=f"PostgreSQL needs the extra `postgres` ({error})",
            mend="Install it: `pip install 'leadline[postgres]'`.",
        ) from error
    return postgres_engine(url)


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = sqlite.connect

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        with readable(url):
            for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
                cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _job_fields(job: Job) -> dict[str, Any]:
    fields = job.model_dump(exclude={"question", "budget"})
    return fields | {
        "question": job.question.model_dump(mode="json"),
        "budget": job.budget.model_dump(mode="json"),
    }


def job_of(row: JobRow) -> Job:
    return Job.model_validate(row.model_dump(exclude={"seconds", "idempotency_key"}))


async def _hold(session: AsyncSession, job_id: str) -> None:
    """Keep a job from being deleted until the transaction ends. Raises `JobNotFound`."""
    there = select(JobRow.id).where(JobRow.id == job_id).with_for_update(read=True)
    if (await session.exec(there)).first() is None:
        raise JobNotFound(job_id=job_id)
