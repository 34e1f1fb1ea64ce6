"""The report of a small model: what answers first, then each document under its name, its sentences
in their order and the rows of its tables as tables; last what nothing answers.

Every sentence stands as its source has it; no model is asked. Not here: which sentences
(`picking.py`), which of them differ (`comparing.py`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.extractive.comparing import cells_of
from agents.extractive.words import WORDS
from agents.guarding.untrusted_text import addresses_assistant
from agents.writing.limits import limits
from research.crew import Run
from research.domain import (
    Claim,
    Draft,
    DraftBlock,
    DraftList,
    DraftSection,
    DraftSentence,
    DraftTable,
    Ledger,
    Plan,
    Question,
    Reading,
    SearchLog,
    Snapshot,
    now,
)
from research.ledger.follow_up import readings_of
from research.ledger.merging import same_claim
from research.reporting import bind as cite
from research.text.language import interface_language_of
from research.text.names import names
from research.text.sentences import clip, language_of, term_set

NEAREST = 4  # sentences told of a question that nothing answers
LETTERS = 12  # fewer letters are a name, not a language
ENDS = ".!?。！？…”\"'’」"


@dataclass(frozen=True)
class Found:
    """A claim where it stands: its page, and the number of its sentence there."""

    claim: Claim
    reading: Reading
    snapshot: Snapshot
    index: int

    @property
    def row(self) -> dict[str, str]:
        return cells_of(self.claim.text)


async def write(run: Run, ledger: Ledger, plan: Plan) -> Draft:
    """The draft. Where no claim answers, the limitations say what was tried, and what stands
    nearest to the question is quoted."""
    holding = [claim for claim in ledger.claims if claim.holds and claim.evidence]
    answering = [claim for claim in holding if claim.answer or claim.subject]
    current = [claim for claim in answering if claim.verdict != "superseded"] or answering
    if not current:
        return await _nothing(run, ledger, holding)
    await run.emit("writing", claims=len(current))
    found = await _placed(run, _once(current)[: run.effort.claims])
    gaps = _gaps(run.question, ledger, plan, current)
    answer = _answer(found, plan.must_contain)
    told = {sentence.text for sentence in answer}
    absent = await _absent(run, ledger, gaps)
    sections = [*_documents(found, told), *([absent] if absent else [])]
    written = [*answer, *(s for section in sections for s in section.written())]
    foreign = _foreign(run.question, [s.text for s in written if s.kind == "fact"])
    return Draft(
        title=run.question.text,
        answer=tuple(answer),
        sections=tuple(sections),
        limitations=(*await limits(run, ledger, plan), *foreign),
        complete=not (gaps or ledger.failures or plan.capped),
    )


def _once(claims: Iterable[Claim]) -> list[Claim]:
    """The claims, the best first, each said once."""
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda one: -one.relevance):
        if not any(same_claim(claim.text, other.text) for other in kept):
            kept.append(claim)
    return kept


async def _placed(run: Run, claims: Sequence[Claim]) -> list[Found]:
    readings = {reading.id: reading for reading in await readings_of(run.store, run.job)}
    snapshots = await run.store.snapshots([claim.evidence[0].snapshot_id for claim in claims])
    found = []
    for claim in claims:
        quote = claim.evidence[0]
        snapshot = snapshots[quote.snapshot_id]
        starts = [start for start, _ in snapshot.sentences]
        index = starts.index(quote.spans[0][0]) if quote.spans[0][0] in starts else 0
        found.append(Found(claim, readings[quote.reading_id], snapshot, index))
    return found


def _answer(found: Sequence[Found], goals: Sequence[str]) -> list[DraftSentence]:
    """For each part of the question its best sentence, with the one before it where it needs
    that. Rows of tables are told as tables alone."""
    sentences = [one for one in found if not one.row]
    best = [
        next((one for one in sentences if one.claim.goal == goal), None)
        for goal in dict.fromkeys([*goals, *(one.claim.goal for one in sentences)])
    ]
    told: dict[str, DraftSentence] = {}
    for one in best:
        for sentence in _with_context(one) if one else ():
            told.setdefault(sentence.text, sentence)
    return list(told.values())


def _with_context(one: Found) -> list[DraftSentence]:
    """A sentence; before it the one it leans on, where it names neither its page's subject nor
    any other."""
    said = _said(one.claim)
    text = one.claim.text
    alone = term_set(text) & term_set(one.reading.title) or names(text)
    if alone or one.index == 0:
        return [said]
    quote = cite.quote(one.snapshot, [one.snapshot.sentences[one.index - 1]], one.reading.id)
    before = cite.plain(quote.quote)
    if addresses_assistant(before) or not before:
        return [said]
    return [DraftSentence(text=_ended(before), evidence=(quote,), verdict="supported"), said]


def _said(claim: Claim, text: str = "") -> DraftSentence:
    """A claim in its own words, or a cell of it; its words support it, but others may differ."""
    verdict = claim.verdict if claim.verdict in ("contested", "partial") else "supported"
    return DraftSentence(text=text or _ended(claim.text), claims=(claim.id,), verdict=verdict)


def _ended(text: str) -> str:
    """The text with a full stop where its sentence has no end of its own."""
    if text[-1:] in ENDS:
        return text
    return text.rstrip(":;,：；，") + ("。" if interface_language_of(text) == "zh" else ".")


def _documents(found: Sequence[Found], told: Iterable[str]) -> list[DraftSection]:
    """A section a document, the one with the best sentence first: what is told of it already is
    left out."""
    pages: dict[str, list[Found]] = {}
    for one in found:
        pages.setdefault(one.reading.id, []).append(one)
    sections = []
    for page in pages.values():
        ordered = sorted(page, key=lambda one: one.index)
        sentences = [_said(one.claim) for one in ordered if not one.row]
        fresh = tuple(one for one in sentences if one.text not in told)
        blocks = tuple(_tables([one for one in ordered if one.row]))
        if fresh or blocks:
            heading = page[0].reading.title
            sections.append(DraftSection(heading=heading, sentences=fresh, blocks=blocks))
    return sections


def _tables(rows: Sequence[Found]) -> Iterable[DraftTable]:
    """The rows of one document; those of one first column make a table."""
    tables: dict[str, list[Found]] = {}
    for one in rows:
        tables.setdefault(next(iter(one.row)), []).append(one)
    for table in tables.values():
        header = tuple(dict.fromkeys(column for one in table for column in one.row))
        lines = tuple(
            tuple(
                _said(one.claim, cell) if (cell := one.row.get(column)) else None
                for column in header
            )
            for one in table
        )
        yield DraftTable(header=header, rows=lines)


def _gaps(question: Question, ledger: Ledger, plan: Plan, told: Sequence[Claim]) -> list[str]:
    """The parts of the question that nothing answers. The whole of it is none where a part is
    answered."""
    answered = {claim.goal for claim in told}
    parts = dict.fromkeys([*plan.must_contain, *ledger.gaps])
    met = {part for part, claims in plan.met.items() if claims}
    left = [part for part in parts if part not in answered | met and part in ledger.gaps]
    return [part for part in left if part != question.text]


async def _absent(run: Run, ledger: Ledger, gaps: Sequence[str]) -> DraftSection | None:
    """What was looked for and not found, with the searches as its proof."""
    if not gaps or not ledger.queries:
        return None
    words = WORDS[run.question.language]
    log = SearchLog(
        queries=ledger.queries,
        pages=len(await run.store.readings(run.job.id)),
        date_from=run.job.started_at or run.job.created_at,
        date_to=now(),
    )
    items = tuple((_missing(words, run.question, gap, log),) for gap in gaps)
    return DraftSection(heading=words["absent"], blocks=(DraftList(items=items),))


def _missing(
    words: Mapping[str, str], question: Question, gap: str, log: SearchLog
) -> DraftSentence:
    """A gap by the words of the sub-question; one that says more than the question is named by
    that."""
    known = term_set(gap) <= term_set(question.text)
    told = clip(gap, 300) if known else words["part"].format(text=question.text)
    return DraftSentence(text=words["gap"] + told, kind="absence", searched=log)


async def _nothing(run: Run, ledger: Ledger, near: Sequence[Claim]) -> Draft:
    words = WORDS[run.question.language]
    ranked = await _placed(run, _once(near)[:NEAREST])
    items = tuple((_said(one.claim),) for one in ranked if not one.row)
    sentences = [DraftList(items=items)] if items else []
    rows = [one for one in ranked if one.row]
    blocks: tuple[DraftBlock, ...] = (*sentences, *_tables(rows))
    sections = [DraftSection(heading=words["nearest"], blocks=blocks)]
    told = [words["near"] if ranked else words["none"]]
    told += await limits(run, ledger, Plan())
    told += [words["tried"] + clip("; ".join(_own(run.question, ledger.queries)), 1_000)]
    told += [words["pages"] + str(len(await run.store.readings(run.job.id)))]
    return Draft(
        title=run.question.text,
        sections=tuple(sections) if ranked else (),
        limitations=tuple(told),
        complete=False,
        answered=False,
    )


def _own(question: Question, queries: Iterable[str]) -> list[str]:
    """The searches in words of the question: what a model adds is not told."""
    asked = term_set(question.text)
    return [query for query in queries if term_set(query) <= asked]


def _foreign(question: Question, texts: Iterable[str]) -> list[str]:
    """How many sentences stand in another language than the asker's."""
    own = interface_language_of(question.text) == question.language
    spoken = language_of(question.text) if own else question.language
    long = [text for text in texts if sum(map(str.isalpha, text)) >= LETTERS]
    count = sum(language_of(text) != spoken for text in long)
    return [f"{WORDS[question.language]['foreign']}{count}"] if count else []
