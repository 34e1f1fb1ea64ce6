"""What a job leaves: its report in three forms, the ledger, the sources with their texts, what each
agent did."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import col, select

from api.http.negotiate import best_of
from api.http.openapi import answering, refusing
from api.http.problems import problem
from api.messages.answers import (
    LibraryAnswer,
    ObservationAnswer,
    Page,
    SourceAnswer,
    SourceListed,
    StepAnswer,
    TrajectoryAnswer,
)
from api.routes.given import StoreGiven
from api.viewer.document import report_document
from research.domain import Ledger, Observation, Reading, Snapshot, Standing
from research.domain.report import Report
from research.errors import ContractViolation, ReportMissing, SourceMissing
from research.ledger.follow_up import readings_of
from research.store.database import Store
from research.store.tables import ObservationRow

FORMS = {"json": "application/json", "md": "text/markdown", "html": "text/html"}
router = APIRouter(prefix="/v1", tags=["results"])


async def report_of(store: Store, job_id: str) -> Report:
    """Raises `JobNotFound`, `ReportMissing`."""
    job = await store.job(job_id)
    report = await store.report(job_id) if job.status == "completed" else None
    if report is None:
        raise ReportMissing(job_id=job_id, status=job.status)
    return report


async def standing_of(store: Store, job_id: str, snapshot_id: str) -> Standing:
    """What the readers of a finished job found a document to be."""
    ledger = await store.ledger(job_id)
    return ledger.standings.get(snapshot_id, "current") if ledger else "current"


async def source_of(store: Store, job_id: str, reading_id: str) -> tuple[Reading, Snapshot]:
    """Raises `JobNotFound`, `SourceMissing`."""
    job = await store.job(job_id)
    reading = next(
        (reading for reading in await readings_of(store, job) if reading.id == reading_id), None
    )
    if reading is None:
        raise SourceMissing(job_id=job_id, reading_id=reading_id)
    snapshot = await store.snapshot(reading.snapshot_id)
    if snapshot is None:
        raise ContractViolation(
            what=f"reading {reading_id}", reason="its snapshot is not in the store"
        )
    return reading, snapshot


@router.get(
    "/research/{job_id}/report",
    response_model=Report,
    responses=refusing(406, 409) | answering(FORMS["md"], FORMS["html"]),
)
async def report(job_id: str, request: Request, store: StoreGiven) -> Response:
    """The report as JSON, Markdown or HTML, by the Accept header. 409 while there is none."""
    form = best_of(FORMS, request.headers.get("accept", ""))
    if form is None:
        offered = ", ".join(FORMS.values())
        return problem(
            406,
            "not_acceptable",
            f"The report can be had as {offered}.",
            mend="Name one of them in Accept.",
        )
    response = _in_form(await report_of(store, job_id), form)
    response.headers["Vary"] = "Accept"
    return response


@router.get("/research/{job_id}/report.json", response_model=Report, responses=refusing(409))
async def report_json(job_id: str, store: StoreGiven) -> Response:
    return _in_form(await report_of(store, job_id), "json")


@router.get(
    "/research/{job_id}/report.md",
    response_class=Response,
    responses=refusing(409) | answering(FORMS["md"]),
)
async def report_markdown(job_id: str, store: StoreGiven) -> Response:
    return _in_form(await report_of(store, job_id), "md")


@router.get(
    "/research/{job_id}/report.html",
    response_class=Response,
    responses=refusing(409) | answering(FORMS["html"]),
)
async def report_html(job_id: str, store: StoreGiven) -> Response:
    """One file, to keep: styled, with every quote, without scripts."""
    return _in_form(await report_of(store, job_id), "html")


def _in_form(report: Report, form: str) -> Response:
    if form == "json":
        return JSONResponse(report.model_dump(mode="json", by_alias=True))
    if form == "md":
        return Response(report.markdown, media_type="text/markdown; charset=utf-8")
    html, policy = report_document(report)
    return Response(
        html, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy}
    )


@router.get("/research/{job_id}/claims", response_model=Ledger, responses=refusing(409))
async def claims(job_id: str, store: StoreGiven) -> Response:
    """The ledger: every claim with its verdict and evidence, contradictions, inferences, gaps. 409
    while there is none."""
    await report_of(store, job_id)
    ledger = await store.ledger(job_id)
    return JSONResponse((ledger or Ledger()).model_dump(mode="json", by_alias=True))


@router.get("/research/{job_id}/sources")
async def sources(job_id: str, store: StoreGiven) -> Page[SourceListed]:
    """Everything that was read, cited or not: in this job, then in those it follows up."""
    job = await store.job(job_id)
    return Page(
        items=[SourceListed.of(reading, job_id) for reading in await readings_of(store, job)]
    )


@router.get("/research/{job_id}/sources/{reading_id}")
async def source(job_id: str, reading_id: str, store: StoreGiven) -> SourceAnswer:
    """One source with the text that was read."""
    reading, snapshot = await source_of(store, job_id, reading_id)
    return SourceAnswer.of(reading, snapshot, await standing_of(store, job_id, snapshot.id))


@router.get("/research/{job_id}/trajectories")
async def trajectories(job_id: str, store: StoreGiven) -> Page[TrajectoryAnswer]:
    """What each agent did, step by step, with what it saw."""
    await store.job(job_id)
    return Page(items=await trajectories_of(store, job_id))


async def trajectories_of(store: Store, job_id: str) -> list[TrajectoryAnswer]:
    async with store.session() as session:
        rows = await session.exec(
            select(ObservationRow).where(col(ObservationRow.job_id) == job_id)
        )
        seen = {row.id: _observation(Observation.model_validate(row.data)) for row in rows}
    return [
        TrajectoryAnswer.model_validate(
            {
                "task": row.task,
                "outcome": row.outcome,
                "reason": row.reason,
                "steps": [
                    StepAnswer.of(step, seen.get(step.observation_id or "")) for step in steps
                ],
            }
        )
        for row, steps in await store.trajectories(job_id)
    ]


def _observation(observation: Observation) -> ObservationAnswer:
    return ObservationAnswer(**observation.model_dump(exclude={"id", "lines"}))


@router.get("/libraries", tags=["libraries"])
async def libraries(store: StoreGiven) -> Page[LibraryAnswer]:
    """The libraries of this service, by name."""
    return Page(
        items=[
            LibraryAnswer(
                name=store.name_of(row),
                private=row.private,
                documents=count,
                revision=row.revision,
                created_at=row.created_at,
            )
            for row, count in await store.libraries()
        ]
    )
