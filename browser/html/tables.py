"""The tables of a page before extraction: each row becomes one cell that says its columns' names (`browser/documents/tables.py`).

Tables within cells are laid out first, and their rows follow the row they stand in. Not here: tables that only arrange a page, with
blocks of text in their cells, stay as they are.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from browser.documents.parts import Part, tidy
from browser.documents.tables import Cell, table_parts
from browser.html.blocks import LINKED, MISSING, ROW, missing_of
from browser.html.table_notes import Notes

BLOCKS = ("ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre", "article", "section", "form")
MAX_ROWS = 50_000
LONG = 400  # characters


def flatten_tables(tree: Any, notes: Notes) -> None:
    """Rewrite the data tables of a page in place, inner ones first. `notes` are the footnotes of cells."""
    for table in reversed(list(tree.iter("table"))):
        rows = list(_rows(table))
        if len(rows) <= MAX_ROWS and _holds_data(rows):
            _take_caption(table)
            _flatten(table, rows, notes)


def _take_caption(table: Any) -> None:
    """The caption of a figure that is nothing but a table is the table's."""
    figure = next(table.iterancestors("figure"), None)
    if figure is None or table.find("caption") is not None or sum(1 for _ in figure.iter("table", "img")) > 1:
        return
    caption = next(figure.iter("figcaption"), None)
    if caption is not None:
        caption.tail = None
        caption.tag = "caption"
        table.insert(0, caption)


def _rows(table: Any) -> Iterator[Any]:
    """The rows of a table without those of tables in its cells."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from child.iterchildren("tr")


def _cells(row: Any) -> Any:
    return row.iterchildren("td", "th")


def _holds_data(rows: Sequence[Any]) -> bool:
    cells = [cell for row in rows for cell in _cells(row) if not _is_empty(cell)]
    return len(rows) > 1 and len(cells) > len(rows) and sum(map(_is_heavy, cells)) * 5 <= len(cells)


def _is_empty(cell: Any) -> bool:
    return not any(map(str.strip, cell.itertext()))


def _is_heavy(cell: Any) -> bool:
    """Whether a cell holds blocks of text, tables that were laid out not counted."""
    inner = list(_inner_rows(cell))
    size = len("".join(cell.itertext())) - sum(len(row.text or "") for row in inner)
    return size > LONG or sum(1 for _ in cell.iter(*BLOCKS)) > 1 or (not inner and next(cell.iter("table"), None) is not None)


def _inner_rows(cell: Any) -> Iterator[Any]:
    return (inner for inner in cell.iterdescendants("td") if inner.get("role") == ROW)


def _flatten(table: Any, rows: Sequence[Any], notes: Notes) -> None:
    linked = sum(len("".join(link.itertext())) for link in table.iter("a"))
    linked += sum(int(inner.get(LINKED)) for inner in _inner_rows(table))
    missing = [kind for element in table.iter() if (kind := missing_of(element, element.tag))]
    grid = [[_cell(cell, len(rows) - number, notes) for cell in _cells(row)] for number, row in enumerate(rows)]
    caption = next(table.iterchildren("caption"), None)
    parts = table_parts(grid, caption=_words(caption) if caption is not None else "")
    for child in list(table):
        if child is not caption:
            table.remove(child)
    total = sum(len(part.text) for part in parts)
    for part in parts:
        row = etree.SubElement(table, "tr")
        share = str(linked * len(part.text) // total)
        etree.SubElement(row, "td", {"role": ROW, LINKED: share}).text = part.text
    last = table[-1][-1] if parts else table
    for kind in missing:
        etree.SubElement(last, "wbr", {MISSING: kind})


def _cell(element: Any, rows_left: int, notes: Notes) -> Cell:
    inside = tuple(Part(inner.text or "", "row") for inner in _inner_rows(element))
    for inner in list(element.iter("table")) if inside else ():
        inner.drop_tree()
    row = element.getparent()
    return Cell(
        _words(element),
        header=element.tag == "th" or row.getparent().tag == "thead",
        across=_span(element, "colspan", 1),
        down=_span(element, "rowspan", rows_left),
        notes=notes.get(element, ()),
        inside=inside,
    )


def _words(element: Any) -> str:
    """A cell's text, else what its pictures stand for; a line break or block is a space, other tags
    are nothing."""
    for piece in element.iter("br", "p", "div", "li"):
        piece.tail = f" {piece.tail or ''}"
    pictures = " ".join(picture.get("alt", "") for picture in element.iter("img"))
    return tidy("".join(element.itertext())) or tidy(pictures)


def _span(element: Any, name: str, of_zero: int) -> int:
    """How many places a cell covers; 0 rows are all that are left."""
    value = (element.get(name) or "1").strip()
    return int(value[:5]) or of_zero if value.isascii() and value.isdecimal() else 1
