"""The Markdown of a report, read back: its lines with their literal text and the citations in it. Pure.

Written from the contract of reports (docs/reports.md), not from the renderer: a backslash makes the punctuation after it literal, and what
is left of `[digits]` is a citation. Only as much Markdown as reports use.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MARKER = re.compile(r"(#{1,6} |- |> |\|)?")
_TOKEN = re.compile(r"\\([!-/:-@\[-`{-~])|\[(\d+)\]|(<https?://[^\s<>]+>)")


@dataclass(frozen=True)
class Line:
    """One line that is not empty: its marker (`## `, `- `, `> `, `|` or nothing), its text without citations, and each citation as
    (offset in the text, number)."""

    marker: str
    text: str
    citations: tuple[tuple[int, int], ...] = ()

    @property
    def is_heading(self) -> bool:
        return self.marker.startswith("#")

    def numbers(self) -> list[int]:
        return [number for _, number in self.citations]


def lines_of(markdown: str) -> list[Line]:
    return [_line(raw) for raw in markdown.split("\n") if raw.strip()]


def _line(raw: str) -> Line:
    marker = _MARKER.match(raw)
    start = marker.end() if marker else 0
    text, citations, last = "", [], start
    for match in _TOKEN.finditer(raw, start):
        text += raw[last : match.start()] + (match[1] or match[3] or "")
        if match[2]:
            citations.append((len(text), int(match[2])))
        last = match.end()
    return Line(raw[:start], text + raw[last:], tuple(citations))


def split_sources(lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """The body, and what follows the last heading."""
    last = max((i for i, line in enumerate(lines) if line.is_heading), default=len(lines))
    return lines[:last], lines[last + 1 :]


def one_line(text: str) -> str:
    """A text as a line of Markdown holds it: white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


@dataclass(frozen=True)
class Cited:
    """What a line must hold: a text, then a remark in parentheses where one belongs, then its citations."""

    text: str
    numbers: tuple[int, ...] = ()
    remarked: bool = False
    remark: str = ""


_REMARK = re.compile(r" ?[(（][^()（）]{1,60}[)）]")


def faults(line: Line, expected: Sequence[Cited]) -> list[str] | None:
    """What is wrong with a line that holds these texts one after another, or None when it does not hold them."""
    at, found, claimed = 0, [], 0
    for cited in expected:
        text = one_line(cited.text)
        at += len(line.text[at:]) - len(line.text[at:].lstrip())
        if not line.text.startswith(text, at):
            return None
        at += len(text)
        remark = _REMARK.match(line.text, at) if cited.remarked else None
        if cited.remark and (remark is None or cited.remark not in remark.group()):
            found.append(f"the Markdown does not say that this is {cited.remark}: {text!r}")
        at = remark.end() if remark else at
        stands = [number for offset, number in line.citations if line.text[at:offset].strip() == "" and at <= offset <= at + 1]
        claimed += len(stands)
        if stands != sorted(cited.numbers):
            found.append(f"after this stand the citations {stands}, not {sorted(cited.numbers)}: {text!r}")
    if line.text[at:].strip():
        return None
    if claimed != len(line.citations):
        found.append(f"a citation follows no sentence in the line {line.text!r}")
    return found
