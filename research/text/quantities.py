"""Which figures and dates of a statement stand nowhere in its evidence: what code can tell exactly.
Pure.

A figure is a number with its scale, sign and currency; a date is compared as a date; what is glued
to letters (*VLX-500*) as it is written.
A statement may round what the evidence says. Not here: dates in text (`dates.py`), names of scales
and signs (`numerals.py`), any judging
of wording. Direction is meaning, so a minus needs none in the evidence: *fell 3 %* may be told as
*−3 %*; the value of a calculation has
its sign. The day of a date counts as a plain number too, for *from 9 to 12 April* is said of two
dates.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from research.domain import Span
from research.text.dates import YEAR, Date, Dated, dates
from research.text.language import LATIN
from research.text.numerals import (
    PERCENT,
    QUARTER,
    SCALES,
    SIGNS,
    WORDED,
    any_of,
    chinese_numbers,
    in_digits,
    plain,
    units,
)
from research.text.sentences import terms

LONGEST_UNIT = 40  # characters

_CODES = frozenset().union(*SIGNS.values())
_LEAD = any_of(
    sign
    for sign in SIGNS
    if sign != PERCENT and (not sign[-1].isalpha() or not sign.isascii() or sign.upper() in _CODES)
)
_SCALE = rf"(?:{any_of(SCALES)})(?![{LATIN}])\.?"
_DIGITS = (
    # 1,234.5 and 1.234,5 and 1 234,5
    r"\d{1,3}(?P<group>[.,'’ ])\d{3}(?:(?P=group)\d{3})*(?:(?!(?P=group))[.,]\d+)?(?![.,]?\d)"
    r"|\d{1,2}(?:,\d\d)+,\d{3}(?![.,]?\d)|\d+[.,]\d+(?![.,]?\d)|\d+"
)
_NUMBER = re.compile(
    rf"(?P<minus>(?<![\w)\]])[-−–]|(?:\b(?:minus|moins|menos)|负"
    rf"|零下)\s?)?(?:(?<![{LATIN}])(?P<lead>{_LEAD})\s?)?"
    rf"(?P<minus2>(?<!\w)[-−])?(?<!\d)(?P<digits>{_DIGITS})(?:[-\s]?[多余]?(?P<scale>{_SCALE}))?"
    rf"(?:[-\s]?(?P<trail>{any_of(SIGNS)})(?![{LATIN}]))?",
    re.IGNORECASE,
)
# *600–950 million*
_TO_SCALED = re.compile(
    rf"\s?(?:[-–—~/至到]|[^\W\d_]{{2,3}})\s?\W?[\d.,]+\s?(?P<scale>{_SCALE})", re.IGNORECASE
)
# *in millions*, *($M)*
_HEADED = re.compile(
    rf"(?:\b(?:in|en)\s|[(:：]\s?)(?P<lead>(?:{_LEAD})\s?)?(?P<scale>{_SCALE})", re.IGNORECASE
)
_SHORT_YEAR = re.compile(r"(?:['’\0Q]|[FC]Y|(?:1\d|20)\d\d[-–/])$")
_CODE = re.compile(
    rf"(?<![{LATIN}\d_])(?!(?:FY|CY|H|v|x"
    rf"|{_LEAD})\d)(?P<letters>[{LATIN}_]+)(?P<hyphen>-?)\d+(?:[-.]?[A-Z]*\d+)*[A-Z]?(?![{LATIN}\d])",
    re.IGNORECASE,
)
# 3.12.1, 14:30, 2:1
_VERSION = re.compile(
    r"(?<![\d.:])(?!\d{1,3}(?:\.\d{3})+(?![.\d]))(?:\d+(?:\.\d+){2,}|\d+(?::\d+)+)(?![\d:])"
)
_QUARTER = re.compile(
    rf"(?<![{LATIN}])Q\s?([1-4])(?!\d)|([1-4])Q(?![{LATIN}])"
    rf"|第?(?<!\d)([1-4])[^\s\d]{{0,4}}[\s-]?(?:{QUARTER})s?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Figure:
    """A number in text: each way to read it, as exact as it is written; what its sign can stand
    for; the letters that it touches."""

    readings: frozenset[Decimal]
    signs: frozenset[str] = frozenset()
    negative: bool = False
    is_year: bool = False
    glued: str = ""

    def rounds(self, known: "Figure") -> bool:
        """Whether the known number, rounded, can be this one."""
        return any(
            said == one or (not self.is_year and _rounds(said, one))
            for said in self.readings
            for one in known.readings
        )


def _rounds(said: Decimal, known: Decimal) -> bool:
    """Whether a number of two significant digits or more is the known one, which is given more
    exactly, rounded."""
    places, more = said.as_tuple().exponent, known.as_tuple().exponent
    if (
        not isinstance(places, int)
        or not isinstance(more, int)
        or len(said.as_tuple().digits) < 2
        or places <= more
    ):
        return False
    return abs(said - known) * 2 <= Decimal(1).scaleb(places)


@dataclass(frozen=True)
class Known:
    """What texts of evidence say."""

    text: str = ""
    figures: frozenset[Figure] = frozenset()
    dates: frozenset[Date] = frozenset()
    tokens: frozenset[str] = frozenset()

    def has(self, said: Figure) -> bool:
        """Whether the figure stands there, rounded or not, and not only under another sign."""
        found = [known for known in self.figures if said.rounds(known)]
        other_sign = said.signs and all(
            known.signs and not known.signs & said.signs for known in found
        )
        return bool(found) and not other_sign

    @property
    def years(self) -> frozenset[int]:
        named = (figure.readings for figure in self.figures if figure.is_year)
        return frozenset(int(reading) for readings in named for reading in readings)

    def has_date(self, said: Date) -> bool:
        return any(said.agrees(known, self.years) for known in self.dates)

    def has_token(self, token: str) -> bool:
        """Whether the token stands there, with or without its hyphens and spaces, and no longer
        one."""
        parts = [re.escape(part) for part in re.split(r"[-_\s]", token.casefold()) if part]
        loosely = r"[-_\s]?".join(parts)
        return token.casefold() in self.tokens or bool(
            parts and re.search(rf"(?<![a-z\d])(?<!\d[.:]){loosely}(?!\d|[.:]\d)", self.text)
        )


def missing(
    statement: str,
    evidence: Iterable[str],
    *,
    values: Iterable[Decimal] = (),
    languages: Sequence[str] = ("en",),
) -> tuple[str, ...]:
    """The figures and dates of the statement, as written there, that stand in no text of the
    evidence and are none of the values.

    `languages` are those whose number words are read in the evidence (BCP 47; one that we cannot
    read is passed over)."""
    texts = [_known(text, _worded_in(languages)) for text in evidence]
    known = Known(
        "\n".join(one.text for one in texts),
        frozenset().union(*(one.figures for one in texts)),
        frozenset().union(*(one.dates for one in texts)),
        frozenset().union(*(one.tokens for one in texts)),
    )
    text, origin = _without_chinese(plain(statement), every=False)
    spans = sorted(span for span, said in _said(text) if not _stands(said, known, tuple(values)))
    return tuple(
        dict.fromkeys(statement[origin[start] : origin[end]].strip() for start, end in spans)
    )


def years(text: str) -> frozenset[int]:
    """The years that a text names."""
    return _known(text, ()).years


def measured(text: str) -> list[tuple[Figure, frozenset[str]]]:
    """The figures of a text but its years, each with what it counts: the currencies or units that
    are meant, else the word after it."""
    text, _ = _without_chinese(plain(text), every=False)
    found = ((span, said) for span, said in _said(text) if isinstance(said, Figure))
    return [
        (said, said.signs or _counted(text[start:]))
        for (start, _), said in found
        if not said.is_year
    ]


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


def _said(text: str) -> Iterator[tuple[Span, Dated | Figure | str]]:
    """The dates, tokens and numbers of a text, each place as one of them."""
    for dated in list(dates(text)):
        yield (dated.start, dated.end), dated
        text = _masked(text, dated.start, dated.end)
    for match in _QUARTER.finditer(text):
        yield match.span(), f"q{max(match.groups(default=''))}"
        text = _masked(text, *match.span())
    for match in [*_VERSION.finditer(text), *_codes(text)]:
        yield match.span(), match[0]
        text = _masked(text, *match.span())
    for match in _NUMBER.finditer(text):
        yield match.span(), _figure(match, text)


def _stands(said: Dated | Figure | str, known: Known, values: Sequence[Decimal]) -> bool:
    if isinstance(said, Dated):
        told = all(any(known.has_date(date) for date in readings) for readings in said.dates)
        years = [Figure(frozenset(map(Decimal, readings))) for readings in said.or_years]
        return told or (bool(years) and all(map(known.has, years)))
    if isinstance(said, Figure):
        return (
            known.has(said)
            or known.has_token(said.glued)
            or any(_is_value(said, value) for value in values)
        )
    parts = said.split(":") if ":" in said else []
    return known.has_token(said) or (
        bool(parts) and all(known.has(Figure(frozenset({Decimal(part)}))) for part in parts)
    )


def _is_value(said: Figure, value: Decimal) -> bool:
    factors = (1, 100) if PERCENT in said.signs else (1,)
    return any(
        _is_rounded(one, abs(value) * factor) for one in said.readings for factor in factors
    ) and (not said.negative or value < 0)


def _is_rounded(said: Decimal, value: Decimal) -> bool:
    """Whether a number is a result as far as it is told, down to one digit."""
    places = said.as_tuple().exponent
    if not isinstance(places, int):
        return False
    if len(said.as_tuple().digits) < 2 and places > 0 and abs(said - value) * 20 > said:
        return False  # 8 may be 8.4 and 7 million 7.01 million; 60 is not 55
    return said == value or abs(said - value) * 2 <= Decimal(1).scaleb(places)


def _codes(text: str) -> Iterator[re.Match[str]]:
    """Tokens of letters and digits: *VLX-500*, not *mid-2024*, which is a number."""
    return (
        match
        for match in _CODE.finditer(text)
        if not (match["hyphen"] and match["letters"][1:].islower())
    )


def _glued(match: re.Match[str], text: str) -> str:
    """The number with the letters that touch it, or nothing."""
    start, end = match.span("digits")
    before = re.search(rf"[{LATIN}]+-?$", text[max(0, start - 20) : start])
    after = re.match(rf"[{LATIN}]+", text[end : end + 20])
    return (
        f"{before[0] if before else ''}{match['digits']}{after[0] if after else ''}"
        if before or after
        else ""
    )


def _masked(text: str, start: int, end: int) -> str:
    return text[:start] + "\0" * (end - start) + text[end:]


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
    digits, _ = _without_chinese(plain(text), every=True)
    said = [one for _, one in _said(_without_chinese(plain(text), every=False)[0])]
    figures = {one for one in said if isinstance(one, Figure)}
    tokens = {one.casefold() for one in said if isinstance(one, str)} | {
        one.glued.casefold() for one in figures
    }
    told = [one for one in said if isinstance(one, Dated)]
    for form in [digits, *_worded(digits, languages)]:
        told += dates(form, loosely=True)
        tokens |= {f"q{max(match.groups(default=''))}" for match in _QUARTER.finditer(form)}
        figures |= set(_figures(form))
    found = {date for dated in told for readings in dated.dates for date in readings}
    figures |= {Figure(frozenset(map(Decimal, date.years)), is_year=True) for date in found}
    return Known(
        unicodedata.normalize("NFKC", text).casefold(),
        frozenset(figures),
        frozenset(found),
        frozenset(tokens - {""}),
    )


def _worded(text: str, languages: tuple[str, ...]) -> Iterator[str]:
    """The text with number words as digits where there is no number yet (*46.9 million* is one)."""
    for language in languages:
        pieces, at = [], 0
        for match in _NUMBER.finditer(text):
            pieces += [in_digits(text[at : match.start()], language), match[0]]
            at = match.end()
        yield "".join([*pieces, in_digits(text[at:], language)])


def _figures(text: str) -> Iterator[Figure]:
    """The numbers of a text of evidence, by all their readings."""
    heads = [
        SCALES[m["scale"].rstrip(".").casefold()]
        for m in _HEADED.finditer(text)
        if m["lead"] or len(m["scale"]) > 1 or not m["scale"].isascii()
    ]
    for match in _codes(text):
        text = _masked(text, *match.span())
    for match in _VERSION.finditer(text):
        parts = re.split("[.:]", match[0])
        yield Figure(frozenset(Decimal(one) for one in [*parts, ".".join(parts[:2])]))
    for match in _NUMBER.finditer(text):
        figure = _figure(match, text, evidence=True)
        yield figure
        if heads and not match["scale"]:
            yield Figure(
                frozenset(one.scaleb(head) for one in figure.readings for head in heads),
                figure.signs,
            )


def _figure(match: re.Match[str], text: str, *, evidence: bool = False) -> Figure:
    digits, scale = match["digits"], (match["scale"] or "").rstrip(".").casefold()
    start, end = match.span()
    signs = SIGNS.get(
        re.sub(r"\s", " ", match["lead"] or match["trail"] or "").casefold(), frozenset()
    )
    readings = set(_readings(digits, every=evidence))
    if len(digits) == 2 and _SHORT_YEAR.search(text[max(0, start - 6) : start]):
        readings |= {Decimal(1900 + int(digits)), Decimal(2000 + int(digits))}
    if scale:
        plainly = (
            readings
            if len(scale) == 1
            and (match["scale"].rstrip(".") == "m" or text[match.end("digits")] in " -")
            else set()
        )
        # *300 m* may be metres
        readings = plainly | {one.scaleb(SCALES[scale]) for one in readings}
    elif ahead := _TO_SCALED.match(text, end):
        readings |= {one.scaleb(SCALES[ahead["scale"].rstrip(".").casefold()]) for one in readings}
    is_year = bool(re.fullmatch(YEAR, digits)) and not scale and not signs
    return Figure(
        frozenset(readings),
        signs,
        bool(match["minus"] or match["minus2"]),
        is_year,
        _glued(match, text),
    )


def _readings(digits: str, *, every: bool) -> Iterator[Decimal]:
    """What digits with separators can mean; 1.234 is either, 1,234 a decimal only where `every`
    reading is wanted."""
    separators = re.findall(r"\D", digits)
    whole = re.sub(r"\D", "", digits)
    if not separators or (
        re.fullmatch(r"\d{1,3}(\D\d{2})*(\D\d{3})+", digits) and len(set(separators)) == 1
    ):
        yield Decimal(whole).normalize()
    if separators and separators[-1] in ".," and separators.count(separators[-1]) == 1:
        decimals = len(re.split(r"\D", digits)[-1])
        if every or decimals != 3 or separators != [","] or digits.startswith("0"):
            yield Decimal(whole).scaleb(-decimals)
