"""What people have put onto the pages of a PDF with a viewer's tools: text typed on them, text
struck out; also text that is struck by a drawn line. Call it under pdfium's lock.

Not here: fields of forms (`forms.py`), comments, highlights.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pypdfium2 import PdfPage, PdfTextPage
from pypdfium2 import raw as pdfium_c

from browser.pdf.lines import Line
from browser.pdf.rules import level_rules

MAX_ANNOTATIONS = 5000  # on one page
INSIDE = 1.0  # points
LOWEST, HIGHEST = (
    0.12,
    0.5,
)  # times the size of type, above the base line, where a line strikes words out
_UNSEEN = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW


@dataclass(frozen=True)
class _Struck:
    """Words that are struck out, and between which heights they stand, in points."""

    words: str
    bottom: float
    top: float


def annotations_of(page: PdfPage) -> Iterator[Any]:
    """The annotations that can be seen; each is closed when the next is asked for."""
    for at in range(min(pdfium_c.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        with _closed(pdfium_c.FPDFPage_GetAnnot(page, at)) as annotation:
            if annotation and not pdfium_c.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                yield annotation


@contextmanager
def _closed(annotation: Any) -> Iterator[Any]:
    try:
        yield annotation
    finally:
        if annotation:
            pdfium_c.FPDFPage_CloseAnnot(annotation)


def string_of(call: Callable[..., int], *arguments: Any) -> str:
    """A string that pdfium writes in UTF-16 into a buffer that it is first asked the size of."""
    size = call(*arguments, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    call(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(buffer.raw[: size - 2].decode("utf-16-le", "replace").split())


def typed_notes(page: PdfPage) -> list[str]:
    """Words that somebody typed on the page."""
    notes = [
        string_of(pdfium_c.FPDFAnnot_GetStringValue, annotation, b"Contents")
        for annotation in annotations_of(page)
        if pdfium_c.FPDFAnnot_GetSubtype(annotation) == pdfium_c.FPDF_ANNOT_FREETEXT
    ]
    return [note for note in notes if note]


def without_struck(
    lines: Sequence[Line], page: PdfPage, text: PdfTextPage
) -> tuple[list[Line], int]:
    """The lines without the words that are struck out, and the number of places where some were."""
    kept = list(lines)
    count = 0
    for struck in (*_struck(page, text), *_lined_out(page, text)):
        at = next((at for at, line in enumerate(kept) if _holds(line, struck)), None)
        if at is not None:
            kept[at] = _without(kept[at], struck.words)
            count += 1
    return [line for line in kept if line.text], count


def _struck(page: PdfPage, text: PdfTextPage) -> Iterator[_Struck]:
    for annotation in annotations_of(page):
        if pdfium_c.FPDFAnnot_GetSubtype(annotation) != pdfium_c.FPDF_ANNOT_STRIKEOUT:
            continue
        for at in range(min(pdfium_c.FPDFAnnot_CountAttachmentPoints(annotation), MAX_ANNOTATIONS)):
            points = pdfium_c.FS_QUADPOINTSF()
            if not pdfium_c.FPDFAnnot_GetAttachmentPoints(annotation, at, points):
                continue
            across = (points.x1, points.x2, points.x3, points.x4)
            heights = (points.y1, points.y2, points.y3, points.y4)
            bottom, top = min(heights), max(heights)
            # a strip through the middle, which no line above or below reaches into
            margin = (top - bottom) * 0.4
            found = text.get_text_bounded(
                left=min(across), right=max(across), bottom=bottom + margin, top=top - margin
            )
            if words := " ".join(str(found).split()):
                yield _Struck(words, bottom, top)


def _lined_out(page: PdfPage, text: PdfTextPage) -> Iterator[_Struck]:
    """Words that a level line goes through from their first letter to their last, above their base
    line and below the tops of small letters.
    """
    for at, left, right in level_rules(page):
        ends = [_base_under(text, x, at) for x in (left + INSIDE, right - INSIDE)]
        if ends[0] is None or ends[0] != ends[1]:
            continue
        found = text.get_text_bounded(left=left, right=right, bottom=at - INSIDE, top=at + INSIDE)
        if words := " ".join(str(found).split()):
            yield _Struck(words, ends[0], ends[0] + 1)


def _base_under(text: PdfTextPage, x: float, y: float) -> float | None:
    """The base line of the letter whose middle is at a point; None where there is none."""
    at = pdfium_c.FPDFText_GetCharIndexAtPos(text, x, y, INSIDE, INSIDE)
    matrix = pdfium_c.FS_MATRIX()
    if at < 0 or not pdfium_c.FPDFText_GetMatrix(text, at, matrix):
        return None
    size = pdfium_c.FPDFText_GetFontSize(text, at) * matrix.d
    return float(matrix.f) if LOWEST * size < y - matrix.f < HIGHEST * size else None


def _holds(line: Line, struck: _Struck) -> bool:
    near = line.base is None or struck.bottom - 2 <= line.base <= struck.top
    return near and struck.words in line.text


def _without(line: Line, words: str) -> Line:
    left = " ".join(line.text.replace(words, " ", 1).split())
    at = next((at for at, piece in enumerate(line.pieces) if words in piece.text), None)
    if at is None:
        return replace(line, text=left, pieces=())
    piece = line.pieces[at]
    rest = " ".join(piece.text.replace(words, " ", 1).split())
    pieces = [
        *line.pieces[:at],
        *([replace(piece, text=rest)] if rest else []),
        *line.pieces[at + 1 :],
    ]
    return replace(line, text=left, pieces=tuple(pieces))
