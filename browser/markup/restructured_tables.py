"""Tables of reStructuredText as rows with column names: grids, simple tables, lists and CSV. Pure.

A cell that spans columns is read as a cell of the first. Not here: tables in other formats.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from browser.documents.parts import Part, join_lines
from browser.documents.tables import rows_of
from browser.markup.restructured_words import Words

_GRID = re.compile(r"\+(?:[-=]+\+)+\s*")
_RULE = re.compile(r"[-=]+(?:\s+[-=]+)*\s*")


def is_grid(line: str) -> bool:
    return bool(_GRID.fullmatch(line))


def grid_rows(lines: Sequence[str], words: Words) -> list[Part]:
    """The rows between the lines of a grid."""
    rows: list[list[str]] = []
    row: list[list[str]] = []
    for line in lines:
        if line.startswith("+"):
            rows.extend([[words(join_lines(cell)) for cell in row]] if row else [])
            row = []
            continue
        cells = line.strip().removeprefix("|").removesuffix("|").split("|")
        row.extend([] for _ in range(len(cells) - len(row)))
        for cell, text in zip(row, cells, strict=False):
            cell.append(text.strip())
    return rows_of(rows)


def simple_rows(lines: Sequence[str], words: Words) -> list[Part]:
    """The rows of a table whose columns lie under its first rule. A line without a first cell goes
    on with the row above."""
    starts = [match.start() for match in re.finditer(r"=+", lines[0])]
    ends: list[int | None] = [*starts[1:], None]
    rows: list[list[str]] = []
    for line in lines:
        if not line or _RULE.fullmatch(line):
            continue
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if rows and not cells[0]:
            rows[-1] = [join_lines(pair) for pair in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return rows_of([[words(cell) for cell in row] for row in rows])


def list_rows(lines: Sequence[str], words: Words) -> list[Part]:
    """The rows of a list of lists."""
    rows: list[list[list[str]]] = []
    for line in lines:
        if row := re.match(r"[-*+]\s+(?=[-*+])", line):
            rows.append([])
            line = line[row.end() :]
        cell = re.match(r"\s*[-*+](?:\s+|$)", line)
        if cell and rows:
            rows[-1].append([line[cell.end() :]])
        elif rows and rows[-1] and line:
            rows[-1][-1].append(line)
    return rows_of([[words(join_lines(cell)) for cell in row] for row in rows])


def parted_rows(lines: Sequence[str], words: Words) -> list[Part]:
    """The rows of CSV."""
    return rows_of([[words(cell) for cell in row] for row in _parted(lines)])


def _parted(lines: Sequence[str]) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO("\n".join(lines)), skipinitialspace=True)
    except csv.Error:
        yield from ([line] for line in lines)
