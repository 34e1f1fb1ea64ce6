"""Check claims against other documents: what confirms them, what contradicts them.

Code finds the pairs of statements that could tell of one thing and compares their values; where the words leave it open whether they do,
a model is asked, many pairs in one call. So a weak model never has to compare figures, and code never has to know what a museum is."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.models import Models
from agents.relevance import asks_for_one, is_open, off_subject
from agents.summary import observed
from research import cite, disputes, ledger
from research.copies import copies_of
from research.crew import Run
from research.disputes import Pair
from research.errors import BudgetExhausted
from research.figures import gives_what_is_asked
from research.lineage import readings_of
from research.standing import RANK, Document, document_of, highest
from research.superseding import Statement
from research.text import clip
from research.types import Claim, Contradiction, Feedback, Ledger, Line, Quote, Reading, Trajectory

MOST = 12  # certain pairs told; more than that is a table, not a dispute


class Same(BaseModel):
    """`P1`: yes or no, one field a pair."""

    model_config = ConfigDict(extra="allow")

    def holds(self, number: int) -> bool:
        return (self.model_extra or {}).get(f"P{number}") == "yes"


async def verify(run: Run, models: Models, trajectory: Trajectory, known: Ledger) -> Feedback:
    """What a verify agent's trajectory gives: its claims with verdicts and further evidence, and contradictions."""
    observations = await observed(run, trajectory)
    readings = {reading.id: reading for reading in await readings_of(run.store, run.job)}
    everything = await run.store.observations(run.job.id)  # also what search agents saw and did not choose: a dispute hides there
    lines = list({(line.snapshot_id, line.index): line for o in everything for line in o.lines}.values())
    pages = _pages(lines)
    documents = await documents_of(run, readings.values())
    seen = [await _statement(run, line, readings, pages, documents) for line in lines]
    checked = [claim for claim in known.claims if claim.id in trajectory.task.claims]
    own = [statement_of(run, claim, readings, pages, documents) for claim in known.claims if not claim.runs]
    pairs = _touching(disputes.differing([*own, *_new(own, seen)], question=run.question.text), own)
    contradictions = await settle(run, models, pairs)
    texts = await run.store.snapshots(list({line.snapshot_id for line in lines}))
    copies = await asyncio.to_thread(copies_of, {id: snapshot.text for id, snapshot in texts.items()})
    return Feedback(
        task_id=trajectory.task.id,
        role="verify",
        outcome=trajectory.outcome,
        reason=trajectory.reason,
        claims=(*(_confirmed(claim, seen, copies) for claim in checked), *_current(trajectory.task.id, known, contradictions, documents)),
        contradictions=contradictions,
        queries=tuple(q for o in observations for q in o.queries),
        pages=len({reading for o in observations for reading in o.readings}),
    )


async def documents_of(run: Run, readings: Iterable[Reading]) -> dict[str, Document]:
    """What is known of each document that was read, by reading."""
    found = list(readings)
    texts = await run.store.snapshots(list({reading.snapshot_id for reading in found}))
    return {r.id: document_of(r.url, r.title, texts[r.snapshot_id].text, r.published_at) for r in found if r.snapshot_id in texts}


def _pages(lines: Sequence[Line]) -> dict[str, str]:
    """What was seen of each page, by reading: its sentences tell what it is about."""
    texts: dict[str, list[str]] = {}
    for line in lines:
        texts.setdefault(line.reading_id, []).append(line.text)
    return {reading: " ".join(parts) for reading, parts in texts.items()}


def statement_of(
    run: Run, claim: Claim, readings: Mapping[str, Reading], pages: Mapping[str, str], documents: Mapping[str, Document]
) -> Statement:
    """A claim as a statement of the document, of those that say it, which is the word of today."""
    quote = max(claim.evidence, key=lambda q: (RANK[documents[q.reading_id].standing], documents[q.reading_id].date))
    page = pages.get(quote.reading_id, "")
    stated = _stated(run, claim.text, quote, readings[quote.reading_id], page, documents[quote.reading_id])
    if is_open(claim.goal):
        return stated
    return replace(stated, goal=claim.goal if asks_for_one(claim.goal) else "", answer=claim.answer)


def _stated(run: Run, text: str, quote: Quote, reading: Reading, page: str, document: Document) -> Statement:
    """A sentence as a statement. What it is about its page may tell; a row of a table has a subject of its own and offers nothing."""
    question = run.question.text
    row = "; " in text and ": " in text
    offers = not row and gives_what_is_asked(question, text) and not off_subject(question, f"{text} {page}", reading.title)
    return Statement(text, quote, reading.title, document.year, offers, document=document)


