"""Whether the Markdown of a report says what its JSON does, and nothing else: docs/reports.md, "How
it is written down". Pure.

Not here: how Markdown is read (`reporting/markdown.py`), what the JSON must hold (`invariants.py`).
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from evals.graders.markdown import (
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
from evals.graders.walking import all_evidence, in_order, numbers_of
from research.domain import Mark, RunEvidence, SearchLog
from research.domain.report import (
    BulletList,
    CitedCalculation,
    CitedQuote,
    Figure,
    Paragraph,
    Report,
    Section,
    Sentence,
    Source,
)
from research.reporting.disagreements import untold

LETTERS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
FEW = 3  # sources that are cited in the text also where a letter tells them
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "unverified": "unverified",
        "superseded": "superseded",
        "low": "low",
        "medium": "medium",
        "high": "high",
        "own": "Our own conclusion",
    },
    "zh": {
        "unverified": "未核实",
        "superseded": "已被取代",
        "low": "低",
        "medium": "中",
        "high": "高",
        "own": "本报告自己的判断",
    },
}


def _words(report: Report) -> Mapping[str, str]:
    """The fixed words of a report that are looked for; English ones for a language that has
    none."""
    return WORDS.get(report.language.split("-")[0], WORDS["en"])


def markdown_faults(report: Report) -> Iterator[str]:
    lines = lines_of(report.markdown)
    body, listed = split_sources(lines) if report.sources else (lines, [])
    letters = letters_of(report)
    logs = [e for evidence in all_evidence(report) for e in evidence if isinstance(e, SearchLog)]
    body, told = split_sources(body) if letters or logs or report.quality.judge else (body, [])
    expected = [(marker, texts) for marker, texts in _expected(report, letters) if texts]
    yield from _order_faults(body, expected, ", ".join(report.floors))
    yield from _basis_faults(told, report, letters, searched=bool(logs))
    numbers = {number for line in [*body, *told] for number in line.numbers()}
    # what a section weighs by its figures may name the source of one side alone
    sides = {side for found in report.contradictions for side in found.sides}
    weighed = {n for side in sides for n in numbers_of(side.evidence)}
    if not numbers <= {source.n for source in report.sources} <= numbers | weighed:
        yield (
            f"the Markdown cites {sorted(numbers)}, the sources are "
            f"{sorted(source.n for source in report.sources)}"
        )
    yield from _list_faults(listed, report.sources)


@dataclass(frozen=True)
class Told:
    """What stands under one letter: what the first sentence of it rests on, of which `known`
    calculations are told under earlier letters; nothing but a fixed line where it is `plain`."""

    letter: str
    said: Sentence
    known: Mapping[CitedCalculation, str]
    plain: bool = False

    @property
    def numbers(self) -> set[int]:
        """The sources that are named under the letter, here or at an earlier one."""
        if self.plain:
            return set()
        if _quoting(self.said):
            return set(numbers_of(self.said.evidence))
        return _figures(_calculations(self.said))

    @property
    def fresh(self) -> list[CitedCalculation]:
        return [made for made in _calculations(self.said) if made not in self.known]


def letters_of(report: Report) -> Mapping[Hashable, Told]:
    """What stands under the letters of conclusions and calculations, in reading order: each tells
    its basis once. Conclusions that have nothing to tell but few sources share one; what was
    calculated under one letter before has that letter."""
    found: dict[Hashable, Told] = {}
    known: dict[CitedCalculation, str] = {}
    by_letter: dict[str, Told] = {}
    for said in in_order(report):
        key = _basis_key(said)
        if key is None or key in found:
            continue
        earlier = {known.get(made, "") for made in _calculations(said)}
        new = "" in earlier or _programs(said) or said.warrant or said.overturned_by
        plain = not new and _concludes(said) and len(set(numbers_of(said.evidence))) <= FEW
        if plain:
            letter = next((one.letter for one in by_letter.values() if one.plain), "")
        else:
            told = not new and not _concludes(said) and len(earlier) == 1
            letter = earlier.pop() if told else ""
            letter = "" if letter and _concludes(by_letter[letter].said) else letter
        if not letter:
            letter = _letter(len(by_letter))
            by_letter[letter] = Told(letter, said, dict(known), plain)
            if not by_letter[letter].plain:
                known |= dict.fromkeys(by_letter[letter].fresh, letter)
        found[key] = by_letter[letter]
    return found


def _letter(number: int) -> str:
    higher, own = divmod(number, len(LETTERS))
    return (_letter(higher - 1) if higher else "") + LETTERS[own]


def _basis_key(said: Sentence) -> Hashable | None:
    """Conclusions are told apart by their words and reasons, calculations by what is calculated."""
    calculations, programs = tuple(_calculations(said)), tuple(_programs(said))
    if _concludes(said):
        why = (said.text, said.warrant, said.overturned_by, said.confidence)
        return (*why, calculations, programs)
    return (calculations, programs) if calculations or programs else None


def _basis_faults(
    told: Sequence[Line], report: Report, letters: Mapping[Hashable, Told], *, searched: bool
) -> Iterator[str]:
    """Under each letter stand the reason of a conclusion, how sure it is and what would overturn
    it, and each formula with its figures, the first time that it is told."""
    lines = by_letter(told)
    bases = {one.letter: one for one in letters.values()}
    for letter, basis in bases.items():
        said, line = basis.said, lines.get(letter)
        cited = numbers_of(said.evidence) if _quoting(said) else _figures(basis.fresh)
        wanted = set() if basis.plain else set(cited)
        if line is None or not holds_in_order(line, _basis_parts(basis, report)):
            yield f"the Markdown does not tell what this rests on ({letter}): {said.text!r}"
        elif set(line.numbers()) != wanted:
            yield (
                f"what this rests on ({letter}) is told with the citations "
                f"{sorted(set(line.numbers()))}: {said.text!r}"
            )
    if len([line for line in told if line.marker == "- "]) != len(bases):
        yield (
            f"the Markdown tells of {len([line for line in told if line.marker == '- '])} "
            f"bases, the report has {len(bases)}"
        )
    rest = [line for line in told if line.marker != "- "]
    remarked = any(said.remarked in ("partial", "contested") for said in in_order(report))
    if len(rest) != searched + bool(report.quality.judge) * (1 + remarked):
        yield "the Markdown does not say what was searched and who judged the report, or says more"
    elif report.quality.judge and not holds_in_order(rest[-1], [report.quality.judge]):
        yield "the Markdown does not say who judged the report"


def _concludes(said: Sentence) -> bool:
    return said.kind == "inference" or bool(said.warrant)


def _calculations(said: Sentence) -> list[CitedCalculation]:
    return [one for one in said.evidence if isinstance(one, CitedCalculation)]


def _programs(said: Sentence) -> list[str]:
    """The programs whose output a sentence rests on, each once."""
    return list(dict.fromkeys(e.run_id for e in said.evidence if isinstance(e, RunEvidence)))


def _quoting(said: Sentence) -> bool:
    """Whether all its sources are named under its letter."""
    return _concludes(said) or bool(_programs(said))


def _figures(made: Iterable[CitedCalculation]) -> set[int]:
    return {n for one in made for given in one.inputs for n in given.n}


def _basis_parts(basis: Told, report: Report) -> list[str]:
    if basis.plain:
        return [_words(report)["own"]]
    said = basis.said
    sure = _words(report)[said.confidence] if said.confidence else ""
    parts = [said.warrant, sure, said.overturned_by] if _concludes(said) else []
    for made in _calculations(said):
        if made in basis.known:
            parts += [made.label, basis.known[made]]
            continue
        parts += [made.label, made.unit, *(given.value for given in made.inputs if given.n)]
    return [*filter(None, parts), *_programs(said)]


def _expected(
    report: Report, letters: Mapping[Hashable, Told]
) -> Iterator[tuple[str, list[Cited]]]:
    """The lines that the body must hold, in order, each with its marker. Headings of fixed wording
    and the notice of the status are not among them."""

    def cited(said: Sentence) -> Cited:
        return _cited(said, report, letters.get(_basis_key(said)))

    yield "# ", [Cited(report.title)]
    if report.answer:
        yield "", [cited(said) for said in report.answer]
    for section in report.sections:
        if section.heading:
            yield "#" * section.level + " ", [Cited(section.heading)]
        yield from _expected_blocks(section, report, cited)
    for contradiction in untold(report):
        yield (
            "",
            [
                Cited(contradiction.topic),
                *([Cited("—"), Cited(contradiction.note)] if contradiction.note else []),
            ],
        )
        gone = _words(report)["superseded"]
        for side in contradiction.sides:
            yield (
                "- ",
                [
                    Cited(
                        side.text,
                        numbers_of(side.evidence),
                        side.superseded,
                        gone if side.superseded else "",
                    )
                ],
            )
    for quote in _translated(report):
        yield (
            "- ",
            [Cited(f"“{quote.quote}” —", plain=True), Cited(quote.translation or "", (quote.n,))],
        )
    yield from (("- ", [Cited(text)]) for text in report.limitations)


def _expected_blocks(
    section: Section, report: Report, cited: Callable[[Sentence], Cited]
) -> Iterator[tuple[str, list[Cited]]]:
    for block in section.blocks:
        if isinstance(block, Paragraph):
            yield "", [cited(said) for said in block.sentences]
        elif isinstance(block, BulletList):
            for number, item in enumerate(block.items, 1):
                yield f"{number}. " if block.ordered else "- ", [cited(said) for said in item]
        elif isinstance(block, Figure):
            yield "", [cited(said) for said in block.caption]
            yield (
                "",
                [
                    Cited(
                        f"![figure {block.name}](/v1/research/{report.id}/files/{block.id})",
                        plain=True,
                    )
                ],
            )
        else:
            yield "|", _row(Cited(head) for head in block.header)
            yield "|", _row(Cited("---") for _ in block.header)
            yield from (("|", _row(_joined(map(cited, row)))) for row in block.rows)


def _joined(cells: Iterable[Cited]) -> Iterator[Cited]:
    """The cells of a row, where one leaves its citation and its letter to the next that ends with
    the same."""
    row = list(cells)
    for cell, following in zip(row, [*row[1:], Cited("")], strict=True):
        left = bool(cell.end) and cell.end == following.end
        numbers = () if left else cell.numbers
        letter = "" if cell.letter == following.letter and not numbers else cell.letter
        yield replace(cell, numbers=numbers, letter=letter)


def _row(cells: Iterable[Cited]) -> list[Cited]:
    return [part for cell in cells for part in (cell, Cited("|"))]


def _cited(said: Sentence, report: Report, basis: Told | None) -> Cited:
    remarked = said.remarked is not None
    remark = _words(report)["unverified"] if said.verdict == "unverified" else ""
    clauses = _clauses(said)
    numbers = set(numbers_of(said.evidence)) - {n for clause in clauses for n in clause.allowed}
    length = len(bare(said.text))
    within = tuple(clause for clause in clauses if place(said.text, clause.at) < length)
    numbers |= {n for clause in clauses if clause not in within for n in clause.required}
    letter, under = (basis.letter, basis.numbers) if basis else ("", set[int]())
    if under:  # of a row of more than three numbers a letter may tell some
        within = tuple(
            replace(one, required=one.required - under) if len(one.allowed) > FEW else one
            for one in within
        )
        numbers = numbers - under if len(numbers) > FEW else numbers
    return Cited(said.text, tuple(sorted(numbers)), remarked, remark, letter, within)


def _clauses(said: Sentence) -> list[ClauseCited]:
    """The citation at each offset at which clauses end."""
    marks = [
        (mark, numbers)
        for mark in sorted(said.marks, key=lambda m: (m.end, m.start))
        if (numbers := _marked(said, mark))
    ]
    required: dict[int, set[int]] = {}
    allowed: dict[int, set[int]] = {}
    for number, (mark, numbers) in enumerate(marks, 1):
        following = marks[number] if number < len(marks) else None
        silent = (
            following
            and following[1] == numbers
            and not re.search(r"\w", said.text[mark.end : following[0].start])
        )
        offset = _offset(said.text, mark.end)
        allowed.setdefault(offset, set()).update(numbers)
        required.setdefault(offset, set()).update(() if silent else numbers)
    return [
        ClauseCited(at, frozenset(required[at]), frozenset(numbers))
        for at, numbers in allowed.items()
    ]


def _marked(said: Sentence, mark: Mark) -> frozenset[int]:
    """The numbers of a clause: of its quotes, and of the sources of the figures that it is
    calculated from."""
    rests = [said.evidence[place] for place in mark.evidence if 0 <= place < len(said.evidence)]
    figures = {
        n for e in rests if isinstance(e, CitedCalculation) for given in e.inputs for n in given.n
    }
    return frozenset(numbers_of(rests)) | (figures & set(numbers_of(said.evidence)))


def _offset(text: str, end: int) -> int:
    """Where the citation of a clause stands: before white space, and never within code or strong
    words but behind them."""
    end = len(text[:end].rstrip()) or len(text.rstrip())
    return max((last for first, last in spans_of(text) if first < end < last), default=end)


def _translated(report: Report) -> list[CitedQuote]:
    quotes = (
        e
        for evidence in all_evidence(report)
        for e in evidence
        if isinstance(e, CitedQuote) and e.translation
    )
    found = {(quote.n, quote.quote): quote for quote in quotes}
    return [found[key] for key in sorted(found)]


def _order_faults(
    body: Iterable[Line], expected: Iterable[tuple[str, list[Cited]]], floors: str
) -> Iterator[str]:
    """Find each expected line, in order; then every other line must be one of fixed wording, which
    cites nothing: a heading, the notice of the status, the line that ends in the floors."""
    rest = list(body)
    at = 0
    strangers: list[Line] = []
    for marker, wanted in expected:
        place = next(
            (
                i
                for i in range(at, len(rest))
                if rest[i].marker == marker and faults(rest[i], wanted) is not None
            ),
            None,
        )
        if place is None:
            yield (
                f"the Markdown does not hold, where it belongs: "
                f"{' '.join(one_line(c.text) for c in wanted)!r}"
            )
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
        elif not any(one_line(url) in line.text for url in (source.url, unquote(source.url))) or (
            one_line(source.title) not in line.text
        ):
            yield (
                f"the line of the source [{source.n}] does not give its title and address: "
                f"{line.text!r}"
            )
    if len(lines) != len(wanted):
        yield f"after the last heading stand {len(lines)} lines for {len(wanted)} sources"
