"""What every report must hold, checked from outside: docs/reports.md, its invariants and the formulas of its fields. Pure.

It looks at the Report JSON, its Markdown and the texts that were read, and at nothing of the code that made them; a renderer to compare
with can be handed in. Not here: whether a quote supports its sentence.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from evals.markdown import Cited, Line, faults, lines_of, one_line, split_sources
from research.errors import ContractViolation
from research.report import (
    BulletList,
    Cell,
    CitedEvidence,
    CitedQuote,
    Figure,
    Paragraph,
    Quality,
    Report,
    Section,
    Sentence,
    Source,
    Table,
)
from research.types import Language, RunEvidence, SearchLog, SentenceVerdict

JOIN = " … "
UNVERIFIED: Mapping[Language, str] = {"en": "unverified", "zh": "未核实"}
SUPERSEDED: Mapping[Language, str] = {"en": "superseded", "zh": "已被取代"}
COMPUTED: Mapping[Language, str] = {"en": "computed", "zh": "计算"}
REASON: Mapping[Language, tuple[str, str, str]] = {
    "en": ("Why", "Confidence", "What would overturn it"),
    "zh": ("理由", "把握", "什么会推翻它"),
}
CONFIDENCE: Mapping[Language, Mapping[str, str]] = {
    "en": {"low": "low", "medium": "medium", "high": "high"},
    "zh": {"low": "低", "medium": "中", "high": "高"},
}


def violations(
    report: Report,
    snapshots: Mapping[str, str],
    *,
    readings: Mapping[str, str] | None = None,
    render: Callable[[Report], str] | None = None,
) -> list[str]:
    """What is wrong with a report; empty when all holds.

    `snapshots` are texts by snapshot id. `readings`, where known, are the snapshot ids by reading id of all readings of the job and its
    parents. `render` makes the Markdown of a report, to compare with."""
    found = [fault for _, wrong in quote_faults(report, snapshots) for fault in wrong]
    found += _source_faults(report, readings)
    found += _unproven(report)
    found += _kind_faults(report)
    found += _quality_faults(report)
    found += _markdown_faults(report)
    if render is not None:
        found += _render_faults(report, render)
    return list(dict.fromkeys(found))


# Quotes


def quote_faults(report: Report, snapshots: Mapping[str, str]) -> list[tuple[CitedQuote, list[str]]]:
    """Every quote of the report, each occurrence, with what is wrong with it."""
    sources: dict[int, Source] = {source.n: source for source in report.sources}
    quotes = [e for evidence in all_evidence(report) for e in evidence if isinstance(e, CitedQuote)]
    return [(quote, [*_span_faults(quote, snapshots), *_numbering_faults(quote, sources)]) for quote in quotes]


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
    """What is wrong with a snapshot: its id is the sha-256 of its text, which holds no NUL and no lone surrogate."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        yield f"the snapshot {snapshot_id} holds a NUL or a lone surrogate"
    elif hashlib.sha256(text.encode()).hexdigest() != snapshot_id:
        yield f"the snapshot {snapshot_id} is not the sha-256 of its text"


def _numbering_faults(quote: CitedQuote, sources: Mapping[int, Source]) -> Iterator[str]:
    source = sources.get(quote.n)
    if source is None:
        yield f"a quote cites [{quote.n}], which is no source"
    elif (source.reading_id, source.snapshot_id) != (quote.reading_id, quote.snapshot_id):
        yield f"a quote cites [{quote.n}], which is another reading or snapshot than the quote's own ({quote.reading_id})"


# Sources, sentences, figures


def _source_faults(report: Report, readings: Mapping[str, str] | None) -> Iterator[str]:
    for name, counts in (("number", Counter(s.n for s in report.sources)), ("reading", Counter(s.reading_id for s in report.sources))):
        yield from (f"the {name} {value} stands twice among the sources" for value, count in counts.items() if count > 1)
    cited = {e.n for evidence in all_evidence(report) for e in evidence if isinstance(e, CitedQuote)}
    listed = {source.n for source in report.sources}
    if cited != listed:
        yield f"the evidence cites {sorted(cited)}, the sources are {sorted(listed)}"
    if readings is not None:
        for source in report.sources:
            if readings.get(source.reading_id) != source.snapshot_id:
                yield f"the source [{source.n}] ({source.reading_id}) was not read so in this job or one before it"


def _unproven(report: Report) -> Iterator[str]:
    """No sentence that needs evidence is without it unless it is unverified; cells and sides of a contradiction have no such way out."""
    for sentence in sentences_of(report):
        if sentence.kind != "framing" and not sentence.evidence and sentence.verdict != "unverified":
            yield f"a sentence of kind {sentence.kind} has no evidence and is not unverified: {sentence.text!r}"
    for cell in _cells(report):
        if cell.kind != "framing" and not cell.evidence:
            yield f"a cell of kind {cell.kind} has no evidence: {cell.text!r}"
    for side in (side for contradiction in report.contradictions for side in contradiction.sides):
        if not side.evidence:
            yield f"a side of a contradiction has no evidence: {side.text!r}"


