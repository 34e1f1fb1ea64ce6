"""Text of a PPTX: each slide a section, with its title, its text in reading order, its tables and the figures of its charts; then
the speaker's notes, marked as such.

Not here: hidden slides, comments, text in pictures and drawn diagrams.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import pptx
from lxml import etree
from pptx.exc import PythonPptxError

from browser.documents.parts import Facts, Part, compose
from browser.documents.tables import rows_of
from browser.office.archives import guard_zip
from research.errors import ReadingError
from research.types import PageText

EXTRACTOR = "python-pptx/" + pptx.__version__
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MAX_SLIDES = 2000
MAX_GROUPS = 10  # groups within groups
_BROKEN = (PythonPptxError, KeyError, ValueError, TypeError, AttributeError, IndexError, etree.LxmlError, zipfile.BadZipFile, zlib.error)


def read_pptx(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `broken`, `too_large`, `encrypted`."""
    guard_zip(raw, url)
    try:
        deck = pptx.Presentation(io.BytesIO(raw))
        if len(deck.slides) > MAX_SLIDES:
            raise ReadingError(url=url, kind="too_large", reason=f"more than {MAX_SLIDES} slides")
        parts = [part for number, slide in enumerate(deck.slides, 1) if slide.element.get("show") != "0" for part in _slide(slide, number)]
        about = deck.core_properties
        heading = next((part.text for part in parts if part.kind == "heading"), "")
        title = about.title if about.title and about.title != "PowerPoint Presentation" else heading
        facts = Facts(title=title, author=about.author or None)
    except _BROKEN as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable PPTX") from error
    return compose(parts, facts, media_type=MEDIA_TYPE, extractor=EXTRACTOR)


def _slide(slide: Any, number: int) -> Iterator[Part]:
    """The parts of a slide; its number marks the first."""
    title = slide.shapes.title
    parts = [Part(text, "heading", 2)] if title is not None and (text := " ".join(title.text_frame.text.split())) else []
    shapes = [shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id]
    parts += [*_shapes(shapes, MAX_GROUPS), *_notes(slide)]
    for index, part in enumerate(parts):
        yield part if index else Part(part.text, part.kind, part.level, marks=((0, f"slide {number}"),))


def _notes(slide: Any) -> Iterator[Part]:
    """What the speaker says beside the slide."""
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    for paragraph in frame.paragraphs if frame is not None else ():
        if text := " ".join(paragraph.text.split()):
            yield Part(f"Notes: {text}")


def _shapes(shapes: Iterable[Any], depth: int) -> Iterator[Part]:
    """Shapes as they are read: from above, then from the left."""
    for shape in sorted(shapes, key=lambda one: (one.top or 0, one.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes, depth - 1) if depth else ()
        elif getattr(shape, "has_table", False):
            yield from rows_of([[cell.text for cell in row.cells] for row in shape.table.rows])
        elif getattr(shape, "has_chart", False):
            yield from _chart(shape.chart)
        elif shape.has_text_frame:
            yield from (_paragraph(one) for one in shape.text_frame.paragraphs if one.text.strip())


def _paragraph(paragraph: Any) -> Part:
    text = " ".join(paragraph.text.split())
    return Part(f"- {text}" if paragraph.level else text)


def _chart(chart: Any) -> Iterator[Part]:
    """A chart's figures as the table they are drawn from."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield Part(chart.chart_title.text_frame.text)
    for plot in chart.plots:
        header = ["", *(str(series.name) for series in plot.series)]
        columns = [list(series.values) for series in plot.series]
        rows = [[str(name), *(_figure(column, at) for column in columns)] for at, name in enumerate(plot.categories)]
        yield from rows_of([header, *rows])


def _figure(column: list[float | None], at: int) -> str:
    value = column[at] if at < len(column) else None
    return "" if value is None else f"{value:.15g}"
