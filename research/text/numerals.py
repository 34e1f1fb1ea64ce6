"""What numbers come with in text: scales, signs of currency and percent, names of months and
quarters, numbers written as words. Pure.

The names are those of the Unicode CLDR (`babel`), the number words those of `text2num` and, in
Chinese, of `cn2an`. Not here: comparing figures (`quantities.py`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import product
from typing import Literal

import cn2an
from babel import Locale
from babel.numbers import get_currency_name
from babel.units import format_unit
from text_to_num import alpha2digit

LOCALES = [Locale.parse(name) for name in "en en_GB de fr es it pt nl zh".split()]
# the languages of `text2num` that we have seen at work
WORDED = frozenset("en de fr es it pt nl".split())
PERCENT = "%"
LENGTHS: tuple[Literal["long", "short", "narrow"], ...] = ("long", "short", "narrow")

_SHORT_SCALES = {
    "m": 6,
    "mn": 6,
    "bn": 9,
    "tn": 12,
    "md": 9,
    "mio": 6,
    "mrd": 9,
    "mln": 6,
    "mld": 9,
    "mil": 3,
    "mille": 3,
}
_CHINESE_SCALES = {"千": 3, "百万": 6, "千万": 7, "百亿": 10, "千亿": 11, "兆": 12}
_PERCENT_NAMES = (
    "% percent per-cent pct percentage-point percentage-points prozent "
    "prozentpunkte 百分之 百分点 个百分点"
)
_MORE_CODES = frozenset("CHF SEK NOK DKK PLN CZK SGD ZAR RUB".split())
_TRADITIONAL = str.maketrans("萬億兩負", "万亿两负")
_HAN = re.compile(
    r"(?<![\d.])[零〇一二两三四五六七八九十百千万亿]{1,24}(?:点[零〇一二三四五六七八九]+)?"
)


def _scales() -> dict[str, int]:
    """Each word of scale with its power of ten; where languages differ (*billion*), English has
    it."""
    scales = _SHORT_SCALES | _CHINESE_SCALES
    for locale in LOCALES:
        for style in ("short", "long"):
            for forms in locale.compact_decimal_formats.get(style, {}).values():
                for number, form in forms.items():
                    word = form.pattern.strip("0'.\xa0 ").replace("\xa0", " ").casefold()
                    if len(word) > 3 or (word and locale.language in ("en", "zh")):
                        scales.setdefault(word, len(number) - form.pattern.count("0"))
    return scales


def _currencies() -> dict[str, frozenset[str]]:
    """Each symbol, code and name of a currency with the codes that it can stand for."""
    found: dict[str, set[str]] = {"us$": {"USD"}, "元": {"CNY"}, "rmb": {"CNY"}}
    for code, symbol in LOCALES[0].currency_symbols.items():
        if code == symbol and code not in _MORE_CODES:
            continue
        names = {code, symbol, get_currency_name(code, locale="zh")}
        if unicodedata.category(symbol[-1]) == "Sc":
            names.add(symbol[-1])
        for count in (1, 2):
            name = get_currency_name(code, count=count, locale="en")
            names |= {name, name.split()[-1]}
        for name in names:
            found.setdefault(name.casefold(), set()).add(code)
    return {name: frozenset(codes) for name, codes in found.items()}


@cache
def units() -> Mapping[str, frozenset[str]]:
    """Each name and symbol of a unit, in English and Chinese, with the units that it can stand
    for."""
    found: dict[str, set[str]] = {}
    for locale in (one for one in LOCALES if one.language in ("en", "zh")):
        for unit in map(str, locale.unit_display_names):
            for count, length in product((1, 2), LENGTHS):
                name = format_unit(count, unit, length, locale=locale).strip(f"{count} ")
                found.setdefault(name.casefold(), set()).add(unit)
    return {name: frozenset(those) for name, those in found.items()}


def _months(locales: Iterable[Locale]) -> dict[str, int]:
    """The names of months; short ones in English, German and French only: elsewhere they are words
    (*out*, *set*)."""
    names: dict[str, int] = {}
    for locale in locales:
        for forms in locale.months.values():
            short = forms["abbreviated"] if locale.language in ("en", "de", "fr") else {}
            for number, name in [*forms["wide"].items(), *short.items()]:
                names[name.rstrip(".").casefold()] = number
    return names


def any_of(names: Iterable[str]) -> str:
    """A pattern of the names, the longest first."""
    return "|".join(
        re.escape(name).replace(r"\ ", r"\s") for name in sorted(names, key=len, reverse=True)
    )


SCALES = _scales()
SIGNS = _currencies() | {
    name.replace("-", " "): frozenset({PERCENT}) for name in _PERCENT_NAMES.split()
}
MONTHS = _months(LOCALES[:-1])
CAPITALISED_MONTHS = frozenset(_months(LOCALES[:3]))  # English and German
QUARTER = any_of(
    {locale.quarters["format"]["wide"][1].split()[-1].casefold() for locale in LOCALES[:-1]}
    | {"季度"}
)


def plain(text: str) -> str:
    """The text with full-width characters and odd spaces made plain, each at its place; ² and ₂
    stay as they are."""
    if text.isascii():
        return text
    return "".join(_plain(char) for char in text).translate(_TRADITIONAL)


def _plain(char: str) -> str:
    if char == "，":  # a comma between clauses, never one within a number
        return ";"
    normal = unicodedata.normalize("NFKC", char)
    return normal if len(normal) == 1 and unicodedata.category(char) != "No" else char


def chinese_numbers(text: str, *, every: bool) -> Iterator[tuple[int, int, str]]:
    """Where a number in Chinese numerals begins and ends, and its digits. `every` takes single ones
    too, often only words (*一下*)."""
    for match in _HAN.finditer(text):
        run, (start, end) = match[0], match.span()
        is_date = text.startswith(("月", "季"), end)
        is_date |= text.startswith(("日", "号"), end) and text.endswith("月", 0, start)
        is_long = len(run) > 3 or (len(run) > 1 and not set(run).isdisjoint("十百千"))
        if every or is_date or is_long:
            # *万一*, *千万*: no numbers; cn2an fails on *万亿三* with a KeyError
            with suppress(ValueError, KeyError):
                yield start, end, str(cn2an.cn2an(run, "smart"))


_HALF = " and a half"


def in_digits(text: str, language: str) -> str:
    """The text with its number words as digits. A hyphen at its end may belong to a code."""
    spaced = text[:-1].replace("-", " ") + text[-1:]
    digits = str(alpha2digit(spaced, language, threshold=0.0))
    if language != "en":
        return digits
    text, *rest = digits.split(_HALF)
    for after in rest:
        text += (".5" if text[-1:].isdigit() else _HALF) + after
    return text
