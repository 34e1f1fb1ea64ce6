"""The little markup that a report's texts may hold: `code` in backticks and **strong** words. All
else in them is plain.

Pure. Not here: how it is written down again (`markdown.py`, `api/viewer/`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_STRONG = re.compile(r"(?<!\*)\*\*(?![\s*])(.+?)(?<![\s*])\*\*(?!\*)", re.DOTALL)
_HIDDEN = "\ufffc"  # stands for code while strong words are looked for


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Strong:
    parts: tuple["Part", ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


Part = Words | Code | Strong


@dataclass(frozen=True)
class Placed:
    """A part of a text and where it stands in it, its delimiters included."""

    start: int
    end: int
    part: Part


def parts_of(text: str) -> list[Placed]:
    """The parts of a text in order; what pairs with nothing is plain."""
    placed: list[Placed] = []
    done = 0
    for strong in _STRONG.finditer(_CODE.sub(_hidden, text)):
        inner = tuple(one.part for one in _flat(text, *strong.span(1)))
        placed += _flat(text, done, strong.start())
        placed.append(Placed(*strong.span(), Strong(inner)))
        done = strong.end()
    return [*placed, *_flat(text, done, len(text))]


def _hidden(code: re.Match[str]) -> str:
    """As many signs that begin and end no strong words."""
    return _HIDDEN * len(code[0]) if code[2].strip() else code[0]


def _flat(text: str, start: int, end: int) -> Iterator[Placed]:
    """The words and the code between two offsets, neither of which cuts code."""
    for code in _CODE.finditer(text, start, end):
        if not code[2].strip():
            continue
        if start < code.start():
            yield Placed(start, code.start(), Words(text[start : code.start()]))
        yield Placed(*code.span(), Code(_unpadded(code[2])))
        start = code.end()
    if start < end:
        yield Placed(start, end, Words(text[start:end]))


def _unpadded(code: str) -> str:
    """Code without the spaces that keep its own backticks apart from the delimiters."""
    return code[1:-1] if code.startswith(" ") and code.endswith(" ") else code


def visible(text: str) -> str:
    """What a reader sees of a text: its words without the marks around them."""
    return "".join(placed.part.text for placed in parts_of(text))
