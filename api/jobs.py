"""Queueing: how a request becomes a job, and the embedded worker that takes jobs and has them run.

Not here: the running itself (`research/run.py`), which is handed in as a `Runner`. A worker never
touches a job whose owner lives.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog
from sqlalchemy import case
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import col, update

from api.logs import current_request, logged_as
from api.requests import ResearchRequest, SourcesRequest, interface_language
from research.admission import admit_budget, admit_inherited, admit_parent, admit_sources
from research.domain import Effort, Job, Question, SourceChoice, now
from research.domain.report import Report
from research.errors import (
    InputNeeded,
    InputRejected,
    JobBusy,
    JobEnded,
    JobError,
    LeadlineError,
    StoppedByBug,
    StoreUnreadable,
)
from research.estimate import Estimate, estimate
from research.redaction import redact
from research.settings import Settings
from research.store.database import Store, is_alive, new_id
from research.store.records import JobRecords
from research.store.tables import JobRow
from research.text.language import interface_language_of
from research.text.sentences import clean_text, clip
from research.tracing import current_traceparent

Runner = Callable[[Job], Awaitable[Report]]
MAX_ATTEMPTS = 5
IDEMPOTENCY_KEY_LIMIT = 200
_log = structlog.get_logger("leadline.worker")


@asynccontextmanager
async def open_runner(
    settings: Settings, store: Store, *, tell: Callable[[str], None]
) -> AsyncIterator[Runner]:
    """The real runner: a crew of agents, held as long as the block; `tell` hears of downloads
    before they begin.

    Imported late: commands that run nothing start faster.
    """
    from agents.crew import assemble
    from research.run import run_job

    async with assemble(settings, store, tell=tell) as crew:
        yield lambda job: run_job(job, crew, store, settings)


# Asking


async def submit(
    request: ResearchRequest, settings: Settings, store: Store, idempotency_key: str | None = None
) -> Job:
    """Queue a job, or return the one that this key made. Raises `InputRejected` and its kinds,
    `LibraryError`."""
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= IDEMPOTENCY_KEY_LIMIT:
        raise InputRejected(
            field="Idempotency-Key", reason=f"it must have 1 to {IDEMPOTENCY_KEY_LIMIT} characters"
        )
    parent = await admit_parent(request.parent_id, store) if request.parent_id is not None else None
    choice = (
        parent.question.sources
        if parent and request.sources == SourcesRequest()
        else request.sources.choice()
    )
    await admit_sources(choice, settings, store)
    admit_budget(request.budget.limits(), _effort(request, settings), settings)
    if parent:
        await admit_inherited(parent, choice, settings, store)
    job = _new_job(request, choice, settings, parent, store.acting_tenant)
    stored = await store.create_job(job, idempotency_key=idempotency_key)
    if stored.id != job.id and _asked(stored) != _asked(job):
        raise InputRejected(
            field="Idempotency-Key",
            reason=f"it was used for another request, the job {stored.id}",
            mend="Send a new key with each new request.",
        )
    return stored


def _effort(request: ResearchRequest, settings: Settings) -> Effort:
    return request.effort or ("quick" if settings.embedded() else "standard")


async def estimate_of(request: ResearchRequest, settings: Settings, store: Store) -> Estimate:
    """What a request will probably take. Raises `InputRejected` for a budget too small to run at
    all."""
    from agents.models.embedded.weights import weights_name
    from agents.models.models import choose  # here, because the model layer is slow to load

    effort, limits = _effort(request, settings), request.budget.limits()
    admit_budget(limits, effort, settings)
    model = (
        weights_name(settings)
        if settings.embedded("summary")
        else choose(settings, "summary").model
    )
    return await estimate(effort, request.mode, limits, settings, store, model)


def _new_job(
    request: ResearchRequest,
    choice: SourceChoice,
    settings: Settings,
    parent: Job | None,
    tenant: str,
) -> Job:
    question = Question(
        text=request.question,
        language=interface_language(request.language)
        if request.language
        else interface_language_of(request.question),
        answer_in=request.language or "",
        today=now().date(),
        instructions=request.instructions,
        sources=choice,
        follows=parent.question.text if parent else "",
    )
    return Job(
        id=new_id(),
        tenant=tenant,
        question=question,
        mode=request.mode,
        effort=_effort(request, settings),
        budget=request.budget.limits(),
        clarify=request.clarify,
        approve_plan=request.approve_plan,
        parent_id=request.parent_id,
        request_id=current_request(),
        traceparent=current_traceparent(),
        created_at=now(),
    )


def _asked(job: Job) -> Any:
    """What was asked, without the day it was asked on and what was clarified since."""
    question = job.question.model_dump(exclude={"today", "clarifications"})
    return question, job.mode, job.effort, job.budget, job.clarify, job.approve_plan, job.parent_id


# Stopping and going on


async def cancel(job_id: str, store: Store) -> Job:
    """Ask a job to stop. Raises `JobNotFound`, `JobEnded`."""
    job = await store.request_cancel(job_id)
    if (
        job.status == "cancelled"
    ):  # nobody works on it, so nobody else will tell those who follow it
        await JobRecords(store, job).emit("job.cancelled")
    return job


async def requeue(job_id: str, settings: Settings, store: Store) -> Job:
    """Put a failed job, or one whose worker is gone, back in the queue, its attempts forgotten.

    Raises `JobNotFound`, `JobBusy`, `JobEnded`, `InputNeeded`.
    """
    job = await store.job(job_id)
    if job.status in ("completed", "cancelled"):
        raise JobEnded(job_id=job_id, status=job.status)
    if job.status == "needs_input":
        raise InputNeeded(job_id=job_id, waits_for=await store.waits_for(job_id))
    if is_alive(job, settings.stale_seconds):
        raise JobBusy(job_id=job_id, owner=job.owner)
    values: dict[str, Any] = {
        "status": "queued",
        "attempts": min(1, job.attempts),
        "owner": None,
        "finished_at": None,
        "error": None,
    }
    same = (
        col(JobRow.id) == job_id,
        col(JobRow.fence) == job.fence,
        col(JobRow.status) == job.status,
    )
    async with store.session() as session:
        if (await session.exec(update(JobRow).where(*same).values(**values))).rowcount != 1:
            raise JobBusy(job_id=job_id, owner="another worker")
    return await store.job(job_id)


# Working


async def work(job_id: str, runner: Runner, settings: Settings, store: Store) -> Report:
    """Take one job and run it to its end; when cancelled, leave it for the next worker at once.

    Raises `JobBusy` when another worker has it, and `LeadlineError` when it ends without a report.
    A bug ends it too, in the log and as `StoppedByBug`: the same bug would stop it again. What a
    database that is away stops is left to be taken up again, `MAX_ATTEMPTS` times.
    """
    job = await store.take(job_id, stale_seconds=settings.stale_seconds)
    with logged_as(job):
        return await _work(job, runner, store)


async def _work(job: Job, runner: Runner, store: Store) -> Report:
    if job.attempts > MAX_ATTEMPTS:
        poison = JobError(
            job_id=job.id,
            reason=f"it was started {MAX_ATTEMPTS} times and never came to an end",
            mend=f"See the log for what stopped it; `leadline resume {job.id}` tries again.",
        )
        await JobRecords(store, job).fail(poison)
        raise poison
    try:
        return await runner(job)
    except asyncio.CancelledError:
        await asyncio.shield(_release(job, store))
        raise
    except (LeadlineError, OperationalError):
        raise
    except Exception as error:
        _log.error("job stopped by a bug", job=job.id, exc_info=error)
        reason = clip(" ".join(clean_text(redact(f"{type(error).__name__}: {error}")).split()), 400)
        bug = StoppedByBug(job_id=job.id, reason=reason)
        await JobRecords(store, job).fail(bug)
        raise bug from error


async def _release(job: Job, store: Store) -> None:
    """Give up a job that still is ours; an attempt that was called off does not count."""
    mine = (
        col(JobRow.id) == job.id,
        col(JobRow.fence) == job.fence,
        col(JobRow.status) == "running",
    )
    before = case((col(JobRow.attempts) > 1, col(JobRow.attempts) - 1), else_=1)
    async with store.session() as session:
        await session.exec(update(JobRow).where(*mine).values(owner=None, attempts=before))


class Worker:
    """Runs jobs of this database as tasks of this process, `settings.workers` at once, while its
    block is open."""

    def __init__(
        self, store: Store, settings: Settings, runner: Runner, *, poll_seconds: float = 1.0
    ) -> None:
        self._store = store
        self._settings = settings
        self._runner = runner
        self._poll_seconds = poll_seconds
        self._woken = asyncio.Event()
        self._running: dict[str, asyncio.Task[Report]] = {}
        self._loop: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self._loop is not None and not self._loop.done()

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._take_jobs())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks: list[asyncio.Task[Any]] = [*self._running.values()]
        if self._loop is not None:
            tasks.append(self._loop)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_jobs(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._fill()
            except (SQLAlchemyError, StoreUnreadable):
                _log.exception("the database does not answer")
            with suppress(
                TimeoutError
            ):  # `wait_for` of Python 3.11 loses a cancellation that comes with what is waited for
                async with asyncio.timeout(self._poll_seconds):
                    await self._woken.wait()

    async def _fill(self) -> None:
        free = self._settings.workers - len(self._running)
        if free <= 0:
            return
        waiting = [
            job
            for job in await self._store.unfinished(self._settings.stale_seconds)
            if job.id not in self._running
        ]
        for job in waiting[:free]:
            task = asyncio.create_task(work(job.id, self._runner, self._settings, self._store))
            self._running[job.id] = task
            task.add_done_callback(partial(self._ended, job))

    def _ended(self, job: Job, task: "asyncio.Task[Report]") -> None:
        """Make room; a job that ended badly has said so in its row, and one that could not is tried
        again when stale."""
        del self._running[job.id]
        self.wake()
        if not task.cancelled():
            with logged_as(job):
                _tell_end(task)


def _tell_end(task: "asyncio.Task[Report]") -> None:
    error = task.exception()
    if error is None:
        _log.info("job completed", status=task.result().status)
    elif isinstance(error, InputNeeded):
        _log.info("job waits for a person")
    elif isinstance(error, StoppedByBug):
        pass  # told where it was met
    elif isinstance(error, LeadlineError):
        _log.warning("job without report", code=error.code, reason=str(error))
    else:
        _log.error("job stopped", exc_info=error)
