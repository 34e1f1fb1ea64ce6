"""The only way to make a report: bind each drafted sentence to its evidence or that of its claims,
number the sources, measure, render.

`bind` checks every quote against its snapshot and refuses what does not match. Not here: the
Markdown (`markdown.py`), whether a quote supports its sentence (the check step of `agents/`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import InvalidOperation
from itertools import pairwise
from typing import Any

from research.domain import (
    Calculation,
    CalculationInput,
    Claim,
    Contradiction,
    Draft,
    DraftBlock,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Evidence,
    Job,
    Ledger,
    Mark,
    Quote,
    Reading,
    ReportStatus,
    SentenceKind,
    Snapshot,
    Standing,
)
from research.domain.report import (
    Block,
    BulletList,
    Cell,
    CitedCalculation,
    CitedContradiction,
    CitedEvidence,
    CitedInput,
    CitedQuote,
    CitedSide,
    Figure,
    Paragraph,
    Quality,
    Report,
    Section,
    Sentence,
    Source,
    Table,
    Usage,
)
from research.errors import CalculationError, ContractViolation
from research.ledger.authority import authority_of
from research.reporting.basis import quotes_in
from research.reporting.calculations import number, result
from research.reporting.inline import visible
from research.reporting.markdown import render as render
from research.reporting.markdown import sentences_of as sentences_of
from research.reporting.missing import limitations

JOIN = " … "
GIVEN = "given"  # among the refs of a mark: it rests on what the question says
# no quote of a source
NEEDS_NOTHING: frozenset[SentenceKind] = frozenset({"framing", "given", "method"})
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)]{0,2000}\)")
_URL = re.compile(r"(?i)(?:(?:\b[a-z][a-z0-9+.-]{0,30})?://|\b(?:www\.|mailto:))[^\s，。；）)\]>]+")


def needs_evidence(said: DraftSentence | Sentence) -> bool:
    """Whether a sentence must rest on evidence; a conclusion that its writer drew from what the
    question says need not."""
    asked = said.kind == "inference" and any(GIVEN in mark.refs for mark in said.marks)
    return said.kind not in NEEDS_NOTHING and not asked


def quote(snapshot: Snapshot, spans: Sequence[tuple[int, int]], reading_id: str) -> Quote:
    """The words of a snapshot at these spans, as evidence."""
    text = JOIN.join(snapshot.text[start:end] for start, end in spans)
    return Quote(reading_id=reading_id, snapshot_id=snapshot.id, spans=tuple(spans), quote=text)


def plain(text: str) -> str:
    """A quoted sentence fit for a report: on one line, without Markdown of its page, without
    addresses that a reader could follow."""
    return " ".join(visible(unlinked(text)).split()).strip(" *_|")


def unlinked(text: str) -> str:
    """What a model wrote, without images, links and addresses: only the list of sources leads out
    of a report."""
    while (fewer := _LINK.sub(r"\1", text)) != text:  # a link may stand in the words of another
        text = fewer
    return _URL.sub("…", text)


@dataclass(frozen=True)
class Bindings:
    """What the evidence of a report points into."""

    readings: Mapping[str, Reading]
    snapshots: Mapping[str, Snapshot]


def _source(n: int, reading: Reading, standings: Mapping[str, Standing]) -> Source:
    """A source, and what the document is by who read it."""
    shared = set(Source.model_fields) - {"n", "reading_id", "authority", "standing"}
    return Source(
        n=n,
        reading_id=reading.id,
        authority=authority_of(reading.url),
        standing=standings.get(reading.snapshot_id, "current"),
        **reading.model_dump(include=shared),
    )


def bind(
    draft: Draft,
    ledger: Ledger,
    bindings: Bindings,
    *,
    job: Job,
    status: ReportStatus,
    usage: Usage,
    floors: Sequence[str] = (),
) -> Report:
    """Make the report of a checked draft. Raises `ContractViolation` when a quote is not in its
    snapshot or was not read in this job or one before it, when a sentence that needs evidence has
    none, and when a figure is none of the ledger's."""
    binder = _Binder(draft, ledger, bindings)
    answer = binder.sentences(draft.answer)
    sections = tuple(binder.sections(draft.sections))
    told = ledger.contradictions if draft.contradictions is None else draft.contradictions
    contradictions = tuple(binder.contradiction(c) for c in told)
    standings = ledger.standings if draft.standings is None else draft.standings
    sources = binder.sources(standings)
    limits = (*map(unlinked, draft.limitations), *limitations(sources, job.question.language))
    said = [*answer, *(one for section in sections for one in sentences_of(section))]
    report = Report(
        id=job.id,
        question=job.question.text,
        language=job.question.language,
        answer_in=job.question.answer_in,
        mode=job.mode,
        effort=job.effort,
        status=status,
        title=unlinked(draft.title),
        markdown="",
        answer=answer,
        sections=sections,
        sources=sources,
        contradictions=contradictions,
        limitations=limits,
        floors=tuple(floors),
        quality=measure(said, draft),
        usage=usage,
    )
    return report.replace(markdown=render(report))


