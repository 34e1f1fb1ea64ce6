"""Rows of an RTF table in columns: where a cell ends, what it is merged with, which rows are
headers. Pure.

A row says where each of its cells ends, in twips; rows of one table may end them elsewhere. Not
here: the text of the cells (`rich_text.py`), what a table says (`documents/tables.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from browser.documents.grid import MAX_COLUMNS
from browser.documents.tables import Cell

_Columns = tuple[int, int]  # where a cell begins and ends


@dataclass
class RowShape:
    """A row's definition as the control words from `\\trowd` on give it."""

    left: int = 0
    edges: list[int] = field(default_factory=list)
    merges: list[frozenset[str]] = field(default_factory=list)
    header: bool = False
    pending: frozenset[str] = frozenset()

    def take(self, word: str, number: int) -> None:
        """One control word; those that do not shape a row change nothing."""
        if word == "trleft":
            self.left = number
        elif word == "trhdr":
            self.header = True
        elif word in ("clvmgf", "clvmrg", "clmgf", "clmrg"):
            self.pending |= {word}
        elif word == "cellx" and len(self.edges) < MAX_COLUMNS:
            self.edges.append(number)
            self.merges.append(self.pending)
            self.pending = frozenset()

    def places(self) -> list[_Columns]:
        """Left and right edge of each cell."""
        return list(pairwise([self.left, *self.edges]))


@dataclass(frozen=True)
class ShapedRow:
    shape: RowShape
    cells: tuple[Cell, ...]


def laid_out(rows: Sequence[ShapedRow]) -> list[list[Cell]]:
    """The cells with the columns and rows they cover. A row that does not say where its cells end
    has them in order; so have all others then."""
    shaped = rows and all(_is_shaped(row) for row in rows)
    numbers = _column_numbers([row.shape for row in rows]) if shaped else {}
    table: list[list[Cell]] = []
    open_cells: dict[_Columns, tuple[int, int]] = {}  # that rows below can be merged with
    for row in rows:
        line: list[Cell] = []
        still_open: dict[_Columns, tuple[int, int]] = {}
        for columns, cell, merge in _placed(row, numbers):
            above = open_cells.get(columns)
            if "clvmrg" in merge and above:
                owner = table[above[0]][above[1]]
                table[above[0]][above[1]] = replace(owner, down=owner.down + 1)
                still_open[columns] = above
                continue
            if merge & {"clvmgf", "clvmrg"}:
                still_open[columns] = (len(table), len(line))
            line.append(replace(cell, across=columns[1] - columns[0], header=row.shape.header))
        table.append(line)
        open_cells = still_open
    return table


def _is_shaped(row: ShapedRow) -> bool:
    """Whether each cell has its place, one right of the other."""
    steps = [left < right for left, right in row.shape.places()]
    return all(steps) and len(steps) >= len(row.cells)


def _column_numbers(shapes: Sequence[RowShape]) -> dict[int, int]:
    """The column at which each edge stands. Edges less than half the narrowest cell apart are one,
    as borders drawn by hand are."""
    widths = [right - left for shape in shapes for left, right in shape.places()]
    near = min(widths, default=0) / 2
    numbers: dict[int, int] = {}
    first, number = None, -1
    for edge in sorted({edge for shape in shapes for edge in (shape.left, *shape.edges)}):
        if first is None or edge - first >= near:
            first, number = edge, number + 1
        numbers[edge] = number
    return numbers


def _placed(
    row: ShapedRow, numbers: dict[int, int]
) -> Iterator[tuple[_Columns, Cell, frozenset[str]]]:
    """Each cell with its columns, those merged with it in its row taken in; a row that begins late
    has an empty cell first."""
    if not numbers:
        for at, cell in enumerate(row.cells):
            yield (at, at + 1), cell, frozenset()
        return
    begins = numbers[row.shape.left]
    if begins:
        yield (0, begins), Cell(""), frozenset()
    held: tuple[_Columns, Cell, frozenset[str]] | None = None
    places = zip(row.shape.places(), row.cells, row.shape.merges, strict=False)
    for (left, right), cell, merge in places:
        columns = (numbers[left], numbers[right])
        if held and "clmrg" in merge:
            words = f"{held[1].text} {cell.text}".strip()
            held = ((held[0][0], columns[1]), replace(held[1], text=words), held[2])
            continue
        if held:
            yield held
        held = (columns, cell, merge)
    if held:
        yield held
