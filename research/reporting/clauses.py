"""Where the citations of a sentence stand: at the end of the clause that rests on them, else after
the sentence. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from research.domain import Mark
from research.domain.report import CitedEvidence, CitedQuote, Sentence
from research.reporting.basis import calculations_in, numbers_behind, quotes_in
from research.reporting.inline import Part, Placed, Words, parts_of


@dataclass(frozen=True)
class Citation:
    """The numbers of the sources that a clause rests on, ascending, each once, and the quotes that
    are meant."""

    numbers: tuple[int, ...]
    quotes: tuple[CitedQuote, ...]


Piece = Part | Citation


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
    found: dict[int, list[CitedQuote]] = {}
    marked: set[int] = set()
    for end, quotes in _clauses(text, evidence, marks):
        found.setdefault(_place(text, parts, end), []).extend(quotes)
        marked |= _numbers(quotes)
    rest = [quote for quote in quotes_in(evidence) if quote.n not in marked]
    if rest:
        found.setdefault(len(text), []).extend(rest)
    return {
        offset: Citation(tuple(sorted(_numbers(quotes))), tuple(dict.fromkeys(quotes)))
        for offset, quotes in found.items()
    }


def _numbers(quotes: Sequence[CitedQuote]) -> set[int]:
    return {quote.n for quote in quotes}


def _clauses(
    text: str, evidence: Sequence[CitedEvidence], marks: Sequence[Mark]
) -> list[tuple[int, list[CitedQuote]]]:
    """Where each clause ends and the quotes that it rests on. One with the same numbers as the one
    right behind it is told with that one."""
    found: list[tuple[int, list[CitedQuote]]] = []
    for mark in sorted(marks, key=lambda mark: (mark.end, mark.start)):
        quotes = _quotes(evidence, mark)
        if not quotes:
            continue
        if found:
            end, before = found[-1]
            between = text[end : mark.start]
            if _numbers(before) == _numbers(quotes) and not any(map(str.isalnum, between)):
                found.pop()
                quotes = [*before, *quotes]
        found.append((mark.end, quotes))
    return found


def _quotes(evidence: Sequence[CitedEvidence], mark: Mark) -> list[CitedQuote]:
    """What a clause rests on: its quotes, and those of the figures that it is calculated from."""
    marked = [evidence[place] for place in mark.evidence if 0 <= place < len(evidence)]
    figures = numbers_behind(calculations_in(marked))
    return quotes_in(marked) + [quote for quote in quotes_in(evidence) if quote.n in figures]


def _place(text: str, parts: Sequence[Placed], end: int) -> int:
    """The offset at which the citation of a clause stands that ends here: before white space, and
    never within code or strong words."""
    end = len(text[:end].rstrip()) or len(text)
    for one in parts:
        if one.start < end < one.end and not isinstance(one.part, Words):
            return one.end
    return end
