"""`/v1/research`: ask, list, look, cancel, resume. Not here: what a job leaves (`results.py`), its
events (`events.py`)."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.http.openapi import refusing
from api.jobs.queueing import cancel, estimate_of, requeue, submit
from api.messages.answers import JobAnswer, JobDetail, Page, links, progress_answer
from api.messages.input import InputRequest, give
from api.messages.requests import ResearchRequest
from api.messages.usage import usage_of
from api.routes.given import (
    CallerGiven,
    JobGiven,
    ProgressesGiven,
    SettingsGiven,
    StoreGiven,
    WorkerGiven,
)
from research.domain import Job, JobStatus
from research.errors import InputRejected, JobNotFound
from research.estimate import Estimate
from research.store.database import Store
from research.store.deletion import delete_job

router = APIRouter(prefix="/v1/research", tags=["research"])


@router.post("", status_code=202)
async def ask(
    request: ResearchRequest,
    response: Response,
    store: StoreGiven,
    settings: SettingsGiven,
    worker: WorkerGiven,
    caller: CallerGiven,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> JobAnswer:
    """Queue a question. The same `Idempotency-Key` with the same request gives the same job
    again."""
    job = await submit(request, settings, store, idempotency_key, scopes=caller.scopes)
    if worker:
        worker.wake()
    response.headers["Location"] = links(job.id)["self"]
    return JobAnswer.of(job)


@router.post("/estimate")
async def estimate_before(
    request: ResearchRequest, store: StoreGiven, settings: SettingsGiven
) -> Estimate:
    """What a question will probably take, with the basis of the estimate. Nothing is queued; the
    caps of `budget` are hard, this is not."""
    return await estimate_of(request, settings, store)


@router.get("")
async def list_jobs(
    store: StoreGiven,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    status: JobStatus | None = None,
    q: Annotated[str, Query(max_length=200, description="words of the question")] = "",
) -> Page[JobAnswer]:
    """The jobs, newest first."""
    jobs, next_cursor = await page_of_jobs(store, limit=limit, cursor=cursor, status=status, q=q)
    return Page(items=[JobAnswer.of(job) for job in jobs], next_cursor=next_cursor)


async def page_of_jobs(
    store: Store, *, limit: int, cursor: str | None, status: JobStatus | None, q: str
) -> tuple[list[Job], str | None]:
    """Raises `InputRejected` for a cursor that we did not give."""
    try:
        jobs = await store.jobs(limit=limit + 1, before=cursor, status=status, containing=q)
    except JobNotFound as error:
        raise InputRejected(field="cursor", reason="it is not one of ours") from error
    return jobs[:limit], jobs[limit - 1].id if len(jobs) > limit else None


@router.get("/{job_id}")
async def look(
    job_id: str, job: JobGiven, store: StoreGiven, progresses: ProgressesGiven
) -> JobDetail:
    """Where a job stands and what it has used."""
    progress = await progresses.of(store, job_id)
    usage = await usage_of(store, job_id, progress)
    waits_for = await store.asked(job_id) if job.status == "needs_input" else None
    return JobDetail(
        **dict(JobAnswer.of(job)),
        progress=progress_answer(progress),
        usage=usage,
        waits_for=waits_for,
    )


@router.post("/{job_id}/input", status_code=202, responses=refusing(409))
async def say(job_id: str, said: InputRequest, store: StoreGiven, worker: WorkerGiven) -> JobAnswer:
    """Answer what a job waits for, approve or edit its plan, or send a note. 409 when it does not
    wait for that."""
    job = await give(job_id, said, store)
    if worker:
        worker.wake()
    return JobAnswer.of(job)


@router.post("/{job_id}/cancel", status_code=202, responses=refusing(409))
async def stop(job_id: str, store: StoreGiven) -> JobAnswer:
    """Ask a job to stop; it does so at its next heartbeat."""
    return JobAnswer.of(await cancel(job_id, store))


@router.delete("/{job_id}", status_code=204, responses=refusing(409))
async def remove(job_id: str, store: StoreGiven, settings: SettingsGiven) -> None:
    """Delete a job with all that it left. 409 while it is worked on, and while another job follows
    it up."""
    await delete_job(store, job_id, settings.stale_seconds)


@router.post("/{job_id}/resume", status_code=202, responses=refusing(409))
async def resume(
    job_id: str, store: StoreGiven, settings: SettingsGiven, worker: WorkerGiven
) -> JobAnswer:
    """Go on with a job that failed or whose worker is gone, from its last checkpoint."""
    job = await requeue(job_id, settings, store)
    if worker:
        worker.wake()
    return JobAnswer.of(job)
