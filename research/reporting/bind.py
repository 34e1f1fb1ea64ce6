"""The only way to make a report: bind each drafted sentence to its evidence or that of its claims,
number the sources, measure, render.

`bind` checks every quote against its snapshot and refuses what does not match. Not here: the
Markdown (`markdown.py`), whether a quote supports its sentence (the check step of `agents/`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import InvalidOperation
from typing import Any

from research.domain import (
    Calculation,
    Contradiction,
    Draft,
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


@dataclass
class _Numbering:
    bindings: Bindings
    translations: Mapping[str, str]
    numbers: dict[str, int] = field(default_factory=dict)

    def cite(self, quotes: Iterable[Quote]) -> tuple[CitedQuote, ...]:
        return tuple(self._cited(q) for q in dict.fromkeys(quotes))

    def cite_all(self, evidence: Iterable[Evidence]) -> tuple[CitedEvidence, ...]:
        """Each of them in its place, numbered."""
        return tuple(self._cited_one(one) for one in evidence)

    def _cited_one(self, evidence: Evidence) -> CitedEvidence:
        if isinstance(evidence, Quote):
            return self._cited(evidence)
        return self._calculated(evidence) if isinstance(evidence, Calculation) else evidence

    def _calculated(self, made: Calculation) -> CitedCalculation:
        """A calculation, evaluated once more. Raises `ContractViolation` where it gives another
        value."""
        try:
            value = result(made.expression, {one.name: one.value for one in made.inputs})
        except (CalculationError, InvalidOperation) as error:
            raise ContractViolation(what="calculation", reason=str(error)) from error
        if number(value) != number(made.value):
            raise ContractViolation(
                what="calculation", reason=f"{made.expression} is {value}, not {made.value}"
            )
        inputs = tuple(
            CitedInput(
                name=one.name,
                value=one.value,
                n=tuple(
                    sorted(
                        {
                            quote.n
                            for quote in self.cite(e for e in one.evidence if isinstance(e, Quote))
                        }
                    )
                ),
            )
            for one in made.inputs
        )
        label, unit = unlinked(made.label), unlinked(made.unit)
        return CitedCalculation(
            expression=made.expression, inputs=inputs, value=made.value, unit=unit, label=label
        )

    def _cited(self, evidence: Quote) -> CitedQuote:
        reading = self.bindings.readings.get(evidence.reading_id)
        snapshot = self.bindings.snapshots.get(evidence.snapshot_id)
        if reading is None or snapshot is None or reading.snapshot_id != snapshot.id:
            raise ContractViolation(
                what="quote",
                reason=f"its reading {evidence.reading_id} was not made in this job or one "
                f"before it",
            )
        if quote(snapshot, evidence.spans, evidence.reading_id).quote != evidence.quote:
            raise ContractViolation(
                what="quote",
                reason=f"it is not what snapshot {snapshot.id} says at {evidence.spans}",
            )
        number = self.numbers.setdefault(evidence.reading_id, len(self.numbers) + 1)
        return CitedQuote(
            **evidence.model_dump(), n=number, translation=self.translations.get(evidence.quote)
        )

    def sources(self, standings: Mapping[str, Standing]) -> tuple[Source, ...]:
        readings = self.bindings.readings
        return tuple(_source(n, readings[id], standings) for id, n in self.numbers.items())


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
    binder = _Binder(
        ledger, _Numbering(bindings, {t.quote: unlinked(t.text) for t in draft.translations})
    )
    answer = tuple(binder.sentence(s) for s in draft.answer)
    sections = tuple(binder.sections(draft.sections))
    told = ledger.contradictions if draft.contradictions is None else draft.contradictions
    contradictions = tuple(binder.contradiction(c) for c in told)
    standings = ledger.standings if draft.standings is None else draft.standings
    sources = binder.numbering.sources(standings)
    limits = (*map(unlinked, draft.limitations), *limitations(sources, job.question.language))
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
        quality=measure(
            [*answer, *(s for section in sections for s in sentences_of(section))], draft
        ),
        usage=usage,
    )
    return report.replace(markdown=render(report))


class _Binder:
    """Binds the parts of one draft, in reading order."""

    def __init__(self, ledger: Ledger, numbering: _Numbering) -> None:
        self.numbering = numbering
        self._claims = ledger.by_id()
        self._drawings = {drawing.id: drawing for drawing in ledger.drawings}

    def sections(self, drafted: Sequence[DraftSection]) -> Iterator[Section]:
        """The sections that say something; a heading alone stays where a section within it does."""
        for place, section in enumerate(drafted):
            blocks = tuple(self.blocks(section))
            following = drafted[place + 1] if place + 1 < len(drafted) else None
            if blocks or (following is not None and following.level > section.level):
                yield Section(heading=unlinked(section.heading), level=section.level, blocks=blocks)

    def blocks(self, section: DraftSection) -> Iterator[Block]:
        if section.sentences:
            yield Paragraph(sentences=self._all(section.sentences))
        for block in section.blocks:
            if isinstance(block, DraftParagraph):
                yield Paragraph(sentences=self._all(block.sentences))
            elif isinstance(block, DraftList):
                yield BulletList(
                    items=tuple(self._all(item) for item in block.items), ordered=block.ordered
                )
            elif isinstance(block, DraftTable):
                yield self._table(block)
            else:
                yield self._figure(block)

    def sentence(self, drafted: DraftSentence) -> Sentence:
        evidence = self._evidence(drafted)
        premises = drafted.claims if drafted.kind in ("inference", "synthesis") else ()
        told = drafted.model_dump(include={"kind", "verdict", "confidence"})
        told |= {
            name: unlinked(getattr(drafted, name)) for name in ("text", "warrant", "overturned_by")
        }
        if drafted.marks and told["text"] != drafted.text:
            raise ContractViolation(
                what="sentence", reason=f"it holds a link or an address: {drafted.text!r}"
            )
        marks = _clauses(drafted, len(evidence))
        return Sentence(
            **told, evidence=evidence, premises=premises, marks=marks, **self._found(drafted)
        )

    def _found(self, drafted: DraftSentence) -> dict[str, Any]:
        """What verifying the claims of a fact has found."""
        claims = (
            [self._claims[claim_id] for claim_id in drafted.claims]
            if drafted.kind in ("fact", "attributed")
            else []
        )
        independent = min((claim.documents for claim in claims), default=0)
        if drafted.independent is not None:
            independent = min(independent, drafted.independent)
            told = {"supported": independent > 1, "contested": drafted.verdict == "contested"}
            claims = [claim for claim in claims if told.get(claim.verdict, True)]
        reasons = dict.fromkeys(
            unlinked(text) for text in (drafted.reason, *(claim.reason for claim in claims)) if text
        )
        return {"independent": independent, "reason": " / ".join(reasons)}

    def _all(self, drafted: Iterable[DraftSentence]) -> tuple[Sentence, ...]:
        return tuple(self.sentence(s) for s in drafted)

    def _evidence(self, drafted: DraftSentence) -> tuple[CitedEvidence, ...]:
        unknown = [claim_id for claim_id in drafted.claims if claim_id not in self._claims]
        if unknown:
            raise ContractViolation(
                what="sentence",
                reason=f"it rests on {unknown[0]}, which is no claim: {drafted.text!r}",
            )
        claims = [self._claims[claim_id] for claim_id in drafted.claims]
        if drafted.evidence:
            return self.numbering.cite_all(drafted.evidence)
        runs = tuple(dict.fromkeys(run for claim in claims for run in claim.runs))
        log = (drafted.searched,) if drafted.searched is not None else ()
        evidence = (
            *self.numbering.cite(q for claim in claims for q in claim.evidence),
            *runs,
            *log,
        )
        if needs_evidence(drafted) and not evidence and drafted.verdict != "unverified":
            raise ContractViolation(
                what="sentence", reason=f"it needs evidence and has none: {drafted.text!r}"
            )
        return evidence

    def _table(self, drafted: DraftTable) -> Table:
        if any(len(row) != len(drafted.header) for row in drafted.rows):
            raise ContractViolation(
                what="table", reason=f"a row has not the {len(drafted.header)} cells of the header"
            )
        return Table(
            header=tuple(unlinked(head) for head in drafted.header),
            rows=tuple(tuple(self._cell(cell) for cell in row) for row in drafted.rows),
        )

    def _cell(self, drafted: DraftSentence | None) -> Cell:
        if drafted is None:
            return Cell(text="–", kind="framing")
        cell = Cell(**self.sentence(drafted).model_dump())
        # an unverified one has no place in a table
        if needs_evidence(drafted) and not cell.evidence:
            raise ContractViolation(what="cell", reason=f"it has no evidence: {cell.text!r}")
        return cell

    def _figure(self, drafted: DraftFigure) -> Figure:
        drawing = self._drawings.get(drafted.id)
        if drawing is None:
            raise ContractViolation(
                what="figure", reason=f"{drafted.id!r} is no drawing of this job"
            )
        return Figure(
            id=drawing.id, name=unlinked(drawing.name), caption=self._all(drafted.caption)
        )

    def contradiction(self, found: Contradiction) -> CitedContradiction:
        last = len(found.sides) - 1
        sides = tuple(
            CitedSide(
                text=unlinked(side.text),
                evidence=(*self.numbering.cite(side.evidence), *side.runs),
                superseded=found.kind == "superseded" and i < last,
                date=side.date,
            )
            for i, side in enumerate(found.sides)
        )
        return CitedContradiction(
            topic=unlinked(found.topic), note=unlinked(found.note), kind=found.kind, sides=sides
        )


def _clauses(drafted: DraftSentence, most: int) -> tuple[Mark, ...]:
    """The clauses that rest on evidence, of a conclusion also those that rest on what the question
    says; what the writer called the evidence stays in the draft. Raises `ContractViolation` for one
    that lies outside of its sentence or names evidence that it has not."""
    drawn = drafted.kind == "inference"
    clauses = [
        mark
        for mark in drafted.marks
        if (mark.evidence or (drawn and GIVEN in mark.refs)) and mark.start < mark.end
    ]
    for mark in clauses:
        if (
            mark.start < 0
            or mark.end > len(drafted.text)
            or not all(0 <= place < most for place in mark.evidence)
        ):
            raise ContractViolation(
                what="sentence",
                reason=f"a clause lies outside of it or of its evidence: {drafted.text!r}",
            )
    return tuple(
        mark.replace(refs=(GIVEN,) if drawn and GIVEN in mark.refs else ()) for mark in clauses
    )


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
