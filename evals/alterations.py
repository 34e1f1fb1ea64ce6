"""One figure or date of a sentence altered, so that the sentence is no longer true: digits, years, months, days, scales, percentages. Pure.

It knows English only, and nothing of how figures are compared (`research/quantities.py`). Not here: the suite (`binding.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

MONTHS = "January February March April May June July August September October November December".split()
SCALES = "thousand million billion trillion".split()
_MONTH = "|".join(MONTHS)
_YEAR = r"(?<![\d,.$€£])(?:1[5-9]|20)\d\d(?![\d,]*\d)(?!\.\d)"
_NUMBER = r"(?<![\d.,])\d+(?:,\d{3})*(?:\.\d+)?"
_PERCENT = rf"{_NUMBER}(?=\s?(?:%|per\s?cent))"
_DAY = rf"(?<!\d)\d{{1,2}}(?=(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTH}))|(?<=\b(?:{_MONTH})\s)\d{{1,2}}(?!\d)"


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


WAYS: Mapping[str, tuple[re.Pattern[str], Callable[[str, Random], str]]] = {
    "digit": (re.compile(rf"(?!{_YEAR})(?!{_DAY})(?!{_PERCENT}){_NUMBER}"), _digit),
    "year": (re.compile(_YEAR), _year),
    "month": (re.compile(rf"(?:(?<=\d\s)|(?<=\d(?:st|nd|rd|th)\s))(?:{_MONTH})\b|\b(?:{_MONTH})(?=,?\s\d)"), _other(MONTHS)),
    "day": (re.compile(_DAY), _day),
    "scale": (re.compile(rf"(?<=\d\s)(?:{'|'.join(SCALES)})\b"), _other(SCALES)),
    "percent": (re.compile(_PERCENT), _digit),
}


def altered(sentence: str, draw: Random) -> Alteration | None:
    """The sentence with one change, of a way drawn first and a place drawn then; None where it has no figure."""
    ways = {way: places for way, (pattern, _) in WAYS.items() if (places := list(pattern.finditer(sentence)))}
    if not ways:
        return None
    way = draw.choice(sorted(ways))
    place = draw.choice(ways[way])
    changed = WAYS[way][1](place[0], draw)
    return Alteration(way, sentence[: place.start()] + changed + sentence[place.end() :])
