"""What a worksheet says beside its values: merged cells, hidden rows and columns, formulas that
were never computed. Blocking.

One pass over the sheet's XML, before openpyxl reads it, which knows none of this of a sheet that it
streams. It also bounds the number of cells. Not here: values and formats (`reader.py`).
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from lxml import etree
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

MAX_COLUMNS = 500
MAX_MERGES = 50_000
Place = tuple[int, int]  # row and column, counted from 1
_TAGS = tuple(f"{{*}}{name}" for name in ("col", "row", "mergeCell"))
_OFF = ("0", "false", None)


@dataclass(frozen=True, slots=True)
class Area:
    """Cells from one corner to the other, both within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class SheetLayout:
    """`width` is the last column with a value, `uncomputed` are formulas whose value nobody stored;
    `beyond` counts the values to the right of the last column that is read. `inline` are texts in
    cells that are partly struck out, without that.
    """

    cells: int = 0
    width: int = 0
    beyond: int = 0
    merged: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    uncomputed: set[Place] = field(default_factory=set)
    inline: dict[Place, str] = field(default_factory=dict)


class TooManyCells(Exception):
    """A sheet has more cells than are read."""


def layout_of(archive: zipfile.ZipFile, name: str, *, most: int, recalculated: bool) -> SheetLayout:
    """The layout of a sheet by the name of its part. `recalculated`: the workbook asks for all its
    formulas to be computed when it is opened, so that a stored 0 is only a placeholder.

    Raises `TooManyCells`, `etree.XMLSyntaxError`, `KeyError`, `ValueError`.
    """
    layout = SheetLayout()
    with archive.open(name) as file:
        row = 0
        for element in _elements(file):
            kind = etree.QName(element).localname
            if kind == "row":
                row = int(element.get("r") or row + 1)
                _read_row(layout, element, row, recalculated=recalculated)
                if layout.cells > most:
                    raise TooManyCells
            elif kind == "col" and element.get("hidden") not in _OFF:
                first, last = int(element.get("min")), min(int(element.get("max")), MAX_COLUMNS)
                layout.hidden_columns.update(range(first, last + 1))
            elif kind == "mergeCell" and len(layout.merged) < MAX_MERGES:
                left, top, right, bottom = range_boundaries(element.get("ref"))
                layout.merged.append(Area(top, left, bottom, right))
    return layout


def _elements(file: IO[bytes]) -> Iterator[Any]:
    """Elements of a sheet, each taken out of memory when the next is asked for."""
    for _, element in etree.iterparse(file, tag=_TAGS, resolve_entities=False, no_network=True):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _read_row(layout: SheetLayout, element: Any, row: int, *, recalculated: bool) -> None:
    if element.get("hidden") not in _OFF:
        layout.hidden_rows.add(row)
    layout.cells += 1
    column = 0
    for cell in element.iterchildren("{*}c"):
        column = coordinate_to_tuple(cell.get("r"))[1] if cell.get("r") else column + 1
        _read_cell(layout, cell, (row, column), recalculated=recalculated)


def _read_cell(layout: SheetLayout, cell: Any, place: Place, *, recalculated: bool) -> None:
    found = {child.tag.rpartition("}")[2]: child for child in cell if isinstance(child.tag, str)}
    if not found:
        return
    text = found["v"].text if "v" in found else None
    layout.cells += 1
    layout.width = max(layout.width, place[1])
    layout.beyond += place[1] > MAX_COLUMNS
    if "f" in found:
        placeholder = recalculated and text == "0" and cell.get("t", "n") == "n"
        if not text or placeholder:
            layout.uncomputed.add(place)
    if "is" in found:
        runs = list(found["is"].iterchildren("{*}r"))
        kept = [run for run in runs if not _is_struck(run)]
        if len(kept) < len(runs):
            layout.inline[place] = "".join(run.findtext("{*}t") or "" for run in kept)


def _is_struck(run: Any) -> bool:
    strike = run.find("{*}rPr/{*}strike")
    return strike is not None and strike.get("val", "1") not in _OFF
