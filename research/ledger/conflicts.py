"""What contradicts what: pairs of statements with two values that cannot both hold, and which of
the two is the word of today. Pure.

A conflict needs one measure of one thing and two values; that the thing is the same is decided by
shared words here, or by a model where the words leave it open (`Pair.certain`). What a text of
today tells of an earlier time is history, and contradicts nothing. Not here: which of two values
holds (`superseding.py`)."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

from research.domain import Contradiction, Language, Side
from research.ledger.document_status import is_earlier
from research.ledger.superseding import (
    SAME_SERIES,
    Statement,
    age,
    asks_through_time,
    supersedes,
    tells_history,
)
from research.text.figures import UNIT_FORMS, Figure, agree, figures, names, years
from research.text.language import interface_language_of, sets_spaces
from research.text.sentences import affirms, clip, terms

CERTAIN = 0.75
POSSIBLE = 0.2
# an answer and another figure of the kind asked for may be one measure, however differently they
# are worded
BOTH_ANSWER = 0.5
FAR = 6  # values further apart than this are two measures, not two opinions
_UNIT_TERMS = {
    term for form in (*UNIT_FORMS, "thousand million billion trillion") for term in terms(form)
}
MARKS: dict[Language, dict[str, str]] = {
    "en": {"superseded": "superseded", "archived": "archived", "draft": "draft"},
    "zh": {"superseded": "已被取代", "archived": "存档", "draft": "草案"},
}
_DESIGNATION = re.compile(r"\b(?!Q[1-4]\b|H[12]\b|FY\d|V\d)[A-Z][A-Za-z]*-?\d+[A-Za-z]*\b")
_BREAKDOWN = re.compile(r"\([^()]*\d[^()]*\)|（[^（）]*\d[^（）]*）")
_QUALIFIERS = frozenset(
    terms(
        """
        least maximum minimum average mean median total net gross north south east west
        northern southern
        eastern western first second third upper lower highest lowest deepest shallowest
        largest smallest longest
        shortest men women male female recurring target forecast
        """
    )
)


@dataclass(frozen=True)
class Pair:
    """Two statements whose values differ. `certain`: their words leave no doubt that they speak of
    one measure of one thing."""

    first: Statement
    second: Statement
    overlap: float

    @property
    def certain(self) -> bool:
        return self.overlap >= CERTAIN


def differing(statements: Sequence[Statement], limit: int = 50, question: str = "") -> list[Pair]:
    """Pairs of statements that give different values where one is to be expected, likeliest
    first."""
    pairs = []
    for first, second in combinations(statements, 2):
        if not may_contradict(first, second, question):
            continue
        overlap = subject_overlap(first, second)
        if first.part != second.part and ((first.part and second.part) or overlap < CERTAIN):
            continue
        if (first.answer and second.offers) or (first.offers and second.answer):
            overlap = max(overlap, BOTH_ANSWER)
        if answers_differ(first, second):
            pairs.append(Pair(first, second, BOTH_ANSWER))
        elif overlap >= POSSIBLE and _values_differ(first.text, second.text):
            pairs.append(Pair(first, second, overlap))
    return sorted(pairs, key=lambda pair: -pair.overlap)[:limit]


def may_contradict(first: Statement, second: Statement, question: str = "") -> bool:
    """Whether two statements could contradict each other at all: they stand in two texts, neither
    tells the past of the other, and no other model is named. Where the question asks about a year
    or about change, values of different times are no dispute."""
    if (
        first.evidence.snapshot_id == second.evidence.snapshot_id
        or tells_history(first, second)
        or _of_two_models(first, second)
    ):
        return False
    return not asks_through_time(question) or not (
        is_earlier(first.date, second.date) or is_earlier(second.date, first.date)
    )


def subject_overlap(first: Statement, second: Statement) -> float:
    """The share of the shorter statement's subject words that the other, or its title, has too (0
    to 1); 0 when a name or a qualifier such as *average* parts them."""
    a, b = _subject(first.text), _subject(second.text)
    if not a or not b or (_qualified(first.text) ^ _qualified(second.text)):
        return 0.0
    names_a, names_b = names(first.text), names(second.text)
    if names_a and names_b and not _share_a_word(names_a, names_b):
        return 0.0
    shared = a & b
    if not shared - _QUALIFIERS and not (shared and _of_one_series(first, second)):
        return 0.0
    smaller, larger, title = (a, b, second.title) if len(a) <= len(b) else (b, a, first.title)
    reach = larger | set(terms(title))
    return len(smaller & reach) / len(smaller) * (0.5 + 0.5 * len(shared) / len(larger))


def _of_one_series(first: Statement, second: Statement) -> bool:
    """Whether their titles have most words in common, so that *the total is 4* speaks of what *the
    total is 5* does."""
    a, b = set(terms(first.title)), set(terms(second.title))
    return bool(a & b) and len(a & b) >= SAME_SERIES * len(a | b)


def _of_two_models(first: Statement, second: Statement) -> bool:
    """Whether they speak of things with other designations, such as *A320* and *A330*, in their
    sentences or else their titles."""
    a, b = (_designations(s.text) or _designations(s.title) for s in (first, second))
    return bool(a and b) and not a & b


@lru_cache(maxsize=8192)  # a sentence is compared with every other
def _designations(text: str) -> frozenset[str]:
    return frozenset(_DESIGNATION.findall(text))


def _share_a_word(first: set[str], second: set[str]) -> bool:
    return bool(
        {w for name in first for w in name.split()} & {w for name in second for w in name.split()}
    )


@lru_cache(maxsize=8192)
def _subject(text: str) -> frozenset[str]:
    return frozenset(term for term in terms(text) if not term[0].isdigit()) - _UNIT_TERMS


@lru_cache(maxsize=8192)
def _qualified(text: str) -> frozenset[str]:
    """What qualifies the measure that a sentence gives; not what stands in a breakdown: *47 sites
    (North America: 14, Japan: 4)*."""
    return _subject(_BREAKDOWN.sub(" ", text)) & _QUALIFIERS


def answers_differ(first: Statement, second: Statement) -> bool:
    """Whether two statements answer one question differently without a figure: another name, *yes*
    and *no*."""
    if (
        not (first.answer and second.answer and first.goal)
        or first.goal != second.goal
        or figures(first.answer)
        or figures(second.answer)
    ):
        return False
    polarity = affirms(first.answer), affirms(second.answer)
    if None not in polarity:
        return polarity[0] != polarity[1]
    if polarity != (None, None):
        return False
    a, b = set(terms(first.answer)), set(terms(second.answer))
    return bool(a and b) and len(a & b) * 2 < min(len(a), len(b))


def _values_differ(first: str, second: str) -> bool:
    a, b = figures(first), figures(second)
    shared_units = [f.unit for f in a if f.unit and f.unit in {g.unit for g in b}]
    if shared_units:
        unit = shared_units[0]
        return _disjoint([f for f in a if f.unit == unit], [f for f in b if f.unit == unit])
    if any(f.unit for f in a + b):
        return False
    counts_a, counts_b = _counts(a), _counts(b)
    if counts_a and counts_b:
        return _disjoint(counts_a, counts_b)
    years_a, years_b = years(first), years(second)
    return (
        not counts_a
        and not counts_b
        and len(years_a) == 1
        and len(years_b) == 1
        and years_a != years_b
    )


def _counts(found: list[Figure]) -> list[Figure]:
    return [f for f in found if not f.unit and not f.is_year]


def _disjoint(a: list[Figure], b: list[Figure]) -> bool:
    """Whether the leading values differ by more than rounding and neither text names the other's
    value."""
    if any(agree(x, b[0]) or agree(b[0], x) for x in a) or any(agree(a[0], y) for y in b):
        return False
    smaller, larger = sorted((abs(a[0].value), abs(b[0].value)))
    return larger <= smaller * FAR


def contradictions(pairs: Sequence[Pair]) -> tuple[Contradiction, ...]:
    """The pairs as contradictions: pairs that share a statement are one, statements that give the
    same value are one side."""
    groups: list[list[Statement]] = []
    opposed = {frozenset((id(pair.first), id(pair.second))) for pair in pairs}
    for pair in pairs:
        touched = [g for g in groups if pair.first in g or pair.second in g]
        joined = [s for g in touched for s in g]
        joined.extend(s for s in (pair.first, pair.second) if s not in joined)
        groups = [g for g in groups if g not in touched] + [joined]
    # The likeliest pair comes first in its group: it tells best what the dispute is about.
    return tuple(
        found for group in groups for found in _disputes(group, _topic(*group[:2]), opposed)
    )


def _disputes(
    statements: Sequence[Statement], topic: str, opposed: Set[frozenset[int]]
) -> list[Contradiction]:
    """The sides that all hold still as a conflict; before it those that another supersedes, the
    earliest first. Sides that only a third one links, such as two figures of one document, are no
    conflict."""

    def meet(side: Sequence[Statement], others: Iterable[Statement]) -> bool:
        return any(frozenset((id(a), id(b))) in opposed for a in side for b in others)

    sides: list[list[Statement]] = []
    for statement in sorted(statements, key=age):
        same = next(
            (
                side
                for side in sides
                if _say_the_same(side[0], statement) and not meet(side, [statement])
            ),
            None,
        )
        sides.append([statement]) if same is None else same.append(statement)
    sides.sort(key=lambda side: max(map(age, side)))
    taken: dict[int, int] = {}  # whose place the latest side takes
    for place, side in enumerate(sides):
        later = (
            n
            for n in range(len(sides) - 1, place, -1)
            if meet(side, sides[n]) and _is_superseded(side, sides[n])
        )
        if (by := next(later, None)) is not None:
            taken[place] = by
    left = [side for place, side in enumerate(sides) if place not in taken]
    current = [
        side
        for side in left
        if meet(side, [s for other in left if other is not side for s in other])
    ]
    chains = [
        ([sides[n] for n in taken if _last(n, taken) == last], sides[last])
        for last in sorted({_last(n, taken) for n in taken})
    ]
    found = [
        contradiction(topic, "superseded", in_order([_side(s) for s in old], _side(new)))
        for old, new in chains
    ]
    return found + (
        [contradiction(topic, "conflict", [_side(s) for s in current])] if len(current) > 1 else []
    )


def _last(place: int, taken: Mapping[int, int]) -> int:
    """The side at the end of a chain of sides that take each other's place."""
    while place in taken:
        place = taken[place]
    return place