async def _statement(
    run: Run, line: Line, readings: Mapping[str, Reading], pages: Mapping[str, str], documents: Mapping[str, Document]
) -> Statement:
    snapshot = await run.store.snapshot(line.snapshot_id)
    assert snapshot is not None  # a line is only made from a snapshot that was stored
    reading = readings[line.reading_id]
    quote = cite.quote(snapshot, [snapshot.sentences[line.index]], reading.id)
    return _stated(run, cite.plain(line.text), quote, reading, pages[reading.id], documents[reading.id])


def _new(own: Sequence[Statement], seen: Sequence[Statement]) -> list[Statement]:
    known = {statement.evidence.quote for statement in own}
    return [statement for statement in seen if statement.evidence.quote not in known]


def _touching(pairs: Sequence[Pair], own: Sequence[Statement]) -> list[Pair]:
    """The pairs with a claim on one side at least, one for each pair of quotes."""
    claimed = {statement.evidence.quote for statement in own}
    return [pair for pair in pairs if {pair.first.evidence.quote, pair.second.evidence.quote} & claimed]


def _confirmed(claim: Claim, seen: Sequence[Statement], copies: Mapping[str, str]) -> Claim:
    """The claim with every other text that says the same; a claim is its quote's own words, so its quote supports it. Copies of a text
    say nothing that it does not say itself."""
    own = {quote.snapshot_id for quote in claim.evidence}
    also = [s.evidence for s in seen if s.evidence.snapshot_id not in own and ledger.same_claim(s.text, claim.text)]
    count = len({copies.get(quote.snapshot_id, quote.snapshot_id) for quote in (*claim.evidence, *also)})
    reason = f"said by {count} texts" if count > 1 else "said by one text"
    standing = highest([claim.standing, *(s.document.standing for s in seen if s.evidence in also)])
    evidence = (*claim.evidence, *also)
    return claim.model_copy(update={"verdict": "supported", "evidence": evidence, "standing": standing, "reason": reason})


def _current(task_id: str, known: Ledger, contradictions: Sequence[Contradiction], documents: Mapping[str, Document]) -> list[Claim]:
    """The value that holds as a claim, where only the one it supersedes was one."""
    found = []
    for place, dispute in enumerate(contradictions):
        *old, last = dispute.sides
        quotes = {q.quote for side in old for q in side.evidence}
        replaced = [claim for claim in known.claims if quotes & {q.quote for q in claim.evidence}]
        held = {q.quote for q in last.evidence}
        if dispute.kind != "superseded" or not replaced or any(held & {q.quote for q in claim.evidence} for claim in known.claims):
            continue
        best = max(replaced, key=lambda claim: (bool(claim.answer), claim.relevance))
        fresh = {"id": f"{task_id}.s{place}", "text": last.text, "evidence": last.evidence, "verdict": "supported"}
        answer = last.text if best.answer else ""
        standing = highest(documents[q.reading_id].standing for q in last.evidence)
        found.append(best.model_copy(update={**fresh, "answer": answer, "standing": standing, "reason": "supersedes an earlier value"}))
    return found


async def settle(run: Run, models: Models, pairs: Sequence[Pair]) -> tuple[Contradiction, ...]:
    """The pairs that contradict each other: the certain ones, and of the likeliest others those that a model takes for one thing."""
    certain = [pair for pair in pairs if pair.certain]
    settled = await _one_question(run, models, [pair for pair in pairs if not pair.certain][: run.effort.pairs])
    return disputes.contradictions([*certain[:MOST], *settled])


def _shown(run: Run, pair: Pair) -> str:
    goal = pair.first.goal or pair.second.goal or run.question.text
    return f"{goal} {_told(pair.first)} / {_told(pair.second)}"


def _told(statement: Statement) -> str:
    return f"[{clip(statement.title, 40)}] {clip(statement.text, 220)}"


async def _one_question(run: Run, models: Models, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs whose statements, says the model, answer one question; none where it gave no answer."""
    if not pairs:
        return []
    names = [f"P{number}" for number in range(1, len(pairs) + 1)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"enum": ["yes", "no"]} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    shown = "\n".join(f"{name}: {_shown(run, pair)}" for name, pair in zip(names, pairs, strict=True))
    tokens = 20 + 9 * len(pairs)
    try:
        answer = await ask(
            run,
            models,
            "verify",
            "compare",
            Same,
            schema=schema,
            max_tokens=tokens if models.role("verify").embedded else tokens + 1_000,
            pairs=shown,
        )
    except BudgetExhausted as error:
        await run.floor("compare", str(error))
        return []
    return [pair for number, pair in enumerate(pairs, 1) if answer and answer.holds(number)]
