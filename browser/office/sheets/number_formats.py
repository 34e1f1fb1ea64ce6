"""What a spreadsheet shows for a value under its number format (ECMA-376, 18.8.31). Pure.

Figures are rounded as the format says, with points and commas as in English; whole numbers without a
format keep all their digits. Two departures, so that what is quoted can be understood alone: a date
in figures whose order nobody can tell (`03/05/24`) is written as `2024-05-03`, and years have four
digits. Not here: colours, widths and the alignment that formats ask for.
"""

import locale
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from babel.core import UnknownLocaleError
from babel.dates import get_day_names, get_month_names

Value = int | float | str | date | time | timedelta
Kind = str  # literal, digit, point, comma, percent, exponent, slash, general, text, date, elapsed, half

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)"
    r"|_.(?P<space>)"
    r"|\*."
    r"|(?P<end>;)"
    r"|\[(?P<bracket>[^\]]*)\]"
    r"|(?P<general>general)"
    r"|(?P<exponent>E[+-])"
    r"|(?P<half>am/pm|a/p|上午/下午)"
    r"|(?P<date>y+|m+|d+|h+|s+|e+|b+|g+|aaaa?)"
    r"|(?P<digit>[0#?])"
    r"|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<text>@)"
    r"|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(?P<sign><=|>=|<>|=|<|>)\s*(?P<bound>-?\d+(?:\.\d+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CURRENCY = re.compile(r"\$(?P<sign>[^-\]]*)(?:-(?P<language>[0-9A-Fa-f]+))?")
_EXACT = Context(prec=400)
_LONGEST_FORMAT = 255
_LONGEST = 30  # characters of a figure without a format
_SECONDS = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the up to four parts of a format. `language` is that of its names of months."""

    tokens: tuple[_Token, ...] = ()
    condition: tuple[str, Decimal] | None = None
    language: str = ""

    def and_token(self, kind: Kind, text: str) -> "_Section":
        return replace(self, tokens=(*self.tokens, _Token(kind, text))) if text else self


def shown(value: Value, number_format: str) -> str:
    """The text of a cell. Never raises: what a format cannot show is written plainly."""
    sections = _sections(number_format)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return _text(value, sections)
    if isinstance(value, date | time | timedelta):
        return _moment(value, sections[0]).strip()
    number = _decimal(value)
    if number is None:
        return str(value)
    section, signed = _section_for(number, sections)
    if not section.tokens and len(sections) == 1:
        return _general(number)
    return _figure(number if signed else abs(number), section).strip()


# The format


@lru_cache(maxsize=1024)
def _sections(number_format: str) -> tuple[_Section, ...]:
    sections = [_Section()]
    for match in _TOKEN.finditer(number_format[:_LONGEST_FORMAT]):
        kind = match.lastgroup or ""
        found = match[kind] if kind else ""
        if kind == "end":
            sections.append(_Section())
        elif kind == "bracket":
            sections[-1] = _with_bracket(sections[-1], found)
        elif kind:
            found = " " if kind == "space" else found
            kind = "literal" if kind in ("quoted", "escaped", "space") else kind
            sections[-1] = sections[-1].and_token(kind, found)
    return tuple(sections[:4])


def _with_bracket(section: _Section, text: str) -> _Section:
    """A currency, a condition or a time that runs on past a day; colours are not told."""
    if currency := _CURRENCY.fullmatch(text):
        section = replace(section, language=_language(currency["language"]) or section.language)
        return section.and_token("literal", currency["sign"])
    if limit := _CONDITION.fullmatch(text):
        return replace(section, condition=(limit["sign"], Decimal(limit["bound"])))
    return section.and_token("elapsed", text) if _ELAPSED.fullmatch(text) else section


def _language(code: str | None) -> str:
    """A language by the number that Windows gives it, '' where it has none."""
    return locale.windows_locale.get(int(code, 16) & 0xFFFF, "") if code else ""


def _section_for(number: Decimal, sections: Sequence[_Section]) -> tuple[_Section, bool]:
    """The section that shows a number, and whether the number brings its own minus."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(number, *section.condition):
                return section, True
        return sections[-1], True
    if number < 0 and len(sections) > 1:
        return sections[1], False
    return sections[2 if number == 0 and len(sections) > 2 else 0], True


def _holds(number: Decimal, sign: str, bound: Decimal) -> bool:
    return {
        "<": number < bound,
        ">": number > bound,
        "=": number == bound,
        "<=": number <= bound,
        ">=": number >= bound,
        "<>": number != bound,
    }[sign]


# Texts and figures


def _text(value: str, sections: Sequence[_Section]) -> str:
    with_text = [one for one in sections if any(token.kind == "text" for token in one.tokens)]
    if len(sections) == 4:
        tokens = sections[3].tokens
    elif with_text and all(token.kind in ("text", "literal") for token in with_text[-1].tokens):
        tokens = with_text[-1].tokens
    else:
        return value
    return "".join(value if token.kind == "text" else token.text for token in tokens)


def _decimal(value: float) -> Decimal | None:
    """The number as it was typed: of a binary fraction, 15 digits are meant."""
    number = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    return number if number.is_finite() else None


