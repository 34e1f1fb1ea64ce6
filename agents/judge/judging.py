"""The second gate: the judge, a role of its own. It sees single statements with their heading and
the sentence before, their evidence in context with its source, date and standing, what speaks
against them, and calculations; never a page, a plan or a draft.

Statements go in batches, their evidence shown once a batch. Not here: what code checks before
(`figures.py`), which evidence and context a statement gets
(`agents/writing/review/statements.py`), what becomes of one that fails (`review.py` beside it)."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel

from agents.asking import ask
from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.judge.figures import Grounds
from agents.models import Models
from agents.schemas import object_of
from research.crew import Run
from research.domain import Calculation, Evidence, Quote, RunEvidence, SearchLog, Standing
from research.errors import BudgetExhausted
from research.text.sentences import clip, estimate_tokens, remembered

BATCH = 12
BATCH_TOKENS = 9_000  # of evidence shown at once
LONGEST_LOG = 3_000
LONGEST = 1_500  # characters of one piece of evidence
LONGEST_QUOTE = 8_000  # of one whose own words are more
K = TypeVar("K")
Word = Literal["supported", "partial", "disputed", "unsupported", "refuted"]
_READ: Mapping[str, Word] = {
    "supported": "supported",
    "follows": "supported",
    "partial": "partial",
    "disputed": "disputed",
    "plausible": "partial",
    "unsupported": "unsupported",
    "no": "unsupported",
    "refuted": "refuted",
}


_FORGED = re.compile(r"\[(?=\s*[es]\d+\s*\])", re.IGNORECASE)
_QUOTED = str.maketrans("»«", "””")


@dataclass(frozen=True)
class Statement:
    """What is to be judged. `kind` is a sentence's, or `heading`; `context` is the heading it
    stands under and the sentence before it; `against` are quotes that say otherwise."""

    text: str
    kind: str
    context: str = ""
    evidence: tuple[Evidence, ...] = ()
    against: tuple[Quote, ...] = ()
    confidence: str = ""  # of an inference, as its writer puts it
    asked: bool = False  # whether it rests on what the question says


@dataclass(frozen=True)
class Verdict:
    word: Word
    missing: str = ""


class Given(BaseModel):
    id: str
    missing: str = ""
    left_out: str = ""
    verdict: str


class Verdicts(BaseModel):
    verdicts: list[Given]


@dataclass
class _Batch:
    """Statements that are judged in one call, and their evidence by the name it is shown under."""

    statements: list[tuple[int, Statement]] = field(default_factory=list)
    named: dict[Evidence, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    tokens: int = 0


class Judge:
    """The judge of one run. `standings` tell what a document is, by snapshot, once that is
    judged."""

    def __init__(
        self,
        run: Run,
        models: Models,
        grounds: Grounds,
        standings: Mapping[str, Standing] | None = None,
    ) -> None:
        self._run, self._models, self._grounds = run, models, grounds
        self.standings = standings or {}

    @property
    def name(self) -> str:
        return self._models.role("judge").name

    async def verdicts(self, statements: Sequence[Statement]) -> list[Verdict | None]:
        """The verdict on each statement, in order; None where the judge gave none."""
        once = list(dict.fromkeys(statements))
        batches = list(self._batches(once))
        answers = await asyncio.gather(*(self._ask(batch) for batch in batches))
        given: dict[int, Verdict] = {}
        for batch, answer in zip(batches, answers, strict=True):
            known = {f"s{place}" for place, _ in batch.statements}
            for one in answer.verdicts if answer else ():
                word = _READ.get(one.verdict.strip().lower())
                if one.id in known and word:
                    given[int(one.id[1:])] = Verdict(word, _why(one))
        found = {statement: given.get(place) for place, statement in enumerate(once)}
        return [found[statement] for statement in statements]

    async def supported(self, asked: Mapping[K, Statement]) -> set[K]:
        """The keys of the statements that are supported."""
        verdicts = await self.verdicts(list(asked.values()))
        found = zip(asked, verdicts, strict=True)
        return {key for key, verdict in found if verdict and verdict.word == "supported"}

    def _batches(self, statements: Sequence[Statement]) -> Iterable[_Batch]:
        batch = _Batch()
        for place, statement in enumerate(statements):
            texts = {one: self._evidence(one) for one in (*statement.evidence, *statement.against)}
            fresh = sum(
                estimate_tokens(text) for one, text in texts.items() if one not in batch.named
            )
            full = len(batch.statements) >= BATCH or batch.tokens + fresh > BATCH_TOKENS
            if batch.statements and full:
                yield batch
                batch = _Batch()
            for one, text in texts.items():
                if one not in batch.named:
                    batch.named[one] = f"e{len(batch.named) + 1}"
                    batch.shown.append(f"[{batch.named[one]}] {self._from(one, batch)}{text}")
                    batch.tokens += estimate_tokens(text)
            batch.statements.append((place, statement))
        if batch.statements:
            yield batch

    def _evidence(self, one: Evidence) -> str:
        match one:
            case Quote():
                return self._quote(one)
            case RunEvidence():
                return "\n".join(self._output(one))
            case SearchLog():
                return self._search(one)
            case Calculation():
                values = ", ".join(f"{i.name} = {i.value}" for i in one.inputs)
                called = _inert(" ".join(filter(None, (one.label, one.unit and f"in {one.unit}"))))
                told = f"; its writer calls it “{called}”" if called else ""
                return (
                    f"calculation, done by code: {one.expression} = {_rounded(one.value)}, "
                    f"where {values}{told}"
                )

    def _output(self, one: RunEvidence) -> Iterable[str]:
        yield "output of a program that an agent wrote:"
        for line in self._grounds.outputs.get(one.run_id, "").splitlines():
            yield f"| {_inert(line)}"
        if given := " ".join(f"»{_of_a_page(t)}«" for t in self._grounds.given.get(one.run_id, ())):
            yield f"it was given: {clip(given, LONGEST)}"

    def _quote(self, quote: Quote) -> str:
        """A quote in its context; alone where that is too long, for what is cut off cannot support
        anything."""
        shown = self._grounds.documents.in_context(quote, shown=_of_a_page)
        under = " · ".join(
            clip(_of_a_page(heading), 80)
            for heading in self._grounds.documents.headings(quote)[-6:]
        )
        if len(shown) <= LONGEST:
            return f"(under: {under}) {shown}" if under else shown
        return clip(
            self._grounds.documents.in_context(quote, around=0, shown=_of_a_page), LONGEST_QUOTE
        )

    def _from(self, one: Evidence, batch: _Batch) -> str:
        """The name of the source that a quote stands in."""
        if not isinstance(one, Quote):
            return ""
        if one.snapshot_id not in batch.sources:
            batch.sources[one.snapshot_id] = f"S{len(batch.sources) + 1}"
            batch.tokens += estimate_tokens(self._source(one))
        return f"in {batch.sources[one.snapshot_id]}: "

    def _listed(self, batch: _Batch) -> str:
        first = {one.snapshot_id: one for one in batch.named if isinstance(one, Quote)}
        return "\n".join(
            f"[{name}] {self._source(first[id])}" for id, name in batch.sources.items()
        )

    def _source(self, quote: Quote) -> str:
        """What a source is: its title, whose, of when, what it was found to be, and how it
        begins."""
        reading = self._grounds.documents.reading_of(quote)
        standing = self.standings.get(quote.snapshot_id, "current")
        about = [
            reading.site,
            reading.author,
            reading.published_at and f"published {reading.published_at[:10]}",
        ]
        about += [f"at {path}"] if (path := unquote(urlsplit(reading.url).path).strip("/")) else []
        about += [standing.upper()] if standing != "current" else []
        told = ", ".join(clip(_inert(part), 100) for part in about if part)
        begins = _of_a_page(clip(self._grounds.documents.opening(quote), 160))
        return (
            f"“{clip(_of_a_page(reading.title), 160)}”{f' ({told})' if told else ''}, "
            f"begins: {begins}"
        )

    def _search(self, log: SearchLog) -> str:
        titles = [
            one.reading.title for one in self._grounds.documents if one.reading.id in log.readings
        ]
        looked = "; ".join(clip(_inert(title), 100) for title in titles)
        told = f"; looked through: {looked}" if looked else ""
        if not log.queries:
            extent = "all there are" if log.pages >= len(self._grounds.documents) else "no others"
            return f"search log: {log.pages} documents, {extent}{told}"
        if titles and len(titles) < log.pages:  # what was asked of others says nothing of these
            return f"search log: {log.pages} documents read{told}"
        queries = clip("; ".join(clip(_inert(query), 80) for query in log.queries), LONGEST_LOG)
        return (
            f"search log: {len(log.queries)} searches ({queries}), {log.pages} documents read{told}"
        )

    async def _ask(self, batch: _Batch) -> Verdicts | None:
        shown = "\n\n".join(
            self._statement(place, one, batch.named) for place, one in batch.statements
        )
        ids = [f"s{place}" for place, _ in batch.statements]
        try:
            return await ask(
                self._run,
                self._models,
                "judge",
                "judge",
                Verdicts,
                schema=schema_of(ids),
                max_tokens=2_000 + 150 * len(ids),
                today=self._run.question.today,
                question=clip(self._grounds.asked or self._run.question.text, 3_000),
                sources=self._listed(batch) or "(none)",
                evidence="\n\n".join(batch.shown) or "(none)",
                statements=shown,
            )
        except BudgetExhausted as error:
            await self._run.capped("judge", error)
            return None

    def _statement(self, place: int, one: Statement, named: Mapping[Evidence, str]) -> str:
        rests = (
            ", ".join(
                [
                    *(named[e] for e in one.evidence),
                    *(["what the question says"] if one.asked else []),
                ]
            )
            or "nothing"
        )
        against = ", ".join(named[e] for e in one.against)
        kind = f"{one.kind}, confidence {one.confidence}" if one.confidence else one.kind
        lines = [
            f"s{place} ({kind}) rests on {rests}{f'; against it: {against}' if against else ''}"
        ]
        lines += [f"context: {_inert(one.context)}"] if one.context else []
        return "\n".join([*lines, f"statement: {_inert(one.text)}"])


def _why(one: Given) -> str:
    """What a verdict holds against a statement."""
    said = [
        on_one_line(one.missing),
        f"left out: {on_one_line(one.left_out)}" if one.left_out.strip() else "",
    ]
    return clip("; ".join(filter(None, said)), 400)


def schema_of(ids: Sequence[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {"enum": list(ids)},
        "missing": {
            "type": "string",
            "description": "what is not supported, in a few words; empty if all is",
        },
        "left_out": {
            "type": "string",
            "description": "what limits it in its evidence and is not told; empty if nothing does",
        },
        "verdict": {"enum": list(_READ)},
    }
    listed = {"type": "array", "minItems": len(ids), "maxItems": len(ids)}
    return object_of(verdicts=listed | {"items": object_of(**properties)})


def _inert(text: str) -> str:
    """Text from outside on one line, in which nothing looks like the name of a piece of
    evidence."""
    return _FORGED.sub("(", on_one_line(text))


@remembered  # the context of one quote is shown for every statement that rests on it
def _of_a_page(sentence: str) -> str:
    """A sentence of a page as the judge may see it: one that speaks to an assistant was shown to no
    writer either."""
    return "…" if addresses_assistant(sentence) else _inert(sentence).translate(_QUOTED)


def _rounded(value: str) -> str:
    """A value as a reader wants it: at most six decimals."""
    whole, dot, decimals = value.partition(".")
    return f"{whole}{dot}{decimals[:6]}".rstrip(".") if dot and "E" not in value else value
