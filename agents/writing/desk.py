"""What lies on the writer's desk: the evidence of a run as it is shown, and what marks can name."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.asked import said_beside
from agents.extraction.claims import proof_of, runs_done
from agents.guarding.untrusted_text import of_a_program
from agents.judge.figures import Grounds
from agents.models import Models
from agents.prompts import answer_language
from agents.writing import evidence
from agents.writing.lookups import SHARE, looked_up
from agents.writing.resolving import Resolver
from research.crew import Run
from research.domain import Job, Ledger, Outline, Plan, SearchLog
from research.store.database import Store
from research.store.documents import Documents, documents
from research.store.inputs import inputs
from research.text.sentences import estimate_tokens


@dataclass(frozen=True)
class Desk:
    """`parts` are those of a good answer, `room` the tokens of evidence that are shown, and
    `values` fill what every prompt of the writer has in common."""

    resolver: Resolver
    parts: tuple[str, ...]
    room: int
    values: Mapping[str, Any]


async def grounds_of(store: Store, job: Job, ledger: Ledger) -> Grounds:
    """What every statement of a job may take its figures from."""
    question = job.question
    notes = [str(note.data["note"]) for note in await inputs(store, job.id, "note")]
    done = (await runs_done(store, job.id)).values()
    return Grounds(
        documents=await documents(store, job),
        asked=f"{question.text}{said_beside(question, notes)}",
        today=f"{question.today.isoformat()} {question.today:%d %B %Y}",
        outputs={row.id: of_a_program(row.stdout) for row in done},
        given={row.id: tuple(row.given.values()) for row in done},
        languages=tuple(filter(None, ("en", question.language, question.answer_in))),
        searches=len(ledger.queries),
        question=question.text,
    )


WINDOW = 0.6  # of what a model sees that evidence may fill
# What is left for the end pays for the evidence where outline and repair are shown it (the latter
# is admitted as if nothing were cached) and where author and editor are, who are shown it again;
# and for what is judged and written, as a part of what is reserved for all of this.
FIRST, AGAIN, JUDGED = 2.25, 2, 0.55
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


async def desk(run: Run, models: Models, ledger: Ledger, plan: Plan, outline: Outline) -> Desk:
    """The desk for a ledger. An outline that was made has its room and what it wants to know more
    exactly."""
    question = run.question
    grounds = await grounds_of(run.store, run.job, ledger)
    rows = await runs_done(run.store, run.job.id)
    read = grounds.documents
    log = SearchLog(
        queries=ledger.queries,
        pages=len(read),
        readings=() if ledger.queries else tuple(document.reading.id for document in read),
        date_from=run.job.started_at or run.job.created_at,
        date_to=max((document.reading.fetched_at for document in read), default=run.job.created_at),
    )
    parts = plan.must_contain or (question.text,)
    room = outline.room or _room(run, models.role("writer").window)
    outputs = {name: of_a_program(row.stdout) for name, row in rows.items()}
    shown = await asyncio.to_thread(_shown, ledger, read, parts, outputs, room, outline.lookups)
    values = {
        "today": question.today,
        "language": answer_language(question),
        "question": question.text,
        "instructions": grounds.asked.removeprefix(question.text),
        "brief": plan.brief,
        "evidence": shown,
    }
    proofs = {name: proof_of(row) for name, row in rows.items()}
    return Desk(Resolver(ledger, grounds, log, proofs), parts, room, values)
