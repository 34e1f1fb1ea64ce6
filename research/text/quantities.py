"""Which figures and dates of a statement stand nowhere in its evidence: what code can tell exactly.
Pure.

A figure is a number with its scale, sign and currency; a date is compared as a date; what is glued
to letters (*VLX-500*) as it is written. A statement may round what the evidence says. Direction is
meaning, so a minus needs none in the evidence: *fell 3 %* may be told as *−3 %*; the value of a
calculation has its sign. The day of a date counts as a plain number too, for *from 9 to 12 April*
is said of two dates. Not here: reading them (`figures.py`, `dates.py`), any judging of wording.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from research.text.dates import Date, Dated, dates
from research.text.figures import (
    Figure,
    between_numbers,
    by_all_readings,
    is_near,
    parts_of_years,
    places_of,
    said_in,
)
from research.text.numerals import (
    PERCENT,
    WORDED,
    any_of,
    chinese_numbers,
    in_digits,
    plain,
    units,
)
from research.text.sentences import terms

LONGEST_UNIT = 40  # characters
_APART = str.maketrans("-_", "  ")


@dataclass(frozen=True)
class Known:
    """What texts of evidence say."""

    text: str = ""
    figures: frozenset[Figure] = frozenset()
    dates: frozenset[Date] = frozenset()
    tokens: frozenset[str] = frozenset()
    parts_of_years: frozenset[str] = frozenset()

    def __or__(self, other: "Known") -> "Known":
        return Known(
            f"{self.text}\n{other.text}",
            self.figures | other.figures,
            self.dates | other.dates,
            self.tokens | other.tokens,
            self.parts_of_years | other.parts_of_years,
        )

    def has(self, said: Figure) -> bool:
        """Whether the figure stands there, rounded or not, and not only under another sign."""
        found = [known.signs for known in self.figures if said.rounds(known)]
        return any(not said.signs or not signs or signs & said.signs for signs in found)

    def has_all(self, said: Sequence[Figure]) -> bool:
        """Whether there are figures, and all of them stand there."""
        return bool(said) and all(map(self.has, said))

    def has_part(self, said: Figure) -> bool:
        """Whether a percentage stands there as a part of one, of which nothing is counted: *85 %*
        as *0.85*."""
        parts = [format(one.scaleb(-2).normalize(), "f") for one in said.readings if 0 < one < 100]
        if PERCENT not in said.signs or not parts:
            return False
        part = rf"(?<![\w.,$£€¥])(?:{any_of(parts)})0*(?!\w|[.,]\d|%)"
        return any(_counts_nothing(self.text[at.end() :]) for at in re.finditer(part, self.text))

    @property
    def years(self) -> frozenset[int]:
        named = (figure.readings for figure in self.figures if figure.is_year)
        return frozenset(int(reading) for readings in named for reading in readings)

    def has_date(self, said: Date) -> bool:
        return any(said.agrees(known, self.years) for known in self.dates)

    def has_token(self, token: str) -> bool:
        """Whether the token stands there, with or without its hyphens and spaces, and no longer
        one."""
        token = token.casefold()
        words = token.translate(_APART).split()
        loosely = r"[-_\s]?".join(map(re.escape, words))
        pattern = rf"(?<![a-z\d])(?<!\d[.:]){loosely}(?!\d|[.:]\d)"
        return bool(words) and (token in self.tokens or bool(re.search(pattern, self.text)))


def missing(
    statement: str,
    evidence: Iterable[str],
    *,
    values: Iterable[Decimal] = (),
    languages: Sequence[str] = ("en",),
) -> tuple[str, ...]:
    """The figures and dates of the statement, as written there, that stand in no text of the
    evidence and are none of the values.

    A quarter or half of a year is missing only where the evidence names others. `languages` are
    those whose number words are read in the evidence (BCP 47; one that we cannot read is passed
    over)."""
    known = Known()
    for text in dict.fromkeys(evidence):  # the quotes of one document share its title
        known |= _known(text, _worded_in(languages))
    text, origin = _without_chinese(plain(statement), every=False)
    results, named = tuple(values), known.parts_of_years
    spans = [span for span, said in said_in(text) if not _stands(said, known, results)]
    spans += [span for span, part in parts_of_years(text) if named and part not in named]
    found = (statement[origin[start] : origin[end]].strip() for start, end in sorted(spans))
    return tuple(dict.fromkeys(found))


def years(text: str) -> frozenset[int]:
    """The years that a text names."""
    return _known(text, ()).years


def readings_in(text: str, *, unsigned: bool = False) -> frozenset[Decimal]:
    """The figures of a text, or those without a sign (%, £), by every way to read them, with their
    scales."""
    figures = (one for one in _known(text, ()).figures if not (unsigned and one.signs))
    return frozenset(reading for one in figures for reading in one.readings)


def parts_of_a_year(text: str, languages: Sequence[str]) -> frozenset[str]:
    """The quarters and halves of years that a text names, in words of these languages too."""
    return _known(text, _worded_in(languages)).parts_of_years


def measured(text: str) -> list[tuple[Figure, frozenset[str]]]:
    """The figures of a text but its years, each with what it counts: the currencies or units that
    are meant, else the word after it."""
    text, _ = _without_chinese(plain(text), every=False)
    return [
        (said, said.signs or _counted(text[start:]))
        for (start, _), said in said_in(text)
        if isinstance(said, Figure) and not said.is_year
    ]


def _counts_nothing(text: str) -> bool:
    """Whether a number before this text counts nothing: no unit stands there."""
    word = next(iter(text[:LONGEST_UNIT].split()), "").rstrip(".,;:)")
    return word not in units() and not word.startswith(("%", "°"))


def _counted(text: str) -> frozenset[str]:
    """What the number that a text begins with counts."""
    after = text.lstrip("-−–0123456789.,'’ ")[:LONGEST_UNIT].casefold()
    for end in range(len(after), 0, -1):
        within_a_word = (edge := after[end - 1 : end + 1]).isascii() and edge.isalpha()
        if after[:end] in units() and not (within_a_word and len(edge) > 1):
            return units()[after[:end]]
    return frozenset(terms(after)[:1])


def _worded_in(languages: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({language.split("-")[0].lower() for language in languages} & WORDED))


def _stands(said: Dated | Figure | str, known: Known, values: Sequence[Decimal]) -> bool:
    if isinstance(said, Dated):
        return _is_dated(said, known)
    if isinstance(said, Figure):
        if known.has(said) or known.has_part(said) or known.has_token(said.glued):
            return True
        return any(_is_value(said, value) for value in values)
    parts = [_plainly(part) for part in said.split(":")] if ":" in said else []
    return known.has_token(said) or known.has_all(parts)


def _is_dated(said: Dated, known: Known) -> bool:
    years = [_plainly(*readings) for readings in said.or_years]
    dated = all(any(map(known.has_date, readings)) for readings in said.dates)
    return dated or known.has_all(years)


def _plainly(*readings: int | str) -> Figure:
    return Figure(frozenset(map(Decimal, readings)))


def _is_value(said: Figure, value: Decimal) -> bool:
    if said.negative and value >= 0:
        return False
    sizes = [abs(value), abs(value) * 100] if PERCENT in said.signs else [abs(value)]
    return any(_is_rounded(one, size) for one in said.readings for size in sizes)


def _is_rounded(said: Decimal, value: Decimal) -> bool:
    """Whether a number is a result as far as it is told, down to one digit."""
    is_one_digit = len(said.as_tuple().digits) < 2 and places_of(said) > 0
    if is_one_digit and abs(said - value) * 20 > said:
        return False  # 8 may be 8.4 and 7 million 7.01 million; 60 is not 55
    return is_near(said, value)


def _without_chinese(text: str, *, every: bool) -> tuple[str, list[int]]:
    """The text with Chinese numerals as digits, and for each of its places the one it comes
    from."""
    pieces, origin, at = [], [], 0
    for start, end, digits in chinese_numbers(text, every=every):
        pieces += [text[at:start], digits]
        origin += [*range(at, start), *[start] * len(digits)]
        at = end
    return "".join([*pieces, text[at:]]), [*origin, *range(at, len(text) + 1)]


@lru_cache(maxsize=4096)
def _known(text: str, languages: tuple[str, ...]) -> Known:
    """What a text of evidence says, by all its readings, the one of a statement among them."""
    written = plain(text)
    said = [one for _, one in said_in(_without_chinese(written, every=False)[0])]
    digits, _ = _without_chinese(written, every=True)
    # most texts have no number words
    forms = dict.fromkeys([digits, *(_worded(digits, language) for language in languages)])

    dated = [one for one in said if isinstance(one, Dated)]
    dated += [one for form in forms for one in dates(form, loosely=True)]
    told = {date for one in dated for readings in one.dates for date in readings}
    figures = {one for one in said if isinstance(one, Figure)}
    tokens = {one.glued for one in figures}.union(one for one in said if isinstance(one, str))
    figures = figures.union(*map(by_all_readings, forms))
    figures |= {replace(_plainly(*date.years), is_year=True) for date in told}
    parts = {part for form in (written, *forms) for _, part in parts_of_years(form)}
    return Known(
        unicodedata.normalize("NFKC", text).casefold(),
        frozenset(figures),
        frozenset(told),
        frozenset(map(str.casefold, tokens)),
        frozenset(parts),
    )


def _worded(text: str, language: str) -> str:
    """The text with number words as digits where there is no number yet (*46.9 million* is one)."""
    pieces = between_numbers(text)
    return "".join(in_digits(before, language) + number for before, number in pieces)
