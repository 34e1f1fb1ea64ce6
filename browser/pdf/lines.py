"""The lines of a PDF page with how they are set: size of type, weight, height on the page, and the
pieces that wide gaps and ruled lines part them into. Call it under pdfium's lock.

The text is what stands inside the page's bounds; a line that pdfium parts otherwise there than
where it says how it is set is one of unknown type, never a lost one. Not here: what is made of the
lines (`reader.py`, `tables.py`).
"""

import ctypes
import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from statistics import median

from pypdfium2 import PdfTextPage
from pypdfium2 import raw as pdfium_c

from browser.pdf.rules import Grid

SAMPLES = 5  # characters of a line that are asked about
BOLD = 600
GAP = 1.0  # times the size of type; words farther apart are not of one piece
# times the size of type; words closer than this are of one text, whatever is drawn between them
SPACE = 0.45
SMALLER = 0.9  # times the size of the type beside it, of what is raised
RAISED = 0.15  # times the size of the type beside it, above its base line
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|[-,]bd", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_WIDE_SPACE = re.compile(r"\s{3}")
_DIGIT = re.compile(r"\d(?=[-−+]?\d)")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Piece:
    """Words that stand together, from `left` to `right` in points. `cell` is the grid of the page,
    the row and the column they are in."""

    text: str
    left: float
    right: float
    cell: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Line:
    """`size` in points, 0 if unknown; `base` is the base line's height above the page's lower
    edge."""

    text: str
    size: float = 0.0
    bold: bool = False
    base: float | None = None
    pieces: tuple[Piece, ...] = ()


def lines_of(page: PdfTextPage, grids: Sequence[Grid] = ()) -> list[Line]:
    """The lines of a page that hold something, in reading order."""
    raws = str(page.get_text_range()).split("\r\n")
    found: list[Line] = []
    powers: dict[str, str] = {}
    start = 0
    for raw, row in zip(raws, _may_be_rows(raws), strict=True):
        if text := tidy_line(raw):
            boxes = _boxes(page, raw, start)
            raised = _raised(page, raw, start) if boxes > 1 else frozenset()
            if raised:
                powers[text] = tidy_line(_marked(raw, 0, raised))
            line = _measured(
                page, text, [start + at for at in _sampled(raw)[: 1 if boxes == 1 else SAMPLES]]
            )
            found.append(
                replace(line, pieces=_pieces(page, raw, start, line, grids, boxes, raised))
                if row or grids
                else line
            )
        start += len(raw.encode("utf-16-le")) // 2 + 2
    texts = [text for raw in str(page.get_text_bounded()).splitlines() if (text := tidy_line(raw))]
    lines = _matched(found, texts) or _looked_up(found, texts)
    return [_with_powers(line, powers) for line in lines] if powers else lines


def _with_powers(line: Line, powers: Mapping[str, str]) -> Line:
    text = line.text
    for plain, marked in powers.items():
        text = text.replace(plain, marked)
    return replace(line, text=text)


def _raised(page: PdfTextPage, raw: str, start: int) -> frozenset[int]:
    """Where digits begin that are set smaller and higher than the digit right before them."""
    if max(raw) > "\uffff":
        return frozenset()
    return frozenset(
        match.end() for match in _DIGIT.finditer(raw) if _is_raised(page, start + match.end())
    )


def _is_raised(page: PdfTextPage, place: int) -> bool:
    (size, base), (before, below) = (_set_in(page, one) for one in (place, place - 1))
    return 0 < size < SMALLER * before and base - below > RAISED * before


def _set_in(page: PdfTextPage, place: int) -> tuple[float, float]:
    """The size of a character's type and its height on the page, 0 if not known."""
    at = pdfium_c.FPDFText_GetCharIndexFromTextIndex(page, place)
    matrix = pdfium_c.FS_MATRIX()
    if at < 0 or not pdfium_c.FPDFText_GetMatrix(page, at, matrix):
        return 0.0, 0.0
    return pdfium_c.FPDFText_GetFontSize(page, at) * math.hypot(matrix.c, matrix.d), matrix.f


def _marked(text: str, start: int, raised: Set[int]) -> str:
    """A text with `^` before what is raised in it."""
    return "".join(f"^{char}" if at in raised else char for at, char in enumerate(text, start))


def _matched(lines: list[Line], texts: list[str]) -> list[Line]:
    """The lines for the texts within the page's bounds, each text one line or several; none where
    they differ, as where words stand outside."""
    found: list[Line] = []
    left = iter(lines)
    for text in texts:
        words, group, letters = "".join(text.split()), [], ""
        while len(letters) < len(words) and (line := next(left, None)):
            group.append(line)
            letters += "".join(line.text.split())
        if letters != words:
            return []
        joined = _side_by_side(group)
        found.append(joined[0] if len(joined) == 1 else Line(text))
    return [] if next(left, None) else found


