"""Numbers in text: each with every way to read it, its scale and sign, and the letters that it
touches. What is glued to letters (*VLX-500*) or in parts (*3.12.1*) stands as it is written. Pure.

A quarter or half of a year is no figure: *the rest of 2025* may tell it. Not here: dates
(`dates.py`), names of scales and signs (`numerals.py`), comparing (`quantities.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from research.domain import Span
from research.text.dates import Dated, dates
from research.text.language import LATIN
from research.text.numerals import PERCENT, QUARTER, SCALES, SIGNS, any_of, plain

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
# *in millions*, *($M)*, *（1—10月，万人次）*
_HEADED = re.compile(
    rf"(?:\b(?:in|en)\s|[(:：,，;]\s?)(?P<lead>(?:{_LEAD})\s?)?(?P<scale>{_SCALE})", re.IGNORECASE
)
# *VLX-500*; *3.12.1*, *14:30*, *2:1*
_TOKEN = re.compile(
    rf"(?<![{LATIN}\d_])(?!(?:FY|CY|v|x|{_LEAD})\d)"
    rf"(?P<letters>[{LATIN}_]+)(?P<hyphen>-?)\d++(?:(?:[-.][A-Z]*|[A-Z]+)\d++)*[A-Z]?(?![{LATIN}\d])"
    r"|(?<![\d.:])(?!\d{1,3}(?:\.\d{3})+(?![.\d]))"
    r"(?P<parts>\d+(?:\.\d+){2,}|\d+(?::\d+)+)(?!:?\d)",
    re.IGNORECASE,
)
_PART_OF_A_YEAR = re.compile(
    rf"(?<![{LATIN}\d])(?:[QH]\s?[1-4]|[1-4][QH])(?![{LATIN}\d])"
    rf"|第?(?<!\d)[1-4][^\s\d]{{0,4}}[\s-]?(?:{QUARTER})(?!s)",
    re.IGNORECASE,
)
_PLACE = "\x01"  # of the digits, while the letters around them are looked for
_TOUCHING = re.compile(rf"(?:[{LATIN}]+-?)?{_PLACE}[{LATIN}]*")
_GROUPS = str.maketrans(".,'’", "    ")


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
    is_rounder = len(said.as_tuple().digits) > 1 and places_of(said) > places_of(known)
    return is_rounder and is_near(said, known)


def places_of(number: Decimal) -> int:
    """The power of ten of its last digit."""
    return int(number.as_tuple().exponent)


def is_near(said: Decimal, known: Decimal) -> bool:
    """Whether a number is another one, rounded at its last digit."""
    return abs(said - known) * 2 <= Decimal(1).scaleb(places_of(said))


def said_in(text: str) -> Iterator[tuple[Span, Dated | Figure | str]]:
    """The dates, tokens and numbers of a text, each place as one of them."""
    for dated in list(dates(text)):
        yield (dated.start, dated.end), dated
        text = _masked(text, (dated.start, dated.end))
    for match in _PART_OF_A_YEAR.finditer(text):
        text = _masked(text, match.span())
    for match in _tokens(text):
        yield match.span(), match[0]
        text = _masked(text, match.span())
    for match, figure in _numbers(text, every=False):
        yield match.span(), figure


def parts_of_years(text: str) -> Iterator[tuple[Span, str]]:
    """The quarters and halves of years that a text names: *q3*, *h1*."""
    for match in _PART_OF_A_YEAR.finditer(text):
        digit = next(filter(str.isdigit, match[0].removeprefix("第")))
        is_half = len(match[0]) < 4 and "h" in match[0].lower()
        yield match.span(), f"{'h' if is_half else 'q'}{digit}"


def by_all_readings(text: str) -> Iterator[Figure]:
    """The numbers of a text of evidence, by every reading; under a head such as *in millions* by
    its scale too."""
    heads = [
        _power(match["scale"])
        for match in _HEADED.finditer(text)
        if match["lead"] or len(match["scale"]) > 1 or not match["scale"].isascii()
    ]
    for match in _tokens(text):
        if match["parts"]:
            parts = match[0].replace(":", ".").split(".")
            yield Figure(frozenset(map(Decimal, [*parts, ".".join(parts[:2])])))
        else:
            text = _masked(text, match.span())
    for match, figure in _numbers(text, every=True):
        yield figure
        if heads and not match["scale"]:
            scaled = (one.scaleb(head) for one in figure.readings for head in heads)
            yield Figure(frozenset(scaled), figure.signs)


def bare(text: str) -> frozenset[Decimal]:
    """The numbers of a text without their scales: 46.9 of *46.9M*."""
    found = (match["digits"] for match in _NUMBER.finditer(plain(text)))
    return frozenset(one for digits in found for one in _readings(digits, every=False))


def between_numbers(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces: what stands before a number, and the number; none after the last
    piece."""
    at = 0
    for match in _NUMBER.finditer(text):
        yield text[at : match.start()], match[0]
        at = match.end()
    yield text[at:], ""


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Letters with digits, and digits in parts. *Mid-2024* is a number."""
    for match in _TOKEN.finditer(text):
        if match["parts"] or not (match["hyphen"] and match["letters"][1:].islower()):
            yield match


def _masked(text: str, span: Span) -> str:
    start, end = span
    return text[:start] + "\0" * (end - start) + text[end:]


def _numbers(text: str, *, every: bool) -> Iterator[tuple[re.Match[str], Figure]]:
    found = list(_NUMBER.finditer(text))
    for match, following in zip(found, [*found[1:], None], strict=False):
        scale = match["scale"] or _shared_scale(match, following)
        yield match, _figure(match, scale, every=every)


def _shared_scale(match: re.Match[str], following: re.Match[str] | None) -> str:
    """The scale of the next number where it is told of both: *600–950 million*."""
    if following is None:
        return ""
    link = match.string[match.end() : following.start()].strip()
    word = link.strip("-–—~/")
    is_range = bool(link) and len(word) <= 3 and (not word or word.isalpha())
    return following["scale"] or "" if is_range else ""


def _figure(match: re.Match[str], scale: str, *, every: bool) -> Figure:
    digits = match["digits"]
    sign = " ".join((match["lead"] or match["trail"] or "").split())
    signs = SIGNS.get(sign.casefold(), frozenset())
    plainly = {*_readings(digits, every=every), *_of_a_short_year(match)}
    readings = {one.scaleb(_power(scale)) for one in plainly} if scale else plainly
    if not match["scale"] or _is_perhaps_a_unit(match):
        readings |= plainly
    return Figure(
        frozenset(readings),
        signs,
        negative=bool(match["minus"] or match["minus2"]),
        is_year=not match["scale"] and not signs and _is_year(digits),
        glued=_glued(match),
    )


def _power(scale: str) -> int:
    return SCALES[scale.rstrip(".").casefold()]


def _is_perhaps_a_unit(match: re.Match[str]) -> bool:
    """*300 m* may be metres, and *37,920 t.* tonnes at the end of a sentence."""
    scale = match["scale"].rstrip(".")
    return scale == "m" or (len(scale) == 1 and match.string[match.end("digits")] in " -")


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits.isdecimal() and 1000 <= int(digits) < 2200


def _of_a_short_year(match: re.Match[str]) -> set[Decimal]:
    """The years that two digits may stand for: *'24*, *FY24*, *2023/24*."""
    digits, start = match["digits"], match.start("digits")
    before = match.string[max(0, start - 5) : start]
    is_range = before.endswith(("-", "–", "/")) and _is_year(before[:-1])
    is_short = is_range or before.endswith(("'", "’", "\0", "FY", "CY"))
    return {Decimal(f"{century}{digits}") for century in (19, 20) if is_short and len(digits) == 2}


def _glued(match: re.Match[str]) -> str:
    """The number with the letters that touch it, or nothing."""
    start, end = match.span("digits")
    around = match.string[max(0, start - 20) : start] + _PLACE + match.string[end : end + 20]
    found = _TOUCHING.search(around)
    touching = found[0] if found else _PLACE
    return touching.replace(_PLACE, match["digits"]) if touching != _PLACE else ""


def _readings(digits: str, *, every: bool) -> Iterator[Decimal]:
    """What digits with separators can mean; 1.234 is either, 1,234 a decimal only where `every`
    reading is wanted."""
    separators = [char for char in digits if not char.isdecimal()]
    groups = digits.translate(_GROUPS).split()
    whole, sizes = Decimal("".join(groups)), [len(group) for group in groups]
    in_groups = sizes[0] <= 3 and sizes[-1] == 3 and set(sizes[1:]) <= {2, 3}
    if not separators or (in_groups and len(set(separators)) == 1):
        yield whole.normalize()
    has_decimals = separators and separators[-1] in ".," and separators.count(separators[-1]) == 1
    in_thousands = sizes[-1] == 3 and separators == [","] and not digits.startswith("0")
    if has_decimals and (every or not in_thousands):
        yield whole.scaleb(-sizes[-1])
