"""What lies on the writer's desk: the evidence of a run as it is shown, and what marks can name."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.asked import said_beside
from agents.guarding.untrusted_text import of_a_program
from agents.judge.figures import Grounds
from agents.writing import evidence
from agents.writing.lookups import SHARE, looked_up
from agents.writing.resolving import Resolver
from research.crew import Run
from research.domain import Job, Ledger, Outline, Plan, RunEvidence, SearchLog
from research.store import runs
from research.store.database import Store
from research.store.documents import Documents, documents
from research.store.inputs import inputs
from research.store.tables import RunRow
from research.text.sentences import estimate_tokens


@dataclass(frozen=True)
class Desk:
    """`values` fill what every prompt of the writer has in common."""

    ledger: Ledger
    parts: tuple[str, ...]
    documents: Documents
    resolver: Resolver
    grounds: Grounds
    evidence: str
    room: int
    values: Mapping[str, Any]


async def grounds_of(store: Store, job: Job, ledger: Ledger) -> Grounds:
    """What every statement of a job may take its figures from."""
    return await _grounds(store, job, ledger, await _beside(store, job), await _done(store, job))


async def _grounds(
    store: Store, job: Job, ledger: Ledger, beside: str, done: Sequence[RunRow]
) -> Grounds:
    question = job.question
    return Grounds(
        documents=await documents(store, job),
        asked=f"{question.text}{beside}",
        today=f"{question.today.isoformat()} {question.today:%d %B %Y}",
        outputs={row.id: of_a_program(row.stdout) for row in done},
        given={row.id: tuple(row.given.values()) for row in done},
        languages=tuple(filter(None, ("en", question.language, question.answer_in))),
        searches=len(ledger.queries),
        question=question.text,
    )


async def _beside(store: Store, job: Job) -> str:
    return said_beside(
        job.question, [str(note.data["note"]) for note in await inputs(store, job.id, "note")]
    )


async def _done(store: Store, job: Job) -> list[RunRow]:
    """The runs of programs that ended well."""
    return [row for row in await runs.runs(store, job.id) if row.exit_code == 0]


WINDOW = 0.6  # of what a model sees that evidence may fill
# What is left for the end pays for the evidence where outline and repair are shown it (the latter
# is admitted as if nothing were cached) and where author and editor are, who are shown it again;
# and for what is judged and written, as a part of what is reserved for all of this.
FIRST, AGAIN, JUDGED = 2.25, 2, 0.7
LEAST = 0.1  # of what is left, all the same


def _room(run: Run, window: int) -> int:
    """The tokens that the evidence may take each time it is shown."""
    seen, left = int(window * WINDOW), run.budget.room("check")
    cap, usual = run.budget.limits.tokens, run.effort.limits.tokens
    if left is None or not (cap and usual and run.effort.closing_tokens):
        return seen
    left -= run.budget.room("research") or 0  # the outline may have more looked for
    again = run.budget.cached_weight if run.budget.caches else 1.0
    spare = left - JUDGED * run.effort.closing_tokens * cap / usual
    return min(seen, int(max(spare / (FIRST + AGAIN * again), LEAST * left)))


def _shown(
    ledger: Ledger,
    read: Documents,
    parts: Sequence[str],
    outputs: Mapping[str, str],
    room: int,
    lookups: Sequence[str],
) -> str:
    """The evidence in at most so many tokens: what is known, passages, and what was looked up for
    the parts of the answer, then for the outline: the beginning is the same for outline, writer and
    repair, and endpoints cache it. CPU work."""
    index = evidence.index(ledger, read, parts, outputs)
    left = room - estimate_tokens(index)
    passages = evidence.passages(ledger, read, left, 1 - 2 * SHARE)
    told = [index, evidence.told(read, passages, "Passages")]
    seen = {number: set(places) for number, places in passages.items()}
    for queries, wish in ((parts, "the parts of the answer"), (lookups, "the outline")):
        more = looked_up(read, queries, seen, left * SHARE)
        if more:
            told.append(evidence.told(read, more, f"More passages, looked up for {wish}"))
        for number, places in more.items():
            seen.setdefault(number, set()).update(places)
    return "\n\n".join(told)


async def desk(
    run: Run, ledger: Ledger, plan: Plan, window: int, language: str, outline: Outline
) -> Desk:
    """The desk for a ledger. `window` is what the writer's model can see; an outline that was made
    has its room and what it wants to know more exactly."""
    beside, done = await _beside(run.store, run.job), await _done(run.store, run.job)
    grounds = await _grounds(run.store, run.job, ledger, beside, done)
    read = grounds.documents
    rows = {f"run-{row.id}": row for row in done}
    outputs = {id: grounds.outputs[row.id] for id, row in rows.items()}
    proofs = {
        id: RunEvidence(run_id=row.id, code_sha256=row.code_sha256, inputs=tuple(row.inputs))
        for id, row in rows.items()
    }
    log = SearchLog(
        queries=ledger.queries,
        pages=len(read),
        readings=() if ledger.queries else tuple(document.reading.id for document in read),
        date_from=run.job.started_at or run.job.created_at,
        date_to=max((document.reading.fetched_at for document in read), default=run.job.created_at),
    )
    parts = plan.must_contain or (run.question.text,)
    room = outline.room or _room(run, window)
    shown = await asyncio.to_thread(_shown, ledger, read, parts, outputs, room, outline.lookups)
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
        resolver=Resolver(ledger, grounds, log, proofs),
        grounds=grounds,
        evidence=shown,
        room=room,
        values=values,
    )