def _kind_faults(report: Report) -> Iterator[str]:
    """Each kind rests on its own proof: an inference on premises, what was computed on a run, an absence on a log of searches."""
    everything: list[Sentence | Cell] = [*sentences_of(report), *_cells(report)]
    for said in everything:
        if said.kind == "framing" and said.evidence:
            yield f"a framing sentence cites evidence: {said.text!r}"
        if said.verdict == "unverified":
            continue
        if said.kind == "computed" and not any(isinstance(e, RunEvidence) for e in said.evidence):
            yield f"what was computed names no run: {said.text!r}"
        if said.kind == "absence" and not any(isinstance(e, SearchLog) and e.queries for e in said.evidence):
            yield f"an absence names no searches: {said.text!r}"
        if (
            said.kind in ("fact", "attributed")
            and said.evidence
            and not any(isinstance(e, CitedQuote | RunEvidence) for e in said.evidence)
        ):
            yield f"a {said.kind} rests on no quote: {said.text!r}"
        if isinstance(said, Sentence) and said.kind == "inference" and said.warrant and len(said.premises) < 2:
            yield f"an inference has fewer than two premises: {said.text!r}"
    for table in _tables(report):
        if any(len(row) != len(table.header) for row in table.rows):
            yield f"a row of a table has not the cells of its header: {table.header}"


def recomputed(report: Report) -> Quality:
    """The quality of a report from its sentences; `dropped` cannot be known from outside and is taken over."""
    sentences = sentences_of(report)
    needing = [s for s in sentences if s.kind != "framing"]
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


# Markdown


def _markdown_faults(report: Report) -> Iterator[str]:
    lines = lines_of(report.markdown)
    body, listed = split_sources(lines) if report.sources else (lines, [])
    expected = [(marker, texts) for marker, texts in _expected(report) if texts]
    yield from _order_faults(body, expected, ", ".join(report.floors))
    numbers = {number for line in body for number in line.numbers()}
    if numbers != {source.n for source in report.sources}:
        yield f"the Markdown cites {sorted(numbers)}, the sources are {sorted(source.n for source in report.sources)}"
    yield from _list_faults(listed, report.sources)


def _expected(report: Report) -> Iterator[tuple[str, list[Cited]]]:
    """The lines that the body must hold, in order, each with its marker. Headings of fixed wording and the notice of the status are not
    among them."""
    yield "# ", [Cited(report.title)]
    if report.answer:
        yield from _expected_paragraph(report.answer, report)
    for section in report.sections:
        yield "## ", [Cited(section.heading)]
        yield from _expected_blocks(section, report)
    for contradiction in report.contradictions:
        yield "", [Cited(f"**{contradiction.topic}** — {contradiction.note}")]
        gone = SUPERSEDED[report.language]
        for side in contradiction.sides:
            yield "- ", [Cited(side.text, _numbers(side.evidence), side.superseded, gone if side.superseded else "")]
    for quote in _translated(report):
        yield "- ", [Cited(f"“{one_line(quote.quote)}” — {one_line(quote.translation or '')}", (quote.n,))]
    yield from (("- ", [Cited(text)]) for text in report.limitations)


def _expected_blocks(section: Section, report: Report) -> Iterator[tuple[str, list[Cited]]]:
    for block in section.blocks:
        if isinstance(block, Paragraph):
            yield from _expected_paragraph(block.sentences, report)
        elif isinstance(block, BulletList):
            yield from (("- ", [_cited(s, report) for s in item]) for item in block.items)
            yield from _reasons((s for item in block.items for s in item), report.language)
        elif isinstance(block, Figure):
            yield from _expected_paragraph(block.caption, report)
            yield "", [Cited(f"![figure {one_line(block.name)}](/v1/research/{report.id}/files/{block.id})")]
        else:
            yield "|", _row(Cited(head) for head in block.header)
            yield "|", _row(Cited("---") for _ in block.header)
            yield from (("|", _row(_cited(cell, report) for cell in row)) for row in block.rows)


def _expected_paragraph(sentences: Iterable[Sentence], report: Report) -> Iterator[tuple[str, list[Cited]]]:
    said = list(sentences)
    yield "", [_cited(s, report) for s in said]
    yield from _reasons(said, report.language)