class _Binder:
    """Binds the parts of one draft, in reading order, and numbers the sources that they cite."""

    def __init__(self, draft: Draft, ledger: Ledger, bindings: Bindings) -> None:
        self._bindings = bindings
        self._claims = ledger.by_id()
        self._drawings = {drawing.id: drawing for drawing in ledger.drawings}
        self._translations = {t.quote: unlinked(t.text) for t in draft.translations}
        self._numbers: dict[str, int] = {}

    # Blocks

    def sections(self, drafted: Sequence[DraftSection]) -> Iterator[Section]:
        """The sections that say something; a heading alone stays where a section within it does."""
        for section, following in pairwise([*drafted, DraftSection(heading="", level=0)]):
            blocks = tuple(self._block(block) for block in section.all_blocks())
            if blocks or following.level > section.level:
                yield Section(heading=unlinked(section.heading), level=section.level, blocks=blocks)

    def _block(self, block: DraftBlock) -> Block:
        if isinstance(block, DraftParagraph):
            return Paragraph(sentences=self.sentences(block.sentences))
        if isinstance(block, DraftList):
            return BulletList(items=tuple(map(self.sentences, block.items)), ordered=block.ordered)
        if isinstance(block, DraftTable):
            return self._table(block)
        return self._figure(block)

    def _table(self, drafted: DraftTable) -> Table:
        if any(len(row) != len(drafted.header) for row in drafted.rows):
            raise ContractViolation(
                what="table", reason=f"a row has not the {len(drafted.header)} cells of the header"
            )
        rows = tuple(tuple(map(self._cell, row)) for row in drafted.rows)
        return Table(header=tuple(map(unlinked, drafted.header)), rows=rows)

    def _cell(self, drafted: DraftSentence | None) -> Cell:
        if drafted is None:
            return Cell(text="–", kind="framing")
        cell = Cell(**self._sentence(drafted).model_dump())
        # an unverified one has no place in a table
        if needs_evidence(drafted) and not cell.evidence:
            raise ContractViolation(what="cell", reason=f"it has no evidence: {cell.text!r}")
        return cell

    def _figure(self, drafted: DraftFigure) -> Figure:
        drawing = self._drawings.get(drafted.id)
        if drawing is None:
            reason = f"{drafted.id!r} is no drawing of this job"
            raise ContractViolation(what="figure", reason=reason)
        caption = self.sentences(drafted.caption)
        return Figure(id=drawing.id, name=unlinked(drawing.name), caption=caption)

    # Sentences

    def sentences(self, drafted: Iterable[DraftSentence]) -> tuple[Sentence, ...]:
        return tuple(map(self._sentence, drafted))

    def _sentence(self, drafted: DraftSentence) -> Sentence:
        unknown = [claim_id for claim_id in drafted.claims if claim_id not in self._claims]
        if unknown:
            raise _broken(drafted, f"it rests on {unknown[0]}, which is no claim")
        text = unlinked(drafted.text)
        if drafted.marks and text != drafted.text:
            raise _broken(drafted, "it holds a link or an address")
        claims = [self._claims[claim_id] for claim_id in drafted.claims]
        evidence = self._evidence(drafted, claims)
        return Sentence(
            text=text,
            kind=drafted.kind,
            verdict=drafted.verdict,
            evidence=evidence,
            premises=drafted.claims if drafted.kind in ("inference", "synthesis") else (),
            warrant=unlinked(drafted.warrant),
            confidence=drafted.confidence,
            overturned_by=unlinked(drafted.overturned_by),
            marks=_clauses(drafted, len(evidence)),
            **_found(drafted, claims if drafted.kind in ("fact", "attributed") else ()),
        )

    def _evidence(
        self, drafted: DraftSentence, claims: Sequence[Claim]
    ) -> tuple[CitedEvidence, ...]:
        if drafted.evidence:
            return self.cite(drafted.evidence)
        held: list[Evidence] = [quote for claim in claims for quote in claim.evidence]
        held += [run for claim in claims for run in claim.runs]
        held += [drafted.searched] if drafted.searched else []
        if needs_evidence(drafted) and not held and drafted.verdict != "unverified":
            raise _broken(drafted, "it needs evidence and has none")
        return self.cite(dict.fromkeys(held))

    def contradiction(self, found: Contradiction) -> CitedContradiction:
        sides = [
            CitedSide(
                text=unlinked(side.text),
                evidence=self.cite(dict.fromkeys([*side.evidence, *side.runs])),
                superseded=found.kind == "superseded" and side is not found.sides[-1],
                date=side.date,
            )
            for side in found.sides
        ]
        topic, note = unlinked(found.topic), unlinked(found.note)
        return CitedContradiction(topic=topic, note=note, kind=found.kind, sides=tuple(sides))

    # Evidence

    def cite(self, evidence: Iterable[Evidence]) -> tuple[CitedEvidence, ...]:
        """Each of them in its place, numbered."""
        return tuple(map(self._cited, evidence))

    def _cited(self, evidence: Evidence) -> CitedEvidence:
        if isinstance(evidence, Quote):
            return self._quoted(evidence)
        return self._calculated(evidence) if isinstance(evidence, Calculation) else evidence

    def _quoted(self, evidence: Quote) -> CitedQuote:
        reading = self._bindings.readings.get(evidence.reading_id)
        snapshot = self._bindings.snapshots.get(evidence.snapshot_id)
        if reading is None or snapshot is None or reading.snapshot_id != snapshot.id:
            reason = f"its reading {evidence.reading_id} was not made in this job or one before it"
            raise ContractViolation(what="quote", reason=reason)
        if quote(snapshot, evidence.spans, reading.id).quote != evidence.quote:
            reason = f"it is not what snapshot {snapshot.id} says at {evidence.spans}"
            raise ContractViolation(what="quote", reason=reason)
        n = self._numbers.setdefault(reading.id, len(self._numbers) + 1)
        translation = self._translations.get(evidence.quote)
        return CitedQuote(**evidence.model_dump(), n=n, translation=translation)

    def _calculated(self, made: Calculation) -> CitedCalculation:
        """A calculation, evaluated once more. Raises `ContractViolation` where it gives another
        value."""
        try:
            value = result(made.expression, {one.name: one.value for one in made.inputs})
        except (CalculationError, InvalidOperation) as error:
            raise ContractViolation(what="calculation", reason=str(error)) from error
        if number(value) != number(made.value):
            reason = f"{made.expression} is {value}, not {made.value}"
            raise ContractViolation(what="calculation", reason=reason)
        return CitedCalculation(
            expression=made.expression,
            inputs=tuple(map(self._input, made.inputs)),
            value=made.value,
            unit=unlinked(made.unit),
            label=unlinked(made.label),
        )

    def _input(self, given: CalculationInput) -> CitedInput:
        numbers = {quote.n for quote in quotes_in(self.cite(given.evidence))}
        return CitedInput(name=given.name, value=given.value, n=tuple(sorted(numbers)))

    def sources(self, standings: Mapping[str, Standing]) -> tuple[Source, ...]:
        readings = self._bindings.readings
        return tuple(_source(n, readings[id], standings) for id, n in self._numbers.items())


