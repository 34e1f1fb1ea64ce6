"""What lies on the writer's desk: the evidence of a run as it is shown, and what marks can name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.asked import said_beside
from agents.judge.figures import Grounds
from agents.writing import evidence
from agents.writing.resolving import Resolver
from research import runs
from research.crew import Run
from research.documents import Documents, documents
from research.inputs import inputs
from research.types import Ledger, Plan, RunEvidence, SearchLog


@dataclass(frozen=True)
class Desk:
    """`values` fill what every prompt of the writer has in common."""

    ledger: Ledger
    parts: tuple[str, ...]
    documents: Documents
    resolver: Resolver
    grounds: Grounds
    evidence: str
    values: Mapping[str, Any]


async def desk(run: Run, ledger: Ledger, plan: Plan, window: int, language: str) -> Desk:
    """The desk for a ledger. `window` is what the writer's model can see."""
    read = await documents(run.store, run.job)
    rows = {f"run-{row.id}": row for row in await runs.runs(run.store, run.job.id) if row.exit_code == 0}
    outputs = {id: row.stdout for id, row in rows.items()}
    proofs = {id: RunEvidence(run_id=row.id, code_sha256=row.code_sha256, inputs=tuple(row.inputs)) for id, row in rows.items()}
    beside = said_beside(run.question, [str(note.data["note"]) for note in await inputs(run.store, run.job.id, "note")])
    asked = f"{run.question.text}{beside}\n{run.question.today.isoformat()} {run.question.today:%d %B %Y}"
    log = SearchLog(
        queries=ledger.queries,
        pages=len(read),
        date_from=run.job.started_at or run.job.created_at,
        date_to=max((document.reading.fetched_at for document in read), default=run.job.created_at),
    )
    parts = plan.must_contain or (run.question.text,)
    shown = evidence.told(ledger, read, parts, window, outputs)
    values = {
        "today": run.question.today,
        "language": language,
        "question": run.question.text,
        "instructions": beside,
        "brief": plan.brief,
        "evidence": shown,
    }
    return Desk(
        ledger=ledger,
        parts=parts,
        documents=read,
        resolver=Resolver(ledger, read, log, question=asked, runs=proofs),
        grounds=Grounds(
            documents=read,
            asked=asked,
            outputs={id.removeprefix("run-"): text for id, text in outputs.items()},
            languages=tuple(filter(None, ("en", run.question.language, run.question.answer_in))),
            searches=len(ledger.queries),
            question=run.question.text,
        ),
        evidence=shown,
        values=values,
    )
