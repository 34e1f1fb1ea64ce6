"""Where sources differ: sentences of two documents that give two values of one measure. Pure.

Two sentences give one measure where they share most of their words and a unit. Of two that speak
of different years, or stand in two issues of one document, the later one is the word of today;
else they are in conflict. Not here: what a
report makes of it (`writing.py`)."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import chain, pairwise, product

from research.domain import Claim, Contradiction, Reading, Side
from research.text.figures import Figure
from research.text.language import sets_spaces
from research.text.names import names
from research.text.numerals import SCALES, units
from research.text.quantities import measured, years
from research.text.sentences import STOPWORDS, clip, term_set

ALIKE = 0.6  # the share of the shorter sentence's words that both have
LONGEST_NAME = 40  # characters of a column's name
FAR = 6  # values further apart than this are two measures


def contradictions(
    claims: Sequence[Claim], readings: Mapping[str, Reading]
) -> tuple[Contradiction, ...]:
    """Each measure of which two values are given, with a side for each value: the newest first, but
    last where it supersedes the others."""
    groups: list[list[Claim]] = []
    for claim in claims:
        touched = [group for group in groups if any(_contradict(claim, one) for one in group)]
        groups = [group for group in groups if group not in touched]
        groups.append([*chain.from_iterable(touched), claim])
    return tuple(_contradiction(group, readings) for group in groups if len(group) > 1)


def _contradict(first: Claim, second: Claim) -> bool:
    """Whether two claims differ that are of two pages."""
    pages = {quote.snapshot_id for quote in first.evidence}
    apart = pages.isdisjoint(quote.snapshot_id for quote in second.evidence)
    return apart and differ(first.text, second.text)


def differ(first: str, second: str) -> bool:
    """Whether two sentences give values of one measure that do not agree. Rows of tables do not:
    their figures are of several measures."""
    if cells_of(first) or cells_of(second) or not _one_measure(first, second):
        return False
    pairs = _of_one_unit(first, second)
    return bool(pairs) and not _agree(pairs) and _near(*pairs[0])


def _near(first: Figure, second: Figure) -> bool:
    """Whether two figures can be values of one measure."""
    ordered = (sorted(map(abs, pair)) for pair in product(first.readings, second.readings))
    return any(high <= low * FAR for low, high in ordered)


def cells_of(text: str) -> dict[str, str]:
    """The cells of a table's row by their columns; {} for a sentence. A part that names no column
    belongs to the cell before it."""
    cells: dict[str, str] = {}
    for part in text.rstrip(".。").split("; "):
        column, colon, value = part.partition(": ")
        if colon and len(column) <= LONGEST_NAME:
            cells[column] = value
        elif cells:
            cells[list(cells)[-1]] += f"; {part}"
        else:
            return {}
    return cells if len(cells) > 1 else {}


def _of_one_unit(first: str, second: str) -> list[tuple[Figure, Figure]]:
    pairs = product(measured(first), measured(second))
    return [(a, b) for (a, unit), (b, other) in pairs if unit == other or unit & other]


def _agree(pairs: Sequence[tuple[Figure, Figure]]) -> bool:
    return any(a.rounds(b) or b.rounds(a) for a, b in pairs)


def _one_measure(first: str, second: str) -> bool:
    named, other = (term_set(" ".join(names(text))) for text in (first, second))
    if named and other and named.isdisjoint(other):
        return False
    a, b = _without_figures(first), _without_figures(second)
    return len(a & b) > 1 and _alike(a & b, min(a, b, key=len))


def _alike(shared: frozenset[str], words: frozenset[str]) -> bool:
    """Whether there are words, and most of them are shared."""
    return len(shared) >= ALIKE * len(words) > 0


def _without_figures(text: str) -> frozenset[str]:
    """The terms of a text that tell what is measured."""
    return frozenset(term for term in term_set(text) if term[0].isalpha()) - _of_figures()


@cache
def _of_figures() -> frozenset[str]:
    return term_set("; ".join([*units(), *SCALES]))


def _date_of(claim: Claim, readings: Mapping[str, Reading]) -> str:
    """The year that a claim speaks of, else the date of its document, else the year in the title of
    that; '' if none is known. A title may name the year of a story (*the sounding of 1875*)."""
    read = [readings[quote.reading_id] for quote in claim.evidence]
    if named := years(claim.text):
        return str(max(named))
    published = [one.published_at[:10] for one in read if one.published_at]
    titled = [str(year) for one in read for year in years(one.title)]
    return max(published or titled, default="")


def _contradiction(group: Sequence[Claim], readings: Mapping[str, Reading]) -> Contradiction:
    sides: list[Side] = []
    told = [_side(claim, readings) for claim in group]
    for side in sorted(told, key=lambda side: side.date):
        for n, known in enumerate(sides):
            if _agree(_of_one_unit(known.text, side.text)):
                sides[n] = known.replace(evidence=(*known.evidence, *side.evidence))
                break
        else:
            sides.append(side)
    dated = all(_later(one, other) for one, other in pairwise(sides))
    sides = sides if dated else sides[::-1]
    titles = [f"{side.title} ({side.date})" if side.date else side.title for side in sides]
    return Contradiction(
        topic=_topic(sides[0], sides[-1]),
        note=" / ".join(titles),
        kind="superseded" if dated else "conflict",
        sides=tuple(sides),
    )


def _later(first: Side, second: Side) -> bool:
    """Whether the second speaks of a later year, or is a later issue of the first's document."""
    told = [years(first.text), years(second.text)]
    if all(told):
        return max(told[0]) < max(told[1])
    a, b = _without_figures(first.title), _without_figures(second.title)
    return _alike(a & b, a | b) and "" < first.date[:4] < second.date[:4]


def _side(claim: Claim, readings: Mapping[str, Reading]) -> Side:
    reading = readings[claim.evidence[0].reading_id]
    return Side(
        text=claim.text,
        evidence=claim.evidence,
        title=reading.title,
        date=_date_of(claim, readings),
        year=(reading.published_at or "")[:4],
    )


def _topic(first: Side, second: Side) -> str:
    """The longest run of words that both sides share, else the title of the first."""
    spaced = sets_spaces(first.text)
    a, b = (side.text.split() if spaced else list(side.text) for side in (first, second))
    match = SequenceMatcher(None, a, b, autojunk=False).find_longest_match()
    words = a[match.a : match.a + match.size]
    while words and (words[-1].lower() in STOPWORDS or not words[-1].strip("，。、 ")):
        words.pop()
    return clip((" " if spaced else "").join(words), 80) or first.title
