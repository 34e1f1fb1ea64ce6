"""The lines of a PDF page with how they are set: size of type, weight, height on the page, and the pieces that wide gaps and ruled
lines part them into. Call it under pdfium's lock.

The text is what stands inside the page's bounds. On a page with more than that, how a line is set is looked up by its words, and a line
whose words are not found is one of unknown type, never a lost one. Not here: what is made of the lines (`pdf.py`, `pdf_tables.py`).
"""

import ctypes
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from pypdfium2 import PdfTextPage
from pypdfium2 import raw as pdfium_c

from browser.pdf_rules import Grid

SAMPLES = 5  # characters of a line that are asked about
BOLD = 600
GAP = 1.0  # times the size of type; words farther apart are not of one piece
SPACE = 0.45  # times the size of type; words closer than this are of one text, whatever is drawn between them
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|[-,]bd", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Piece:
    """Words that stand together, from `left` to `right` in points. `cell` is the grid of the page, the row and the column they are in."""

    text: str
    left: float
    right: float
    cell: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Line:
    """`size` in points, 0 if unknown; `base` is the base line's height above the page's lower edge."""

    text: str
    size: float = 0.0
    bold: bool = False
    base: float | None = None
    pieces: tuple[Piece, ...] = ()


def lines_of(page: PdfTextPage, grids: Sequence[Grid] = ()) -> list[Line]:
    """The lines of a page that hold something, in reading order."""
    raws = str(page.get_text_range()).split("\r\n")
    bounded = str(page.get_text_bounded())
    whole = "".join(bounded.split()) == "".join("".join(raws).split())
    found: list[Line] = []
    start = 0
    for raw, row in zip(raws, _may_be_rows(raws), strict=True):
        if text := tidy_line(raw):
            line = _measured(page, text, [start + at for at in _sampled(raw)])
            found.append(replace(line, pieces=_pieces(page, raw, start, line, grids)) if whole and (row or grids) else line)
        start += len(raw.encode("utf-16-le")) // 2 + 2
    return _side_by_side(found) if whole else _within(found, bounded)


def _within(lines: list[Line], bounded: str) -> list[Line]:
    """Only what stands inside the page's bounds. Where that is not all, pdfium parts the lines anew and less well."""
    known = {line.text: line for line in reversed(lines)}
    return [known.get(text) or Line(text) for raw in bounded.splitlines() if (text := tidy_line(raw))]


def _side_by_side(lines: list[Line]) -> list[Line]:
    """A line that goes on to the right of the one before, at the same height, as one with it: pdfium parts them now and then."""
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else line
        level = last.base is not None and line.base is not None and abs(last.base - line.base) < 1
        if found and level and last.pieces and line.pieces and line.pieces[0].left - last.pieces[-1].right >= GAP * line.size:
            found[-1] = replace(last, text=f"{last.text} {line.text}", bold=last.bold and line.bold, pieces=last.pieces + line.pieces)
        else:
            found.append(line)
    return found


def _may_be_rows(raws: Sequence[str]) -> list[bool]:
    """Whether a line has figures about it. Without ruled lines a table has them, and asking where each word stands is slow."""
    figures = [bool(_FIGURE.search(raw)) for raw in raws]
    return [sum(figures[max(0, at - 1) : at + 3]) > 1 for at, raw in enumerate(raws)]


def tidy_line(line: str) -> str:
    return re.sub(r"[^\S\n]+", " ", line).strip()


def _sampled(line: str) -> list[int]:
    """The places of some characters spread over the line."""
    filled = [at for at, char in enumerate(line) if char.isalnum()] or [0]
    step = max(1, len(filled) // SAMPLES)
    return filled[::step][:SAMPLES]


def _measured(page: PdfTextPage, text: str, places: list[int]) -> Line:
    sizes, bases, bold = [], [], 0
    for place in places:
        at = pdfium_c.FPDFText_GetCharIndexFromTextIndex(page, place)
        matrix = pdfium_c.FS_MATRIX()
        if at >= 0 and pdfium_c.FPDFText_GetMatrix(page, at, matrix):
            sizes.append(pdfium_c.FPDFText_GetFontSize(page, at) * math.hypot(matrix.c, matrix.d))
            bases.append(matrix.f)
            bold += _is_bold(page, at)
    if not sizes:
        return Line(text)
    return Line(text, round(median(sizes), 1), bold == len(sizes), median(bases))


def _is_bold(page: PdfTextPage, at: int) -> bool:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(page, at, name, len(name), flags)
    return pdfium_c.FPDFText_GetFontWeight(page, at) >= BOLD or bool(_BOLD_NAME.search(name.value))


def _pieces(page: PdfTextPage, raw: str, start: int, line: Line, grids: Sequence[Grid]) -> tuple[Piece, ...]:
    """A line's words, joined where they stand together; none where that is not plain."""
    found: list[Piece] = []
    if line.base is None or max(raw) > "\uffff":  # pdfium counts in UTF-16
        return ()
    box = tuple(ctypes.c_double() for _ in range(4))
    for match in _WORD.finditer(raw):
        left, right = _edge(page, start + match.start(), box, 0), _edge(page, start + match.end() - 1, box, 1)
        if left is None or right is None:
            return ()
        word = Piece(match.group(), left, right, _cell_of(grids, (left + right) / 2, line.base + line.size / 4))
        apart = word.left - found[-1].right if found else math.inf
        if apart < GAP * line.size and word.cell == found[-1].cell:
            found[-1] = Piece(f"{found[-1].text} {word.text}", found[-1].left, word.right, word.cell)
        elif apart < SPACE * line.size:
            return ()  # one text across two cells
        else:
            found.append(word)
    return tuple(found)


def _edge(page: PdfTextPage, place: int, box: tuple[ctypes.c_double, ...], side: int) -> float | None:
    """Where a character begins (side 0) or ends (side 1), read into `box`."""
    at = pdfium_c.FPDFText_GetCharIndexFromTextIndex(page, place)
    return box[side].value if at >= 0 and pdfium_c.FPDFText_GetCharBox(page, at, *box) else None


def _cell_of(grids: Sequence[Grid], x: float, y: float) -> tuple[int, int, int] | None:
    for number, grid in enumerate(grids):
        if cell := grid.cell_at(x, y):
            return (number, *cell)
    return None
