"""The cells of a table of any format and the grid they stand in, with the columns and rows that
each covers. Pure.

Not here: which rows name the columns (`table_headers.py`), what is told of each row (`tables.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from browser.documents.parts import Part, tidy

MAX_COLUMNS = 1000  # that a cell can span; more cells than this in a row are still read


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as its format writes it. A place that a row leaves free before its first cell is an
    empty cell.

    `header`: the format marks it as naming a column or a row. `across`, `down`: how many columns
    and rows it covers. `notes`: its footnotes. `inside`: rows of tables within it, told right after
    the row.
    """

    text: str
    header: bool = False
    across: int = 1
    down: int = 1
    notes: tuple[str, ...] = ()
    inside: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A cell where it stands; a cell that spans stands in each place it covers. `text` is tidy."""

    cell: Cell
    text: str
    row: int


Line = list[Placed]
_Spans = dict[int, tuple[Placed, int]]  # by column: a cell and how many more rows it covers


def grid_of(rows: Sequence[Sequence[Cell]]) -> list[Line]:
    """The cells in their columns."""
    grid: list[Line] = []
    above: _Spans = {}
    for number, row in enumerate(rows):
        line: Line = []
        below: _Spans = {}
        for cell in row:
            _carry_down(line, above, below)
            placed = Placed(cell, tidy(cell.text), number)
            for _ in range(max(1, min(cell.across, MAX_COLUMNS - len(line)))):
                if cell.down > 1:
                    below[len(line)] = (placed, cell.down - 1)
                line.append(placed)
        _carry_down(line, above, below)
        _carry_far(line, above, below)
        grid.append(line)
        above = below
    return grid


def _carry_down(line: Line, above: _Spans, below: _Spans) -> None:
    """Put the cells that reach down from the rows above into the next places."""
    while len(line) in above:
        placed, left = above[len(line)]
        if left > 1:
            below[len(line)] = (placed, left - 1)
        line.append(placed)


def _carry_far(line: Line, above: _Spans, below: _Spans) -> None:
    """Put the cells that reach down to the right of a row that ends early into their places."""
    last = max(above, default=-1)
    while len(line) <= last:
        if len(line) not in above:
            line.append(Placed(Cell(""), "", -1))
        _carry_down(line, above, below)


def own_cells(line: Line) -> list[Placed]:
    """The cells of a row, each once."""
    return list(dict.fromkeys(line))


def texts_of(line: Line) -> tuple[str, ...]:
    return tuple(place.text for place in line)
