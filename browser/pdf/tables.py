"""Which lines of a PDF page are a table: those in a grid of ruled lines, and those whose pieces
plainly line up under a header.

When in doubt they stay text: a table here has a header and at least two rows beneath, and figures
in a column or, if ruled, a header in bold. Prose in columns, lists, tables of contents and forms
have neither or are told by their shape. Not here: rows without a header, unruled cells of several
lines.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from browser.documents.parts import join_lines, tidy
from browser.documents.tables import names_columns
from browser.html.blocks import letters
from browser.pdf.lines import Line, Piece

LONG = 200  # letters; a ruled cell longer than this is a box of prose
LONGEST = 80  # letters of an unruled cell, and of the name of a column
WORDY = 24  # letters; of unruled columns only one may have cells that are usually longer
APART = 2.5  # rows are no farther apart than so many times the usual distance
EVEN = 0.35  # times the size of type; how far edges that line up may differ
_FIGURE = re.compile(r"\d")
_AMOUNT = re.compile(r"[~≈<>±+\-−–(]?\s?(?:[A-Z]{1,3})?[$€£¥]?\s?\d")
_YEAR = re.compile(r"(?:FY ?)?((?:1[5-9]|20|21)\d\d)[^\d\s]{0,3}")
_NAME = re.compile(r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я\u3400-\u9fff%$€£¥№(（]")
_LEADER = re.compile(r"\.{4}|(?:\. ){3}|…{2}|·{4}|_{4}")
_MARKER = re.compile(
    r"(?:[•●▪◦‣·*–-]|\(?(?:\d{1,3}|[a-z]|[ivx]+)[.)]|（?[一二三四五六七八九十]+[、）])",
    re.IGNORECASE,
)
_PAGE = re.compile(r"pages?|pp?\.|页码?|页次|頁碼?|[ivxlc]+", re.IGNORECASE)
_Column = tuple[float, float]


@dataclass(frozen=True)
class Table:
    """Its cells; the first row names the columns."""

    rows: list[list[str]]


def is_ruled(line: Line) -> bool:
    """Whether all of a line stands in the cells of one grid."""
    return (
        bool(line.pieces)
        and None not in (grids := {piece.cell and piece.cell[0] for piece in line.pieces})
        and len(grids) == 1
    )


def parted(lines: list[Line]) -> Iterator[list[Line] | Table]:
    """The lines in their order, with a table for those that are one."""
    text: list[Line] = []
    held = Counter(piece.cell[0] for line in lines for piece in line.pieces if piece.cell)
    for group in _candidates(lines):
        table = _ruled(group, held) or _aligned(group)
        if table is None:
            text += group
            continue
        if text:
            yield text
        yield table
        text = []
    if text:
        yield text


def _candidates(lines: list[Line]) -> Iterator[list[Line]]:
    """Runs of lines in one grid, of lines with several pieces, and of others."""
    for _, group in groupby(
        lines, key=lambda line: _grid_of(line) if is_ruled(line) else -1 - (len(line.pieces) > 1)
    ):
        yield list(group)


def _grid_of(line: Line) -> int:
    cell = line.pieces[0].cell
    return cell[0] if cell else -1


def _ruled(group: list[Line], held: Counter[int]) -> Table | None:
    """A grid's lines as a table. None if the grid holds more than these, or rows without a rule
    between."""
    if not is_ruled(group[0]) or held[_grid_of(group[0])] != sum(
        len(line.pieces) for line in group
    ):
        return None
    cells: defaultdict[tuple[int, int], list[tuple[Piece, Line]]] = defaultdict(list)
    for line in group:
        for piece in line.pieces:
            if piece.cell:
                cells[piece.cell[1:]].append((piece, line))
    width = 1 + max(column for _, column in cells)
    numbers = sorted({row for row, _ in cells})
    rows = [
        [_cell_text(cells.get((row, column), [])) for column in range(width)] for row in numbers
    ]
    boxes = sum(letters(text) > LONG for row in rows for text in row)
    if (
        numbers[0] != 0
        or boxes
        or any(
            _holds_rows([cells.get((row, column), []) for column in range(width)])
            for row in numbers
        )
    ):
        return None
    bold = _heavier(
        [line for line in group if all(piece.cell and piece.cell[1] == 0 for piece in line.pieces)],
        group,
    )
    return Table(rows) if _headed(rows, bold=bold) else None


def _cell_text(cell: Sequence[tuple[Piece, Line]]) -> str:
    """The words of a cell from the top, its lines joined."""
    return join_lines(
        [
            piece.text
            for piece, _ in sorted(cell, key=lambda one: (-round(one[1].base or 0.0), one[0].left))
        ]
    )


def _holds_rows(row: Sequence[Sequence[tuple[Piece, Line]]]) -> bool:
    """Whether what is ruled as one row looks like several: three lines or more that two columns
    share."""
    shared = Counter(frozenset(round(line.base or 0.0) for _, line in cell) for cell in row)
    return any(count > 1 and len(bases) > 2 for bases, count in shared.items())


def _aligned(group: list[Line]) -> Table | None:
    """Lines with gaps as a table, if their pieces line up."""
    if len(group) < 3 or any(len(line.pieces) < 2 for line in group) or not _evenly_set(group):
        return None
    size = group[0].size
    columns = _columns([piece for line in group for piece in line.pieces], size)
    rows = [_in_columns(line.pieces, columns) for line in group]
    placed = [row for row in rows if row is not None]
    if len(placed) < len(rows) or not all(
        _lines_up([row[at] for row in placed[1:]], size) for at in range(len(columns))
    ):
        return None
    texts = [[tidy(piece.text) if piece else "" for piece in row] for row in placed]
    if _is_list(texts) or _is_prose(texts):
        return None
    return Table(texts) if _headed(texts) else None


def _evenly_set(group: list[Line]) -> bool:
    """One size of type, one line under the other at much the same distance."""
    gaps = [(one.base or 0.0) - (other.base or 0.0) for one, other in pairwise(group)]
    sizes = [line.size for line in group]
    return (
        max(sizes) <= 1.1 * min(sizes)
        and min(gaps) > 0.5 * min(sizes)
        and max(gaps) <= APART * median(gaps)
    )


def _columns(pieces: Sequence[Piece], size: float) -> list[_Column]:
    """Where pieces stand one over the other."""
    found: list[_Column] = []
    for piece in sorted(pieces, key=lambda one: one.left):
        if found and piece.left < found[-1][1] + size / 2:
            found[-1] = (found[-1][0], max(found[-1][1], piece.right))
        else:
            found.append((piece.left, piece.right))
    return found


def _in_columns(pieces: Sequence[Piece], columns: Sequence[_Column]) -> list[Piece | None] | None:
    """A row's piece for each column; None if one has two."""
    row = [
        [piece for piece in pieces if left <= piece.left and piece.right <= right]
        for left, right in columns
    ]
    return (
        None if any(len(cell) > 1 for cell in row) else [cell[0] if cell else None for cell in row]
    )


