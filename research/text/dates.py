"""Dates in text: with the name of a month, in Chinese, ISO 8601 or all in numbers. A month counts
only beside a number. Pure.

Not here: a day, a year or a quarter alone, which are figures (`quantities.py`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from research.text.language import LATIN
from research.text.numerals import CAPITALISED_MONTHS, MONTHS, any_of

YEAR = r"(?:1\d|20|21)\d\d"
_DAY = rf"(?:0?[1-9]|[12]\d|3[01])(?!\d)(?:st|nd|rd|th|er|º|e|\.)?(?![{LATIN}])"
_ANY_YEAR = rf"(?:(?:{YEAR})|['’]\d\d)(?!\d)"


@dataclass(frozen=True)
class Date:
    """A month, with its day and the years it can be of where they are told."""

    month: int
    day: int | None = None
    years: frozenset[int] = frozenset()

    def agrees(self, known: "Date", others: frozenset[int]) -> bool:
        """Whether a known date has all that this one tells; a year that it lacks may be one of the
        others told beside it."""
        years = known.years or others
        return (
            self.month == known.month
            and self.day in (None, known.day)
            and (not self.years or bool(self.years & years))
        )


@dataclass(frozen=True)
class Dated:
    """A place in a text that tells dates: all of them, each by any of its readings (5/3 is in March
    or in May)."""

    start: int
    end: int
    dates: tuple[frozenset[Date], ...]
    or_years: tuple[frozenset[int], ...] = ()  # 2011-12 is a month or two years


# *5 and 7 March*, but *draft 3 on 11 December*
_SEVERAL = rf"{_DAY}(?:(?:\s?[-–/&,]\s?|,?\s(?!on\s)[^\W\d_]{{1,3}}\s){_DAY}){{0,3}}"
_OF = r"(?:(?:of|de|del|di)\s)?"
# A month by its name, with days before or after it; of a Chinese one the year comes first.
_NAMED = re.compile(
    rf"""
    (?:(?<![\d.,:$€£¥{LATIN}])(?P<before>{_SEVERAL})[\s-]{{0,2}}{_OF}|(?<!\d)(?P<first>\d{{4}}|\d\d)\s?年\s?)?
    (?:
        (?<![{LATIN}])(?P<name>{any_of(MONTHS)})(?![{LATIN}])\.?
        (?:[\s-](?:the\s)?(?P<after>{_SEVERAL})(?![,.:]?\d))?
        (?:[,\s./-]{{0,2}}{_OF}(?P<year>{_ANY_YEAR}))?
    |
        (?<!\d)(?P<month>0?[1-9]|1[0-2])\s?月
        (?:\s?(?P<days>\d{{1,2}}(?:\s?[日号]?\s?[-–~至到、]\s?\d{{1,2}})*)\s?[日号])?
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_YEAR_FIRST = re.compile(
    rf"(?<![\d./-])(?P<year>{YEAR})(?P<sign>[-/.])(?P<month>0?[1-9]|1[0-2])"
    r"(?:(?P=sign)(?P<day>\d\d?))?(?![./-]?\d)"
)
_YEAR_LAST = re.compile(
    r"(?<![\d./-])(?P<first>\d\d?)(?P<sign>[-/.])(?P<second>\d\d?)(?P=sign)"
    r"(?P<year>\d{4}|(?<!\.)\d\d)(?![./-]?\d)"
)


def dates(text: str, *, loosely: bool = False) -> Iterator[Dated]:
    """The dates of a text. Loosely, as evidence is read, capitalised months alone are dates as
    well."""
    for match in _NAMED.finditer(text):
        if match["month"]:
            yield _dated(match, int(match["month"]), _days(match["days"]), match["first"])
        elif dated := _by_name(match, loosely=loosely):
            yield dated
    for match in _YEAR_FIRST.finditer(text):
        if dated := _year_first(match):
            yield dated
    for match in _YEAR_LAST.finditer(text):
        if dated := _year_last(match):
            yield dated


def every_date(text: str, *, loosely: bool = False) -> Iterator[Date]:
    """The dates of a text, in all ways they can be read."""
    for dated in dates(text, loosely=loosely):
        for readings in dated.dates:
            yield from readings


def _by_name(match: re.Match[str], *, loosely: bool) -> Dated | None:
    name, year = match["name"].casefold(), match["year"]
    before, after = _days(match["before"]), _days(match["after"])
    if before and after and not year:
        after, year = [], f"{after[0]:02}"  # *15 Feb 19*
    alone = loosely and match["name"][0].isupper() and name in CAPITALISED_MONTHS
    if not (before or after or year or alone):
        return None
    return _dated(match, MONTHS[name], [*before, *after], year)


def _year_first(match: re.Match[str]) -> Dated | None:
    year, sign, month, day = match.group("year", "sign", "month", "day")
    dated = _dated(match, int(month), _days(day), year)
    if day:
        return dated
    if sign != "-" or len(month) == 1:
        return None
    last = {int(month), int(year[:2] + month)}
    return replace(dated, or_years=(_years(year), frozenset(last)))


def _year_last(match: re.Match[str]) -> Dated | None:
    """The day and the month may come in any order."""
    first, second = int(match["first"]), int(match["second"])
    readings = frozenset(
        Date(month, day, _years(match["year"]))
        for month, day in ((first, second), (second, first))
        if 0 < month <= 12 and 0 < day <= 31
    )
    return Dated(*match.span(), (readings,)) if readings else None


def _dated(match: re.Match[str], month: int, days: Sequence[int], year: str | None) -> Dated:
    years = _years(year)
    found = [Date(month, day, years) for day in days] or [Date(month, None, years)]
    end = match.end() - match[0].endswith(".")
    return Dated(match.start(), end, tuple(frozenset({date}) for date in found))


def _days(written: str | None) -> list[int]:
    return [int(day) for day in re.findall(r"\d+", written or "")]


def _years(written: str | None) -> frozenset[int]:
    if not written:
        return frozenset()
    year = int(written.strip("'’"))
    return frozenset({year} if year > 99 else {1900 + year, 2000 + year})
