"""Text of a PPTX: each slide a section, with its title, its text in reading order, its tables, its
diagrams' words and the figures of its charts; then the speaker's notes, marked as such.

Hidden slides, struck text and pictures are left out and noted. Not here: comments, text in
pictures.
"""

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pptx
from lxml import etree
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.exc import PythonPptxError

from browser.documents.archives import guard_zip
from browser.documents.parts import Facts, Part, compose
from browser.documents.signs import FORMULA
from browser.documents.tables import Cell, rows_of, table_parts
from browser.office.alternatives import choose_alternatives
from browser.office.charts import Chart, chart_of
from browser.office.diagrams import DIAGRAM, words_of_diagram
from browser.office.equations import equation_text
from browser.office.packages import DRAWING, MATH, tree_of
from research.domain import NoteKind, PageText, ReadingNote
from research.errors import ReadingError

EXTRACTOR = "python-pptx/" + pptx.__version__
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MAX_SLIDES = 2000
MAX_GROUPS = 10  # groups within groups
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_UNREAD: dict[Any, NoteKind] = {
    MSO_SHAPE_TYPE.PICTURE: "pictures",
    MSO_SHAPE_TYPE.LINKED_PICTURE: "pictures",
    MSO_SHAPE_TYPE.MEDIA: "media",
    MSO_SHAPE_TYPE.EMBEDDED_OLE_OBJECT: "attachments",
    MSO_SHAPE_TYPE.LINKED_OLE_OBJECT: "attachments",
}
_BROKEN = (
    PythonPptxError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    etree.LxmlError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_pptx(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `broken`, `too_large`, `encrypted`."""
    guard_zip(raw, url)
    reader = _Reader()
    try:
        deck = pptx.Presentation(io.BytesIO(raw))
        if len(deck.slides) > MAX_SLIDES:
            raise ReadingError(url=url, kind="too_large", reason=f"more than {MAX_SLIDES} slides")
        parts = [
            part
            for number, slide in enumerate(deck.slides, 1)
            for part in reader.slide(slide, number)
        ]
        about = deck.core_properties
        heading = next((part.text for part in parts if part.kind == "heading"), "")
        title = about.title if about.title and about.title != "PowerPoint Presentation" else heading
        facts = Facts(title=title, author=about.author or None)
    except _BROKEN as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable PPTX") from error
    return compose(parts, facts, media_type=MEDIA_TYPE, extractor=EXTRACTOR, notes=reader.notes())


class _Reader:
    """Reads slides and counts what of them is not told."""

    def __init__(self) -> None:
        self._left_out: Counter[NoteKind] = Counter()
        self._hidden: list[str] = []

    def notes(self) -> list[ReadingNote]:
        hidden = [ReadingNote(kind="hidden_sheets", detail=name) for name in self._hidden]
        return hidden + [
            ReadingNote(kind=kind, count=count) for kind, count in self._left_out.items() if count
        ]

    def slide(self, slide: Any, number: int) -> Iterator[Part]:
        """The parts of a slide; its number marks the first."""
        choose_alternatives(slide.element, f"{DRAWING}t", f"{MATH}t")
        title = slide.shapes.title
        name = " ".join(self._text(title.text_frame).split()) if title is not None else ""
        if slide.element.get("show") == "0":
            self._hidden.append(f"{number}: {name}" if name else str(number))
            return
        parts = [Part(name, "heading", 2)] if name else []
        shapes = [
            shape
            for shape in slide.shapes
            if title is None or shape.element is not title.element  # ids may stand twice
        ]
        parts += [*self._shapes(shapes, MAX_GROUPS), *self._notes(slide)]
        for index, part in enumerate(parts):
            yield (
                part
                if index
                else Part(part.text, part.kind, part.level, marks=((0, f"slide {number}"),))
            )

    def _notes(self, slide: Any) -> Iterator[Part]:
        """What the speaker says beside the slide."""
        frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        for paragraph in frame.paragraphs if frame is not None else ():
            if text := self._paragraph(paragraph):
                yield Part(f"Notes: {text}")

    def _shapes(self, shapes: Iterable[Any], depth: int) -> Iterator[Part]:
        """Shapes as they are read: from above, then from the left."""
        for shape in sorted(shapes, key=lambda one: (one.top or 0, one.left or 0)):
            if hasattr(shape, "shapes"):
                yield from self._group(shape.shapes, depth)
            elif getattr(shape, "has_table", False):
                yield from table_parts(self._rows(shape.table))
            elif getattr(shape, "has_chart", False):
                yield from self._chart(chart_of(shape.chart._chartSpace))
            elif shape.has_text_frame:
                yield from self._paragraphs(shape.text_frame)
            else:
                yield from self._other(shape)

    def _group(self, shapes: Iterable[Any], depth: int) -> Iterator[Part]:
        if depth:
            yield from self._shapes(shapes, depth - 1)
        else:
            self._left_out["parts_cut"] += 1

    def _chart(self, chart: Chart) -> Iterator[Part]:
        self._left_out["pictures"] += not chart.tables
        yield from map(Part, chart.titles)
        for rows in chart.tables:
            yield from rows_of(rows)

    def _paragraphs(self, frame: Any) -> Iterator[Part]:
        for paragraph in frame.paragraphs:
            if text := self._paragraph(paragraph):
                yield Part(f"- {text}" if paragraph.level else text)

    def _other(self, shape: Any) -> Iterator[Part]:
        """The words of a diagram; what has none is counted."""
        relation = next(shape.element.iter(f"{DIAGRAM}relIds"), None)
        kind = _UNREAD.get(shape.shape_type)
        if relation is not None:
            yield from map(Part, self._words_of_diagram(shape, relation))
        elif kind:
            self._left_out[kind] += 1

    def _words_of_diagram(self, shape: Any, relation: Any) -> list[str]:
        try:
            data = shape.part.related_part(relation.get(f"{_RELATION}dm"))
            return list(words_of_diagram(tree_of(data.blob)))
        except (KeyError, etree.LxmlError):
            self._left_out["parts_unread"] += 1
            return []

    def _rows(self, table: Any) -> list[list[Cell]]:
        """A row that the table sets apart names the columns, with those that its cells reach down
        to.
        """
        rows = [[cell for cell in row.cells] for row in table.rows]
        heads = int(
            bool(table.first_row) and len(rows) > 1 and all(cell.span_width < 2 for cell in rows[0])
        )
        heads *= max((cell.span_height for cell in rows[0]), default=1) if rows else 1
        return [
            [
                Cell(
                    self._text(cell.text_frame),
                    header=number < heads or (bool(table.first_col) and not at),
                    across=cell.span_width,
                    down=cell.span_height,
                )
                for at, cell in enumerate(row)
                if not cell.is_spanned
            ]
            for number, row in enumerate(rows)
        ]

    def _text(self, frame: Any) -> str:
        return " ".join(filter(None, map(self._paragraph, frame.paragraphs)))

    def _paragraph(self, paragraph: Any) -> str:
        """A paragraph's text with its equations, without what is struck out."""
        pieces = []
        for child in paragraph._p:
            properties = child.find(f"{DRAWING}rPr")
            if properties is not None and properties.get("strike", "noStrike") != "noStrike":
                self._left_out["withdrawn"] += 1
            elif child.tag == f"{DRAWING}br":
                pieces.append(" ")
            elif (
                equation := next(child.iter(f"{MATH}oMathPara", f"{MATH}oMath"), None)
            ) is not None:
                told = equation_text(equation)
                self._left_out["formulas"] += not told
                pieces.append(told or FORMULA)
            else:
                pieces.append(child.findtext(f"{DRAWING}t") or "")
        return " ".join("".join(pieces).split())
