"""What is filled into the form of a PDF: its fields with their values. Call it under pdfium's lock.

A field is told by the name that the form gives it for readers, else by the words printed beside it.
Not here: signatures, fields that hold nothing, fields that are hidden.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree
from pypdfium2 import PdfDocument, PdfPage, PdfTextPage
from pypdfium2 import raw as pdfium_c

from browser.documents.signs import OPEN, TICKED
from browser.pdf.annotations import annotations_of, string_of

MAX_OPTIONS = 2000
LONGEST_LABEL = 200  # characters
BESIDE = 300.0  # points to the left or right in which the words of a field are looked for
ABOVE = 18.0
_PASSWORD = 1 << 13
_BUTTONS = (pdfium_c.FPDF_FORMFIELD_CHECKBOX, pdfium_c.FPDF_FORMFIELD_RADIOBUTTON)
_LISTS = (pdfium_c.FPDF_FORMFIELD_LISTBOX, pdfium_c.FPDF_FORMFIELD_COMBOBOX)
_LEADERS = " \t\r\n:：_.…·"


@dataclass(frozen=True)
class Field:
    label: str
    value: str


@dataclass(frozen=True)
class _Box:
    """The place of a field on its page, in points from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    def beside(self, other: "_Box") -> bool:
        """Whether another one stands in the same row."""
        return other is not self and other.bottom < self.top and other.top > self.bottom


@dataclass(frozen=True)
class _Widget:
    kind: int
    name: str
    title: str
    value: str
    option: str
    ticked: bool
    box: _Box


def fields_of(document: PdfDocument, page: PdfPage, text: PdfTextPage) -> tuple[list[Field], int]:
    """The filled fields of a page in their order and the number of those that cannot be told
    (signatures).

    The document's forms were initialised before the page was loaded.
    """
    if not document.formenv:
        return [], 0
    found = list(_widgets(document.formenv, page))
    widgets = [widget for widget in found if widget.kind != pdfium_c.FPDF_FORMFIELD_SIGNATURE]
    fields = [field for widget in widgets if (field := _field(widget, widgets, text))]
    return fields, sum(bool(widget.value) for widget in found if widget not in widgets)


def is_dynamic(document: PdfDocument) -> bool:
    """Whether the pages are only a stand-in for a form that Adobe's own program draws (XFA)."""
    return bool(document.get_formtype() == pdfium_c.FORMTYPE_XFA_FULL)


def dynamic_fields(document: PdfDocument) -> list[Field]:
    """The data of a form of that kind (XFA), each value by the name of its element."""
    for at in range(pdfium_c.FPDF_GetXFAPacketCount(document)):
        if _bytes(pdfium_c.FPDF_GetXFAPacketName, document, at).rstrip(b"\0") == b"datasets":
            return list(_leaves(_packet(document, at)))
    return []


def _leaves(raw: bytes) -> Iterator[Field]:
    try:
        root = etree.fromstring(
            raw, etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        )
    except etree.XMLSyntaxError:
        return
    for element in root.iter(etree.Element) if root is not None else ():
        text = (element.text or "").strip()
        if text and not len(element):
            yield Field(etree.QName(element).localname, text)


def _packet(document: PdfDocument, at: int) -> bytes:
    size = ctypes.c_ulong()
    pdfium_c.FPDF_GetXFAPacketContent(document, at, None, 0, size)
    buffer = ctypes.create_string_buffer(size.value)
    pdfium_c.FPDF_GetXFAPacketContent(document, at, buffer, size.value, size)
    return buffer.raw


# Widgets


def _widgets(form: Any, page: PdfPage) -> Iterator[_Widget]:
    for annotation in annotations_of(page):
        kind = pdfium_c.FPDFAnnot_GetFormFieldType(form, annotation)
        rectangle = pdfium_c.FS_RECTF()
        placed = pdfium_c.FPDFAnnot_GetRect(annotation, rectangle)
        if kind <= pdfium_c.FPDF_FORMFIELD_PUSHBUTTON or not placed:
            continue
        if (
            pdfium_c.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD
            and kind == pdfium_c.FPDF_FORMFIELD_TEXTFIELD
        ):
            continue
        yield _Widget(
            kind=kind,
            name=string_of(pdfium_c.FPDFAnnot_GetFormFieldName, form, annotation),
            title=string_of(pdfium_c.FPDFAnnot_GetFormFieldAlternateName, form, annotation),
            value=_selected(form, annotation)
            if kind in _LISTS
            else string_of(pdfium_c.FPDFAnnot_GetFormFieldValue, form, annotation),
            option=string_of(pdfium_c.FPDFAnnot_GetFormFieldExportValue, form, annotation)
            if kind in _BUTTONS
            else "",
            ticked=kind in _BUTTONS and bool(pdfium_c.FPDFAnnot_IsChecked(form, annotation)),
            box=_Box(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top),
        )


