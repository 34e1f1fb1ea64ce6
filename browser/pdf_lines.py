"""The lines of a PDF page with how they are set: size of type, weight, height on the page. Call it under pdfium's lock.

The text is what stands inside the page's bounds; how a line is set is looked up by its words, so a line whose words are not found
is one of unknown type, never a lost one. Not here: what is made of the lines (`pdf.py`).
"""

import ctypes
import math
import re
from dataclasses import dataclass
from statistics import median

from pypdfium2 import PdfTextPage
from pypdfium2 import raw as pdfium_c

SAMPLES = 5  # characters of a line that are asked about
BOLD = 600
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|[-,]bd", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """`size` in points, 0 if unknown; `base` is the base line's height above the page's lower edge."""

    text: str
    size: float = 0.0
    bold: bool = False
    base: float | None = None


def lines_of(page: PdfTextPage) -> list[Line]:
    """The lines of a page that hold something, in reading order."""
    known: dict[str, Line] = {}
    start = 0
    for raw in str(page.get_text_range()).split("\r\n"):
        text = tidy_line(raw)
        if text and text not in known:
            known[text] = _measured(page, text, [start + at for at in _sampled(raw)])
        start += len(raw.encode("utf-16-le")) // 2 + 2
    texts = [tidy_line(raw) for raw in str(page.get_text_bounded()).splitlines()]
    return [known.get(text) or Line(text) for text in texts if text]


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
