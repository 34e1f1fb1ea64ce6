"""The report of a small model: what answers first, then each document under its name, its sentences
in their order and the rows of its tables as tables; last what nothing answers.

Every sentence stands as its source has it; no model is asked. Not here: which sentences
(`picking.py`), which of them differ (`comparing.py`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from agents.extractive.comparing import cells_of
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
    SearchLog,
    now,
)
from research.reporting import bind as cite
from research.reporting.words import words_in
from research.store.documents import Document, documents
from research.text.language import interface_language_of
from research.text.names import names
from research.text.sentences import clip, language_of, term_set

WORDS = words_in(Path(__file__).with_name("words.toml"))
NEAREST = 4  # sentences told of a question that nothing answers
LETTERS = 12  # fewer letters are a name, not a language
ENDS = ".!?。！？…”\"'’」"


@dataclass(frozen=True)
class Found:
    """A claim where it stands: its document, and the place of its sentence there."""

    claim: Claim
    document: Document
    index: int

    @cached_property
    def row(self) -> dict[str, str]:
        """Its cells where it is the row of a table."""
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
    found = await _placed(run, current, run.effort.claims)
    gaps = _gaps(run.question, ledger, current)
    answer = _answer(found, plan.must_contain)
    told = {sentence.text for sentence in answer}
    sections = [*_documents(found, told), *await _absent(run, ledger, gaps)]
    written = [*answer, *(s for section in sections for s in section.written())]
    foreign = _foreign(run.question, [s.text for s in written if s.kind == "fact"])
    return Draft(
        title=run.question.text,
        answer=tuple(answer),
        sections=tuple(sections),
        limitations=(*await limits(run, ledger, plan), *foreign),
        complete=not (gaps or ledger.failures or plan.capped),
    )


async def _placed(run: Run, claims: Iterable[Claim], most: int) -> list[Found]:
    """Where the best of the claims stand, the best first."""
    known = await documents(run.store, run.job)
    found = []
    for claim in sorted(claims, key=lambda claim: -claim.relevance)[:most]:
        quote = claim.evidence[0]
        if document := known.of_snapshot(quote.snapshot_id):
            found.append(Found(claim, document, document.touched(quote.spans)[0]))
    return found


def _answer(found: Sequence[Found], goals: Sequence[str]) -> list[DraftSentence]:
    """For each part of the question its best sentence, with the one before it where it needs
    that. Rows of tables are told as tables alone."""
    best: dict[str, Found] = {}
    for one in found:
        if not one.row:
            best.setdefault(one.claim.goal, one)
    told: dict[str, DraftSentence] = {}
    for goal in dict.fromkeys([*goals, *best]):
        for sentence in _with_context(best[goal]) if goal in best else ():
            told.setdefault(sentence.text, sentence)
    return list(told.values())


def _with_context(one: Found) -> list[DraftSentence]:
    """A sentence; before it the one it leans on, where it names neither its page's subject nor
    any other."""
    said = _said(one.claim)
    text = one.claim.text
    document = one.document
    alone = term_set(text) & term_set(document.reading.title) or names(text)
    if alone or one.index == 0:
        return [said]
    span = document.snapshot.sentences[one.index - 1]
    quote = cite.quote(document.snapshot, [span], document.reading.id)
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
    pages: dict[int, list[Found]] = {}
    for one in found:
        pages.setdefault(one.document.number, []).append(one)
    sections = []
    for page in pages.values():
        heading = page[0].document.reading.title
        page.sort(key=lambda one: one.index)
        said = [_said(one.claim) for one in page if not one.row]
        sentences = tuple(one for one in said if one.text not in told)
        blocks = tuple(_tables(page))
        if sentences or blocks:
            sections.append(DraftSection(heading=heading, sentences=sentences, blocks=blocks))
    return sections


def _tables(found: Iterable[Found]) -> Iterable[DraftTable]:
    """The rows of one document; those of one first column make a table."""
    tables: dict[str, list[Found]] = {}
    for one in found:
        if one.row:
            tables.setdefault(next(iter(one.row)), []).append(one)
    for table in tables.values():
        header = tuple(dict.fromkeys(column for one in table for column in one.row))
        yield DraftTable(header=header, rows=tuple(_row(one, header) for one in table))


def _row(one: Found, header: Iterable[str]) -> tuple[DraftSentence | None, ...]:
    cells = map(one.row.get, header)
    return tuple(_said(one.claim, cell) if cell else None for cell in cells)


def _gaps(question: Question, ledger: Ledger, told: Sequence[Claim]) -> list[str]:
    """The parts of the question that nothing answers. The whole of it is none where a part is
    answered."""
    met = {question.text, *(claim.goal for claim in told)}
    return [gap for gap in ledger.gaps if gap not in met]


async def _absent(run: Run, ledger: Ledger, gaps: Sequence[str]) -> list[DraftSection]:
    """What was looked for and not found, with the searches as its proof."""
    if not gaps or not ledger.queries:
        return []
    words = WORDS[run.question.language]
    log = SearchLog(
        queries=ledger.queries,
        pages=len(await run.store.readings(run.job.id)),
        date_from=run.job.started_at or run.job.created_at,
        date_to=now(),
    )
    told = [words["gap"] + _named(words, run.question, gap) for gap in gaps]
    items = tuple((DraftSentence(text=text, kind="absence", searched=log),) for text in told)
    return [DraftSection(heading=words["absent"], blocks=(DraftList(items=items),))]


def _named(words: Mapping[str, str], question: Question, gap: str) -> str:
    """A gap by the words of the sub-question; one that says more than the question is named by
    that."""
    if term_set(gap) <= term_set(question.text):
        return clip(gap, 300)
    return words["part"].format(text=question.text)


async def _nothing(run: Run, ledger: Ledger, near: Sequence[Claim]) -> Draft:
    """What stands nearest to the question, and what was tried."""
    words = WORDS[run.question.language]
    ranked = await _placed(run, near, NEAREST)
    items = tuple((_said(one.claim),) for one in ranked if not one.row)
    sentences = [DraftList(items=items)] if items else []
    blocks: tuple[DraftBlock, ...] = (*sentences, *_tables(ranked))
    section = DraftSection(heading=words["nearest"], blocks=blocks)
    asked = term_set(run.question.text)
    own = [query for query in ledger.queries if term_set(query) <= asked]  # not a model's words
    pages = len(await run.store.readings(run.job.id))
    told = [
        words["near"] if ranked else words["none"],
        *await limits(run, ledger, Plan()),
        words["tried"] + clip("; ".join(own), 1_000),
        f"{words['pages']}{pages}",
    ]
    return Draft(
        title=run.question.text,
        sections=(section,) if ranked else (),
        limitations=tuple(told),
        complete=False,
        answered=False,
    )


def _foreign(question: Question, texts: Iterable[str]) -> list[str]:
    """How many sentences stand in another language than the asker's."""
    own = interface_language_of(question.text) == question.language
    spoken = language_of(question.text) if own else question.language
    long = (text for text in texts if sum(map(str.isalpha, text)) >= LETTERS)
    count = sum(language_of(text) != spoken for text in long)
    return [f"{WORDS[question.language]['foreign']}{count}"] if count else []
