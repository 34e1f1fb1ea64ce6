"""HTML tables before extraction: each row becomes one cell that says its columns' names, so that a row read alone is a whole statement.

Spans are laid out, header rows of several levels joined, key-and-value boxes recognised; units and footnotes join the rows they belong
to. Layout tables (nested, or with blocks of text in
their cells) stay as they are. Markdown and CSV tables have no such marks: `parts.rows_of`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from browser.documents.parts import row_text, tidy
from browser.html.table_notes import MAX_ROWS, Notes
from browser.html.units import Unit, is_unit, unit_note, with_unit

MAX_SPAN = 60
BLOCKS = ("p", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre", "article", "section", "form")
LONG = 400
ROW = "row"  # the role of a cell that holds a whole row
LINKED = "data-linked"  # its attribute that says how many characters were links
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True)
class _Cell:
    text: str
    heads: bool
    origin: tuple[int, int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Column:
    name: str = ""
    notes: tuple[str, ...] = ()


_Grid = list[list[_Cell]]
_Spans = dict[int, tuple[_Cell, int]]  # by column: a cell and how many more rows it covers


def flatten_tables(tree: Any, notes: Notes) -> None:
    """Rewrite the data tables of a page in place. `notes` are the footnotes of cells."""
    for table in list(tree.iter("table")):
        rows = list(table.iter("tr"))
        if len(rows) <= MAX_ROWS and _holds_data(table, rows):
            _flatten(table, rows, notes)


def _holds_data(table: Any, rows: Sequence[Any]) -> bool:
    if len(rows) < 2 or next(table.iterdescendants("table"), None) is not None:
        return False
    cells = [cell for row in rows for cell in row if cell.tag in ("td", "th")]
    heavy = sum(1 for cell in cells if sum(1 for _ in cell.iter(*BLOCKS)) > 1 or len("".join(cell.itertext())) > LONG)
    return len(cells) > len(rows) and heavy * 5 <= len(cells)


def _flatten(table: Any, rows: Sequence[Any], notes: Notes) -> None:
    grid = _grid(rows, notes)
    first = 1 if len(grid) > 2 and _unit_row(grid[0]) else 0
    heads = first + _header_rows(grid[first:])
    columns = _columns(grid[first:heads])
    unit = _unit_row(grid[0]) if first else next((unit_note(_words(caption)) for caption in table.iterchildren("caption")), None)
    if heads > first and heads < len(grid) - 1 and _holds_units(grid[heads]):
        columns = [_Column(with_unit(column.name, cell.text), column.notes) for column, cell in zip(columns, grid[heads], strict=False)]
        heads += 1
    boxed = heads == first and _is_box(grid)
    for number, (row, cells) in enumerate(zip(rows, grid, strict=True)):
        text = "" if first <= number < heads else _row(cells, columns, unit, boxed=boxed)
        linked = sum(len("".join(link.itertext())) for link in row.iter("a"))
        for child in list(row):
            row.remove(child)
        if text:
            etree.SubElement(row, "td", {"role": ROW, LINKED: str(linked)}).text = text
        else:
            row.getparent().remove(row)


def _grid(rows: Sequence[Any], notes: Notes) -> _Grid:
    """The cells in their columns; a cell that spans stands in each place it covers."""
    grid: _Grid = []
    above: _Spans = {}
    for number, row in enumerate(rows):
        line: list[_Cell] = []
        below: _Spans = {}
        for element in row:
            if element.tag in ("td", "th"):
                _carry_down(line, above, below)
                cell = _Cell(_words(element), element.tag == "th", (number, len(line)), notes.get(element, ()))
                for _ in range(_span(element, "colspan")):
                    if (down := _span(element, "rowspan")) > 1:
                        below[len(line)] = (cell, down - 1)
                    line.append(cell)
        _carry_down(line, above, below)
        grid.append(line)
        above = below
    return grid


def _carry_down(line: list[_Cell], above: _Spans, below: _Spans) -> None:
    """Put the cells that reach down from the rows above into the next places."""
    while len(line) in above:
        cell, left = above[len(line)]
        if left > 1:
            below[len(line)] = (cell, left - 1)
        line.append(cell)


def _words(element: Any) -> str:
    """A cell's text; a line break or block is a space, other tags are nothing."""
    for piece in element.iter("br", "p", "div", "li"):
        piece.tail = f" {piece.tail or ''}"
    return tidy("".join(element.itertext()))


