"""Figures under a section of a number format. Pure."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from browser.office.sheets.format_codes import Section, Token

_EXACT = Context(prec=400)
_LONGEST = 30  # characters of a figure without a format


def decimal_of(value: float) -> Decimal | None:
    """The number as it was typed: of a binary fraction 15 digits are meant, of a whole number
    all."""
    exact = isinstance(value, int) or value.is_integer()
    number = Decimal(repr(value)) if exact else Decimal(f"{value:.15g}")
    return number if number.is_finite() else None


def general(number: Decimal) -> str:
    if number == 0:
        return "0"
    plain = f"{number.normalize(_EXACT):f}"
    return plain if len(plain) <= _LONGEST else f"{number.normalize(_EXACT):E}"


def figure(number: Decimal, section: Section) -> str:
    kinds = [token.kind for token in section.tokens]
    if "general" in kinds or "text" in kinds:
        plain = ("general", "text")
        return "".join(general(number) if one.kind in plain else one.text for one in section.tokens)
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


def _fixed(number: Decimal, tokens: Sequence[Token]) -> str:
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


def _before_point(digits: str, tokens: Sequence[Token], *, grouped: bool) -> str:
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


def _after_point(digits: str, tokens: Sequence[Token]) -> str:
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


def _digits(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.kind == "digit"]


def _scientific(number: Decimal, tokens: Sequence[Token]) -> str:
    at = next(n for n, token in enumerate(tokens) if token.kind == "exponent")
    mantissa, power = tokens[:at], tokens[at + 1 :]
    kinds = [token.kind for token in mantissa]
    wide = max(1, kinds[: kinds.index("point") if "point" in kinds else None].count("digit"))
    places = kinds[kinds.index("point") :].count("digit") if "point" in kinds else 0
    exponent = 0
    if number:
        exponent = number.adjusted() // wide * wide
        rounded = (
            abs(number)
            .scaleb(-exponent, _EXACT)
            .quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT)
        )
        exponent += wide if rounded.adjusted() >= wide else 0
    sign = "-" if exponent < 0 else "+" if tokens[at].text.endswith("+") else ""
    figures = _fixed(abs(number).scaleb(-exponent, _EXACT), mantissa)
    return f"{figures}E{sign}{_before_point(str(abs(exponent)), power, grouped=False)}"


def _is_fraction(tokens: Sequence[Token]) -> bool:
    """Whether digits stand on both sides of a slash."""
    at = next(n for n, token in enumerate(tokens) if token.kind == "slash")
    below = tokens[at + 1 :]
    return (
        bool(_digits(tokens[:at]))
        and bool(below)
        and (below[0].kind == "digit" or below[0].text.isdecimal())
    )


def _fraction(number: Decimal, tokens: Sequence[Token]) -> str:
    at = next(n for n, token in enumerate(tokens) if token.kind == "slash")
    below = "".join(
        token.text for token in tokens[at + 1 :] if token.kind == "digit" or token.text.isdecimal()
    )
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
