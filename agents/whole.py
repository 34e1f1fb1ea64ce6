"""The whole question, answered once more at the end of a small model's work from the few pages nearest to it, each read whole.

Asked of each document by itself it loses what only several tell together (docs/evaluation.md). Its answer is believed where a sentence of
those pages holds it (`picking.together`); such sentences become claims, and the first of the report. Not here: what single documents
answer (`summary.py`); an account (how, why), which no few words give."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from agents.asked import said_beside
from agents.asking import ask
from agents.fence import addresses_assistant, on_one_line
from agents.models import Models
from agents.picking import Page, Pick, names_it, together
from agents.relevance import is_open
from agents.summary import claim_of
from agents.tools.batch_web_surfer import heading
from agents.wording import WORDS
from browser.chunks import Chunk, chunks_of
from browser.search import fuse
from browser.types import Hit
from research import ledger as ledgers
from research.crew import Run
from research.errors import BudgetExhausted
from research.types import Claim, Feedback, Inference, Ledger, Line, Observation, Plan, Reading, Snapshot

SHOWN = 5  # pages
SHORT = 2  # passages of a page that is shown whole
LONGEST = 80  # characters of an answer
ANSWER_TOKENS = 40
ID = "whole"


class Answer(BaseModel):
    answer: str


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "maxLength": LONGEST}},
    "required": ["answer"],
    "additionalProperties": False,
}


async def answered(run: Run, models: Models, ledger: Ledger, plan: Plan) -> tuple[Ledger, Plan]:
    """The ledger with the sentences that hold the answer, and the plan that tells it; both as they were where there is none."""
    if is_open(run.question.text):
        return ledger, plan
    read = {reading.id: reading for reading in await run.store.readings(run.job.id)}
    observations = await _searches(run)
    nearest = _nearest(run.question.text, observations, read)
    snapshots = await run.store.snapshots([reading.snapshot_id for reading in nearest])
    seen = {(line.snapshot_id, line.index) for o in observations for line in o.lines}
    pages = await asyncio.to_thread(_pages, nearest, snapshots, seen)
    answer = await _ask(run, models, pages) if pages else ""
    picks = await asyncio.to_thread(together, run.question.text, answer, pages)
    if not picks:
        return ledger, plan
    claims = [_claim(run, one, read[one.line.reading_id], snapshots[one.line.snapshot_id]) for one in picks]
    origins = await run.origins(quote.snapshot_id for claim in (*ledger.claims, *claims) for quote in claim.evidence)
    known = ledgers.contested(ledgers.merge(ledger, [Feedback(task_id=ID, role="search", claims=tuple(claims))], origins))
    holding = [_held(known, claim) for claim in claims]
    if not any(claim.answer and _is_current(claim) for claim in holding):
        return ledger, plan
    inferences = (*known.inferences, *_inferred(run, answer, [claim for claim in holding if _is_current(claim)]))
    return known.model_copy(update={"inferences": inferences}), plan.model_copy(update={"answered": True, "answer": answer})


def _held(ledger: Ledger, claim: Claim) -> Claim:
    """The claim of the ledger that holds this one's quote."""
    return next(known for known in ledger.claims if claim.evidence[0] in known.evidence)


def _is_current(claim: Claim) -> bool:
    return claim.holds and claim.verdict != "superseded"


def _inferred(run: Run, answer: str, claims: Sequence[Claim]) -> list[Inference]:
    """What several sentences lead to, in the words of one of them, is the report's own conclusion; yes or no is left to the reader."""
    premises = tuple(dict.fromkeys(claim.id for claim in claims))
    if len(premises) < 2 or not any(answer.lower() in claim.text.lower() for claim in claims):
        return []
    words = WORDS[run.question.language]
    return [Inference(text=words["answer"].format(answer=answer), premises=premises, warrant=words["leads"], confidence="low")]


async def _searches(run: Run) -> list[Observation]:
    """What the search agents saw: verify agents look for what is known."""
    rows = await run.store.trajectories(run.job.id)
    own = {step.observation_id for row, steps in rows if row.task["role"] == "search" for step in steps}
    return [observation for observation in await run.store.observations(run.job.id) if observation.id in own]


def _nearest(question: str, observations: Sequence[Observation], read: dict[str, Reading]) -> list[Reading]:
    """The pages that the question names and those that the searches found first, in the order they were found."""
    found = [[read[id] for id in o.readings if id in read] for o in observations]
    by_url = {reading.url: reading for readings in reversed(found) for reading in reversed(readings)}
    hits = fuse(([_hit(reading) for reading in readings] for readings in found), len(by_url))
    once: dict[str, Reading] = {}
    for hit in hits:
        once.setdefault(by_url[hit.url].snapshot_id, by_url[hit.url])
    places = sorted(enumerate(once.values()), key=lambda place: not names_it(question, place[1].title))[:SHOWN]
    return [reading for _, reading in sorted(places, key=lambda place: place[0])]


def _hit(reading: Reading) -> Hit:
    return Hit(url=reading.url, title=reading.title, snippet="", provider=reading.via)


def _pages(readings: Sequence[Reading], snapshots: dict[str, Snapshot], seen: set[tuple[str, int]]) -> list[Page]:
    """A short page whole, of a long one the passage that most sentences were chosen of; the sentences are numbered throughout."""
    pages: list[Page] = []
    number = 0
    for reading in readings:
        snapshot = snapshots[reading.snapshot_id]
        lines = []
        for index in _shown(chunks_of(reading.title, snapshot), {index for id, index in seen if id == snapshot.id}):
            if not addresses_assistant(text := snapshot.sentence(index)):
                number += 1
                lines.append(Line(number=number, reading_id=reading.id, snapshot_id=snapshot.id, index=index, text=text))
        if lines:
            pages.append(Page(heading(reading), tuple(lines), snapshot.text))
    return pages


def _shown(chunks: Sequence[Chunk], seen: set[int]) -> range:
    """The sentences of a page that are shown, by their places."""
    if len(chunks) <= SHORT:
        return range(chunks[-1].last if chunks else 0)
    best = max(chunks, key=lambda chunk: len(seen & set(range(chunk.first, chunk.last))))
    return range(best.first, best.last)


async def _ask(run: Run, models: Models, pages: Sequence[Page]) -> str:
    """The model's answer; '' where it gives none."""
    shown = "\n".join(f"[{page.title}] {' '.join(on_one_line(line.text) for line in page.lines)}" for page in pages)
    try:
        given = await ask(
            run,
            models,
            "summary",
            "whole",
            Answer,
            schema=SCHEMA,
            max_tokens=ANSWER_TOKENS,
            documents=shown,
            question=run.question.text,
            instructions=said_beside(run.question),
        )
    except BudgetExhausted as error:
        await run.floor("whole", str(error))
        return ""
    return given.answer.strip().rstrip(".。") if given else ""


def _claim(run: Run, one: Pick, reading: Reading, snapshot: Snapshot) -> Claim:
    """A sentence that holds the answer, or leads to it: both were found for the whole question."""
    claim = claim_of(f"{ID}.{one.line.number}", run.question.text, one, reading, snapshot)
    return claim.model_copy(update={"goal": run.question.text})
