"""What every report must hold, checked from outside: docs/reports.md, its invariants and the formulas of its fields. Pure.

It looks at the Report JSON, its Markdown and the texts that were read, and at nothing of the code that made them; a renderer to compare
with can be handed in. Not here: whether a quote supports its sentence.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from evals.markdown import (
    Cited,
    ClauseCited,
    Line,
    bare,
    by_letter,
    faults,
    holds_in_order,
    lines_of,
    one_line,
    place,
    spans_of,
    split_sources,
    squeezed,
)
from research.calculations import evaluate
from research.errors import CalculationError, ContractViolation
from research.report import (
    BulletList,
    CitedCalculation,
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
from research.types import Mark, RunEvidence, SearchLog, SentenceKind, SentenceVerdict

JOIN = " … "
NEEDS_NOTHING: frozenset[SentenceKind] = frozenset({"framing", "given", "method"})  # no evidence
LETTERS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "unverified": "unverified",
        "superseded": "superseded",
        "computed": "computed",
        "low": "low",
        "medium": "medium",
        "high": "high",
    },
    "zh": {"unverified": "未核实", "superseded": "已被取代", "computed": "计算", "low": "低", "medium": "中", "high": "高"},
}


def _words(report: Report) -> Mapping[str, str]:
    """The fixed words of a report that are looked for; English ones for a language that has none."""
    return WORDS.get(report.language.split("-")[0], WORDS["en"])


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
    found += _mark_faults(report)
    found += _calculation_faults(report)
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
        if sentence.kind not in NEEDS_NOTHING and not sentence.evidence and sentence.verdict != "unverified":
            yield f"a sentence of kind {sentence.kind} has no evidence and is not unverified: {sentence.text!r}"
    for cell in _cells(report):
        if cell.kind not in NEEDS_NOTHING and not cell.evidence:
            yield f"a cell of kind {cell.kind} has no evidence: {cell.text!r}"
    for side in (side for contradiction in report.contradictions for side in contradiction.sides):
        if not side.evidence:
            yield f"a side of a contradiction has no evidence: {side.text!r}"


def _kind_faults(report: Report) -> Iterator[str]:
    """Each kind rests on its own proof: an inference on premises, what was computed on arithmetic, an absence on a search."""
    for said in [*sentences_of(report), *_cells(report)]:
        if said.kind == "framing" and said.evidence:
            yield f"a framing sentence cites evidence: {said.text!r}"
        if said.verdict == "unverified":
            continue
        if said.kind == "computed" and not any(isinstance(e, RunEvidence | CitedCalculation) for e in said.evidence):
            yield f"what was computed names no run and no calculation: {said.text!r}"
        if said.kind == "absence" and not any(isinstance(e, SearchLog) and (e.queries or e.readings) for e in said.evidence):
            yield f"an absence names no searches and no readings: {said.text!r}"
        if said.kind in ("fact", "attributed") and said.evidence and not _is_told(said):
            yield f"a {said.kind} rests on no quote: {said.text!r}"
        if said.kind == "inference" and said.warrant and max(len(said.premises), _rests(said)) < 2:
            yield f"an inference has fewer than two premises: {said.text!r}"
    for table in _tables(report):
        if any(len(row) != len(table.header) for row in table.rows):
            yield f"a row of a table has not the cells of its header: {table.header}"


def _is_told(said: Sentence) -> bool:
    return any(isinstance(e, CitedQuote | RunEvidence) for e in said.evidence)


def _rests(said: Sentence) -> int:
    """On how many things a sentence rests: its evidence, each figure of a calculation by itself."""
    return sum(len(e.inputs) if isinstance(e, CitedCalculation) else 1 for e in said.evidence)


def _mark_faults(report: Report) -> Iterator[str]:
    """A clause lies within its text, after the one before it, and rests on evidence of its sentence."""
    for said in [*sentences_of(report), *_cells(report)]:
        before = 0
        for mark in said.marks:
            if not before <= mark.start < mark.end <= len(said.text):
                yield f"a clause lies outside of its text or of its order ({mark.start}-{mark.end}): {said.text!r}"
            if not mark.evidence or any(not 0 <= place < len(said.evidence) for place in mark.evidence):
                yield f"a clause rests on no evidence of its sentence ({list(mark.evidence)}): {said.text!r}"
            before = mark.end


def _calculation_faults(report: Report) -> Iterator[str]:
    """Each calculation gives its value again, and its figures stand in sources that its sentence cites."""
    for evidence in all_evidence(report):
        cited = set(_numbers(evidence))
        for made in (e for e in evidence if isinstance(e, CitedCalculation)):
            yield from _value_faults(made)
            strange = {n for given in made.inputs for n in given.n} - cited
            if strange:
                yield f"a figure of a calculation stands in {sorted(strange)}, which its sentence does not cite: {made.expression!r}"


def _value_faults(made: CitedCalculation) -> Iterator[str]:
    names = Counter(given.name for given in made.inputs)
    if max(names.values(), default=0) > 1:
        yield f"a calculation names a figure twice: {made.expression!r}"
    try:
        value = evaluate(made.expression, {given.name: Decimal(given.value) for given in made.inputs})
        if value != Decimal(made.value):
            yield f"the calculation {made.expression!r} is {value}, not {made.value}"
    except CalculationError as error:
        yield f"the calculation {made.expression!r} cannot be evaluated: {error}"
    except InvalidOperation:
        yield f"a figure of the calculation {made.expression!r} is no decimal number"


def recomputed(report: Report) -> Quality:
    """The quality of a report from its sentences; what the check did, and who judged, cannot be known from outside and is taken over."""
    sentences = sentences_of(report)
    needing = [s for s in sentences if s.kind not in NEEDS_NOTHING]
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


# Markdown


def _markdown_faults(report: Report) -> Iterator[str]:
    lines = lines_of(report.markdown)
    body, listed = split_sources(lines) if report.sources else (lines, [])
    letters = letters_of(report)
    body, told = split_sources(body) if letters or report.quality.judge else (body, [])
    expected = [(marker, texts) for marker, texts in _expected(report, letters) if texts]
    yield from _order_faults(body, expected, ", ".join(report.floors))
    yield from _basis_faults(told, report, letters)
    numbers = {number for line in [*body, *told] for number in line.numbers()}
    if numbers != {source.n for source in report.sources}:
        yield f"the Markdown cites {sorted(numbers)}, the sources are {sorted(source.n for source in report.sources)}"
    yield from _list_faults(listed, report.sources)


def letters_of(report: Report) -> Mapping[Hashable, str]:
    """The raised letters of conclusions and calculations, in reading order: each tells its basis once."""
    found: dict[Hashable, str] = {}
    for said in _in_order(report):
        key = _basis_key(said)
        if key is not None and key not in found:
            found[key] = _letter(len(found))
    return found


def _letter(number: int) -> str:
    higher, own = divmod(number, len(LETTERS))
    return (_letter(higher - 1) if higher else "") + LETTERS[own]


def _basis_key(said: Sentence) -> Hashable | None:
    """Conclusions are told apart by their words and reasons, calculations by what is calculated."""
    calculations = tuple(e for e in said.evidence if isinstance(e, CitedCalculation))
    if said.kind == "inference" or said.warrant:
        return (said.text, said.warrant, said.overturned_by, said.confidence, calculations)
    return calculations or None


def _basis_faults(told: Sequence[Line], report: Report, letters: Mapping[Hashable, str]) -> Iterator[str]:
    """Under each letter stand the reason of a conclusion, how sure it is and what would overturn it, and each formula with its figures."""
    lines = by_letter(told)
    first = {key: said for said in reversed(list(_in_order(report))) if (key := _basis_key(said)) is not None}
    for key, letter in letters.items():
        said = first[key]
        line = lines.get(letter)
        if line is None or not holds_in_order(line, _basis_parts(said, report)):
            yield f"the Markdown does not tell what this rests on ({letter}): {said.text!r}"
        elif set(line.numbers()) != set(_numbers(said.evidence) if _concludes(said) else _figures(said)):
            yield f"what this rests on ({letter}) is told with the citations {sorted(set(line.numbers()))}: {said.text!r}"
    if len([line for line in told if line.marker == "- "]) != len(letters):
        yield f"the Markdown tells of {len([line for line in told if line.marker == '- '])} bases, the report has {len(letters)}"
    judged = [line for line in told if line.marker != "- "]
    if len(judged) != bool(report.quality.judge) or not all(holds_in_order(line, [report.quality.judge]) for line in judged):
        yield "the Markdown does not say who judged the report, or says more"


def _concludes(said: Sentence) -> bool:
    return said.kind == "inference" or bool(said.warrant)


def _figures(said: Sentence) -> set[int]:
    return {n for e in said.evidence if isinstance(e, CitedCalculation) for given in e.inputs for n in given.n}


def _basis_parts(said: Sentence, report: Report) -> list[str]:
    reasons = [said.warrant, _words(report)[said.confidence] if said.confidence else "", said.overturned_by] if _concludes(said) else []
    parts = [reason for reason in reasons if reason]
    for made in (e for e in said.evidence if isinstance(e, CitedCalculation)):
        parts += [made.label, made.unit, *(part for given in made.inputs for part in (given.name, given.value))]
    return parts


def _expected(report: Report, letters: Mapping[Hashable, str]) -> Iterator[tuple[str, list[Cited]]]:
    """The lines that the body must hold, in order, each with its marker. Headings of fixed wording and the notice of the status are not
    among them."""

    def cited(said: Sentence) -> Cited:
        return _cited(said, report, letters.get(_basis_key(said), ""))

    yield "# ", [Cited(report.title)]
    if report.answer:
        yield "", [cited(said) for said in report.answer]
    for section in report.sections:
        yield "#" * section.level + " ", [Cited(section.heading)]
        yield from _expected_blocks(section, report, cited)
    for contradiction in report.contradictions:
        yield "", [Cited(contradiction.topic), Cited("—"), Cited(contradiction.note)]
        gone = _words(report)["superseded"]
        for side in contradiction.sides:
            yield "- ", [Cited(side.text, _numbers(side.evidence), side.superseded, gone if side.superseded else "")]
    for quote in _translated(report):
        yield "- ", [Cited(f"“{quote.quote}” —", plain=True), Cited(quote.translation or "", (quote.n,))]
    yield from (("- ", [Cited(text)]) for text in report.limitations)


def _expected_blocks(section: Section, report: Report, cited: Callable[[Sentence], Cited]) -> Iterator[tuple[str, list[Cited]]]:
    for block in section.blocks:
        if isinstance(block, Paragraph):
            yield "", [cited(said) for said in block.sentences]
        elif isinstance(block, BulletList):
            for number, item in enumerate(block.items, 1):
                yield f"{number}. " if block.ordered else "- ", [cited(said) for said in item]
        elif isinstance(block, Figure):
            yield "", [cited(said) for said in block.caption]
            yield "", [Cited(f"![figure {block.name}](/v1/research/{report.id}/files/{block.id})", plain=True)]
        else:
            yield "|", _row(Cited(head) for head in block.header)
            yield "|", _row(Cited("---") for _ in block.header)
            yield from (("|", _row(cited(cell) for cell in row)) for row in block.rows)


def _row(cells: Iterable[Cited]) -> list[Cited]:
    return [part for cell in cells for part in (cell, Cited("|"))]


def _cited(said: Sentence, report: Report, letter: str) -> Cited:
    logs = any(isinstance(e, RunEvidence | SearchLog) for e in said.evidence)
    remarked = said.verdict in ("unverified", "contested", "partial") or logs
    remark = _remark(said.verdict, said.evidence, _words(report))
    clauses = _clauses(said)
    numbers = set(_numbers(said.evidence)) - {n for clause in clauses for n in clause.allowed}
    length = len(bare(said.text))
    within = tuple(clause for clause in clauses if place(said.text, clause.at) < length)
    numbers |= {n for clause in clauses if clause not in within for n in clause.required}
    return Cited(said.text, tuple(sorted(numbers)), remarked, remark, letter, within)


def _clauses(said: Sentence) -> list[ClauseCited]:
    """The citation at each offset at which clauses end."""
    marks = [(mark, numbers) for mark in sorted(said.marks, key=lambda m: (m.end, m.start)) if (numbers := _marked(said, mark))]
    required: dict[int, set[int]] = {}
    allowed: dict[int, set[int]] = {}
    for number, (mark, numbers) in enumerate(marks, 1):
        following = marks[number] if number < len(marks) else None
        silent = following and following[1] == numbers and not re.search(r"\w", said.text[mark.end : following[0].start])
        offset = _offset(said.text, mark.end)
        allowed.setdefault(offset, set()).update(numbers)
        required.setdefault(offset, set()).update(() if silent else numbers)
    return [ClauseCited(at, frozenset(required[at]), frozenset(numbers)) for at, numbers in allowed.items()]


def _marked(said: Sentence, mark: Mark) -> frozenset[int]:
    """The numbers of a clause: of its quotes, and of the sources of the figures that it is calculated from."""
    rests = [said.evidence[place] for place in mark.evidence if 0 <= place < len(said.evidence)]
    figures = {n for e in rests if isinstance(e, CitedCalculation) for given in e.inputs for n in given.n}
    return frozenset(_numbers(rests)) | (figures & set(_numbers(said.evidence)))


def _offset(text: str, end: int) -> int:
    """Where the citation of a clause stands: before white space, and never within code or strong words but behind them."""
    end = len(text[:end].rstrip()) or len(text.rstrip())
    return max((last for first, last in spans_of(text) if first < end < last), default=end)


def _remark(verdict: SentenceVerdict | None, evidence: Iterable[CitedEvidence], words: Mapping[str, str]) -> str:
    if verdict == "unverified":
        return words["unverified"]
    return words["computed"] if any(isinstance(e, RunEvidence) for e in evidence) else ""


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
        of_floors = floors and line.marker == "- " and squeezed(line.text).endswith(bare(floors))
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
    return list(_in_order(report, cells=False))


def all_evidence(report: Report) -> Iterator[tuple[CitedEvidence, ...]]:
    """The evidence of every sentence, table cell and side of a contradiction."""
    yield from (sentence.evidence for sentence in sentences_of(report))
    yield from (cell.evidence for cell in _cells(report))
    for contradiction in report.contradictions:
        yield from (side.evidence for side in contradiction.sides)


def _in_order(report: Report, *, cells: bool = True) -> Iterator[Sentence]:
    """The sentences in reading order, with the cells of tables or without."""
    yield from report.answer
    for block in (block for section in report.sections for block in section.blocks):
        if isinstance(block, Paragraph):
            yield from block.sentences
        elif isinstance(block, BulletList):
            yield from (said for item in block.items for said in item)
        elif isinstance(block, Figure):
            yield from block.caption
        elif cells:
            yield from (cell for row in block.rows for cell in row)


def _tables(report: Report) -> Iterator[Table]:
    yield from (block for section in report.sections for block in section.blocks if isinstance(block, Table))


def _cells(report: Report) -> Iterator[Sentence]:
    yield from (cell for table in _tables(report) for row in table.rows for cell in row)
