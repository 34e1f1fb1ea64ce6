"""The viewer's pages: ask, watch, read, check a source. Server-rendered; they work without scripts,
and better with them.

Every text of a page is escaped by the templates; the scripts write text nodes only. Not here:
markup, words.
"""

from datetime import timedelta
from typing import get_args
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.guarding.access import COOKIE, cookie
from api.http.problems import retry_after, status_of
from api.jobs.queueing import cancel, estimate_of, requeue, submit
from api.messages.input import give, read_input
from api.messages.requests import read_request
from api.routes.computed import INLINE
from api.routes.given import (
    AccessGiven,
    AttemptsGiven,
    CallerGiven,
    SettingsGiven,
    StoreGiven,
    WholeStoreGiven,
    WorkerGiven,
)
from api.routes.research import page_of_jobs
from api.routes.results import report_of, source_of, standing_of, trajectories_of
from api.viewer import shown
from api.viewer.forms import input_of, request_of
from api.viewer.marks import pieces, read_spans
from api.viewer.render import page
from api.viewer.strings import STRINGS, choose_language
from research.access.sessions import LASTS
from research.access.usage import last_days
from research.domain import Caller, Job, JobStatus, Language
from research.errors import InputRejected, LeadlineError
from research.estimate import Estimate
from research.store import runs
from research.store.database import Store
from research.store.inputs import inputs

_HISTORY = 30
_FIELDS = 200
_SEARCHED = 200  # characters
_LIVE = """phase_ role_ outcome_ working round must_contain claims_found
budget_left floor_used context_cut contradiction_found superseded_found
reconnecting todo_list note_heeded"""
router = APIRouter(include_in_schema=False)


def page_language(request: Request, report: Language | None = None) -> Language:
    asked = request.query_params.get("lang")
    return choose_language(asked, request.headers.get("accept-language", ""), report=report)


async def _form(request: Request, *, blanks: bool = False) -> dict[str, list[str]]:
    """Raises `InputRejected` for more fields than any form of ours has."""
    body = (await request.body()).decode("utf-8", errors="replace")
    try:
        return parse_qs(body, max_num_fields=_FIELDS, keep_blank_values=blanks)
    except ValueError as error:
        raise InputRejected(field="form", reason=f"it has more than {_FIELDS} fields") from error


def problem(request: Request, error: LeadlineError) -> Response:
    """The page that tells of an error."""
    response = page("problem.html", page_language(request), status=status_of(error), error=error)
    response.headers.update(retry_after(error))
    return response


def _sent_back(path: str, request: Request) -> RedirectResponse:
    asked = request.query_params.get("lang")
    return RedirectResponse(f"{path}?lang={asked}" if asked in STRINGS else path, status_code=303)


# Asking


@router.get("/")
async def home(
    request: Request,
    store: StoreGiven,
    caller: CallerGiven,
    q: str = "",
    status: str = "",
    cursor: str = "",
) -> Response:
    """The form and the history; what is left empty is not asked for."""
    if len(q) > _SEARCHED:
        raise InputRejected(field="q", reason=f"it has more than {_SEARCHED} characters")
    asked = _status(status)
    return await _home(request, store, caller, q=q, status=asked, cursor=cursor or None)


def _status(name: str) -> JobStatus | None:
    known: dict[str, JobStatus] = {status: status for status in get_args(JobStatus)}
    if name and name not in known:
        raise InputRejected(field="status", reason=f"it is one of {', '.join(known)}")
    return known.get(name)


async def _home(
    request: Request,
    store: Store,
    caller: Caller,
    *,
    q: str = "",
    status: JobStatus | None = None,
    cursor: str | None = None,
    form: dict[str, list[str]] | None = None,
    error: LeadlineError | None = None,
    estimate: Estimate | None = None,
) -> Response:
    """The page, without what the caller may not read."""
    language = page_language(request)
    reads_jobs = "research:read" in caller.scopes
    reads_libraries = "libraries:read" in caller.scopes
    jobs: list[Job] = []
    next_cursor = None
    if reads_jobs:
        jobs, next_cursor = await page_of_jobs(
            store, limit=_HISTORY, cursor=cursor, status=status, q=q
        )
    libraries = await store.libraries() if reads_libraries else []
    older = (
        {"lang": language, "q": q, "status": status, "cursor": next_cursor} if next_cursor else {}
    )
    return page(
        "home.html",
        language,
        status=status_of(error) if error else 200,
        reads_jobs=reads_jobs,
        reads_libraries=reads_libraries,
        jobs=jobs,
        older={name: value for name, value in older.items() if value},
        q=q,
        libraries=[(store.name_of(row), row, count) for row, count in libraries],
        signed_in=bool(cookie(request.headers)),
        form=form,
        error=error,
        estimate=estimate,
    )


