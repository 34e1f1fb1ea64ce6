"""Dates in text: with the name of a month, in Chinese, ISO 8601 or all in numbers. A month counts
only beside a number. Pure.

Not here: a day, a year or a quarter alone, which are figures (`quantities.py`).
"""

import re
from collections.abc import Iterator
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


def _named(link: str) -> re.Pattern[str]:
    days = rf"{_DAY}(?:{link}{_DAY}){{0,3}}"
    return re.compile(
        rf"(?:(?<![\d.,:$€£¥])(?P<before>{days})[\s-]{{0,2}}(?:(?:of|de|del|di)\s)?)?(?<![{LATIN}])(?P<month>{any_of(MONTHS)})(?![{LATIN}])\.?"
        rf"(?:[\s-](?:the\s)?(?P<after>{days})(?![,.:]?\d))?(?:[,\s./-]{{0,2}}(?:(?:of|de|del|di)\s)?(?P<year>{_ANY_YEAR}))?",
        re.IGNORECASE,
    )


_NAMED = _named(r"\s?[-–/]\s?")
_NAMED_LOOSELY = _named(r"(?:\s?[-–/&,]\s?|,?\s[^\W\d_]{1,3}\s)")  # *5 and 7 March*
_CHINESE = re.compile(
    r"(?:(?<!\d)(?P<year>\d{4}|\d\d)年\s?)?(?<!\d)(?P<month>0?[1-9]|1[0-2])月(?:\s?(?P<after>\d{1,2}(?:[日号]?[-–~至到、]\d{1,2})*)[日号])?"
)
_ISO = re.compile(
    rf"(?<![\d.])(?P<year>{YEAR})(?:([-/.])(?P<month>\d\d?)\2(?P<day>\d\d?)|-(?P<only>0[1-9]|1[0-2])(?!-))(?!\d)"
)
_NUMERIC = re.compile(
    r"(?<![\d./-])(?P<a>\d\d?)([-/.])(?P<b>\d\d?)\2(?P<year>\d{4}|(?<!\.)\d\d)(?![\d])(?![./-]\d)"
)


def dates(text: str, *, loosely: bool = False) -> Iterator[Dated]:
    """The dates of a text. Loosely, as evidence is read, lists of days and capitalised months alone
    are dates as well."""
    for match in (_NAMED_LOOSELY if loosely else _NAMED).finditer(text):
        name = match["month"].casefold()
        before, after, year = match["before"], match["after"], match["year"]
        if before and after and not year:
            after, year = "", re.sub(r"\D", "", after)[:2]  # *15 Feb 19*
        if (
            before
            or after
            or year
            or (loosely and match["month"][0].isupper() and name in CAPITALISED_MONTHS)
        ):
            yield _dated(match, MONTHS[name], f"{before or ''} {after or ''}", year)
    for match in _CHINESE.finditer(text):
        yield _dated(match, int(match["month"]), match["after"], match["year"])
    for match in _ISO.finditer(text):
        month = int(match["month"] or match["only"])
        if month <= 12:
            dated = _dated(match, month, match["day"], match["year"])
            year = int(match["year"])
            both = (
                (frozenset({year}), frozenset({month, year - year % 100 + month}))
                if match["only"]
                else ()
            )
            yield replace(dated, or_years=both)
    for match in _NUMERIC.finditer(text):
        a, b = int(match["a"]), int(match["b"])
        readings = {
            Date(month, day, _years(match["year"]))
            for month, day in ((a, b), (b, a))
            if 0 < month <= 12 and 0 < day <= 31
        }
        if readings:
            yield Dated(*match.span(), (frozenset(readings),))


def _dated(match: re.Match[str], month: int, days: str | None, year: str | None) -> Dated:
    years = _years(year)
    found = [Date(month, int(day), years) for day in re.findall(r"\d+", days or "")] or [
        Date(month, None, years)
    ]
    return Dated(
        match.start(),
        match.end() - match[0].endswith("."),
        tuple(frozenset({date}) for date in found),
    )


def _years(written: str | None) -> frozenset[int]:
    if not written:
        return frozenset()
    year = int(written.strip("'’"))
    return frozenset({year} if year > 99 else {1900 + year, 2000 + year})
