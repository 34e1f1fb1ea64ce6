"""The Markdown of a report, read back: its lines with their literal text and the citations in it.
Pure.

Written from the contract of reports (docs/reports.md), not from the renderer: a backslash makes the
punctuation after it literal, a span of code is literal, and what is left of `[digits]` is a
citation. Only as much Markdown as reports use.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_MARKER = re.compile(r"(#{1,6} |- |\d+\. |> |\|)?")
_TOKEN = re.compile(
    r"\\([!-/:-@\[-`{-~])|\[(\d+)\]|<(https?://[^\s<>]+)>|(?<!`)(`+)(?!`)(.+?)(?<!`)\4(?!`)"
    r"|(?<!\s)\*\*|\*\*(?!\s)"
)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_STRONG = re.compile(r"(?<!\*)\*\*(?![\s*])(.+?)(?<![\s*])\*\*(?!\*)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """One line that is not empty: its marker (`## `, `- `, `1. `, `> `, `|` or nothing), its text
    without citations, and each citation as (offset in the text, number)."""

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
        text += raw[last : match.start()] + (
            match[1] or match[3] or _code(match[5] or "", in_table=raw.startswith("|"))
        )
        if match[2]:
            citations.append((len(text), int(match[2])))
        last = match.end()
    return Line(raw[:start], text + raw[last:], tuple(citations))


def _code(code: str, *, in_table: bool) -> str:
    return code.replace("\\|", "|") if in_table else code


def split_sources(lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """The body, and what follows the last heading."""
    last = max((i for i, line in enumerate(lines) if line.is_heading), default=len(lines))
    return lines[:last], lines[last + 1 :]


def one_line(text: str) -> str:
    """A text as a line of Markdown holds it: white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


def squeezed(text: str) -> str:
    """A text without white space, as the text of a line is compared."""
    return re.sub(r"\s+", "", text)


def bare(text: str) -> str:
    """A text of the report as a reader sees it, squeezed: without the marks around `code` and
    **strong** words."""
    return "".join(text[offset] for offset in _seen(text))


def place(text: str, offset: int) -> int:
    """Where an offset of a text lies in its bare form."""
    return bisect_left(_seen(text), offset)


def spans_of(text: str) -> list[tuple[int, int]]:
    """The spans of code and of strong words, with the marks around them."""
    return [found.span() for found in _markup(text)]


def _markup(text: str) -> list[re.Match[str]]:
    codes = [code for code in _CODE.finditer(text) if code[2].strip()]
    hidden = list(text)
    for code in codes:
        hidden[code.start() : code.end()] = "-" * (code.end() - code.start())
    return [*codes, *_STRONG.finditer("".join(hidden))]


def _seen(text: str) -> list[int]:
    """The offsets of the characters that are seen, white space aside."""
    marks: set[int] = set()
    for found in _markup(text):
        inner = found.span(found.re.groups)
        marks.update(range(found.start(), inner[0]), range(inner[1], found.end()))
    return [
        offset for offset, char in enumerate(text) if offset not in marks and not char.isspace()
    ]


# What a line must hold


@dataclass(frozen=True)
class Cited:
    """What a line must hold: a text with citations at offsets in it, then a remark in parentheses
    where one belongs, then the citations of the whole, then the letter under which its basis is
    told.

    `clauses` are the citations within the text; `plain` is a text whose backticks and asterisks
    stand for themselves."""

    text: str
    numbers: tuple[int, ...] = ()
    remarked: bool = False
    remark: str = ""
    letter: str = ""
    clauses: tuple["ClauseCited", ...] = ()
    plain: bool = False

    @property
    def end(self) -> tuple[int, ...]:
        """The only citation of a text, where it stands at its end."""
        return () if any(one.required for one in self.clauses) else self.numbers

    @property
    def bare(self) -> str:
        return squeezed(self.text) if self.plain else bare(self.text)


@dataclass(frozen=True)
class ClauseCited:
    """The citation at an offset of a text. A clause may be silent where the one right behind it
    tells the same: its numbers are `allowed` and not `required`."""

    at: int
    required: frozenset[int]
    allowed: frozenset[int]


_REMARK = re.compile(r"[(（][^()（）]{1,60}[)）]")


def faults(line: Line, expected: Sequence[Cited]) -> list[str] | None:
    """What is wrong with a line that holds these texts one after another, or None when it does not
    hold them."""
    text = squeezed(line.text)
    cited = _by_place(line)
    at = 0
    found: list[str] = []
    for wanted in expected:
        start, at = at, at + len(wanted.bare)
        if text[start:at] != wanted.bare:
            return None
        found += _clause_faults(wanted, start, at, cited)
        remark = _REMARK.match(text, at) if wanted.remarked else None
        if wanted.remark and (remark is None or squeezed(wanted.remark) not in remark.group()):
            found.append(f"the Markdown does not say that this is {wanted.remark}: {wanted.text!r}")
        at = remark.end() if remark else at
        stands = cited.pop(at, [])
        if stands != sorted(wanted.numbers):
            found.append(
                f"after this stand the citations {stands}, not {sorted(wanted.numbers)}: "
                f"{one_line(wanted.text)!r}"
            )
        if not text.startswith(wanted.letter, at):
            found.append(
                f"the letter {wanted.letter} of its basis does not stand after this: "
                f"{one_line(wanted.text)!r}"
            )
        at += len(wanted.letter) if text.startswith(wanted.letter, at) else 0
    if text[at:]:
        return None
    return found + [
        f"a citation follows no sentence and no clause in the line {line.text!r}"
    ] * bool(cited)


def _by_place(line: Line) -> dict[int, list[int]]:
    """The numbers of a line by their place in its bare text, as they stand."""
    cited: dict[int, list[int]] = {}
    for offset, number in line.citations:
        cited.setdefault(len(squeezed(line.text[:offset])), []).append(number)
    return cited


def _clause_faults(
    wanted: Cited, start: int, end: int, cited: dict[int, list[int]]
) -> Iterator[str]:
    """What is wrong within a text; what stands there is taken out of `cited`."""
    left = {place: cited.pop(place) for place in sorted(cited) if start <= place < end}
    for clause in wanted.clauses:
        stands = left.pop(start + place(wanted.text, clause.at), [])
        if stands != sorted(set(stands)) or not clause.required <= set(stands) <= clause.allowed:
            said = one_line(wanted.text[: clause.at])
            yield (
                f"at the end of a clause stand the citations {stands}, not "
                f"{sorted(clause.allowed)}: {said!r}"
            )
    if left:
        yield (
            f"within this stand the citations "
            f"{sorted(n for numbers in left.values() for n in numbers)}: "
            f"{one_line(wanted.text)!r}"
        )


def holds_in_order(line: Line, parts: Sequence[str]) -> bool:
    """Whether a line holds all of these, one after another."""
    text, at = squeezed(line.text), 0
    for part in map(bare, parts):
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def by_letter(lines: Sequence[Line]) -> Mapping[str, Line]:
    """The lines of a list by the raised letter that each begins with."""
    return {line.text.split(" ", 1)[0]: line for line in lines if line.marker == "- "}