def _span(element: Any, name: str) -> int:
    value = (element.get(name) or "1").strip()
    return max(1, min(int(value), MAX_SPAN)) if value.isdecimal() else 1


def _header_rows(grid: _Grid) -> int:
    """How many rows at the top name the columns."""
    count = 0
    for line in grid[:4]:
        own = {cell.origin: cell for cell in line if cell.text}
        if len(own) < 2 or not all(cell.heads for cell in own.values()):
            break
        count += 1
    if count == len(grid):
        return 0
    if count or any(cell.heads for line in grid for cell in line):
        return count
    return 1 if _first_row_names(grid) else 0


def _first_row_names(grid: _Grid) -> bool:
    """Without marked headers: words on top, figures below."""
    first, others = grid[0], grid[2 if len(grid) > 2 and _holds_units(grid[1]) else 1 :]
    if len(first) < 2 or any(not cell.text or _FIGURE.search(cell.text) or len(cell.text) > 60 for cell in first):
        return False
    last = [line[len(first) - 1].text for line in others if len(line) >= len(first)]
    return len(first) > 2 or (len(last) > 1 and all(_FIGURE.search(text) for text in last))


def _unit_row(line: Sequence[_Cell]) -> Unit | None:
    """What a row of one cell says of the unit of all figures."""
    return unit_note(line[0].text) if len({cell.origin for cell in line}) == 1 else None


def _holds_units(line: Sequence[_Cell]) -> bool:
    """Whether a row gives the units of the columns; its first cell may be empty or say so."""
    texts = [cell.text for cell in line]
    units = [text for text in texts[1:] if text.strip("-–—")]
    return bool(units) and all(map(is_unit, units)) and (texts[0].lower() in ("", "unit", "units", "单位", "單位") or is_unit(texts[0]))


def _columns(heads: _Grid) -> list[_Column]:
    """Names and notes of the columns; a last row of units stands in brackets."""
    width = max((len(line) for line in heads), default=0)
    columns = []
    for at in range(width):
        cells = [line[at] for line in heads if at < len(line)]
        units = len(heads) > 1 and len(cells) == len(heads) and cells[-1].origin[0] == heads[-1][0].origin[0] and _holds_units(heads[-1])
        names = cells[:-1] if units else cells
        name = " ".join(dict.fromkeys(cell.text for cell in names if cell.text))
        notes = tuple(dict.fromkeys(note for cell in cells for note in cell.notes))
        columns.append(_Column(with_unit(name, cells[-1].text) if units else name, notes))
    return columns


def _is_box(grid: _Grid) -> bool:
    """Whether most rows are a name and its value."""
    pairs = [line for line in grid if len({cell.origin for cell in line}) == 2]
    return len(pairs) * 2 > len(grid)


def _row(cells: Sequence[_Cell], columns: Sequence[_Column], unit: Unit | None, *, boxed: bool) -> str:
    own: dict[tuple[int, int], tuple[_Column, _Cell]] = {}
    for at, cell in enumerate(cells):
        own.setdefault(cell.origin, (columns[at] if at < len(columns) else _Column(), cell))
    if len(own) == 1:  # a row of one cell is under no column
        own = {origin: (_Column(), cell) for origin, (_, cell) in own.items()}
    filled = [(column, cell) for column, cell in own.values() if cell.text]
    notes = dict.fromkeys(note for column, cell in filled for note in (*cell.notes, *column.notes))
    more = [unit] if unit and len(filled) > 1 else []
    more += [("note", note) for note in notes]
    pairs = [(column.name, cell.text) for column, cell in own.values()]
    if boxed and len(pairs) == 2 and all(value for _, value in pairs):
        pairs = [(pairs[0][1], pairs[1][1])]
    return row_text([name for name, _ in [*pairs, *more]], [value for _, value in [*pairs, *more]])
