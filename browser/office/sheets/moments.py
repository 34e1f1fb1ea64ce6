"""Days and times under a section of a number format. Pure.

Names of months and days are in the language that the format names, else in English.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from babel.core import UnknownLocaleError
from babel.dates import get_day_names, get_month_names

from browser.office.sheets.format_codes import Section, Token

_SECONDS = {"h": 3600, "m": 60, "s": 1}


def moment(value: date | time | timedelta, section: Section) -> str:
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
        return (
            value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        )
    return str(value)


def _with_minutes(tokens: Sequence[Token]) -> list[Token]:
    """`m` is minutes behind hours and before seconds, else the month; figures behind a point are
    parts of a second."""
    told: list[Token] = []
    clock = [token for token in tokens if token.kind in ("date", "elapsed")]
    after = {id(one): other.text[0].lower() for other, one in pairwise(clock)}
    before = {id(one): other.text[0].lower() for one, other in pairwise(clock)}
    for token in tokens:
        letter = token.text[0].lower()
        minutes = letter == "m" and (after.get(id(token)) == "h" or before.get(id(token)) == "s")
        if token.kind == "date" and minutes:
            told.append(Token("date", "n" * min(len(token.text), 2)))
        elif token.kind == "digit" and told and told[-1].kind in ("point", "fraction"):
            told[-1] = Token("fraction", told[-1].text.replace(".", "") + "0")
        else:
            told.append(token)
    return told


def _ordered(tokens: Sequence[Token]) -> list[Token]:
    """Day, month and year in figures, as the ISO writes them where the year does not come first."""
    places = [
        at
        for at, token in enumerate(tokens)
        if token.kind == "date"
        and (token.text[0] in "yYeE" or (token.text[0] in "mMdD" and len(token.text) < 3))
    ]
    letters = [tokens[at].text[0].lower().replace("e", "y") for at in places]
    if sorted(letters) != ["d", "m", "y"] or letters[0] == "y":
        return list(tokens)
    iso = [
        Token("date", "yyyy"),
        Token("literal", "-"),
        Token("date", "mm"),
        Token("literal", "-"),
        Token("date", "dd"),
    ]
    return [*tokens[: places[0]], *iso, *tokens[places[-1] + 1 :]]


def _piece(value: date | time | timedelta, token: Token, language: str, *, halved: bool) -> str:
    if token.kind == "elapsed":
        return _elapsed(value, token.text)
    if token.kind == "fraction":
        micro = (
            value.microseconds if isinstance(value, timedelta) else getattr(value, "microsecond", 0)
        )
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
        return str(
            get_day_names("abbreviated" if wide == 3 else "wide", locale=language or "en")[
                value.weekday()
            ]
        ).rstrip(".")
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
