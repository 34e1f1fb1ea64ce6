"""A follow-up and the jobs before it: what it may cite, and what it knows before it begins.

It starts from its parent's ledger, renumbered, with the verdicts but not their reasons: what was
verified for the parent is verified anew, so an update that is due is seen. Gaps, inferences and
short answers belong to the question they were made for and stay behind, as does what was computed:
its inputs are claims of another ledger. Not here: what of it matters to the new question
(`agents/`)."""

from collections.abc import Sequence
from typing import TypeVar

from research.domain import Claim, Job, Ledger, Reading, Side
from research.store.database import Store

T = TypeVar("T", Claim, Side)


async def line_of(store: Store, job: Job) -> list[Job]:
    """The job, its parent, the parent's parent and so on."""
    line = [job]
    while (parent_id := line[-1].parent_id) is not None:
        line.append(await store.job(parent_id))
    return line


async def readings_of(store: Store, job: Job) -> list[Reading]:
    """What was read in the job, and then in the jobs before it, the nearest first."""
    return [
        reading for one in await line_of(store, job) for reading in await store.readings(one.id)
    ]


async def parents_ledger(store: Store, job: Job) -> Ledger:
    """The ledger that the parent left; empty where there is none."""
    left = await store.ledger(job.parent_id) if job.parent_id else None
    return left or Ledger()


def handed_on(ledger: Ledger, relevant: Sequence[Claim]) -> Ledger:
    """What a follow-up starts from: these claims of the ledger, the contradictions that they are
    part of, and what was searched."""
    kept = [claim for claim in relevant if claim.evidence and not claim.runs]
    claims = [
        claim.replace(id=f"c{n}", reason="", goal="", answer="") for n, claim in enumerate(kept, 1)
    ]
    quotes = {quote for claim in kept for quote in claim.evidence}
    contradictions = [
        told
        for told in ledger.contradictions
        if any(not quotes.isdisjoint(side.evidence) for side in told.sides)
    ]
    return Ledger(
        claims=tuple(claims), contradictions=tuple(contradictions), queries=ledger.queries
    )


def renewed(ledger: Ledger, readings: Sequence[Reading]) -> Ledger:
    """The ledger with its quotes moved to this job's own reading of a page where that gave the same
    text: read again, it still says so.

    `readings` are those of the job and then of the jobs before it."""
    newest: dict[tuple[str, str], str] = {}
    moved = {
        reading.id: newest.setdefault((reading.canonical_url, reading.snapshot_id), reading.id)
        for reading in readings
    }

    def told(one: T) -> T:
        quotes = (q.replace(reading_id=moved.get(q.reading_id, q.reading_id)) for q in one.evidence)
        return one.replace(evidence=tuple(dict.fromkeys(quotes)))

    contradictions = (c.replace(sides=tuple(map(told, c.sides))) for c in ledger.contradictions)
    return ledger.replace(
        claims=tuple(map(told, ledger.claims)), contradictions=tuple(contradictions)
    )
