"""Footnotes of HTML tables: which cells bear a mark (a superscript, `*`, `†`, `[1]`, `①`) whose
note stands at the foot of the table.

The foot is rows of one cell in its `tfoot` or at its end, and the paragraphs right after it, as
long as they begin with a mark. Marks that have a note are taken out of the cells. Not here: marks
whose notes stand elsewhere on the page.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from browser.documents.parts import tidy

MAX_PARAGRAPHS = 12
MAX_ROWS = 5000
LONGEST = 400  # characters; a longer note is a paragraph of its own
Notes = dict[Any, tuple[str, ...]]  # by cell

_OPEN, _CLOSE = "\ue000", "\ue001"  # around what is raised, while a note is read
_RAISED = rf"{_OPEN}\s*[\[(]?(?P<raised>\w{{1,3}}|[*†‡§¶※]{{1,3}})[\])]?\s*{_CLOSE}"
_SYMBOL = r"[(（]?(?P<symbol>[*†‡§¶※]{1,3}|[①-⑳])[)）]?"
_BRACKETED = r"[\[［](?P<bracketed>\w{1,3})[\]］]"
_NOTE = re.compile(
    rf"(?:notes?\s*[:：]\s*|[注註]\s*[:：]?\s*)?(?:{_RAISED}|{_SYMBOL}|{_BRACKETED}|\(?(?P<plain>[a-z]|\d{{1,2}})[.):：、])\s*[:：]?\s*(?P<text>\S.*)",
    re.IGNORECASE,
)
_MARK = re.compile(rf"\s*(?:{_SYMBOL}|{_BRACKETED})\s*$")
_MARKS_RAISED = re.compile(r"[\[(]?(\w{1,3}|[*†‡§¶※]{1,3}|[①-⑳])[\])]?")
_POWER = re.compile(r"(?:\b10|(?:^|[\s\d(/·])[kcdmµ]?m|\bs|[²³])$")
_EXPONENT = re.compile(rf"{_OPEN}([+\-−]?\d{{1,3}}){_CLOSE}")
_BREAKS = ("br", "p", "div", "li", "td", "th", "tr", "dd")


def take_notes(tree: Any) -> Notes:
    """The notes of each cell that bears a mark."""
    found: Notes = {}
    for table in tree.iter("table"):
        rows = list(table.iter("tr"))
        if len(rows) > MAX_ROWS or next(table.iterdescendants("table"), None) is not None:
            continue
        feet = list(_feet(table, rows))
        notes = dict(note for foot in feet for note in _notes_in(foot))
        if not notes:
            continue
        for foot in feet:
            _drop_raised(foot, notes)
        inside = set(feet)
        for cell in table.iter("td", "th"):
            if cell.getparent() not in inside and (marks := _take_marks(cell, notes)):
                found[cell] = tuple(notes[mark] for mark in dict.fromkeys(marks))
    return found


def _feet(table: Any, rows: Sequence[Any]) -> Iterator[Any]:
    """What may hold notes: rows of one cell at the end or in the foot, paragraphs right after the
    table."""
    below = sum(1 for _ in takewhile(_is_one_cell, reversed(rows[1:])))
    start = len(rows) - below
    yield from rows[start:]
    yield from (row for row in rows[:start] if row.getparent().tag == "tfoot" and _is_one_cell(row))
    box = table
    while (
        box.getnext() is None
        and box.getparent() is not None
        and box.getparent().tag in ("div", "figure")
        and len(box.getparent()) == 1
    ):
        box = box.getparent()
    for _ in range(MAX_PARAGRAPHS):
        box = box.getnext()
        if (
            box is None
            or box.tag not in ("p", "div", "small")
            or not any(True for _ in _notes_in(box))
        ):
            return
        yield box


def _is_one_cell(row: Any) -> bool:
    return sum(1 for cell in row if cell.tag in ("td", "th")) == 1


def _notes_in(foot: Any) -> Iterator[tuple[str, str]]:
    """Marks and their notes, one a line. A foot that does not begin with a mark has none."""
    lines = [line for raw in _marked_text(foot).split("\n") if (line := tidy(raw))]
    for line in lines:
        note = _NOTE.match(line)
        if note is None:
            return
        mark = note["raised"] or note["symbol"] or note["bracketed"] or note["plain"]
        text = tidy(re.sub(f"[{_OPEN}{_CLOSE}]", "", _EXPONENT.sub(r"^\1", note["text"])))
        if text and len(text) <= LONGEST:
            yield mark.lower(), text


def _marked_text(element: Any) -> str:
    """Its text with line ends for breaks and signs around what is raised."""
    pieces: list[str] = []
    _gather(element, pieces, 20)
    return "".join(pieces)


def _gather(element: Any, pieces: list[str], depth: int) -> None:
    raised = element.tag == "sup"
    breaks = element.tag in _BREAKS
    pieces.append((_OPEN if raised else "\n" if breaks else "") + _one_line(element.text))
    for child in element if depth else ():
        _gather(child, pieces, depth - 1)
        pieces.append(_one_line(child.tail))
    pieces.append(_CLOSE if raised else "\n" if breaks else "")


def _one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ").replace(_OPEN, "").replace(_CLOSE, "")


def _drop_raised(foot: Any, notes: dict[str, str]) -> None:
    """Take out the marks that begin notes."""
    for raised in list(foot.iter("sup")):
        if _keys(raised, notes) and not _before(raised):
            raised.drop_tree()


def _take_marks(cell: Any, notes: dict[str, str]) -> list[str]:
    """The marks of a cell that have a note; they are taken out of it."""
    marks: list[str] = []
    for raised in list(cell.iter("sup")):
        if (keys := _keys(raised, notes)) and not (
            keys[0].isdigit() and _POWER.search(_before(raised))
        ):
            marks += keys
            raised.drop_tree()
    texts = cell.xpath(".//text()[normalize-space()]")
    if (
        texts
        and (mark := _MARK.search(texts[-1]))
        and (key := (mark["symbol"] or mark["bracketed"]).lower()) in notes
    ):
        marks.append(key)
        if len(texts) > 1 or mark.start():  # a mark alone is what the cell says
            setattr(
                texts[-1].getparent(),
                "text" if texts[-1].is_text else "tail",
                texts[-1][: mark.start()],
            )
    return marks


def _keys(raised: Any, notes: dict[str, str]) -> list[str]:
    """The marks that a superscript holds, if all of them have notes."""
    pieces = [
        _MARKS_RAISED.fullmatch(piece.strip())
        for piece in re.split("[,，、;]", "".join(raised.itertext()))
    ]
    keys = [piece.group(1).lower() for piece in pieces if piece]
    return keys if len(keys) == len(pieces) and all(key in notes for key in keys) else []


def _before(raised: Any) -> str:
    """The text right before a superscript."""
    before = raised.getprevious()
    return ((before.tail if before is not None else raised.getparent().text) or "").rstrip()
