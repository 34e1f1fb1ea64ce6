"""Plain text to parts: lines wrapped by hand joined to paragraphs, lines that stand alone not;
underlined lines as headings."""

import re
from collections.abc import Sequence

from browser.documents.parts import Part, join_lines

WIDEST = 120  # characters of a line that is wrapped by hand
NARROWEST = 50
_UNDERLINE = re.compile(r"([=\-~*#^])\1{2,}\s*")
_LEVELS = {"#": 1, "*": 1, "=": 1, "-": 2, "~": 3, "^": 3}
_APART = re.compile(
    r"\s*(?:[-*+•–]\s|\(?\d{1,3}[.)]\s|\(?[a-z][)]\s|[>|]|\.\.\s|#{1,6}\s|\d{1,4}[-/:.]\d)"
)


def parts_of_plain(text: str) -> list[Part]:
    parts: list[Part] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line for line in block.split("\n") if line.strip()]
        start = 0
        while heading := _heading(lines[start : start + 2]):
            parts.append(heading)
            start += 2
        parts.extend(Part(paragraph) for paragraph in _paragraphs(lines[start:]))
    return parts


def _heading(lines: Sequence[str]) -> Part | None:
    """The first line where the second underlines it."""
    if len(lines) < 2 or not _UNDERLINE.fullmatch(lines[1]) or _UNDERLINE.fullmatch(lines[0]):
        return None
    text = lines[0].strip()
    near = abs(len(text) - len(lines[1].strip())) <= 3
    return Part(text, "heading", _LEVELS[lines[1][0]]) if near and len(text) <= 100 else None


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """The lines, those joined that were one before somebody wrapped them."""
    width = max(map(len, lines), default=0)
    wrapped = NARROWEST <= width <= WIDEST
    joined: list[list[str]] = []
    for number, line in enumerate(lines):
        if number and wrapped and _goes_on(lines[number - 1], line, width):
            joined[-1].append(line)
        else:
            joined.append([line])
    return [join_lines(paragraph) for paragraph in joined]


def _goes_on(before: str, line: str, width: int) -> bool:
    """Whether a line was parted from the one before it because it was full, or in the midst of a
    sentence."""
    if _APART.match(line) or (_margin(line) > _margin(before) + 1 and not _APART.match(before)):
        return False
    full = len(before) + 1 + len(line.split()[0]) > width or len(before) >= NARROWEST
    in_midst = (
        before.rstrip()[-1] not in ".!?:;。！？：；"
        and line.lstrip()[0].islower()
        and len(before) >= NARROWEST // 4
    )
    return full or in_midst


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())
