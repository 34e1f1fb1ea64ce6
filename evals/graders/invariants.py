"""What every report must hold, checked from outside: docs/reports.md, its invariants and the
formulas of its fields. Pure.

It looks at the Report JSON, its Markdown and the texts that were read, and at nothing of the code
that made them; a renderer to compare with can be handed in. Not here: whether a quote supports its
sentence, how the Markdown is compared (`written.py`).
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import InvalidOperation

from evals.graders.walking import all_evidence, cells, numbers_of, sentences_of, tables
from evals.graders.written import markdown_faults
from research.domain import RunEvidence, SearchLog, SentenceKind
from research.domain.report import CitedCalculation, CitedQuote, Quality, Report, Sentence, Source
from research.errors import CalculationError, ContractViolation
from research.reporting.calculations import number, result

JOIN = " … "
NEEDS_NOTHING: frozenset[SentenceKind] = frozenset({"framing", "given", "method"})  # no evidence


def needs_evidence(said: Sentence) -> bool:
    """Whether a sentence must rest on evidence; a conclusion that a mark says to rest on the
    question need not."""
    asked = said.kind == "inference" and any("given" in mark.refs for mark in said.marks)
    return said.kind not in NEEDS_NOTHING and not asked


def violations(
    report: Report,
    snapshots: Mapping[str, str],
    *,
    readings: Mapping[str, str] | None = None,
    render: Callable[[Report], str] | None = None,
) -> list[str]:
    """What is wrong with a report; empty when all holds.

    `snapshots` are texts by snapshot id. `readings`, where known, are the snapshot ids by reading
    id of all readings of the job and its parents. `render` makes the Markdown of a report, to
    compare with."""
    found = [fault for _, wrong in quote_faults(report, snapshots) for fault in wrong]
    found += _source_faults(report, readings)
    found += _unproven(report)
    found += _kind_faults(report)
    found += _mark_faults(report)
    found += _calculation_faults(report)
    found += _quality_faults(report)
    found += markdown_faults(report)
    if render is not None:
        found += _render_faults(report, render)
    return list(dict.fromkeys(found))


# Quotes


def quote_faults(
    report: Report, snapshots: Mapping[str, str]
) -> list[tuple[CitedQuote, list[str]]]:
    """Every quote of the report, each occurrence, with what is wrong with it."""
    sources: dict[int, Source] = {source.n: source for source in report.sources}
    quotes = [e for evidence in all_evidence(report) for e in evidence if isinstance(e, CitedQuote)]
    return [
        (quote, [*_span_faults(quote, snapshots), *_numbering_faults(quote, sources)])
        for quote in quotes
    ]


def _span_faults(quote: CitedQuote, snapshots: Mapping[str, str]) -> Iterator[str]:
    text = snapshots.get(quote.snapshot_id)
    if text is None:
        yield f"the snapshot {quote.snapshot_id} of a quote is not there"
        return
    yield from text_faults(quote.snapshot_id, text)
    if not quote.spans:
        yield f"a quote has no span: {quote.quote!r}"
    if any(not 0 <= start < end <= len(text) for start, end in quote.spans):
        yield f"a span lies outside of the snapshot {quote.snapshot_id}: {quote.spans}"
    elif JOIN.join(text[start:end] for start, end in quote.spans) != quote.quote:
        yield f"the snapshot {quote.snapshot_id} does not say at {quote.spans}: {quote.quote!r}"


def text_faults(snapshot_id: str, text: str) -> Iterator[str]:
    """What is wrong with a snapshot: its id is the sha-256 of its text, which holds no NUL and no
    lone surrogate."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        yield f"the snapshot {snapshot_id} holds a NUL or a lone surrogate"
    elif hashlib.sha256(text.encode()).hexdigest() != snapshot_id:
        yield f"the snapshot {snapshot_id} is not the sha-256 of its text"


def _numbering_faults(quote: CitedQuote, sources: Mapping[int, Source]) -> Iterator[str]:
    source = sources.get(quote.n)
    if source is None:
        yield f"a quote cites [{quote.n}], which is no source"
    elif (source.reading_id, source.snapshot_id) != (quote.reading_id, quote.snapshot_id):
        yield (
            f"a quote cites [{quote.n}], which is another reading or snapshot than the "
            f"quote's own ({quote.reading_id})"
        )


# Sources, sentences, figures


def _source_faults(report: Report, readings: Mapping[str, str] | None) -> Iterator[str]:
    for name, counts in (
        ("number", Counter(s.n for s in report.sources)),
        ("reading", Counter(s.reading_id for s in report.sources)),
    ):
        yield from (
            f"the {name} {value} stands twice among the sources"
            for value, count in counts.items()
            if count > 1
        )
    cited = {
        e.n for evidence in all_evidence(report) for e in evidence if isinstance(e, CitedQuote)
    }
    listed = {source.n for source in report.sources}
    if cited != listed:
        yield f"the evidence cites {sorted(cited)}, the sources are {sorted(listed)}"
    if readings is not None:
        for source in report.sources:
            if readings.get(source.reading_id) != source.snapshot_id:
                yield (
                    f"the source [{source.n}] ({source.reading_id}) was not read so in this "
                    f"job or one before it"
                )


def _unproven(report: Report) -> Iterator[str]:
    """No sentence that needs evidence is without it unless it is unverified; cells and sides of a
    contradiction have no such way out."""
    for sentence in sentences_of(report):
        if needs_evidence(sentence) and not sentence.evidence and sentence.verdict != "unverified":
            yield (
                f"a sentence of kind {sentence.kind} has no evidence and is not unverified: "
                f"{sentence.text!r}"
            )
    for cell in cells(report):
        if needs_evidence(cell) and not cell.evidence:
            yield f"a cell of kind {cell.kind} has no evidence: {cell.text!r}"
    for side in (side for contradiction in report.contradictions for side in contradiction.sides):
        if not side.evidence:
            yield f"a side of a contradiction has no evidence: {side.text!r}"


