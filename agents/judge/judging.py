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

from agents.asking import affordable, ask
from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.judge.figures import Grounds
from agents.models import Models
from agents.schemas import list_of, object_of
from research.crew import Run
from research.domain import Calculation, Evidence, Quote, RunEvidence, SearchLog, Standing
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
    """Statements that are judged in one call by their ids, their evidence by the name it is shown
    under, and the name and the line of each source by its snapshot."""

    statements: dict[str, Statement] = field(default_factory=dict)
    named: dict[Evidence, str] = field(default_factory=dict)
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)
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
        batches = list(self._batches(dict.fromkeys(statements)))
        answers = await asyncio.gather(*map(self._ask, batches))
        found: dict[Statement, Verdict] = {}
        for batch, answer in zip(batches, answers, strict=True):
            for given in answer:
                word = _READ.get(given.verdict.strip().lower())
                if word and given.id in batch.statements:
                    found[batch.statements[given.id]] = Verdict(word, _why(given))
        return [found.get(statement) for statement in statements]

    async def supported(self, asked: Mapping[K, Statement]) -> set[K]:
        """The keys of the statements that are supported."""
        verdicts = await self.verdicts(list(asked.values()))
        found = zip(asked, verdicts, strict=True)
        return {key for key, verdict in found if verdict and verdict.word == "supported"}

    def _batches(self, statements: Iterable[Statement]) -> Iterable[_Batch]:
        batch = _Batch()
        for place, statement in enumerate(statements):
            texts = {one: self._evidence(one) for one in (*statement.evidence, *statement.against)}
            fresh = [text for one, text in texts.items() if one not in batch.named]
            tokens = batch.tokens + sum(map(estimate_tokens, fresh))
            if batch.statements and (len(batch.statements) >= BATCH or tokens > BATCH_TOKENS):
                yield batch
                batch = _Batch()
            for one, text in texts.items():
                if one not in batch.named:
                    batch.named[one] = f"e{len(batch.named) + 1}"
                    batch.shown.append(f"[{batch.named[one]}] {self._from(one, batch)}{text}")
                    batch.tokens += estimate_tokens(text)
            batch.statements[f"s{place}"] = statement
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
                return self._calculation(one)

    def _calculation(self, one: Calculation) -> str:
        values = ", ".join(f"{given.name} = {given.value}" for given in one.inputs)
        called = _inert(" ".join(filter(None, (one.label, one.unit and f"in {one.unit}"))))
        told = (
            f"calculation, done by code: {one.expression} = {_rounded(one.value)}, where {values}"
        )
        return f"{told}; its writer calls it “{called}”" if called else told

    def _output(self, one: RunEvidence) -> Iterable[str]:
        yield "output of a program that an agent wrote:"
        for line in self._grounds.outputs.get(one.run_id, "").splitlines():
            yield f"| {_inert(line)}"
        given = [f"»{_of_a_page(text)}«" for text in self._grounds.given.get(one.run_id, ())]
        if given:
            yield f"it was given: {clip(' '.join(given), LONGEST)}"

    def _quote(self, quote: Quote) -> str:
        """A quote in its context; alone where that is too long, for what is cut off cannot support
        anything."""
        documents = self._grounds.documents
        shown = documents.in_context(quote, shown=_of_a_page)
        if len(shown) > LONGEST:
            alone = documents.in_context(quote, around=0, shown=_of_a_page)
            return clip(alone, LONGEST_QUOTE)
        above = [clip(_of_a_page(heading), 80) for heading in documents.headings(quote)[-6:]]
        return f"(under: {' · '.join(above)}) {shown}" if above else shown

    def _from(self, one: Evidence, batch: _Batch) -> str:
        """The name of the source that a quote stands in."""
        if not isinstance(one, Quote):
            return ""
        if one.snapshot_id not in batch.sources:
            name, line = f"S{len(batch.sources) + 1}", self._source(one)
            batch.sources[one.snapshot_id] = name, line
            batch.tokens += estimate_tokens(line)
        name, _ = batch.sources[one.snapshot_id]
        return f"in {name}: "

    def _source(self, quote: Quote) -> str:
        """What a source is: its title, whose, of when, what it was found to be, and how it
        begins."""
        reading = self._grounds.documents.reading_of(quote)
        standing = self.standings.get(quote.snapshot_id, "current")
        path = unquote(urlsplit(reading.url).path).strip("/")
        about = [
            reading.site,
            reading.author,
            reading.published_at and f"published {reading.published_at[:10]}",
            path and f"at {path}",
            standing.upper() if standing != "current" else "",
        ]
        told = ", ".join(clip(_inert(part), 100) for part in about if part)
        title = f"“{clip(_of_a_page(reading.title), 160)}”" + (f" ({told})" if told else "")
        return f"{title}, begins: {_of_a_page(clip(self._grounds.documents.opening(quote), 160))}"

    def _search(self, log: SearchLog) -> str:
        readings = [one.reading for one in self._grounds.documents]
        titles = [clip(_inert(one.title), 100) for one in readings if one.id in log.readings]
        told = f"{log.pages} documents"
        if not log.queries:
            told += ", all there are" if log.pages >= len(readings) else ", no others"
        elif titles and len(titles) < log.pages:  # what was asked of others says nothing of these
            told += " read"
        else:
            queries = clip("; ".join(clip(_inert(query), 80) for query in log.queries), LONGEST_LOG)
            told = f"{len(log.queries)} searches ({queries}), {told} read"
        looked = f"; looked through: {'; '.join(titles)}" if titles else ""
        return f"search log: {told}{looked}"

    async def _ask(self, batch: _Batch) -> Sequence[Given]:
        """The verdicts of one batch, none where the judge gave none."""
        ids = list(batch.statements)
        shown = [_shown(id, one, batch.named) for id, one in batch.statements.items()]
        sources = [f"[{name}] {line}" for name, line in batch.sources.values()]
        asked = ask(
            self._run,
            self._models,
            "judge",
            "judge",
            Verdicts,
            schema=schema_of(ids),
            max_tokens=2_000 + 150 * len(ids),
            today=self._run.question.today,
            question=clip(self._grounds.asked or self._run.question.text, 3_000),
            sources="\n".join(sources) or "(none)",
            evidence="\n\n".join(batch.shown) or "(none)",
            statements="\n\n".join(shown),
        )
        made = await affordable(self._run, "judge", asked)
        return made.verdicts if made else ()