def _selected(form: Any, annotation: Any) -> str:
    """The options that are chosen, by what is shown for them; of a list that may be typed in, what
    was typed.
    """
    count = min(pdfium_c.FPDFAnnot_GetOptionCount(form, annotation), MAX_OPTIONS)
    chosen = [
        string_of(pdfium_c.FPDFAnnot_GetOptionLabel, form, annotation, at)
        for at in range(count)
        if pdfium_c.FPDFAnnot_IsOptionSelected(form, annotation, at)
    ]
    return ", ".join(chosen) or string_of(pdfium_c.FPDFAnnot_GetFormFieldValue, form, annotation)


def _field(widget: _Widget, widgets: Sequence[_Widget], text: PdfTextPage) -> Field | None:
    """What a field says; of buttons of which one is chosen, only the chosen one does."""
    boxes = [other.box for other in widgets]
    title = widget.title if widget.title != widget.name else ""
    if widget.kind == pdfium_c.FPDF_FORMFIELD_CHECKBOX:
        printed = _beside_box(widget, widgets, text)
        return Field(title or printed or _last(widget.name), TICKED if widget.ticked else OPEN)
    if widget.kind == pdfium_c.FPDF_FORMFIELD_RADIOBUTTON:
        first = next(other.box for other in widgets if other.name == widget.name)
        label = title or _left_of(first, boxes, text) or _last(widget.name)
        return (
            Field(label, _right_of(widget.box, boxes, text) or widget.option)
            if widget.ticked
            else None
        )
    raised = replace(widget.box, top=widget.box.top + ABOVE)
    printed = (
        _left_of(widget.box, boxes, text)
        or _over(widget.box, text)
        or _left_of(raised, boxes, text)
    )
    return (
        Field(title or printed or _last(widget.name), widget.value)
        if widget.value.strip()
        else None
    )


def _beside_box(widget: _Widget, widgets: Sequence[_Widget], text: PdfTextPage) -> str:
    """The words of a box that is ticked or not, on the side where those of all boxes in its row
    stand. Where they stand to the right, what the row begins with is asked of each of several.
    """
    boxes = [other.box for other in widgets]
    row = [
        other.box
        for other in widgets
        if other.kind == widget.kind and (other is widget or widget.box.beside(other.box))
    ]
    row.sort(key=lambda box: box.left)
    question = _left_of(row[0], boxes, text)
    if not _right_of(row[-1], boxes, text):
        return _left_of(widget.box, boxes, text) or _right_of(widget.box, boxes, text)
    printed = _right_of(widget.box, boxes, text)
    return f"{question} {printed}".strip() if len(row) > 1 and printed else printed or question


def _last(name: str) -> str:
    """The own name of a field among those of the fields around it."""
    return name.rpartition(".")[2].partition("[")[0]


# Words beside a field


def _left_of(box: _Box, boxes: Sequence[_Box], text: PdfTextPage) -> str:
    start = max(
        [
            box.left - BESIDE,
            *(one.right for one in boxes if box.beside(one) and one.right <= box.left),
        ]
    )
    return _words(text, start, box.left, box)


def _right_of(box: _Box, boxes: Sequence[_Box], text: PdfTextPage) -> str:
    end = min(
        [
            box.right + BESIDE,
            *(one.left for one in boxes if box.beside(one) and one.left >= box.right),
        ]
    )
    return _words(text, box.right, end, box)


def _over(box: _Box, text: PdfTextPage) -> str:
    return _words(
        text, box.left - 2, box.right, _Box(box.left, box.top, box.right, box.top + ABOVE)
    )


def _words(text: PdfTextPage, left: float, right: float, box: _Box) -> str:
    """The printed words of one row between two edges."""
    found = str(text.get_text_bounded(left=left, right=right, bottom=box.bottom, top=box.top))
    words = " ".join(found.split()).strip(_LEADERS)
    return words if len(words) <= LONGEST_LABEL else ""


def _bytes(call: Callable[..., int], *arguments: Any) -> bytes:
    size = call(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(max(size, 1))
    call(*arguments, buffer, size)
    return buffer.raw[:size]
