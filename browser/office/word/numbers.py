"""The numbers that Word sets before paragraphs, as they are printed: `4.2`, `(b)`, `Article 3`; a
bullet is a hyphen. Pure.

Not here: numbers typed by hand, numbers of notes and captions (fields).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from browser.office.packages import WORD, whole_number
from browser.office.word.styles import Style, switch, value_of

LEVELS = 9
BULLET = "-"
_PLACE = re.compile(r"%([1-9])")
_ROMAN = dict(
    m=1000, cm=900, d=500, cd=400, c=100, xc=90, l=50, xl=40, x=10, ix=9, v=5, iv=4, i=1
)  # fmt: skip
_MOST = 100_000  # a larger number is written in figures


@dataclass(frozen=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False  # all numbers in figures


class Numbers:
    """Counts the numbered paragraphs of a document, asked in their order."""

    def __init__(self, root: Any) -> None:
        self._lists: dict[str, str] = {}
        self._levels: dict[str, dict[int, _Level]] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[str] = set()
        if root is None:
            return
        for abstract in root.findall(f"{WORD}abstractNum"):
            levels = {_index(one): _level(one) for one in abstract.findall(f"{WORD}lvl")}
            self._levels[abstract.get(f"{WORD}abstractNumId")] = levels
        for number in root.findall(f"{WORD}num"):
            key = number.get(f"{WORD}numId")
            self._lists[key] = value_of(number, "abstractNumId") or ""
            for override in number.findall(f"{WORD}lvlOverride"):
                start = whole_number(value_of(override, "startOverride"))
                if start is not None:
                    self._starts[key, _index(override)] = start

    def label(self, properties: Any, style: Style) -> str:
        """What is printed before a paragraph, '' where nothing is."""
        number = value_of(properties, "numPr/numId") or style.number or ""
        depth = whole_number(value_of(properties, "numPr/ilvl") or style.depth or "0")
        levels = self._levels.get(self._lists.get(number, ""), {})
        level = levels.get(depth) if depth is not None else None
        if depth is None or level is None or level.form == "none":
            return ""
        if level.form == "bullet":
            return BULLET
        counts = self._count(number, depth, levels)
        return _PLACE.sub(
            lambda match: _written(counts, levels, int(match[1]) - 1, legal=level.legal), level.text
        ).strip()

    def _count(self, number: str, depth: int, levels: dict[int, _Level]) -> list[int | None]:
        """The counts of all levels, this one's raised and the deeper ones' forgotten."""
        counts = self._counts.setdefault(self._lists[number], [None] * LEVELS)
        if number not in self._begun:
            self._begun.add(number)
            for (key, at), start in self._starts.items():
                if key == number and at < LEVELS:
                    counts[at] = start - 1
        for at in range(depth):
            if counts[at] is None:
                counts[at] = levels.get(at, _Level()).start
        before = counts[depth]
        counts[depth] = levels[depth].start if before is None else before + 1
        for at in range(depth + 1, LEVELS):
            restart = levels.get(at, _Level()).restart
            if restart is None or (restart and depth < restart):
                counts[at] = None
        return counts


def _index(element: Any) -> int:
    return min(whole_number(element.get(f"{WORD}ilvl")) or 0, LEVELS - 1)


def _level(element: Any) -> _Level:
    start = whole_number(value_of(element, "start"))
    return _Level(
        start=1 if start is None else start,
        form=value_of(element, "numFmt") or "decimal",
        text=value_of(element, "lvlText") or "",
        restart=whole_number(value_of(element, "lvlRestart")),
        legal=bool(switch(element, "isLgl")),
    )


def _written(counts: list[int | None], levels: dict[int, _Level], at: int, *, legal: bool) -> str:
    level = levels.get(at, _Level())
    count = counts[at]
    count = level.start if count is None else count
    form = None if legal else _FORMS.get(level.form)
    return form(count) if form and 0 < count < _MOST else str(count)


def _letters(count: int) -> str:
    """a to z, then aa, bb."""
    return chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 9)


def _roman(count: int) -> str:
    written = ""
    for sign, value in _ROMAN.items():
        written += sign * min(count // value, 99)
        count %= value
    return written


_FORMS: dict[str, Callable[[int], str]] = {
    "lowerLetter": _letters,
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
    "decimalZero": lambda count: f"{count:02d}",
}
