"""What an operator asks of a process: does it live, is it ready, what has it counted.

On the API's own port `/metrics` needs the key like all else, if there is one;
`api/observing/operations.py` serves the same on a port of its own, which workers need.
"""

import asyncio

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from api.http import problems
from api.http.openapi import answering
from api.observing.metrics import Metrics
from api.routes.given import QueueGiven, WholeStoreGiven, WorkerGiven
from research.errors import StoreUnreadable
from research.store.condition.health import recent_health, takes_writes
from research.store.database import Store

_log = structlog.get_logger("leadline.api")
ANSWER_SECONDS = 5.0  # for the database
router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(store: WholeStoreGiven, worker: WorkerGiven, queue: QueueGiven) -> JSONResponse:
    """The database answers, can be written and has the schema that is needed, and the worker, if
    there is one, looks for work and finds what waits. Without one, whether somebody works on what
    waits is told, and changes nothing: reports can still be read."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await recent_health(store)
            jobs = await queue.look(store) if not found.is_behind else None
    except (SQLAlchemyError, StoreUnreadable, TimeoutError):
        return problems.problem(503, "not_ready", "The database does not answer.")
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await takes_writes(store)
    except StoreUnreadable as error:
        why = f"The database cannot be written to{_reason(error, store)}."
        return problems.problem(503, "not_ready", why, mend=error.mend)
    except (SQLAlchemyError, TimeoutError):
        return problems.problem(503, "not_ready", "The database cannot be written to.")
    if not found.writable:
        return problems.problem(503, "not_ready", "The database cannot be written to.")
    if found.is_behind:
        needs = f"The database has the schema {found.revision}, and {found.newest} is needed."
        return problems.problem(503, "not_ready", needs)
    if worker is not None and not worker.alive:
        return problems.problem(503, "not_ready", "The worker has stopped; the log says why.")
    if worker is not None and jobs is not None and not jobs.moves:
        why = f"For {jobs.still:.0f} s a job has waited, and nobody works on any."
        return problems.problem(503, "not_ready", why)
    told = (
        {"waiting": jobs.waiting, "worked_on": jobs.worked_on, "moves": jobs.moves} if jobs else {}
    )
    ready = {
        "status": "ready",
        "worker": worker is not None,
        "schema": found.revision,
        "queue": told,
    }
    return JSONResponse(ready)


def _reason(error: StoreUnreadable, store: Store) -> str:
    """Why a file cannot be written. A server may say where it is and who uses it, which is for the
    log: no key is needed here."""
    if store.engine.dialect.name == "sqlite":
        return f": {error.fields['reason']}"
    _log.error("not ready", code=error.code, reason=str(error))
    return ""


@router.get("/metrics", response_class=Response, responses=answering("text/plain"))
async def metrics(request: Request, store: WholeStoreGiven) -> Response:
    """What this process has counted, in Prometheus's text format."""
    counted: Metrics = request.app.state.metrics
    return Response(await counted.text(store), media_type=CONTENT_TYPE_LATEST)