def in_order(old: Sequence[Side], current: Side) -> list[Side]:
    """The superseded sides by the time they speak of, where that is known of each, then the one
    that stands."""
    return [
        *(sorted(old, key=lambda side: side.date) if all(side.date for side in old) else old),
        current,
    ]


def _is_superseded(side: Sequence[Statement], later: Sequence[Statement]) -> bool:
    return all(any(supersedes(new, one) for new in later) for one in side)


def _side(statements: Sequence[Statement]) -> Side:
    """What they all say, in the words of the first."""
    first = statements[0]
    return Side(
        text=first.text,
        evidence=tuple(statement.evidence for statement in statements),
        title=first.title,
        year=first.year or first.document.year,
        date=first.date,
        standing=first.document.standing,
    )


def contradiction(
    topic: str, kind: Literal["conflict", "superseded"], sides: Sequence[Side]
) -> Contradiction:
    """The sides as a contradiction; its note names their documents. Of superseded ones the last
    stands."""
    notes = [_noted(side, old=kind == "superseded" and side is not sides[-1]) for side in sides]
    return Contradiction(topic=topic, note=" / ".join(notes), kind=kind, sides=tuple(sides))


def _noted(side: Side, *, old: bool) -> str:
    """The document's title with its year and its standing."""
    mark = MARKS[interface_language_of(side.text)].get("superseded" if old else side.standing, "")
    told = ", ".join(part for part in (side.year, mark) if part)
    return f"{side.title} ({told})" if told else side.title


