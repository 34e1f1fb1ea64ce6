"""The whole question, answered once more at the end from the few pages nearest to it, each read
whole.

Asked of each document by itself a small model loses what only several tell together
(docs/evaluation.md). Its answer is believed where a sentence of a page holds it that is about the
question, or that such a page names; that sentence and those that lead to it become claims. Not
here: what single documents answer (`summary.py`); what no few words answer."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from agents.asked import said_beside
from agents.asking import ask
from agents.extractive.picking import ABOUT_OPEN, Page, Pick, may_answer, means
from agents.extractive.relevance import (
    asks_yes_or_no,
    off_subject,
    relevance,
    says,
    takes_few_words,
)
from agents.extractive.summary import claim_of
from agents.guarding.fence import addresses_assistant, on_one_line
from agents.models import Models
from agents.tools.batch_web_surfer import heading
from browser.library.chunks import Chunk, chunks_of
from browser.search.fusion import fuse
from browser.types import Hit
from research.crew import Run
from research.domain import Claim, Feedback, Ledger, Line, Observation, Reading, Snapshot
from research.errors import BudgetExhausted
from research.ledger import merging as ledgers
from research.store.inputs import inputs
from research.text.figures import gives_what_is_asked, names
from research.text.language import sets_spaces
from research.text.sentences import affirms, terms

SHOWN = 5  # pages
NAMED = 3  # of them that the question names
HOLDING = 2  # sentences that hold one answer
SHORT = 2  # passages of a page that is shown whole
LONGEST = 80  # characters of an answer
ANSWER_TOKENS = 40
ID = "whole"
_BESIDE = re.compile(r"\s*\([^()]*\)|, \d{4}$|\s[-–—|]\s[^-–—|]{1,40}$")
_SHORTEST_CHINESE = 3  # characters of a name: shorter ones stand within others


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
    """An answer and the ids of the claims that hold it."""

    answer: str
    holding: tuple[str, ...]


async def answered(run: Run, models: Models, ledger: Ledger) -> tuple[Ledger, Found | None]:
    """The ledger with the sentences that hold the answer, and which they are; as it was where there
    is none."""
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
    held, leading = await asyncio.to_thread(believed, question, answer, pages)
    if not held:
        return ledger, None
    picks = (*held, *leading)
    claims = [
        claim_of(
            f"{ID}.{one.line.number}",
            question,
            one,
            read[one.line.reading_id],
            snapshots[one.line.snapshot_id],
        )
        for one in picks
    ]
    origins = await run.origins(
        quote.snapshot_id for claim in (*ledger.claims, *claims) for quote in claim.evidence
    )
    known = ledgers.merge(
        ledger, [Feedback(task_id=ID, role="search", claims=tuple(claims))], origins
    )
    ids = list(dict.fromkeys(_held(known, claim) for claim in claims))
    holding = tuple(ids[: len(held)])
    return _for_the_whole(known, question, answer, holding, ids[len(held) :]), Found(
        answer, holding
    )


def _held(ledger: Ledger, claim: Claim) -> str:
    """The id of the claim that holds this one's quote."""
    return next(known.id for known in ledger.claims if claim.evidence[0] in known.evidence)


def _for_the_whole(
    ledger: Ledger, question: str, answer: str, holding: Sequence[str], leading: Sequence[str]
) -> Ledger:
    """The ledger with these claims as the answer to the whole question, whatever part they answered
    before; what only leads to it was found for the question too."""

    def found(claim: Claim) -> Claim:
        if claim.id in holding:
            return claim.model_copy(update={"goal": question, "answer": answer})
        return (
            claim.model_copy(update={"goal": question})
            if claim.id in leading and not claim.answer
            else claim
        )

    return ledgers.contested(ledger.model_copy(update={"claims": tuple(map(found, ledger.claims))}))


def holds(ledger: Ledger, found: Found) -> bool:
    """Whether a claim that holds the answer is neither superseded nor refuted. Contradictions are
    known by now."""
    known = ledger.by_id()
    return any(known[id].holds and known[id].verdict != "superseded" for id in found.holding)


async def _searches(run: Run) -> list[Observation]:
    """What the search agents saw: verify agents look for what is known."""
    rows = await run.store.trajectories(run.job.id)
    own = {
        step.observation_id for row, steps in rows if row.task["role"] == "search" for step in steps
    }
    return [
        observation
        for observation in await run.store.observations(run.job.id)
        if observation.id in own
    ]


def _nearest(
    question: str, observations: Sequence[Observation], read: dict[str, Reading]
) -> list[Reading]:
    """The pages that the question names and those that the searches found first, in the order they
    were found."""
    found = [[read[id] for id in o.readings if id in read] for o in observations]
    by_url = {
        reading.url: reading for readings in reversed(found) for reading in reversed(readings)
    }
    hits = fuse(([_hit(reading) for reading in readings] for readings in found), len(by_url))
    once: dict[str, Reading] = {}
    for hit in hits:
        once.setdefault(by_url[hit.url].snapshot_id, by_url[hit.url])
    named = [id for id, reading in once.items() if names_it(question, reading.title)][:NAMED]
    shown = set([*named, *(id for id in once if id not in named)][:SHOWN])
    return [reading for id, reading in once.items() if id in shown]


