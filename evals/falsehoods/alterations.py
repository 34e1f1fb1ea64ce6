"""One figure or date of a sentence altered, so that the sentence is no longer true: digits, years,
months, days, scales, percentages. Pure.

It knows English only, and nothing of how figures are compared (`research/text/quantities.py`). Not
here: the suite (`suites/binding.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from research.domain import Span

MONTHS = (
    "January February March April May June July August September October November December".split()
)
SCALES = "thousand million billion trillion".split()
_MONTH = "|".join(MONTHS)
_ORDINAL = r"(?:st|nd|rd|th)?\s(?:of\s)?"
_NUMBER = r"(?<![\d.,])\d+(?:,\d{3})*(?:\.\d+)?"


@dataclass(frozen=True)
class Alteration:
    """The sentence after the change, and the way it was changed."""

    way: str
    text: str


def _digit(number: str, draw: Random) -> str:
    place = draw.choice([at for at, char in enumerate(number) if char.isdigit()])
    other = draw.choice([digit for digit in "123456789" if digit != number[place]])
    return number[:place] + other + number[place + 1 :]


def _year(year: str, draw: Random) -> str:
    return str(int(year) + draw.choice([-1, 1]) * draw.randint(1, 9))


def _day(day: str, draw: Random) -> str:
    return str(draw.choice([other for other in range(1, 29) if other != int(day)]))


def _other(names: list[str]) -> Callable[[str, Random], str]:
    return lambda name, draw: draw.choice([other for other in names if other != name])


Change = Callable[[str, Random], str]
WAYS: Mapping[
    str, tuple[re.Pattern[str], Change]
] = {  # what is changed is the one group that matches
    "day": (
        re.compile(rf"(?<!\d)(\d{{1,2}}){_ORDINAL}(?:{_MONTH})|\b(?:{_MONTH})\s(\d{{1,2}})(?!\d)"),
        _day,
    ),
    "month": (re.compile(rf"\d{_ORDINAL}({_MONTH})\b|\b({_MONTH})(?=,?\s\d)"), _other(MONTHS)),
    "year": (re.compile(r"(?<![\d,.$€£])((?:1[5-9]|20)\d\d)(?!,?\d|\.\d)"), _year),
    "scale": (re.compile(rf"\d\s({'|'.join(SCALES)})\b"), _other(SCALES)),
    "percent": (re.compile(rf"({_NUMBER})\s?(?:%|per\s?cent)"), _digit),
    "digit": (re.compile(rf"({_NUMBER})"), _digit),
}


def altered(sentence: str, draw: Random) -> Alteration | None:
    """The sentence with one change, of a way drawn first and a place drawn then; None where it has
    no figure."""
    ways = dict(_ways(sentence))
    if not ways:
        return None
    way = draw.choice(sorted(ways))
    start, end = draw.choice(ways[way])
    changed = WAYS[way][1](sentence[start:end], draw)
    return Alteration(way, sentence[:start] + changed + sentence[end:])


def _ways(sentence: str) -> Iterator[tuple[str, list[Span]]]:
    """The ways that a sentence can be changed, each with its places: a place belongs to the first
    way that knows it."""
    taken: set[Span] = set()
    for way, (pattern, _) in WAYS.items():
        places = [match.span(match.lastindex or 0) for match in pattern.finditer(sentence)]
        if free := [place for place in places if place not in taken]:
            yield way, free
        taken.update(places)
