"""Rewrites the tree of a DOCX into the plain WordprocessingML that mammoth reads whole.

Mammoth leaves out, or takes the wrong part of, equations, fields, text boxes, cells that begin
late, hidden runs and wrappers of right-to-left text, and tells struck text as current; it knows the
level of a heading only by the style's name. What has no text (pictures, formulas as objects,
embedded files) is counted in notes. Not here: paragraphs and tables as HTML (mammoth), numbers of
paragraphs (`numbers.py`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from browser.documents.signs import FORMULA
from browser.office.alternatives import choose_alternatives
from browser.office.equations import equation_text
from browser.office.packages import DRAWING, MATH, WORD
from browser.office.word.drawn import blocks_of, named_by
from browser.office.word.fields import settle_fields
from browser.office.word.numbers import Numbers
from browser.office.word.styles import Style, Styles, heading_level, switch, text_of
from browser.office.word.tables import plain_table
from research.domain import NoteKind

_PICTURES = (
    f"{DRAWING}blip",
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds",
    "{urn:schemas-microsoft-com:vml}imagedata",
)
_OBJECT = "{urn:schemas-microsoft-com:office:office}OLEObject"
_WRAPPERS = tuple(
    WORD + name for name in "hyperlink dir bdo customXml smartTag ins moveTo sdtContent".split()
)
_MARKS = tuple(
    WORD + name
    for name in (
        "bookmarkStart bookmarkEnd commentReference footnoteReference endnoteReference "
        "softHyphen sdtPr sdtEndPr"
    ).split()
)
Notes = Counter[NoteKind]


def plain_body(
    root: Any, styles: Styles, numbers: Numbers, drawn: Mapping[str, Any]
) -> tuple[list[Any], Notes]:
    """The paragraphs and tables of a part (the body, a note), rewritten in place, and what they
    lack. `drawn` are roots of charts and diagrams by their relations to the part.
    """
    notes: Notes = Counter()
    choose_alternatives(root, f"{WORD}t", f"{MATH}t")
    _take_out_deleted(root, notes)
    notes["formulas"] += settle_fields(root)
    _tell_equations(root, notes)
    _lift_text_boxes(root)
    _tell_drawings(root, drawn)
    _take_out_pictures(root, notes)
    _unwrap(root)
    for paragraph in list(root.iter(f"{WORD}p")):
        notes["withdrawn"] += _plain_paragraph(paragraph, styles, numbers)
    for table in list(root.iter(f"{WORD}tbl")):
        plain_table(table, styles)
    return [child for child in root if child.tag in (f"{WORD}p", f"{WORD}tbl")], notes


def run_of(text: str, properties: Any = None) -> Any:
    """A run of text, with a copy of another's properties."""
    run = etree.Element(f"{WORD}r")
    if properties is not None:
        run.append(etree.fromstring(etree.tostring(properties)))
    etree.SubElement(run, f"{WORD}t").text = text
    return run


# What is not text


def _take_out_deleted(root: Any, notes: Notes) -> None:
    """Deleted text and the places that moved text has left. Marks of whole paragraphs and rows
    stay, mammoth knows them.
    """
    for name in ("del", "moveFrom"):
        for element in list(root.iter(WORD + name)):
            if element.getparent().tag not in (f"{WORD}rPr", f"{WORD}trPr"):
                if name == "del" and next(element.iter(f"{WORD}delText"), None) is not None:
                    notes["withdrawn"] += 1
                _replace(element, [])
    for mark in list(root.iter(f"{WORD}cellDel")):
        notes["withdrawn"] += _empty_cell(mark.getparent().getparent())
    for mark in root.iterfind(f".//{WORD}trPr/{WORD}del"):
        notes["withdrawn"] += bool(text_of(mark.getparent().getparent()).strip())


def _empty_cell(cell: Any) -> bool:
    """Take out what a cell says, not its place; gives whether it said something."""
    said = bool(text_of(cell).strip())
    for child in [child for child in cell if child.tag != f"{WORD}tcPr"]:
        cell.remove(child)
    etree.SubElement(cell, f"{WORD}p")
    return said


def _tell_equations(root: Any, notes: Notes) -> None:
    for element in list(root.iter(f"{MATH}oMathPara", f"{MATH}oMath")):
        if (
            element.getparent() is None
            or next(element.iterancestors(f"{MATH}oMathPara"), None) is not None
        ):
            continue
        text = equation_text(element)
        notes["formulas"] += not text
        run = run_of(text or FORMULA)
        if next(element.iterancestors(f"{WORD}p"), None) is None:
            paragraph = etree.Element(f"{WORD}p")
            paragraph.append(run)
            run = paragraph
        _replace(element, [run])


def _lift_text_boxes(root: Any) -> None:
    """The paragraphs of a text box follow the paragraph that it is anchored in."""
    last: dict[Any, Any] = {}
    for box in list(root.iter(f"{WORD}txbxContent")):
        anchor = next(box.iterancestors(f"{WORD}p"), None)
        if anchor is None:
            continue
        for child in list(box):
            after = last.get(anchor, anchor)
            after.addnext(child)
            last[anchor] = child