def _kind_faults(report: Report) -> Iterator[str]:
    """Each kind rests on its own proof: an inference on premises, what was computed on arithmetic,
    an absence on a search."""
    for said in [*sentences_of(report), *cells(report)]:
        if said.kind == "framing" and said.evidence:
            yield f"a framing sentence cites evidence: {said.text!r}"
        if said.verdict == "unverified":
            continue
        if said.kind == "computed" and not any(
            isinstance(e, RunEvidence | CitedCalculation) for e in said.evidence
        ):
            yield f"what was computed names no run and no calculation: {said.text!r}"
        if said.kind == "absence" and not any(
            isinstance(e, SearchLog) and (e.queries or e.readings) for e in said.evidence
        ):
            yield f"an absence names no searches and no readings: {said.text!r}"
        if said.kind in ("fact", "attributed") and said.evidence and not _is_told(said):
            yield f"a {said.kind} rests on no quote: {said.text!r}"
        if said.kind == "inference" and said.warrant and max(len(said.premises), _rests(said)) < 2:
            yield f"an inference has fewer than two premises: {said.text!r}"
    for table in tables(report):
        if any(len(row) != len(table.header) for row in table.rows):
            yield f"a row of a table has not the cells of its header: {table.header}"


def _is_told(said: Sentence) -> bool:
    return any(isinstance(e, CitedQuote | RunEvidence) for e in said.evidence)


def _rests(said: Sentence) -> int:
    """On how many things a sentence rests: its evidence, each figure of a calculation by itself."""
    return sum(len(e.inputs) if isinstance(e, CitedCalculation) else 1 for e in said.evidence)


def _mark_faults(report: Report) -> Iterator[str]:
    """A clause lies within its text, after the one before it, and rests on evidence of its
    sentence."""
    for said in [*sentences_of(report), *cells(report)]:
        before = 0
        for mark in said.marks:
            if not before <= mark.start < mark.end <= len(said.text):
                yield (
                    f"a clause lies outside of its text or of its order "
                    f"({mark.start}-{mark.end}): {said.text!r}"
                )
            if not (mark.evidence or mark.refs == ("given",)) or any(
                not 0 <= place < len(said.evidence) for place in mark.evidence
            ):
                yield (
                    f"a clause rests on no evidence of its sentence "
                    f"({list(mark.evidence)}): {said.text!r}"
                )
            before = mark.end


def _calculation_faults(report: Report) -> Iterator[str]:
    """Each calculation gives its value again, and its figures stand in sources that its sentence
    cites."""
    for evidence in all_evidence(report):
        cited = set(numbers_of(evidence))
        for made in (e for e in evidence if isinstance(e, CitedCalculation)):
            yield from _value_faults(made)
            strange = {n for given in made.inputs for n in given.n} - cited
            if strange:
                yield (
                    f"a figure of a calculation stands in {sorted(strange)}, which its "
                    f"sentence does not cite: {made.expression!r}"
                )


def _value_faults(made: CitedCalculation) -> Iterator[str]:
    names = Counter(given.name for given in made.inputs)
    if max(names.values(), default=0) > 1:
        yield f"a calculation names a figure twice: {made.expression!r}"
    try:
        value = result(made.expression, {given.name: given.value for given in made.inputs})
        if number(value) != number(made.value):
            yield f"the calculation {made.expression!r} is {value}, not {made.value}"
    except CalculationError as error:
        yield f"the calculation {made.expression!r} cannot be evaluated: {error}"
    except InvalidOperation:
        yield f"a figure of the calculation {made.expression!r} is no decimal number"


def recomputed(report: Report) -> Quality:
    """The quality of a report from its sentences; what the check did, and who judged, cannot be
    known from outside and is taken over."""
    sentences = sentences_of(report)
    needing = [s for s in sentences if needs_evidence(s)]
    holding = [s for s in needing if s.evidence]
    verdicts = Counter(s.verdict for s in holding)
    return Quality(
        sentences=len(sentences),
        by_kind=Counter(s.kind for s in sentences),
        needing_evidence=len(needing),
        with_evidence=len(holding),
        supported=verdicts["supported"],
        partial=verdicts["partial"],
        dropped=report.quality.dropped,
        first_pass_supported=report.quality.first_pass_supported,
        repaired=report.quality.repaired,
        judge=report.quality.judge,
        precision=verdicts["supported"] / len(holding) if holding else None,
        coverage=len(holding) / len(needing) if needing else None,
    )


def _quality_faults(report: Report) -> Iterator[str]:
    right = recomputed(report).model_dump()
    for name, given in report.quality.model_dump().items():
        if name == "by_kind":
            given = {kind: count for kind, count in given.items() if count}
        if not _same(given, right[name]):
            yield f"quality.{name} is {given}, from the sentences it is {right[name]}"


def _same(given: object, right: object) -> bool:
    if isinstance(given, float) and isinstance(right, float):
        return math.isclose(given, right, abs_tol=1e-6)
    return given == right


def _render_faults(report: Report, render: Callable[[Report], str]) -> Iterator[str]:
    try:
        rendered = render(report)
    except ContractViolation as error:
        yield str(error)
        return
    if rendered != report.markdown:
        yield "the Markdown is not what the renderer makes of the JSON"
