"""The tables of a page before extraction: each row becomes one cell that says its columns' names
(`browser/documents/tables.py`).

Tables within cells are laid out first, and their rows follow the row they stand in. Not here:
tables that only arrange a page, with blocks of text in their cells, stay as they are.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from lxml import etree

from browser.documents.parts import Part, tidy
from browser.documents.tables import Cell, table_parts
from browser.html.blocks import LINKED, LINKS, MISSING, ROW, missing_of
from browser.html.table_notes import Notes

BLOCKS = ("ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre", "article", "section", "form")
MAX_ROWS = 50_000
LONG = 400  # characters
_ROWS = ("tr", "wbr")  # a row that was withdrawn leaves its place
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)


def flatten_tables(tree: Any, notes: Notes) -> None:
    """Rewrite the data tables of a page in place, inner ones first. `notes` are the footnotes of
    cells."""
    for table in reversed(list(tree.iter("table"))):
        rows = list(_rows(table))
        if len(rows) <= MAX_ROWS and _holds_data(rows):
            _take_caption(table)
            _flatten(table, rows, notes)


def _take_caption(table: Any) -> None:
    """The caption of a figure that is nothing but a table is the table's."""
    figure = next(table.iterancestors("figure"), None)
    if figure is None or table.find("caption") is not None:
        return
    if any(table not in (other, *other.iterancestors()) for other in figure.iter("table", "img")):
        return
    caption = next(figure.iter("figcaption"), None)
    if caption is not None:
        caption.tail = None
        caption.tag = "caption"
        table.insert(0, caption)


def _rows(table: Any) -> Iterator[Any]:
    """The rows of a table without those of tables in its cells."""
    for child in table:
        if child.tag in _ROWS:
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from child.iterchildren(*_ROWS)


def _rows_left(rows: Sequence[Any]) -> list[int]:
    """How many rows of its group (its head, body or foot) follow each row, itself counted: no cell
    reaches further down."""
    left: list[int] = []
    for row, below in zip(reversed(rows), [None, *reversed(rows[1:])], strict=True):
        same = below is not None and below.getparent() is row.getparent() and _follows(row, below)
        left.append(left[-1] + 1 if same else 1)
    return left[::-1]


def _follows(row: Any, below: Any) -> bool:
    """Whether no group of rows stands between two rows."""
    following = row.getnext()
    while (
        following is not None
        and following is not below
        and following.tag not in ("thead", "tbody", "tfoot")
    ):
        following = following.getnext()
    return following is below


def _cells(row: Any) -> Any:
    return row.iterchildren("td", "th")


def _holds_data(rows: Sequence[Any]) -> bool:
    cells = [cell for row in rows for cell in _cells(row) if not _is_empty(cell)]
    return len(rows) > 1 and len(cells) > len(rows) and sum(map(_is_heavy, cells)) * 5 <= len(cells)


def _is_empty(cell: Any) -> bool:
    return not any(map(str.strip, cell.itertext())) and not _pictured(cell)


def _is_heavy(cell: Any) -> bool:
    """Whether a cell holds blocks of text, tables that were laid out not counted."""
    inner = list(_inner_rows(cell))
    size = len("".join(cell.itertext())) - sum(len(row.text or "") for row in inner)
    return (
        size > LONG
        or sum(1 for _ in cell.iter(*BLOCKS)) > 1
        or (not inner and next(cell.iter("table"), None) is not None)
    )


def _inner_rows(cell: Any) -> Iterator[Any]:
    return (inner for inner in cell.iterdescendants("td") if inner.get("role") == ROW)


def _flatten(table: Any, rows: Sequence[Any], notes: Notes) -> None:
    linked = sum(len("".join(link.itertext())) for link in table.iter("a"))
    linked += sum(int(inner.get(LINKED)) for inner in _inner_rows(table))
    numbers = [found for element in table.iter() if (found := element.get(LINKS))]
    missing = [kind for element in table.iter() if (kind := missing_of(element, element.tag))]
    left = _rows_left(rows)
    bold = _bold_names(rows)
    grid = [
        [_cell(cell, down, notes, bold) for cell in _cells(row)]
        for row, down in zip(rows, left, strict=True)
    ]
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
    if numbers and parts:
        table[-len(parts)][0].set(LINKS, " ".join(numbers))
    last = table[-1][-1] if parts else table
    for kind in missing:
        etree.SubElement(last, "wbr", {MISSING: kind})


def _bold_names(rows: Sequence[Any]) -> set[Any]:
    """The cells in bold that name others: rows of them at the top, and labels before plain values.
    Where all is bold, nothing is."""
    if not any(_may_be_bold(cell) for row in rows for cell in _cells(row)):
        return set()
    lines = [[cell for cell in _cells(row) if _words(cell)] for row in rows]
    filled = [line for line in lines if line]
    bold = {cell for line in filled for cell in line if _is_bold(cell)}
    top = next((number for number, line in enumerate(filled) if not bold.issuperset(line)), 0)
    names = {cell for line in filled[:top] for cell in line}
    for line in filled[top:]:
        names.update(cell for cell, value in pairwise(line) if cell in bold and value not in bold)
    return names


def _may_be_bold(cell: Any) -> bool:
    return (
        bool(_BOLD.search(cell.get("style") or ""))
        or next(cell.iter("b", "strong"), None) is not None
    )


def _is_bold(cell: Any) -> bool:
    """Whether all that a cell says is in bold."""
    if _BOLD.search(cell.get("style") or ""):
        return True
    return _may_be_bold(cell) and not cell.xpath(
        ".//text()[normalize-space()][not(ancestor::b or ancestor::strong)]"
    )


def _cell(element: Any, rows_left: int, notes: Notes, names: set[Any]) -> Cell:
    inside = tuple(Part(inner.text or "", "row") for inner in _inner_rows(element))
    for inner in list(element.iter("table")) if inside else ():
        inner.drop_tree()
    row = element.getparent()
    return Cell(
        _words(element) or _pictured(element),
        header=element.tag == "th"
        or row.getparent().tag == "thead"
        or element.get("scope") is not None
        or element in names,
        across=_span(element, "colspan", 1),
        down=min(_span(element, "rowspan", rows_left), rows_left),
        notes=notes.get(element, ()),
        inside=inside,
    )


def _words(element: Any) -> str:
    """A cell's text; a line break or block is a space, other tags are nothing."""
    for piece in element.iter("br", "p", "div", "li"):
        piece.tail = f" {piece.tail or ''}"
    return tidy("".join(element.itertext()))


def _pictured(element: Any) -> str:
    """What the pictures of a cell say that holds nothing else."""
    said = (
        one.get("alt") if one.tag == "img" else one.get("aria-label")
        for one in element.iterdescendants()
    )
    return tidy(" ".join(filter(None, said)))


def _span(element: Any, name: str, of_zero: int) -> int:
    """How many places a cell covers; 0 rows are all that are left."""
    value = (element.get(name) or "1").strip()
    return int(value[:5]) or of_zero if value.isascii() and value.isdecimal() else 1