def _hit(reading: Reading) -> Hit:
    return Hit(url=reading.url, title=reading.title, snippet="", provider=reading.via)


def _pages(
    readings: Sequence[Reading], snapshots: dict[str, Snapshot], seen: set[tuple[str, int]]
) -> list[Page]:
    """A short page whole, of a long one the passage that most sentences were chosen of; the
    sentences are numbered throughout."""
    pages: list[Page] = []
    number = 0
    for reading in readings:
        snapshot = snapshots[reading.snapshot_id]
        lines = []
        for index in _shown(
            chunks_of(reading.title, snapshot), {index for id, index in seen if id == snapshot.id}
        ):
            if not addresses_assistant(text := snapshot.sentence(index)):
                number += 1
                lines.append(
                    Line(
                        number=number,
                        reading_id=reading.id,
                        snapshot_id=snapshot.id,
                        index=index,
                        text=text,
                    )
                )
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
    shown = "\n".join(
        f"[{page.title}] {' '.join(on_one_line(line.text) for line in page.lines)}"
        for page in pages
    )
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
            instructions=said_beside(run.question, notes),
        )
    except BudgetExhausted as error:
        await run.floor("whole", str(error))
        return ""
    return given.answer.strip().rstrip(".。") if given else ""


def believed(question: str, answer: str, pages: Sequence[Page]) -> tuple[list[Pick], list[Pick]]:
    """At most two sentences that hold the answer; and what leads to them: of each page that the
    question names the nearest sentence, and the one that names the page of the answer. A yes or no
    is held by the pages that a question for one names."""
    if not may_answer(question, answer):
        return [], []
    roots = [page for page in pages if _is_about(question, page)]
    asked = [_closest(question, page) for page in roots if names_it(question, page.title)]
    if affirms(answer) is not None:
        return (
            [_picked(question, page, line, answer) for page, line in asked]
            if asks_yes_or_no(question)
            else []
        ), []
    held: list[Pick] = []
    leading = list(asked)
    for page in pages:
        naming = None if page in roots else _naming(page, roots)
        if page not in roots and naming is None:
            continue
        lines = [
            line
            for line in page.lines
            if says(line.text, answer) and means(question, answer, line.text, page.title)
        ]
        held += [_picked(question, page, line, answer) for line in lines]
        leading += [naming] if naming and lines else []
    best = sorted(held, key=lambda pick: _worth(question, answer, pick), reverse=True)[:HOLDING]
    numbers = {pick.line.number for pick in best}
    others = {
        line.number: _picked(question, page, line)
        for page, line in leading
        if line.number not in numbers
    }
    return best, list(others.values()) if best else []


def _worth(question: str, answer: str, pick: Pick) -> tuple[bool, bool, float]:
    """Which sentence holds an answer best: word for word, as what is asked for, nearest to the
    question."""
    return (
        _stands(answer, pick.line.text),
        gives_what_is_asked(question, pick.line.text),
        pick.relevance,
    )


def names_it(text: str, title: str) -> bool:
    """Whether a text names what a page is about, by its title as it is written: without the year,
    the site, and what tells it from others of its name. A common word or a figure names nothing."""
    name = _BESIDE.sub("", title).strip() or title.strip()
    if not sets_spaces(name):
        return len(name) >= _SHORTEST_CHINESE and name in text
    return (
        any(char.isupper() for char in name)
        and bool(terms(name))
        and _stands(name, text, matching_case=True)
    )


def _stands(part: str, text: str, *, matching_case: bool = False) -> bool:
    """Whether a part stands in a text as words of its own."""
    flags = re.NOFLAG if matching_case else re.IGNORECASE
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(part)}(?![A-Za-z0-9])", text, flags) is not None


def _is_about(question: str, page: Page) -> bool:
    about = relevance(question, page.document, page.title)
    if about is None:  # in another language only a name that stands in both can tell
        return any(_stands(name, page.document) for name in names(question))
    return about >= ABOUT_OPEN and not off_subject(question, page.document, page.title)


def _picked(question: str, page: Page, line: Line, answer: str = "") -> Pick:
    return Pick(line, relevance(question, line.text, page.title) or 0.0, answer)


def _closest(question: str, page: Page) -> tuple[Page, Line]:
    """The sentence of a page that gives what is asked for, else that stands nearest to the
    question."""
    return page, max(
        page.lines,
        key=lambda line: (
            gives_what_is_asked(question, line.text),
            _picked(question, page, line).relevance,
        ),
    )


def _naming(page: Page, others: Sequence[Page]) -> tuple[Page, Line] | None:
    """The sentence of another page that names this one."""
    return next(
        (
            (other, line)
            for other in others
            for line in other.lines
            if names_it(line.text, page.title)
        ),
        None,
    )