def _broken(drafted: DraftSentence, reason: str) -> ContractViolation:
    return ContractViolation(what="sentence", reason=f"{reason}: {drafted.text!r}")


def _found(drafted: DraftSentence, claims: Sequence[Claim]) -> dict[str, Any]:
    """What verifying the claims of a fact has found."""
    independent = min((claim.documents for claim in claims), default=0)
    if drafted.independent is not None:
        independent = min(independent, drafted.independent)
        told = {"supported": independent > 1, "contested": drafted.verdict == "contested"}
        claims = [claim for claim in claims if told.get(claim.verdict, True)]
    reasons = filter(None, [drafted.reason, *(claim.reason for claim in claims)])
    return {
        "independent": independent,
        "reason": " / ".join(dict.fromkeys(map(unlinked, reasons))),
    }


def _clauses(drafted: DraftSentence, most: int) -> tuple[Mark, ...]:
    """The clauses that rest on evidence, of a conclusion also those that rest on what the question
    says; what the writer called the evidence stays in the draft. Raises `ContractViolation` for one
    that lies outside of its sentence or names evidence that it has not."""
    drawn = drafted.kind == "inference"
    found = []
    for mark in drafted.marks:
        asked = drawn and GIVEN in mark.refs
        if mark.start >= mark.end or not (mark.evidence or asked):
            continue
        within = mark.start >= 0 and mark.end <= len(drafted.text)
        if not within or not set(mark.evidence) <= set(range(most)):
            raise _broken(drafted, "a clause lies outside of it or of its evidence")
        found.append(mark.replace(refs=(GIVEN,) if asked else ()))
    return tuple(found)


def measure(sentences: Sequence[Sentence], draft: Draft) -> Quality:
    needing = [s for s in sentences if needs_evidence(s)]
    holding = [s for s in needing if s.evidence]
    verdicts = Counter(s.verdict for s in holding)
    return Quality(
        sentences=len(sentences),
        by_kind=dict(Counter(s.kind for s in sentences)),
        needing_evidence=len(needing),
        with_evidence=len(holding),
        supported=verdicts["supported"],
        partial=verdicts["partial"],
        dropped=draft.dropped,
        first_pass_supported=draft.supported_at_first,
        repaired=draft.repaired,
        judge=draft.judge,
        precision=verdicts["supported"] / len(holding) if holding else None,
        coverage=len(holding) / len(needing) if needing else None,
    )
