"""What a run has read, as statements that can be compared: every sentence an agent was shown, every
claim, with its document.

Not here: which of them contradict each other (`research/ledger/conflicts.py`), what a model says of
them (`verify.py`)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from agents.extractive.relevance import asks_for_one, is_open, off_subject
from agents.extractive.wording import spoken
from research.crew import Run
from research.domain import Claim, Line, Quote, Reading, Snapshot
from research.ledger.document_status import RANK, Document, document_of
from research.ledger.follow_up import readings_of
from research.ledger.independence import Origins
from research.ledger.superseding import Statement
from research.reporting import bind as cite
from research.text.figures import gives_what_is_asked
from research.text.listing import listing
from research.text.sentences import language_of


@dataclass(frozen=True)
class Seen:
    """Everything that any agent of the run was shown up to now; `pages` is what was seen of each
    page, by reading."""

    statements: tuple[Statement, ...]
    readings: Mapping[str, Reading]
    pages: Mapping[str, str]
    documents: Mapping[str, Document]
    snapshots: Mapping[str, Snapshot]
    origins: Origins

    def of(self, run: Run, claims: Iterable[Claim]) -> list[Statement]:
        return [
            statement_of(run, claim, self.readings, self.pages, self.documents) for claim in claims
        ]


async def seen(run: Run, claims: Sequence[Claim]) -> Seen:
    """What was seen, also by search agents that did not choose it: a dispute hides there. With the
    texts that the claims quote."""
    readings = {reading.id: reading for reading in await readings_of(run.store, run.job)}
    everything = await run.store.observations(run.job.id)
    lines = list(
        {(line.snapshot_id, line.index): line for o in everything for line in o.lines}.values()
    )
    pages = _pages(lines)
    documents = await documents_of(run, readings.values())
    ids = dict.fromkeys(
        [
            *(quote.snapshot_id for claim in claims for quote in claim.evidence),
            *(line.snapshot_id for line in lines),
        ]
    )
    snapshots = await run.store.snapshots(list(ids))
    statements = await asyncio.to_thread(
        _statements, run, lines, snapshots, readings, pages, documents
    )
    return Seen(statements, readings, pages, documents, snapshots, await run.origins(ids))


async def documents_of(run: Run, readings: Iterable[Reading]) -> dict[str, Document]:
    """What is known of each document that was read, by reading."""
    found = list(readings)
    texts = await run.store.snapshots(list({reading.snapshot_id for reading in found}))
    return {
        r.id: document_of(r.url, r.title, texts[r.snapshot_id].text, r.published_at)
        for r in found
        if r.snapshot_id in texts
    }


def _pages(lines: Sequence[Line]) -> dict[str, str]:
    """What was seen of each page, by reading: its sentences tell what it is about."""
    texts: dict[str, list[str]] = {}
    for line in lines:
        texts.setdefault(line.reading_id, []).append(line.text)
    return {reading: " ".join(parts) for reading, parts in texts.items()}


def statement_of(
    run: Run,
    claim: Claim,
    readings: Mapping[str, Reading],
    pages: Mapping[str, str],
    documents: Mapping[str, Document],
) -> Statement:
    """A claim as a statement of the document, of those that say it, which is the word of today."""
    quote = max(
        claim.evidence,
        key=lambda q: (RANK[documents[q.reading_id].standing], documents[q.reading_id].date),
    )
    page = pages.get(quote.reading_id, "")
    stated = _stated(
        run, claim.text, quote, readings[quote.reading_id], page, documents[quote.reading_id]
    )
    stated = replace(stated, part=stated.part or _part(run, claim.goal))
    if is_open(claim.goal):
        return stated
    return replace(stated, goal=claim.goal if asks_for_one(claim.goal) else "", answer=claim.answer)


def _stated(
    run: Run, text: str, quote: Quote, reading: Reading, page: str, document: Document
) -> Statement:
    """A sentence as a statement. What it is about its page may tell; a row of a table has a subject
    of its own and offers nothing, and where a question lists its parts, or is in another language,
    a figure of the kind that is asked for may be another's."""
    question = run.question.text
    row = "; " in text and ": " in text
    told = listing(question) is None and language_of(text) == spoken(run.question)
    offers = (
        told
        and not row
        and gives_what_is_asked(question, text)
        and not off_subject(question, f"{text} {page}", reading.title)
    )
    return Statement(
        text,
        quote,
        reading.title,
        document.year,
        offers,
        document=document,
        part=_part(run, "", text),
    )


def _part(run: Run, goal: str, text: str = "") -> str:
    """Which of the parts that the question lists is meant: that of the goal, or that which the text
    names; '' if none is."""
    listed = listing(run.question.text)
    return (
        next((part for part in listed.goals if part == goal or listed.names(part, text)), "")
        if listed
        else ""
    )


def _statements(
    run: Run,
    lines: Sequence[Line],
    snapshots: Mapping[str, Snapshot],
    readings: Mapping[str, Reading],
    pages: Mapping[str, str],
    documents: Mapping[str, Document],
) -> tuple[Statement, ...]:
    """CPU work: called in a thread."""
    found = []
    for line in lines:
        snapshot, reading = snapshots[line.snapshot_id], readings[line.reading_id]
        quote = cite.quote(snapshot, [snapshot.sentences[line.index]], reading.id)
        found.append(
            _stated(
                run, cite.plain(line.text), quote, reading, pages[reading.id], documents[reading.id]
            )
        )
    return tuple(found)
