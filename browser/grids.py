"""HTML tables before extraction: each row becomes one cell that says its columns' names, so that a row read alone is a whole statement.

Spans are laid out, header rows of several levels joined, key-and-value boxes recognised. Layout tables (nested, or with blocks of text in
their cells) stay as they are. Markdown and CSV tables have no such marks: `parts.rows_of`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from browser.parts import row_text, tidy

MAX_SPAN = 60
MAX_ROWS = 5000
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


_Grid = list[list[_Cell]]
_Spans = dict[int, tuple[_Cell, int]]  # by column: a cell and how many more rows it covers


def flatten_tables(tree: Any) -> None:
    """Rewrite the data tables of a page in place."""
    for table in list(tree.iter("table")):
        rows = list(table.iter("tr"))
        if len(rows) <= MAX_ROWS and _holds_data(table, rows):
            _flatten(table, rows)


def _holds_data(table: Any, rows: Sequence[Any]) -> bool:
    if len(rows) < 2 or next(table.iterdescendants("table"), None) is not None:
        return False
    cells = [cell for row in rows for cell in row if cell.tag in ("td", "th")]
    heavy = sum(1 for cell in cells if sum(1 for _ in cell.iter(*BLOCKS)) > 1 or len("".join(cell.itertext())) > LONG)
    return len(cells) > len(rows) and heavy * 5 <= len(cells)


def _flatten(table: Any, rows: Sequence[Any]) -> None:
    grid = _grid(rows)
    heads = _header_rows(grid)
    names = _column_names(grid, heads)
    boxed = not heads and _is_box(grid)
    for number, (row, cells) in enumerate(zip(rows, grid, strict=True)):
        text = "" if number < heads else _row(cells, names, boxed)
        linked = sum(len("".join(link.itertext())) for link in row.iter("a"))
        for child in list(row):
            row.remove(child)
        if text:
            etree.SubElement(row, "td", {"role": ROW, LINKED: str(linked)}).text = text
        else:
            row.getparent().remove(row)


def _grid(rows: Sequence[Any]) -> _Grid:
    """The cells in their columns; a cell that spans stands in each place it covers."""
    grid: _Grid = []
    above: _Spans = {}
    for number, row in enumerate(rows):
        line: list[_Cell] = []
        below: _Spans = {}
        for element in row:
            if element.tag in ("td", "th"):
                _carry_down(line, above, below)
                cell = _Cell(_words(element), element.tag == "th", (number, len(line)))
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
    first, others = grid[0], grid[1:]
    if len(first) < 2 or any(not cell.text or _FIGURE.search(cell.text) or len(cell.text) > 60 for cell in first):
        return False
    last = [line[len(first) - 1].text for line in others if len(line) >= len(first)]
    return len(first) > 2 or (len(last) > 1 and all(_FIGURE.search(text) for text in last))


def _column_names(grid: _Grid, heads: int) -> list[str]:
    width = max((len(line) for line in grid[:heads]), default=0)
    names = []
    for column in range(width):
        texts = [line[column].text for line in grid[:heads] if column < len(line)]
        names.append(" ".join(dict.fromkeys(text for text in texts if text)))
    return names


def _is_box(grid: _Grid) -> bool:
    """Whether most rows are a name and its value."""
    pairs = [line for line in grid if len({cell.origin for cell in line}) == 2]
    return len(pairs) * 2 > len(grid)


def _row(cells: Sequence[_Cell], names: Sequence[str], boxed: bool) -> str:
    own: dict[tuple[int, int], tuple[str, str]] = {}
    for column, cell in enumerate(cells):
        own.setdefault(cell.origin, (names[column] if column < len(names) else "", cell.text))
    pairs = list(own.values())
    if boxed and len(pairs) == 2 and all(value for _, value in pairs):
        return row_text([pairs[0][1]], [pairs[1][1]])
    return row_text([name for name, _ in pairs], [value for _, value in pairs])