def _tell_drawings(root: Any, drawn: Mapping[str, Any]) -> None:
    """The figures of a chart and the words of a diagram follow the paragraph that it stands in."""
    for drawing in reversed(list(root.iter(f"{WORD}drawing"))):
        data = drawn.get(named_by(drawing))
        anchor = next(drawing.iterancestors(f"{WORD}p"), None)
        if data is None or anchor is None or not (blocks := blocks_of(data)):
            continue
        for block in reversed(blocks):
            anchor.addnext(block)
        _replace(drawing, [])


def _take_out_pictures(root: Any, notes: Notes) -> None:
    for element in list(root.iter(f"{WORD}drawing", f"{WORD}pict", f"{WORD}object")):
        if element.getparent() is None:
            continue
        thing = next(element.iter(_OBJECT), None)
        if thing is not None and thing.get("ProgID", "").startswith("Equation"):
            notes["formulas"] += 1
            _replace(element, list(run_of(FORMULA)))
            continue
        if thing is not None:
            notes["attachments"] += 1
        elif any(True for _ in element.iter(*_PICTURES)):
            notes["pictures"] += 1
        _replace(element, [])
    notes["parts_unread"] += sum(1 for _ in root.iter(f"{WORD}altChunk", f"{WORD}subDoc"))


def _unwrap(root: Any) -> None:
    """Take out marks and what only stands around words; what mammoth has no name for gets one that
    it knows.
    """
    for element in list(root.iter(*_MARKS)):
        _replace(element, [])
    for element in list(root.iter(f"{WORD}ruby")):
        base, reading = (element.find(WORD + name) for name in ("rubyBase", "rt"))
        told = text_of(reading) if reading is not None else ""
        _replace(
            element,
            [*(list(base) if base is not None else []), *([run_of(f"({told})")] if told else [])],
        )
    for element in list(root.iter(*_WRAPPERS, f"{WORD}sdt")):
        if element.getparent().tag not in (f"{WORD}rPr", f"{WORD}trPr"):
            _replace(element, list(element))
    for name, other in (("cr", "br"), ("ptab", "tab")):
        for element in root.iter(WORD + name):
            element.tag = WORD + other
    for element in root.iter(f"{WORD}noBreakHyphen"):
        element.tag, element.text = f"{WORD}t", "-"


def _replace(element: Any, children: Iterable[Any]) -> None:
    """Put others into the place of an element. The tree has no text between elements that
    matters."""
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    parent[at : at + 1] = list(children)


# Paragraphs


def _plain_paragraph(paragraph: Any, styles: Styles, numbers: Numbers) -> int:
    """Heading and number made plain, runs that are hidden or struck out taken out; gives the number
    of struck passages.
    """
    properties = paragraph.find(f"{WORD}pPr")
    style = styles.of(properties, "pStyle")
    struck = _plain_runs(paragraph, style, styles)
    level = _first_level(heading_level(properties), style.level)
    deleted = properties is not None and properties.find(f"{WORD}rPr/{WORD}del") is not None
    plain = etree.Element(f"{WORD}pPr")
    if level and next(paragraph.iterancestors(f"{WORD}tc"), None) is None:
        etree.SubElement(plain, f"{WORD}pStyle", {f"{WORD}val": f"Heading{level}"})
    if deleted:
        etree.SubElement(etree.SubElement(plain, f"{WORD}rPr"), f"{WORD}del")
    label = numbers.label(properties, style) if text_of(paragraph).strip() else ""
    if properties is not None:
        paragraph.remove(properties)
    paragraph.insert(0, plain)
    if label:
        paragraph.insert(1, run_of(f"{label} "))
    return struck


def _plain_runs(paragraph: Any, style: Style, styles: Styles) -> int:
    struck, within = 0, False
    for run in paragraph.findall(f"{WORD}r"):
        own = run.find(f"{WORD}rPr")
        named = styles.of(own, "rStyle")
        withdrawn = _first(switch(own, "strike", "dstrike"), named.struck, style.struck)
        struck += withdrawn and not within
        within = withdrawn
        if withdrawn or _first(switch(own, "vanish"), named.hidden, style.hidden):
            paragraph.remove(run)
        elif _first(switch(own, "b"), named.bold, style.bold):
            _embolden(run, own)
    return struck


def _first(*values: bool | None) -> bool:
    return next((value for value in values if value is not None), False)


def _first_level(*levels: int | None) -> int:
    return next((level for level in levels if level is not None), 0)


def _embolden(run: Any, properties: Any) -> None:
    """Say at the run itself what its style says."""
    if properties is None:
        properties = etree.Element(f"{WORD}rPr")
        run.insert(0, properties)
    for found in properties.findall(f"{WORD}b"):
        properties.remove(found)
    etree.SubElement(properties, f"{WORD}b")