def _lines_up(column: Sequence[Piece | None], size: float) -> bool:
    """Whether most rows fill a column and its cells share an edge or their middle."""
    cells = [piece for piece in column if piece]
    if len(cells) < 2 or len(cells) * 2 < len(column):
        return False
    edges = (
        [one.left for one in cells],
        [one.right for one in cells],
        [(one.left + one.right) / 2 for one in cells],
    )
    return any(max(edge) - min(edge) <= EVEN * size for edge in edges)


def _is_list(rows: Sequence[Sequence[str]]) -> bool:
    """Items with their marks, contents with their pages, names with a colon and what they stand
    for."""
    firsts = [row[0] for row in rows if row[0]]
    marked = sum(1 for text in firsts if _MARKER.fullmatch(text)) * 2 > len(firsts)
    named = len(rows[0]) == 2 and any(text.endswith((":", "：")) for text in firsts)
    leaders = any(_LEADER.search(text) for row in rows for text in row)
    paged = bool(_PAGE.fullmatch(rows[0][-1])) and all(
        re.fullmatch(r"\d{0,4}|[ivxlc]+", row[-1]) for row in rows[1:]
    )
    return marked or named or leaders or paged


def _is_prose(rows: Sequence[Sequence[str]]) -> bool:
    sizes = [[letters(row[at]) for row in rows[1:] if row[at]] for at in range(len(rows[0]))]
    return sum(median(column) > WORDY for column in sizes) > 1 or any(
        size > LONGEST for column in sizes for size in column
    )


def _heavier(header: Sequence[Line], group: Sequence[Line]) -> bool:
    """Whether the header alone is in bold."""
    others = [line for line in group if line not in header]
    return (
        bool(header) and all(line.bold for line in header) and not any(line.bold for line in others)
    )


def _headed(rows: Sequence[Sequence[str]], *, bold: bool = False) -> bool:
    """Whether the first row names the columns: each but perhaps the first, in words with a capital
    over figures, or in bold."""
    header, others = rows[0], rows[1:]
    if len(others) > 1 and _names_years(header):
        return all(
            _are_figures([row[at] for row in others if row[at]]) for at in range(1, len(header))
        )
    if (
        len(header) < 2
        or len(others) < 2
        or not all(header[1:])
        or not names_columns(header)
        or max(map(letters, header)) > LONGEST
    ):
        return False
    if bold and len(header) > 2:
        return True
    figures = [
        at
        for at, name in enumerate(header)
        if not _FIGURE.search(name) and _are_figures([row[at] for row in others if row[at]])
    ]
    return bool(figures) and all(_NAME.match(name) for name in header if name)


def _names_years(header: Sequence[str]) -> bool:
    """Whether the cells after the first are years in order, as of a time series."""
    years = [match[1] for text in header[1:] if (match := _YEAR.fullmatch(text))]
    return (
        1 < len(years) == len(header) - 1 == len(set(years))
        and not _FIGURE.search(header[0])
        and years in (sorted(years), sorted(years, reverse=True))
    )


def _are_figures(cells: Sequence[str]) -> bool:
    """Whether most cells of a column begin with a figure and say little else."""
    return len(
        [text for text in cells if _AMOUNT.match(text) and letters(text) <= WORDY]
    ) * 3 > 2 * len(cells)
