"""Figures in text: numbers with their units, years, and names, brought to one form so that they can
be compared. Pure.

Full-width digits, separators, 万/亿, million/billion, per cent and the common units of length,
mass, time and temperature are normalised. A figure is kept as it is written as well: conversion
between units is arithmetic of its own and not done here.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from research.text.language import sets_spaces
from research.text.sentences import remembered

_SCALE = {
    "thousand": 3,
    "million": 6,
    "billion": 9,
    "trillion": 12,
    "m": 6,
    "bn": 9,
    "k": 3,
    "千": 3,
    "万": 4,
    "萬": 4,
    "百万": 6,
    "亿": 8,
    "億": 8,
    "万亿": 12,
}
_UNITS: dict[str, str] = {}
for _name, _forms in {
    "m": "m metre metres meter meters 米 公尺",
    "km": "km kilometre kilometres kilometer kilometers 千米 公里",
    "cm": "cm centimetre centimetres centimeter centimeters 厘米",
    "mm": "mm millimetre millimetres millimeter millimeters 毫米",
    "ft": "ft foot feet 英尺",
    "in": "inch inches 英寸",
    "mi": "mi mile miles 英里",
    "fathom": "fathom fathoms 英寻 噚",
    "kg": "kg kilogram kilograms kilogramme kilogrammes 千克 公斤",
    "g": "g gram grams 克",
    "t": "t tonne tonnes ton tons 吨",
    "s": "s second seconds 秒",
    "min": "min minute minutes 分钟",
    "h": "h hour hours 小时",
    "d": "day days 天",
    "yr": "year years",
    "%": "% percent per-cent ％",
    "°C": "°c celsius ℃ 摄氏度",
    "°F": "°f fahrenheit ℉",
    "K": "kelvin",
    "m/s": "m/s",
    "km/h": "km/h",
    "usd": "$ usd dollar dollars 美元",
    "eur": "€ eur euro euros 欧元",
    "gbp": "£ gbp pound pounds 英镑",
    "cny": "¥ cny rmb yuan 元 人民币",
    "Hz": "hz hertz 赫兹",
    "kHz": "khz 千赫",
    "W": "w watt watts 瓦",
    "kW": "kw kilowatt kilowatts 千瓦",
    "MW": "mw megawatt megawatts 兆瓦",
    "GW": "gw gigawatt gigawatts 吉瓦",
    "kWh": "kwh",
    "people": "people inhabitants residents employees workers 人",
    "ha": "ha hectare hectares 公顷",
    "mu": "亩",
    "piece": "件 台 辆 座",
}.items():
    for _form in _forms.split():
        _UNITS[_form] = _name
_UNITS |= dict.fromkeys(
    ("metre per second", "metres per second", "meters per second", "米每秒", "米/秒"), "m/s"
)
_UNITS |= dict.fromkeys(
    ("kilometres per hour", "kilometers per hour", "公里每小时", "千米每小时"), "km/h"
)
UNIT_FORMS = frozenset(_UNITS)
_UNIT_WORDS = "|".join(sorted((re.escape(form) for form in _UNITS), key=len, reverse=True))
_FIGURE = re.compile(
    r"(?P<currency>[$€£¥])?\s?(?<![A-Za-z\d])(?<!\d[.,])(?<![A-Za-z]-)(?P<sign>[-−])?"
    r"(?P<number>\d{1,3}(?:[, \u202f\u00a0]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|bn|百万|万亿|万|萬|亿|億|千(?!米|克"
    r"|瓦|赫))(?![a-z]))?"
    rf"(?:[\s-]*(?P<unit>square |cubic |per cent|m/s|km/h|平方"
    rf"|立方)?(?P<unit2>{_UNIT_WORDS})?(?![a-zA-Z]))?(?![a-zA-Z])",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?<![\d.,])(1[0-9]{3}|20[0-9]{2})(?![\d]|[.,]\d)(?!\s*(?:m|米|metres|meters|km|feet|ft"
    r"|fathoms|kg|people|人)\b)"
)
_LATIN_NAME = re.compile(
    r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9'-]*[A-Za-z0-9](?:\s+(?:of\s+(?:the\s+)?)?[A-Z][A-Za-z0-9'-]+)*"
)
_NAME = re.compile(
    r"(?<![.!?]\s)(?<!^)\b[A-Z][\w’'-]*[a-zA-Z](?:\s+(?:of\s+(?:the\s+)?)?[A-Z][\w’'-]+)*"
)


@dataclass(frozen=True)
class Figure:
    """A number in one form: its value, its unit in short ('' if none), and how many significant
    places it was written with."""

    value: Decimal
    unit: str
    written: str
    places: int

    @property
    def is_year(self) -> bool:
        return self.unit == "" and re.fullmatch(r"1[0-9]{3}|20[0-9]{2}", self.written) is not None


def _plain(text: str) -> str:
    """NFKC where it keeps the length: full-width digits become digits, a ligature stays."""
    if text.isascii():
        return text
    return "".join(
        n if len(n := unicodedata.normalize("NFKC", char)) == 1 else char for char in text
    )


_WORDS = {
    word: str(number)
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), 2
    )
}
_WORD_FIGURE = re.compile(rf"\b({'|'.join(_WORDS)})(?=[\s-]+(?:{_UNIT_WORDS})\b)", re.IGNORECASE)
_CHINESE_DIGITS = {
    char: value
    for value, chars in enumerate(("零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
_CHINESE_TENS = {"十": 10, "百": 100, "千": 1000}
_CHINESE_FIGURE = re.compile(
    rf"百分之(?P<share>[{''.join(_CHINESE_DIGITS)}十百]+)"
    rf"|(?P<number>[{''.join(_CHINESE_DIGITS)}十百千万亿]+)(?=(?P<unit>{_UNIT_WORDS})?)"
)


def in_digits(text: str) -> str:
    """The text with numbers in words as digits where they count something: *two days*, 三百八十九,
    百分之五."""
    text = _WORD_FIGURE.sub(lambda match: _WORDS[match.group().lower()], text)
    return text if text.isascii() else _CHINESE_FIGURE.sub(_in_digits, text)


def _in_digits(match: re.Match[str]) -> str:
    if share := match["share"]:
        return f"{_chinese_value(share)}%"
    number = match["number"]
    counts = any(char in _CHINESE_DIGITS or char == "十" for char in number)
    large = len(number) > 1 and any(char in "十百千万亿" for char in number)
    return str(_chinese_value(number)) if counts and (large or match["unit"]) else number


def _chinese_value(number: str) -> int:
    total = section = digit = 0
    for char in number:
        if char in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[char]
        elif char in _CHINESE_TENS:
            section += (digit or 1) * _CHINESE_TENS[char]
            digit = 0
        else:
            total = (total + section + digit) * (10_000 if char == "万" else 100_000_000)
            section = digit = 0
    return total + section + digit


def figures(text: str) -> list[Figure]:
    """The figures of a text in order."""
    return list(_figures(text))


@remembered
def _figures(text: str) -> tuple[Figure, ...]:
    return tuple(_figure(match) for match in _FIGURE.finditer(in_digits(_plain(text))))


def _figure(match: re.Match[str]) -> Figure:
    written = match["number"]
    value = Decimal(re.sub(r"[,\s\u202f\u00a0]", "", written)) * (
        -1 if match["sign"] and not _is_range(match) else 1
    )
    if scale := match["scale"]:
        value = value.scaleb(_SCALE[scale.lower()])
    unit = (match["unit2"] or "").lower()
    unit = _UNITS.get(unit, "")
    prefix = (match["unit"] or "").strip().lower()
    if prefix == "per cent":
        unit = "%"
    elif prefix in ("m/s", "km/h"):
        unit = prefix
    elif prefix and unit:
        unit = {"square": "2", "平方": "2"}.get(prefix, "3").join((unit, ""))
    if match["currency"]:
        unit = _UNITS[match["currency"]]
    digits = re.sub(r"\D", "", written)
    return Figure(value, unit, written, len(digits.rstrip("0")) or 1)


def _is_range(match: re.Match[str]) -> bool:
    before = match.string[: match.start("sign")]
    return bool(before) and before.rstrip()[-1:].isdigit()


def years(text: str) -> set[str]:
    return set(_years(text))


@remembered
def _years(text: str) -> frozenset[str]:
    return frozenset(_YEAR.findall(_plain(text)))


def unsupported_figures(text: str, quotes: list[str]) -> list[str]:
    """The figures of `text` that no quote holds, as written: equal value (rounding counts), and the
    same unit where both name one."""
    known = [figure for quote in quotes for figure in figures(quote)]
    return [f.written for f in figures(text) if not any(agree(f, other) for other in known)]


def agree(figure: Figure, other: Figure) -> bool:
    """Whether `figure` says what `other` says, perhaps rounded; a missing unit agrees with any."""
    same_unit = not figure.unit or not other.unit or figure.unit == other.unit
    return same_unit and (figure.value == other.value or _rounds_to(other, figure))


def _rounds_to(exact: Figure, rounded: Figure) -> bool:
    """Whether `rounded` is `exact` written with fewer places (at least two)."""
    if (
        rounded.places < 2
        or rounded.places >= exact.places
        or exact.is_year
        or rounded.is_year
        or not exact.value
    ):
        return False
    step = Decimal(1).scaleb(rounded.value.adjusted() - rounded.places + 1)
    return abs(exact.value - rounded.value) * 2 <= step


def names(text: str) -> set[str]:
    """Capitalised names inside sentences of Latin text (a sentence's first word tells nothing)."""
    return set(_names(text))


@remembered
def _names(text: str) -> frozenset[str]:
    return frozenset(
        match.group().removesuffix("'s").removesuffix("’s") for match in _NAME.finditer(text)
    )


def latin_names(text: str) -> set[str]:
    """Names in Latin letters, of a Chinese or Japanese text wherever they stand: *Veltrix的收入*.
    Of another text its `names`."""
    return set(_LATIN_NAME.findall(text)) if not sets_spaces(text) else names(text)


_LENGTH = frozenset({"m", "km", "cm", "mm", "ft", "in", "mi", "fathom"})
_TIME = frozenset({"s", "min", "h", "d", "yr"})
_MASS = frozenset({"kg", "g", "t"})
_MONEY = frozenset({"usd", "eur", "gbp", "cny"})
_ASKED: tuple[tuple[re.Pattern[str], frozenset[str] | None], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), units)
    for pattern, units in (
        (
            r"\bhow (deep|tall|high|wide|far|big)\b|\b(depth|height|width|length|altitude"
            r"|distance)\b",
            _LENGTH,
        ),
        (r"多[深高宽远]|深度|高度|宽度|长度|全长", _LENGTH),
        (r"\bhow long\b|多长|多久", _LENGTH | _TIME),
        (r"\bhow (heavy)\b|\b(weight|mass)\b|多重|重量", _MASS),
        (r"\bhow (fast)\b|\bspeed\b|多快|时速|速度", frozenset({"m/s", "km/h", "m", "km", "mi"})),
        (
            r"\b(costs?|prices?|salary|wages?|revenue|budget|compensation|fares?|fees?|fined?"
            r"|paid|pay|rent|spen[dt]|earn(ed)?)\b",
            _MONEY,
        ),
        (r"多少钱|造价|价格|票价|成本|投资|收入|补偿|工资", _MONEY),
        (
            r"\bwhen\b|\b(what|which) (year|date)\b|\bsince when\b|哪一?年|何时|什么时候|什么时间",
            frozenset({"year"}),
        ),
        (
            r"\bhow (many|much|often|old|hot|cold|large)\b|\b(number|share|percentage|content"
            r"|rate|area)\b",
            None,
        ),
        (r"多少|几[个条座年天]|面积|比例|数量", None),
    )
)


_LEFT_OVER = re.compile(r"[有是为达](?=\s|$)")  # of *有多长*, *是多少*


def subject_of(question: str) -> str:
    """A question without the words that ask for a figure: what it is about."""
    for pattern, _ in _ASKED:
        question = pattern.sub(" ", question)
    return _LEFT_OVER.sub(" ", question)


@lru_cache(maxsize=1024)  # one question is asked of thousands of sentences
def kinds_asked(question: str) -> tuple[frozenset[str] | None, ...]:
    """The kinds of figure a question asks for, by their units; None, any number, only where it
    names no other kind."""
    kinds = tuple(units for pattern, units in _ASKED if pattern.search(question))
    return tuple(units for units in kinds if units is not None) or kinds


def gives_what_is_asked(question: str, sentence: str) -> bool:
    """Whether a question asks for a figure (how deep, when, how many) and the sentence holds one of
    that kind."""
    wanted = kinds_asked(question)
    if not wanted:
        return False
    found = _kinds(sentence)
    return any(found - {"year"} if units is None else found & units for units in wanted)


@remembered
def _kinds(sentence: str) -> frozenset[str]:
    """The units of a sentence's figures, *year* for a year."""
    return frozenset("year" if figure.is_year else figure.unit for figure in figures(sentence))
