"""Where the citations of a sentence stand: at the end of the clause that rests on them, else after
the sentence. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from research.domain import Mark
from research.domain.report import CitedEvidence, CitedQuote, Sentence
from research.reporting.basis import calculations_in, numbers_behind, quotes_in
from research.reporting.inline import Code, Placed, Strong, Words, parts_of


@dataclass(frozen=True)
class Citation:
    """The numbers of the sources that a clause rests on, ascending, each once, and the quotes that
    are meant."""

    numbers: tuple[int, ...]
    quotes: tuple[CitedQuote, ...]


@dataclass(frozen=True)
class _Clause:
    start: int
    end: int
    quotes: tuple[CitedQuote, ...]

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(quote.n for quote in self.quotes)


Piece = Words | Code | Strong | Citation


def flow_of(sentence: Sentence) -> list[Piece]:
    """A sentence as it is read: its words, and each citation where it stands. A citation of the
    whole sentence is the last piece."""
    return laid_out(sentence.text, sentence.evidence, sentence.marks)


def laid_out(
    text: str, evidence: Sequence[CitedEvidence] = (), marks: Sequence[Mark] = ()
) -> list[Piece]:
    """As `flow_of`, of any text with its evidence."""
    text = text.rstrip()
    parts = parts_of(text)
    cited = _citations(text, parts, evidence, marks)
    found: list[Piece] = []
    for placed in parts:
        done = placed.start
        for offset in sorted(offset for offset in cited if placed.start < offset <= placed.end):
            found += [*_cut(placed, done, offset), cited.pop(offset)]
            done = offset
        found += _cut(placed, done, placed.end)
    return [*found, *cited.values()]


def _cut(placed: Placed, start: int, end: int) -> list[Piece]:
    """The piece of a part between two offsets. Only plain words are ever cut."""
    if start >= end:
        return []
    if isinstance(placed.part, Words):
        return [Words(placed.part.text[start - placed.start : end - placed.start])]
    return [placed.part]


def _citations(
    text: str, parts: Sequence[Placed], evidence: Sequence[CitedEvidence], marks: Sequence[Mark]
) -> dict[int, Citation]:
    """Each citation by the offset that it stands at."""
    clauses = [
        _Clause(mark.start, mark.end, _quotes(evidence, mark))
        for mark in sorted(marks, key=lambda mark: (mark.end, mark.start))
    ]
    marked = {number for clause in clauses for number in clause.numbers}
    found: dict[int, list[CitedQuote]] = {}
    for clause in _joined(text, [clause for clause in clauses if clause.quotes]):
        found.setdefault(_place(text, parts, clause), []).extend(clause.quotes)
    rest = [quote for quote in quotes_in(evidence) if quote.n not in marked]
    if rest:
        found.setdefault(len(text), []).extend(rest)
    return {offset: _citation(quotes) for offset, quotes in found.items()}


def _citation(quotes: Sequence[CitedQuote]) -> Citation:
    return Citation(tuple(sorted({quote.n for quote in quotes})), tuple(dict.fromkeys(quotes)))


def _quotes(evidence: Sequence[CitedEvidence], mark: Mark) -> tuple[CitedQuote, ...]:
    """What a clause rests on: its quotes, and those of the figures that it is calculated from."""
    marked = [evidence[place] for place in mark.evidence if 0 <= place < len(evidence)]
    figures = numbers_behind(calculations_in(marked))
    behind = [quote for quote in quotes_in(evidence) if quote.n in figures]
    return tuple(dict.fromkeys([*quotes_in(marked), *behind]))


def _joined(text: str, clauses: Sequence[_Clause]) -> list[_Clause]:
    """The clauses, where one with the same numbers as the one right behind it is told with that
    one."""
    found: list[_Clause] = []
    for clause in clauses:
        last = found[-1] if found else None
        if (
            last
            and last.numbers == clause.numbers
            and not any(char.isalnum() for char in text[last.end : clause.start])
        ):
            found[-1] = _Clause(last.start, clause.end, (*last.quotes, *clause.quotes))
        else:
            found.append(clause)
    return found


def _place(text: str, parts: Sequence[Placed], clause: _Clause) -> int:
    """The offset at which the citation of a clause stands: before white space, and never within
    code or strong words."""
    end = len(text[: clause.end].rstrip()) or len(text)
    for one in parts:
        if one.start < end < one.end and not isinstance(one.part, Words):
            return one.end
    return end
