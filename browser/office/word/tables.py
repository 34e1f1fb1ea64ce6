"""Tables of a DOCX as mammoth reads them whole: cells that begin late or end early, cells merged
sideways, marks of the header. Pure.

Not here: cells merged downwards, which mammoth knows.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from browser.office.packages import WORD, whole_number
from browser.office.word.styles import Styles, switch, text_of, value_of

_BITS = re.compile("[0-9A-Fa-f]{1,8}")
MAX_SPAN = 200  # columns
SHORT_CELL = 400  # characters; the paragraphs of a longer cell stay apart


def plain_table(table: Any, styles: Styles) -> None:
    rows = list(table.iterchildren(f"{WORD}tr"))
    _mark_header(rows, styled=_styles_header(table, styles))
    for row in rows:
        properties = row.find(f"{WORD}trPr")
        late, early = (_count(value_of(properties, name)) for name in ("gridBefore", "gridAfter"))
        if late:
            row.insert(0 if properties is None else row.index(properties) + 1, _free_cells(late))
        if early:
            row.append(_free_cells(early))
        _join_merged(row)
        for cell in row.iterchildren(f"{WORD}tc"):
            _bound_span(cell)
            _one_paragraph(cell)


def _styles_header(table: Any, styles: Styles) -> bool:
    """Whether the style of a table sets its first row apart, and the table makes use of that."""
    properties = table.find(f"{WORD}tblPr")
    look = properties.find(f"{WORD}tblLook") if properties is not None else None
    if look is None or not styles.of(properties, "tblStyle").header:
        return False
    bits = look.get(f"{WORD}val", "0")
    first = look.get(f"{WORD}firstRow")
    if first:
        return first in ("1", "true", "on")
    return bool(_BITS.fullmatch(bits)) and bool(int(bits, 16) & 0x20)


def _mark_header(rows: Sequence[Any], *, styled: bool) -> None:
    """Rows in bold above others that are not are marked as naming the columns, where none is
    marked; so are those that the cells of a marked row reach down to.
    """
    if len(rows) < 2 or any(row.find(f"{WORD}trPr/{WORD}tblHeader") is not None for row in rows):
        return
    count = next((at for at, row in enumerate(rows) if not _is_bold(row)), 0)
    if styled and not count and next(rows[0].iter(f"{WORD}gridSpan"), None) is None:
        count = 1
    while 0 < count < len(rows) and any(
        _reaches(merge) for merge in rows[count].iter(f"{WORD}vMerge")
    ):
        count += 1
    for row in rows[: count if count < len(rows) else 0]:
        properties = row.find(f"{WORD}trPr")
        if properties is None:
            properties = etree.Element(f"{WORD}trPr")
            row.insert(0, properties)
        etree.SubElement(properties, f"{WORD}tblHeader")


def _reaches(merge: Any) -> bool:
    return bool(merge.get(f"{WORD}val", "continue") == "continue")


def _is_bold(row: Any) -> bool:
    runs = [run for run in row.iter(f"{WORD}r") if text_of(run).strip()]
    return bool(runs) and all(switch(run.find(f"{WORD}rPr"), "b") for run in runs)


def _count(value: str | None) -> int:
    return min(whole_number(value) or 0, MAX_SPAN)


def _bound_span(cell: Any) -> None:
    """A cell covers as many columns as a number says that is one, else itself alone."""
    for span in cell.iterfind(f"{WORD}tcPr/{WORD}gridSpan"):
        span.set(f"{WORD}val", str(_count(span.get(f"{WORD}val")) or 1))


def _free_cells(count: int) -> Any:
    """An empty cell over as many columns."""
    cell = etree.Element(f"{WORD}tc")
    span = etree.SubElement(etree.SubElement(cell, f"{WORD}tcPr"), f"{WORD}gridSpan")
    span.set(f"{WORD}val", str(count))
    etree.SubElement(cell, f"{WORD}p")
    return cell


def _join_merged(row: Any) -> None:
    """Cells merged sideways in the old way, as one that spans."""
    first: Any = None
    for cell in list(row.iterchildren(f"{WORD}tc")):
        properties = cell.find(f"{WORD}tcPr")
        merge = properties.find(f"{WORD}hMerge") if properties is not None else None
        if merge is None:
            first = None
        elif merge.get(f"{WORD}val") == "restart" or first is None:
            first = properties
        else:
            span = first.find(f"{WORD}gridSpan")
            span = etree.SubElement(first, f"{WORD}gridSpan") if span is None else span
            span.set(
                f"{WORD}val",
                str(
                    (_count(span.get(f"{WORD}val")) or 1)
                    + (_count(value_of(properties, "gridSpan")) or 1)
                ),
            )
            row.remove(cell)


def _one_paragraph(cell: Any) -> None:
    """The paragraphs of a short cell as lines of one, so that it reads as a value and not as a
    page.
    """
    paragraphs = cell.findall(f"{WORD}p")
    if len(paragraphs) < 2 or sum(len(text_of(one)) for one in paragraphs) > SHORT_CELL:
        return
    first, *others = [one for one in paragraphs if text_of(one).strip()] or paragraphs[:1]
    for other in others:
        line = etree.SubElement(first, f"{WORD}r")
        etree.SubElement(line, f"{WORD}br")
        first.extend(_lines(other))
    for one in paragraphs:
        if one is not first and one.getparent() is cell:
            cell.remove(one)


def _lines(paragraph: Any) -> Iterator[Any]:
    return (child for child in list(paragraph) if child.tag != f"{WORD}pPr")