def _looked_up(lines: list[Line], texts: list[str]) -> list[Line]:
    """The texts as lines that say no more of where they stand than their first like."""
    known = {line.text: replace(line, pieces=()) for line in reversed(lines)}
    return [known.get(text) or Line(text) for text in texts]


def _side_by_side(lines: list[Line]) -> list[Line]:
    """A line that goes on to the right of the one before, at the same height, as one with it:
    pdfium parts them now and then."""
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else line
        level = last.base is not None and line.base is not None and abs(last.base - line.base) < 1
        if (
            found
            and level
            and last.pieces
            and line.pieces
            and line.pieces[0].left - last.pieces[-1].right >= GAP * line.size
        ):
            found[-1] = replace(
                last,
                text=f"{last.text} {line.text}",
                bold=last.bold and line.bold,
                pieces=last.pieces + line.pieces,
            )
        else:
            found.append(line)
    return found


def _may_be_rows(raws: Sequence[str]) -> list[bool]:
    """Whether a line has figures about it. Without ruled lines a table has them, and asking where
    each word stands is slow."""
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


def _pieces(
    page: PdfTextPage,
    raw: str,
    start: int,
    line: Line,
    grids: Sequence[Grid],
    boxes: int,
    raised: Set[int],
) -> tuple[Piece, ...]:
    """A line's words, joined where they stand together; none where that is not plain."""
    found: list[Piece] = []
    if line.base is None or max(raw) > "\uffff":  # pdfium counts in UTF-16
        return ()
    if (whole := _whole(page, raw, line, grids, boxes, raised)) is not None:
        return (whole,)
    box = tuple(ctypes.c_double() for _ in range(4))
    for match in _WORD.finditer(raw):
        left, right = (
            _edge(page, start + match.start(), box, 0),
            _edge(page, start + match.end() - 1, box, 1),
        )
        if left is None or right is None:
            return ()
        word = Piece(
            _marked(match.group(), match.start(), raised),
            left,
            right,
            _cell_of(grids, (left + right) / 2, line.base + line.size / 4),
        )
        apart = word.left - found[-1].right if found else math.inf
        if apart < GAP * line.size and word.cell == found[-1].cell:
            found[-1] = Piece(
                f"{found[-1].text} {word.text}", found[-1].left, word.right, word.cell
            )
        elif apart < SPACE * line.size:
            return ()  # one text across two cells
        else:
            found.append(word)
    return tuple(found)


def _boxes(page: PdfTextPage, raw: str, start: int) -> int:
    """In how many goes a line was set, each in one type; 0 if not known."""
    first = pdfium_c.FPDFText_GetCharIndexFromTextIndex(page, start)
    return max(0, pdfium_c.FPDFText_CountRects(page, first, len(raw))) if first >= 0 else 0


def _whole(
    page: PdfTextPage, raw: str, line: Line, grids: Sequence[Grid], boxes: int, raised: Set[int]
) -> Piece | None:
    """A line without a wide gap as its one piece, by the boxes that pdfium has just counted; None
    if it has one or leaves its cell."""
    if not boxes or _WIDE_SPACE.search(raw):
        return None
    left, top, right, low = (ctypes.c_double() for _ in range(4))
    ends: list[tuple[float, float]] = []
    for number in range(boxes):
        pdfium_c.FPDFText_GetRect(page, number, left, top, right, low)
        if ends and left.value - ends[-1][1] >= GAP * line.size:
            return None
        ends.append((left.value, right.value))
    height = (line.base or 0.0) + line.size / 4
    cells = {_cell_of(grids, x, height) for pair in ends for x in pair}
    return (
        Piece(tidy_line(_marked(raw, 0, raised)), ends[0][0], ends[-1][1], cells.pop())
        if len(cells) == 1
        else None
    )


def _edge(
    page: PdfTextPage, place: int, box: tuple[ctypes.c_double, ...], side: int
) -> float | None:
    """Where a character begins (side 0) or ends (side 1), read into `box`."""
    at = pdfium_c.FPDFText_GetCharIndexFromTextIndex(page, place)
    return box[side].value if at >= 0 and pdfium_c.FPDFText_GetCharBox(page, at, *box) else None


def _cell_of(grids: Sequence[Grid], x: float, y: float) -> tuple[int, int, int] | None:
    for number, grid in enumerate(grids):
        if cell := grid.cell_at(x, y):
            return (number, *cell)
    return None