def _shown(id: str, one: Statement, named: Mapping[Evidence, str]) -> str:
    kind = f"{one.kind}, confidence {one.confidence}" if one.confidence else one.kind
    rests = [named[evidence] for evidence in one.evidence]
    rests += ["what the question says"] if one.asked else []
    told = f"{id} ({kind}) rests on {', '.join(rests) or 'nothing'}"
    if one.against:
        told += f"; against it: {', '.join(named[quote] for quote in one.against)}"
    if one.context:
        told += f"\ncontext: {_inert(one.context)}"
    return f"{told}\nstatement: {_inert(one.text)}"


def _why(one: Given) -> str:
    """What a verdict holds against a statement."""
    missing, left_out = on_one_line(one.missing), on_one_line(one.left_out)
    said = (missing, left_out and f"left out: {left_out}")
    return clip("; ".join(filter(None, said)), 400)


def schema_of(ids: Sequence[str]) -> dict[str, Any]:
    missing = "what is not supported, in a few words; empty if all is"
    left_out = "what limits it in its evidence and is not told; empty if nothing does"
    verdict = object_of(
        id={"enum": list(ids)},
        missing={"type": "string", "description": missing},
        left_out={"type": "string", "description": left_out},
        verdict={"enum": list(_READ)},
    )
    return object_of(verdicts=list_of(verdict, minItems=len(ids), maxItems=len(ids)))


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