def _general(number: Decimal) -> str:
    if number == 0:
        return "0"
    plain = f"{number.normalize(_EXACT):f}"
    return plain if len(plain) <= _LONGEST else f"{number.normalize(_EXACT):E}"


def _figure(number: Decimal, section: _Section) -> str:
    kinds = [token.kind for token in section.tokens]
    if "general" in kinds or "text" in kinds:
        plain = ("general", "text")
        return "".join(_general(number) if one.kind in plain else one.text for one in section.tokens)
    if "digit" not in kinds:
        words = "".join(token.text for token in section.tokens if token.kind != "date")
        return f"-{words}" if number < 0 and words.strip() else words
    number = number.scaleb(2 * kinds.count("percent"), _EXACT)
    if "exponent" in kinds:
        written = _scientific(number, section.tokens)
    elif "slash" in kinds and _is_fraction(section.tokens):
        written = _fraction(number, section.tokens)
    else:
        written = _fixed(number, section.tokens)
    return f"-{written}" if number < 0 else written


def _fixed(number: Decimal, tokens: Sequence[_Token]) -> str:
    """Digits put into their places, with what stands between them."""
    kinds = [token.kind for token in tokens]
    point = kinds.index("point") if "point" in kinds else len(tokens)
    last = max((at for at, kind in enumerate(kinds[:point]) if kind == "digit"), default=-1)
    end = max((at for at, kind in enumerate(kinds) if kind == "digit"), default=-1)
    scale = kinds[last + 1 : point].count("comma") if last >= 0 else 0
    scale += kinds[end + 1 :].count("comma") if end > point else 0
    grouped = "comma" in kinds[: max(last, 0)]
    places = kinds[point:].count("digit")
    exact = Decimal(1).scaleb(-places)
    rounded = abs(number).scaleb(-3 * scale, _EXACT).quantize(exact, ROUND_HALF_UP, _EXACT)
    whole, _, rest = f"{rounded:f}".partition(".")
    before = _before_point("" if whole == "0" else whole, tokens[:point], grouped=grouped)
    return before + _after_point(rest, tokens[point:])


def _before_point(digits: str, tokens: Sequence[_Token], *, grouped: bool) -> str:
    """From the right; the first place takes all digits that are left."""
    places = [at for at, token in enumerate(tokens) if token.kind == "digit"]
    written: list[str] = []
    count = 0
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if token.kind != "digit":
            if token.kind != "comma":
                written.append(token.text)
            continue
        taken = digits if at == places[0] else digits[-1:]
        digits = digits[: len(digits) - len(taken)]
        for digit in reversed(taken or ("0" if token.text == "0" else "")):
            if grouped and count and count % 3 == 0:
                written.append(",")
            written.append(digit)
            count += 1
    return "".join(reversed(written))


def _after_point(digits: str, tokens: Sequence[_Token]) -> str:
    """From the left; zeros at the end only where the format asks for them."""
    needed = max((n for n, one in enumerate(_digits(tokens), 1) if one.text == "0"), default=0)
    digits = digits[:needed] + digits[needed:].rstrip("0")
    written = ""
    for token in tokens:
        if token.kind == "digit":
            written, digits = written + digits[:1], digits[1:]
        elif token.kind == "point":
            written += "." if digits else ""
        elif token.kind != "comma":
            written += token.text
    return written


def _digits(tokens: Sequence[_Token]) -> list[_Token]:
    return [token for token in tokens if token.kind == "digit"]


def _scientific(number: Decimal, tokens: Sequence[_Token]) -> str:
    at = next(n for n, token in enumerate(tokens) if token.kind == "exponent")
    mantissa, power = tokens[:at], tokens[at + 1 :]
    kinds = [token.kind for token in mantissa]
    wide = max(1, kinds[: kinds.index("point") if "point" in kinds else None].count("digit"))
    places = kinds[kinds.index("point") :].count("digit") if "point" in kinds else 0
    exponent = 0
    if number:
        exponent = number.adjusted() // wide * wide
        rounded = abs(number).scaleb(-exponent, _EXACT).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT)
        exponent += wide if rounded.adjusted() >= wide else 0
    sign = "-" if exponent < 0 else "+" if tokens[at].text.endswith("+") else ""
    figures = _fixed(abs(number).scaleb(-exponent, _EXACT), mantissa)
    return f"{figures}E{sign}{_before_point(str(abs(exponent)), power, grouped=False)}"


def _is_fraction(tokens: Sequence[_Token]) -> bool:
    """Whether digits stand on both sides of a slash."""
    at = next(n for n, token in enumerate(tokens) if token.kind == "slash")
    below = tokens[at + 1 :]
    return bool(_digits(tokens[:at])) and bool(below) and (below[0].kind == "digit" or below[0].text.isdecimal())