def _say_the_same(first: Statement, second: Statement) -> bool:
    """Whether they give one value: what merely cannot be compared is a side of its own."""
    if _are_apart(first, second):
        return False
    a, b = (
        [f for f in figures(s.text) if not f.is_year] or figures(s.text) for s in (first, second)
    )
    named = bool(first.answer and second.answer) or not (a or b)
    return named or any(agree(x, y) or agree(y, x) for x in a for y in b)


def measure_alike(first: str, second: str) -> bool:
    """Whether two statements could give one measure: figures of one unit, or no figures at all."""
    a, b = ({f.unit for f in figures(text) if not f.is_year} for text in (first, second))
    return bool(a & b) or not (a or b)


def give_one_value(first: str, second: str) -> bool:
    """Whether the figures of two statements that are compared agree, of whatever time they tell."""
    a, b = ([f for f in figures(text) if not f.is_year] for text in (first, second))
    return measure_alike(first, second) and any(agree(x, y) or agree(y, x) for x in a for y in b)


def _are_apart(first: Statement, second: Statement) -> bool:
    return answers_differ(first, second) or _values_differ(first.text, second.text)


def _topic(first: Statement, second: Statement) -> str:
    """What both speak of: the words of the shorter sentence that the other has too, in order."""
    shorter, longer = sorted((first.text, second.text), key=len)
    known = set(terms(longer))
    if not sets_spaces(shorter):
        return clip(re.sub(r"[\d,.]+.*$", "", shorter).strip("，。、 ") or shorter, 60)
    words = [
        w for w in re.findall(r"[\w’'-]+", shorter) if not w[0].isdigit() and set(terms(w)) & known
    ]
    return clip(" ".join(words) or first.title, 80)
