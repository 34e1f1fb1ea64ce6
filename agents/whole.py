"""The whole question, answered once more at the end from the few pages nearest to it, each read whole: by the small model always, by a
large one in the mode *react* where no document answered by itself.

Asked of each document by itself a small model loses what only several tell together (docs/evaluation.md). Its answer is believed where a
sentence of those pages holds it (`chaining.py`); such sentences become claims, and the first of the report. Not here: what single
documents answer (`summary.py`); what no few words answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from agents.asked import said_beside
from agents.asking import ask
from agents.chaining import chain, names_it
from agents.fence import addresses_assistant, on_one_line
from agents.models import Models
from agents.picking import Page
from agents.relevance import takes_few_words
from agents.summary import claim_of
from agents.tools.batch_web_surfer import heading
from agents.wording import WORDS
from browser.chunks import Chunk, chunks_of
from browser.search import fuse
from browser.types import Hit
from research import ledger as ledgers
from research.crew import Run
from research.errors import BudgetExhausted
from research.inputs import inputs
from research.types import Claim, Feedback, Inference, Ledger, Line, Observation, Plan, Reading, Snapshot

SHOWN = 5  # pages
NAMED = 3  # of them that the question names
SHORT = 2  # passages of a page that is shown whole
LONGEST = 80  # characters of an answer
ANSWER_TOKENS = 40
ENDPOINT_TOKENS = 1_000
ID = "whole"


class Answer(BaseModel):
    answer: str


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "maxLength": LONGEST}},
    "required": ["answer"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Found:
    """An answer, the ids of the claims that hold it, the best first, and of those that lead to it; whether it is the report's own
    `conclusion` from them."""

    answer: str
    holding: tuple[str, ...]
    leading: tuple[str, ...]
    conclusion: bool


async def answered(run: Run, models: Models, ledger: Ledger) -> tuple[Ledger, Found | None]:
    """The ledger with the sentences that hold the answer, and which they are; as it was where there is none."""
    question = run.question.text
    if not takes_few_words(question):
        return ledger, None
    read = {reading.id: reading for reading in await run.store.readings(run.job.id)}
    observations = await _searches(run)
    nearest = _nearest(question, observations, read)
    snapshots = await run.store.snapshots([reading.snapshot_id for reading in nearest])
    seen = {(line.snapshot_id, line.index) for o in observations for line in o.lines}
    pages = await asyncio.to_thread(_pages, nearest, snapshots, seen)
    answer = await _ask(run, models, pages) if pages else ""
    found = await asyncio.to_thread(chain, question, answer, pages)
    if not found.holding:
        return ledger, None
    picks = (*found.holding, *found.leading)
    claims = [
        claim_of(f"{ID}.{one.line.number}", question, one, read[one.line.reading_id], snapshots[one.line.snapshot_id]) for one in picks
    ]
    origins = await run.origins(quote.snapshot_id for claim in (*ledger.claims, *claims) for quote in claim.evidence)
    known = ledgers.merge(ledger, [Feedback(task_id=ID, role="search", claims=tuple(claims))], origins)
    ids = list(dict.fromkeys(_held(known, claim) for claim in claims))
    holding = tuple(ids[: len(found.holding)])
    leading = tuple(ids[len(holding) :])
    return _for_the_whole(known, question, answer, holding, leading), Found(answer, holding, leading, found.concludes(answer))


def _held(ledger: Ledger, claim: Claim) -> str:
    """The id of the claim that holds this one's quote."""
    return next(known.id for known in ledger.claims if claim.evidence[0] in known.evidence)


def _for_the_whole(ledger: Ledger, question: str, answer: str, holding: Sequence[str], leading: Sequence[str]) -> Ledger:
    """The ledger with these claims as the answer to the whole question, whatever part they answered before; what only leads to it was found
    for the question too."""

    def found(claim: Claim) -> Claim:
        if claim.id in holding:
            return claim.model_copy(update={"goal": question, "answer": answer})
        return claim.model_copy(update={"goal": question}) if claim.id in leading and not claim.answer else claim

    return ledgers.contested(ledger.model_copy(update={"claims": tuple(map(found, ledger.claims))}))


def accepted(run: Run, ledger: Ledger, plan: Plan, found: Found) -> tuple[Ledger, Plan] | None:
    """The ledger with the conclusion, if there is one, and the plan that tells the answer; None where what holds it is superseded or
    refuted. Contradictions are known by now: what is disputed, or was answered otherwise, is no premise of a conclusion."""
    known = ledger.by_id()
    holding = [known[id] for id in found.holding if known[id].holds and known[id].verdict != "superseded"]
    if not holding:
        return None
    plan = plan.model_copy(update={"answered": True, "answer": found.answer})
    premises = [holding[0], *(known[id] for id in found.leading)]
    question = run.question.text
    rivals = [claim for claim in premises if claim.goal == question and claim.answer not in ("", found.answer)]
    if rivals or not found.conclusion or not all(claim.holds and claim.verdict not in ("contested", "superseded") for claim in premises):
        return ledger, plan
    words = WORDS[run.question.language]
    inference = Inference(
        text=words["answer"].format(answer=found.answer),
        premises=tuple(claim.id for claim in premises),
        warrant=words["leads"],
        confidence="low",
    )
    return ledger.model_copy(update={"inferences": (*ledger.inferences, inference)}), plan


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
    named = [id for id, reading in once.items() if names_it(question, reading.title)][:NAMED]
    shown = set([*named, *(id for id in once if id not in named)][:SHOWN])
    return [reading for id, reading in once.items() if id in shown]


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
    notes = [str(note.data["note"]) for note in await inputs(run.store, run.job.id, "note")]
    shown = "\n".join(f"[{page.title}] {' '.join(on_one_line(line.text) for line in page.lines)}" for page in pages)
    try:
        given = await ask(
            run,
            models,
            "summary",
            "whole",
            Answer,
            schema=SCHEMA,
            max_tokens=ANSWER_TOKENS if models.role("summary").embedded else ENDPOINT_TOKENS,
            documents=shown,
            question=run.question.text,
            instructions=said_beside(run.question, notes),
        )
    except BudgetExhausted as error:
        await run.floor("whole", str(error))
        return ""
    return given.answer.strip().rstrip(".。") if given else ""
