"""Queueing: how a request becomes a job, how a job is taken and run, stopped and put back.

Not here: the running itself (`research/run.py`), which is handed in as a `Runner`, and the workers
that take one job after another (`worker.py`).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog
from sqlalchemy import case
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col

from api.messages.requests import ResearchRequest, SourcesRequest, interface_language
from api.observing.logs import current_request, logged_as
from research.access.quotas import Admission
from research.admission import (
    admit_budget,
    admit_inherited,
    admit_libraries,
    admit_parent,
    admit_sources,
)
from research.domain import SCOPES, Effort, Job, Question, Scope, SourceChoice, new_id, now
from research.domain.report import Report
from research.errors import (
    Drained,
    InputNeeded,
    InputRejected,
    JobBusy,
    JobEnded,
    JobError,
    LeadlineError,
    StoppedByBug,
)
from research.estimate import Estimate, estimate
from research.secrets.redaction import redact
from research.settings import Settings
from research.store.database import Store
from research.store.queue.at_once import AtOnce
from research.store.queue.liveness import PROCESS
from research.store.queue.queue import enqueue
from research.store.records import JobRecords
from research.store.repositories.jobs import update_as_seen
from research.store.tables import JobRow
from research.text.language import interface_language_of
from research.text.sentences import clean_text, clip
from research.tracing import current_traceparent

Runner = Callable[[Job], Awaitable[Report]]
# the database is locked for long, away, or has no connection to spare: no bug of the job's
DATABASE_AWAY = (OperationalError, sqlite3.OperationalError, PoolTimeout)
MAX_ATTEMPTS = 10
IDEMPOTENCY_KEY_LIMIT = 200
_log = structlog.get_logger("leadline.worker")


class DrainingRunner(Protocol):
    """A runner whose runs can be asked to stop after the step they are at. Each then raises
    `Drained`."""

    def __call__(self, job: Job) -> Awaitable[Report]: ...

    def drain(self) -> None: ...


@asynccontextmanager
async def open_runner(
    settings: Settings, store: Store, *, tell: Callable[[str], None]
) -> AsyncIterator[DrainingRunner]:
    """The real runner: a crew of agents, held as long as the block; `tell` hears of downloads
    before they begin.

    Imported late: commands that run nothing start faster.
    """
    from agents.crew import assemble
    from research.run import Runs

    async with assemble(settings, store, tell=tell) as crew:
        yield Runs(crew, store, settings)


# Asking


async def submit(
    request: ResearchRequest,
    settings: Settings,
    store: Store,
    idempotency_key: str | None = None,
    *,
    scopes: Collection[Scope] = SCOPES,
) -> Job:
    """Queue a job, or return the one that this key made. `scopes` are those of who asks. Raises
    `InputRejected` and its kinds, `LibraryError`, `QuotaExceeded`, `ScopeMissing`."""
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
    await admit_libraries(choice, parent, scopes, store)
    await admit_sources(choice, settings, store)
    admit_budget(request.budget.limits(), _effort(request, settings), settings)
    if parent:
        await admit_inherited(parent, choice, settings, store)
    job = _new_job(request, choice, settings, parent, store.acting_tenant)
    admit = Admission(job, settings).new
    stored = await store.create_job(job, idempotency_key=idempotency_key, admit=admit)
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
        priority=request.priority,
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

    Raises `JobNotFound`, `JobBusy`, `JobEnded`, `InputNeeded`, `QuotaExceeded`.
    """
    job = await store.job(job_id)
    if job.status in ("completed", "cancelled"):
        raise JobEnded(job_id=job_id, status=job.status)
    if job.status == "needs_input":
        raise InputNeeded(job_id=job_id, waits_for=await store.waits_for(job_id))
    if store.liveness.is_alive(job, settings.stale_seconds):
        raise JobBusy(job_id=job_id, owner=job.owner)
    values: dict[str, Any] = {
        "status": "queued",
        "attempts": min(1, job.attempts),
        "fence": job.fence + 1,  # whoever worked on it, and wakes, writes nothing any more
        "owner": None,
        "cancel_requested": False,
        "finished_at": None,
        "error": None,
    }
    async with store.session() as session:
        queued = await session.exec(update_as_seen(job).values(**values))
        if queued.rowcount != 1:
            raise JobBusy(job_id=job_id, owner="another worker")
        await Admission(job, settings).again(session)
        await enqueue(await session.connection(), job.id, job.priority)
    return await store.job(job_id)


# Working


async def work(
    job_id: str, runner: Runner, settings: Settings, store: Store, owner: str = PROCESS
) -> Report:
    """Take one job and run it to its end; when cancelled, leave it for the next worker at once.

    Raises `JobBusy` when another worker has it, and `LeadlineError` when it ends without a report.
    A bug ends it too, in the log and as `StoppedByBug`: the same bug would stop it again. What a
    database that is away stops is left to be taken up again, `MAX_ATTEMPTS` times.
    """
    at_once = AtOnce(all=settings.jobs_at_once, tenant=settings.tenant_jobs_at_once)
    job = await store.take(
        job_id,
        stale_seconds=settings.stale_seconds,
        owner=owner,
        at_once=at_once,
        failed_too=False,  # an entry too many of the queue begins nothing anew
    )
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
    except (asyncio.CancelledError, Drained):
        await asyncio.shield(_release(job, store))
        raise
    except (LeadlineError, *DATABASE_AWAY):
        raise
    except Exception as error:
        _log.error("job stopped by a bug", job=job.id, exc_info=error)
        reason = clip(" ".join(clean_text(redact(f"{type(error).__name__}: {error}")).split()), 400)
        bug = StoppedByBug(job_id=job.id, reason=reason)
        await JobRecords(store, job).fail(bug)
        raise bug from error


async def _release(job: Job, store: Store) -> None:
    """Give up a job that still is ours; an attempt that was called off does not count."""
    before = case((col(JobRow.attempts) > 1, col(JobRow.attempts) - 1), else_=1)
    async with store.session() as session:
        freed = await session.exec(update_as_seen(job).values(owner=None, attempts=before))
        if freed.rowcount == 1:
            await enqueue(await session.connection(), job.id, job.priority, begun=True)