def _fraction(number: Decimal, tokens: Sequence[_Token]) -> str:
    at = next(n for n, token in enumerate(tokens) if token.kind == "slash")
    below = "".join(token.text for token in tokens[at + 1 :] if token.kind == "digit" or token.text.isdecimal())
    value = Fraction(abs(number))
    mixed = any(token.kind == "literal" and token.text == " " for token in tokens[:at])
    whole = int(value) if mixed else 0
    if below.strip("0#?"):
        denominator = int(re.sub(r"\D", "", below) or 1)
        part = (round((value - whole) * denominator), denominator)
    else:
        nearest = (value - whole).limit_denominator(10 ** min(len(below), 4) - 1)
        part = (nearest.numerator, nearest.denominator)
    if part[0] == part[1]:
        whole, part = whole + 1, (0, 1)
    if not part[0]:
        return str(whole)
    return f"{whole} {part[0]}/{part[1]}" if whole else f"{part[0]}/{part[1]}"


# Dates and times


def _moment(value: date | time | timedelta, section: _Section) -> str:
    tokens = _ordered(_with_minutes(section.tokens))
    if not any(token.kind in ("date", "elapsed") for token in tokens):
        return _plainly(value)
    halved = any(token.kind == "half" for token in tokens)
    try:
        written = [_piece(value, token, section.language, halved=halved) for token in tokens]
    except (
        AttributeError,
        ValueError,
        UnknownLocaleError,
    ):  # a time of day under the format of a date
        return _plainly(value)
    return "".join(written)


def _plainly(value: date | time | timedelta) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    return str(value)


def _with_minutes(tokens: Sequence[_Token]) -> list[_Token]:
    """`m` is minutes behind hours and before seconds, else the month; figures behind a point are
    parts of a second."""
    told: list[_Token] = []
    clock = [token for token in tokens if token.kind in ("date", "elapsed")]
    after = {id(one): other.text[0].lower() for other, one in pairwise(clock)}
    before = {id(one): other.text[0].lower() for one, other in pairwise(clock)}
    for token in tokens:
        letter = token.text[0].lower()
        minutes = letter == "m" and (after.get(id(token)) == "h" or before.get(id(token)) == "s")
        if token.kind == "date" and minutes:
            told.append(_Token("date", "n" * min(len(token.text), 2)))
        elif token.kind == "digit" and told and told[-1].kind in ("point", "fraction"):
            told[-1] = _Token("fraction", told[-1].text.replace(".", "") + "0")
        else:
            told.append(token)
    return told


def _ordered(tokens: Sequence[_Token]) -> list[_Token]:
    """Day, month and year in figures, as the ISO writes them where the year does not come first."""
    places = [
        at
        for at, token in enumerate(tokens)
        if token.kind == "date" and (token.text[0] in "yYeE" or (token.text[0] in "mMdD" and len(token.text) < 3))
    ]
    letters = [tokens[at].text[0].lower().replace("e", "y") for at in places]
    if sorted(letters) != ["d", "m", "y"] or letters[0] == "y":
        return list(tokens)
    iso = [
        _Token("date", "yyyy"),
        _Token("literal", "-"),
        _Token("date", "mm"),
        _Token("literal", "-"),
        _Token("date", "dd"),
    ]
    return [*tokens[: places[0]], *iso, *tokens[places[-1] + 1 :]]


def _piece(value: date | time | timedelta, token: _Token, language: str, *, halved: bool) -> str:
    if token.kind == "elapsed":
        return _elapsed(value, token.text)
    if token.kind == "fraction":
        micro = value.microseconds if isinstance(value, timedelta) else getattr(value, "microsecond", 0)
        return f".{micro:06d}"[: 1 + len(token.text)]
    if token.kind == "half":
        return "AM" if _clock(value)[0] < 12 else "PM"
    if token.kind != "date":
        return token.text
    letter, wide = token.text[0].lower(), len(token.text)
    if letter in "hns":
        hour, minute, second = _clock(value)
        number = {"h": (hour + 11) % 12 + 1 if halved else hour, "n": minute, "s": second}[letter]
        return f"{number:02d}" if wide > 1 else str(number)
    return _day(value, letter, wide, language) if isinstance(value, date) else _refused(value)


def _refused(value: object) -> str:
    raise ValueError(f"{value!r} has no day")


def _clock(value: date | time | timedelta) -> tuple[int, int, int]:
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
    if isinstance(value, datetime | time):
        return value.hour, value.minute, value.second
    return 0, 0, 0


def _day(value: date, letter: str, wide: int, language: str) -> str:
    if letter in "ye":
        return str(value.year)
    if letter == "b":
        return str(value.year + 543)
    if letter == "m" and wide > 2:
        return str(
            get_month_names(
                "abbreviated" if wide == 3 else "narrow" if wide == 5 else "wide",
                locale=language or "en",
            )[value.month]
        ).rstrip(".")
    if letter == "a" or (letter == "d" and wide > 2):
        return str(get_day_names("abbreviated" if wide == 3 else "wide", locale=language or "en")[value.weekday()]).rstrip(".")
    if letter == "g":
        return ""
    number = value.month if letter == "m" else value.day
    return f"{number:02d}" if wide > 1 else str(number)


def _elapsed(value: date | time | timedelta, unit: str) -> str:
    """Hours, minutes or seconds in all."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
    else:
        return _refused(value)
    return f"{int(seconds // _SECONDS[unit[0].lower()]):0{len(unit)}d}"