@router.post("/ask")
async def ask(
    request: Request,
    store: StoreGiven,
    settings: SettingsGiven,
    worker: WorkerGiven,
    caller: CallerGiven,
) -> Response:
    form: dict[str, list[str]] | None = None  # as long as it was not read
    try:
        form = await _form(request)
        wanted = read_request(request_of(form))
        if "estimate" in form:
            estimate = await estimate_of(wanted, settings, store)
            return await _home(request, store, caller, form=form, estimate=estimate)
        job = await submit(wanted, settings, store, scopes=caller.scopes)
    except LeadlineError as error:
        return await _home(request, store, caller, form=form, error=error)
    if worker:
        worker.wake()
    return _sent_back(f"/research/{job.id}", request)


# Watching and reading


@router.get("/research/{job_id}")
async def research(job_id: str, request: Request, store: StoreGiven) -> Response:
    job = await store.job(job_id)
    if job.status == "completed":
        return await _report_page(job, request, store)
    language = page_language(request)
    template = "ended.html" if job.status in ("failed", "cancelled") else "progress.html"
    words = {
        name: word
        for name, word in STRINGS[language].items()
        if name.startswith(tuple(_LIVE.split()))
    }
    asked = await store.asked(job_id) if job.status == "needs_input" else {}
    notes = [str(note.data["note"]) for note in await inputs(store, job_id, "note")]
    return page(template, language, job=job, words=words, asked=asked, said=notes)


async def _report_page(job: Job, request: Request, store: Store) -> Response:
    report = await report_of(store, job.id)
    return page(
        "report.html",
        page_language(request, report.language),
        report=report,
        job=job,
        job_id=job.id,
        ledger=await store.ledger(job.id),
        bar=shown.measures(report),
    )


@router.get("/research/{job_id}/sources/{reading_id}")
async def source(
    job_id: str, reading_id: str, request: Request, store: StoreGiven, at: str = ""
) -> Response:
    reading, snapshot = await source_of(store, job_id, reading_id)
    marked = pieces(snapshot.text, read_spans(at))
    return page(
        "source.html",
        page_language(request),
        job_id=job_id,
        reading=reading,
        pieces=marked,
        standing=await standing_of(store, job_id, snapshot.id),
    )


@router.get("/research/{job_id}/work")
async def work(job_id: str, request: Request, store: StoreGiven) -> Response:
    """What each agent did, programs and their output among it, as text."""
    job = await store.job(job_id)
    pictures = [file for file in await runs.files(store, job_id) if file.media_type == INLINE]
    return page(
        "work.html",
        page_language(request),
        job=job,
        agents=await trajectories_of(store, job_id),
        pictures=pictures,
    )


@router.post("/research/{job_id}/input")
async def say(job_id: str, request: Request, store: StoreGiven, worker: WorkerGiven) -> Response:
    """Answers, the plan approved or edited, or a note: as the form says in `kind`."""
    form = await _form(request, blanks=True)
    await give(job_id, read_input(input_of(form, await store.asked(job_id))), store)
    if worker:
        worker.wake()
    return _sent_back(f"/research/{job_id}", request)


@router.post("/research/{job_id}/cancel")
async def stop(job_id: str, request: Request, store: StoreGiven) -> Response:
    await cancel(job_id, store)
    return _sent_back(f"/research/{job_id}", request)


@router.post("/research/{job_id}/resume")
async def resume(
    job_id: str, request: Request, store: StoreGiven, settings: SettingsGiven, worker: WorkerGiven
) -> Response:
    await requeue(job_id, settings, store)
    if worker:
        worker.wake()
    return _sent_back(f"/research/{job_id}", request)


@router.get("/usage")
async def usage(request: Request, store: WholeStoreGiven) -> Response:
    """What each tenant used, by day: for operators."""
    return page("usage.html", page_language(request), rows=await last_days(store))


# Signing in


def _sign_in_page(request: Request, *, wrong: bool = False) -> Response:
    oidc = request.app.state.oidc is not None
    status = 403 if wrong else 200
    return page("sign_in.html", page_language(request), status=status, wrong=wrong, oidc=oidc)


@router.get("/sign-in")
async def sign_in(request: Request) -> Response:
    return _sign_in_page(request)


@router.post("/sign-in")
async def check_key(request: Request, access: AccessGiven, attempts: AttemptsGiven) -> Response:
    address = request.client.host if request.client else None
    attempts.check(address)
    form = await _form(request)
    token = await access.sign_in(form.get("key", [""])[0].strip())
    if token is None:
        attempts.failed(address)
        return _sign_in_page(request, wrong=True)
    response = _sent_back("/", request)
    if token:
        set_cookie(response, token, secure=request.url.scheme == "https")
    return response


@router.post("/sign-out")
async def sign_out(request: Request, access: AccessGiven) -> Response:
    await access.sign_out(request.headers)
    response = _sent_back("/sign-in", request)
    response.delete_cookie(COOKIE)
    return response


def set_cookie(response: Response, token: str, *, secure: bool, lasts: timedelta = LASTS) -> None:
    """Sign a browser in: scripts cannot read the cookie, other sites cannot have it sent."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure,
    )