def _reasons(sentences: Iterable[Sentence], language: Language) -> Iterator[tuple[str, list[Cited]]]:
    """Why each inference follows, how sure it is, what would overturn it."""
    why, confidence, overturned = REASON[language]
    for sentence in sentences:
        if sentence.warrant:
            told = [f"{why}: {sentence.warrant}"]
            told += [f"{confidence}: {CONFIDENCE[language][sentence.confidence]}"] if sentence.confidence else []
            told += [f"{overturned}: {sentence.overturned_by}"] if sentence.overturned_by else []
            yield "> ", [Cited(" · ".join(told))]


def _row(cells: Iterable[Cited]) -> list[Cited]:
    return [part for cell in cells for part in (cell, Cited("|"))]


def _cited(said: Sentence | Cell, report: Report) -> Cited:
    logs = any(isinstance(e, RunEvidence | SearchLog) for e in said.evidence)
    remarked = said.verdict in ("unverified", "contested", "partial") or logs
    remark = _remark(said.verdict, said.evidence, report.language)
    return Cited(said.text, _numbers(said.evidence), remarked, remark)


def _remark(verdict: SentenceVerdict | None, evidence: Iterable[CitedEvidence], language: Language) -> str:
    if verdict == "unverified":
        return UNVERIFIED[language]
    return COMPUTED[language] if any(isinstance(e, RunEvidence) for e in evidence) else ""


def _translated(report: Report) -> list[CitedQuote]:
    quotes = (e for evidence in all_evidence(report) for e in evidence if isinstance(e, CitedQuote) and e.translation)
    found = {(quote.n, quote.quote): quote for quote in quotes}
    return [found[key] for key in sorted(found)]


def _numbers(evidence: Iterable[CitedEvidence]) -> tuple[int, ...]:
    return tuple(sorted({e.n for e in evidence if isinstance(e, CitedQuote)}))


def _order_faults(body: Iterable[Line], expected: Iterable[tuple[str, list[Cited]]], floors: str) -> Iterator[str]:
    """Find each expected line, in order; then every other line must be one of fixed wording, which cites nothing: a heading, the notice of
    the status, the line that ends in the floors."""
    rest = list(body)
    at = 0
    strangers: list[Line] = []
    for marker, wanted in expected:
        place = next((i for i in range(at, len(rest)) if rest[i].marker == marker and faults(rest[i], wanted) is not None), None)
        if place is None:
            yield f"the Markdown does not hold, where it belongs: {' '.join(one_line(c.text) for c in wanted)!r}"
            continue
        yield from faults(rest[place], wanted) or ()
        strangers += rest[at:place]
        at = place + 1
    for line in [*strangers, *rest[at:]]:
        of_floors = floors and line.marker == "- " and line.text.endswith(floors)
        if line.citations or not (line.is_heading or line.marker == "> " or of_floors):
            yield f"the Markdown holds what the report does not: {line.text!r}"


def _list_faults(listed: Iterable[Line], sources: Iterable[Source]) -> Iterator[str]:
    """Sources come last, one line each, in the order of the JSON, with title and address."""
    lines, wanted = list(listed), list(sources)
    for line, source in zip(lines, wanted, strict=False):
        if line.marker != "- " or line.citations[:1] != ((0, source.n),) or len(line.citations) > 1:
            yield f"the line of the source [{source.n}] is {line.text!r}"
        elif one_line(source.url) not in line.text or one_line(source.title) not in line.text:
            yield f"the line of the source [{source.n}] does not give its title and address: {line.text!r}"
    if len(lines) != len(wanted):
        yield f"after the last heading stand {len(lines)} lines for {len(wanted)} sources"


def _render_faults(report: Report, render: Callable[[Report], str]) -> Iterator[str]:
    try:
        rendered = render(report)
    except ContractViolation as error:
        yield str(error)
        return
    if rendered != report.markdown:
        yield "the Markdown is not what the renderer makes of the JSON"


# Walking a report


def sentences_of(report: Report) -> list[Sentence]:
    """All sentences in reading order: the answer, paragraphs, lists, captions."""
    found = list(report.answer)
    for block in (block for section in report.sections for block in section.blocks):
        if isinstance(block, Paragraph):
            found += block.sentences
        elif isinstance(block, BulletList):
            found += [s for item in block.items for s in item]
        elif isinstance(block, Figure):
            found += block.caption
    return found


def all_evidence(report: Report) -> Iterator[tuple[CitedEvidence, ...]]:
    """The evidence of every sentence, table cell and side of a contradiction."""
    yield from (sentence.evidence for sentence in sentences_of(report))
    yield from (cell.evidence for cell in _cells(report))
    for contradiction in report.contradictions:
        yield from (side.evidence for side in contradiction.sides)


def _tables(report: Report) -> Iterator[Table]:
    yield from (block for section in report.sections for block in section.blocks if isinstance(block, Table))


def _cells(report: Report) -> Iterator[Cell]:
    yield from (cell for table in _tables(report) for row in table.rows for cell in row)
