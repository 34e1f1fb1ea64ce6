"""What a job computed: its runs with their programs and output, and the files they left. Programs
and files are of a model's making: they are handed out as data, pictures (PNG) to look at and
everything else to save."""

from urllib.parse import quote

from fastapi import APIRouter, Response

from api.http.openapi import answering
from api.messages.answers import Page, RunAnswer
from api.routes.given import StoreGiven
from research.store import runs

INLINE = "image/png"
ANY_TYPE = "application/octet-stream"
router = APIRouter(prefix="/v1", tags=["results"])


@router.get("/research/{job_id}/runs")
async def all_runs(job_id: str, store: StoreGiven) -> Page[RunAnswer]:
    """Every program that was run, in order."""
    await store.job(job_id)
    files = await runs.files(store, job_id)
    return Page(items=[RunAnswer.of(row, files) for row in await runs.runs(store, job_id)])


@router.get("/research/{job_id}/runs/{run_id}")
async def one_run(job_id: str, run_id: str, store: StoreGiven) -> RunAnswer:
    """One run: the program, what it was given, what it printed, the files it left."""
    await store.job(job_id)
    return RunAnswer.of(await runs.run_of(store, job_id, run_id), await runs.files(store, job_id))


@router.get(
    "/research/{job_id}/files/{file_id}",
    response_class=Response,
    responses=answering("image/png", "text/plain", "text/csv", "application/json", ANY_TYPE),
)
async def file(job_id: str, file_id: str, store: StoreGiven) -> Response:
    """A file that a run left."""
    await store.job(job_id)
    row = await runs.file_of(store, job_id, file_id)
    shown = "inline" if row.media_type == INLINE else "attachment"
    return Response(
        row.data,
        media_type=row.media_type,
        headers={
            "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(row.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
