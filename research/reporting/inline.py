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
    parts: tuple[Words | Code, ...]


@dataclass(frozen=True)
class Placed:
    """A part of a text and where it stands in it, its delimiters included."""

    start: int
    end: int
    part: Words | Code | Strong


def parts_of(text: str) -> list[Placed]:
    """The parts of a text in order; what pairs with nothing is plain."""
    codes = [code for code in _CODE.finditer(text) if code[2].strip()]
    hidden = text
    for code in codes:
        hidden = hidden[: code.start()] + _HIDDEN * len(code[0]) + hidden[code.end() :]
    placed: list[Placed] = []
    done = 0
    for strong in _STRONG.finditer(hidden):
        placed += _flat(text, codes, done, strong.start())
        inner = tuple(
            one.part
            for one in _flat(text, codes, *strong.span(1))
            if not isinstance(one.part, Strong)
        )
        placed.append(Placed(*strong.span(), Strong(inner)))
        done = strong.end()
    return [*placed, *_flat(text, codes, done, len(text))]


def _flat(text: str, codes: list[re.Match[str]], start: int, end: int) -> Iterator[Placed]:
    """The words and the code between two offsets, neither of which cuts code."""
    for code in codes:
        if start <= code.start() and code.end() <= end:
            if start < code.start():
                yield Placed(start, code.start(), Words(text[start : code.start()]))
            yield Placed(*code.span(), Code(_unpadded(code[2])))
            start = code.end()
    if start < end:
        yield Placed(start, end, Words(text[start:end]))


def _unpadded(code: str) -> str:
    """Code without the spaces that keep its own backticks apart from the delimiters."""
    padded = code.startswith(" ") and code.endswith(" ") and code.strip()
    return code[1:-1] if padded else code


def visible(text: str) -> str:
    """What a reader sees of a text: its words without the marks around them."""
    return "".join(_visible(placed.part) for placed in parts_of(text))


def _visible(part: Words | Code | Strong) -> str:
    return "".join(one.text for one in part.parts) if isinstance(part, Strong) else part.text
