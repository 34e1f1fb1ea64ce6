"""Text of an XLSX: each visible sheet a section, each of its tables as rows that say their columns'
names.

Values are what the sheet shows: those stored with the formulas, under their number formats. What
the workbook hides (sheets, rows, columns) and what is struck out is left out and noted. Not here:
comments, charts (their figures stand in cells), pictures.
"""

import io
import warnings
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise, product
from typing import Any

import openpyxl
from lxml import etree
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from browser.documents.archives import guard_zip
from browser.documents.parts import Facts, Part, compose, tidy
from browser.documents.signs import FORMULA
from browser.documents.tables import Cell, table_parts
from browser.office.packages import related, root_of
from browser.office.sheets.drawings import words_of_drawings
from browser.office.sheets.layout import (
    MAX_COLUMNS,
    Area,
    Place,
    SheetLayout,
    TooManyCells,
    layout_of,
)
from browser.office.sheets.number_formats import shown
from research.domain import PageText, ReadingNote
from research.errors import ReadingError

EXTRACTOR = "openpyxl/" + openpyxl.__version__
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_CELLS = 500_000
_VALUES = (KeyError, ValueError, TypeError, AttributeError, IndexError)
_BROKEN = (
    *_VALUES,
    InvalidFileException,
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    etree.LxmlError,
)


@dataclass(frozen=True, slots=True)
class _Text:
    """What a cell shows. `bold` cells over plain ones are a header, `named` cells are that of a
    table that the sheet declares.
    """

    text: str
    bold: bool = False
    named: bool = False


_Cells = Sequence[tuple[Cell, bool]]  # of a row, and whether they are bold


@dataclass(frozen=True)
class _Sheet:
    """What is seen of a sheet: rows and columns without the hidden ones, counted anew from 1."""

    texts: Mapping[Place, _Text]
    merged: Mapping[Place, Area]  # by every place that they cover


def read_xlsx(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `broken`, `too_large`, `encrypted`."""
    guard_zip(raw, url)
    notes: list[ReadingNote] = []
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(raw)) as archive:
            warnings.simplefilter("ignore")  # of what openpyxl does not keep when it writes
            workbook = openpyxl.load_workbook(
                io.BytesIO(raw), read_only=True, data_only=True, keep_links=False, rich_text=True
            )
            try:
                parts = list(_parts(workbook, archive, notes))
                about = workbook.properties
                facts = Facts(
                    title=about.title or _first_title(workbook), author=_author(about.creator)
                )
            finally:
                workbook.close()
    except TooManyCells as error:
        raise ReadingError(
            url=url, kind="too_large", reason=f"more than {MAX_CELLS:,} cells"
        ) from error
    except _BROKEN as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable XLSX") from error
    return compose(parts, facts, media_type=MEDIA_TYPE, extractor=EXTRACTOR, notes=notes)


def _author(creator: str | None) -> str | None:
    """Programs leave their own name in the field."""
    return None if not creator or creator == "openpyxl" else creator


def _first_title(workbook: Any) -> str:
    return next(
        (str(sheet.title) for sheet in workbook.worksheets if sheet.sheet_state == "visible"), ""
    )


def _parts(workbook: Any, archive: zipfile.ZipFile, notes: list[ReadingNote]) -> Iterator[Part]:
    left = MAX_CELLS
    pictures = sum(name.startswith("xl/media/") for name in archive.namelist())
    if pictures:
        notes.append(ReadingNote(kind="pictures", count=pictures))
    recalculated = bool(workbook.calculation and workbook.calculation.fullCalcOnLoad)
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            notes.append(ReadingNote(kind="hidden_sheets", detail=sheet.title))
            continue
        # openpyxl has no public name for the part that a sheet is read from
        layout = layout_of(archive, sheet._worksheet_path, most=left, recalculated=recalculated)
        left -= layout.cells
        seen = _seen(sheet, layout, _declared_names(archive, sheet._worksheet_path), notes)
        found = [
            part
            for area, known in _joined(seen)
            for part in _table_parts(seen, area, titled=not known)
        ]
        found += map(Part, words_of_drawings(archive, sheet._worksheet_path))
        if found:
            yield Part(sheet.title, "heading", 2, marks=((0, f"sheet {sheet.title}"),))
            yield from found


# What is seen


def _declared_names(archive: zipfile.ZipFile, sheet: str) -> set[Place]:
    """The cells that name the columns of the tables that a sheet declares."""
    places: set[Place] = set()
    for name in related(archive, sheet, "table"):
        table = root_of(archive, name)
        if table is None or table.get("headerRowCount") == "0" or not table.get("ref"):
            continue
        left, top, right, _ = range_boundaries(table.get("ref"))
        places.update((top, column) for column in range(left, min(right, MAX_COLUMNS) + 1))
    return places


def _seen(sheet: Any, layout: SheetLayout, names: set[Place], notes: list[ReadingNote]) -> _Sheet:
    texts: dict[Place, _Text] = {}
    withdrawn = 0
    sheet.reset_dimensions()  # the stored size may be anything
    for row in sheet.iter_rows(max_col=min(layout.width, MAX_COLUMNS) or 1):
        for cell in row:
            if cell.value is None:
                continue
            place, font = (cell.row, cell.column), cell.font
            told, struck = (
                ("", True) if font and font.strike else _value(cell, layout.inline.get(place))
            )
            withdrawn += struck
            if (
                told or struck
            ):  # what was withdrawn leaves its place, so that its row parts no table
                texts[place] = _Text(told, bold=bool(font and font.b), named=place in names)
    texts |= {place: _Text(FORMULA) for place in layout.uncomputed if place[1] <= MAX_COLUMNS}
    notes += _notes(sheet.title, texts, layout, withdrawn)
    return _without_hidden(texts, layout)


def _value(cell: Any, inline: str | None) -> tuple[str, bool]:
    """What a cell shows, and whether some of it is struck out."""
    if inline is not None:
        return tidy(inline), True
    value = cell.value
    if isinstance(value, CellRichText):
        kept = [
            piece for piece in value if not (isinstance(piece, TextBlock) and piece.font.strike)
        ]
        return tidy("".join(map(str, kept))), len(kept) < len(value)
    told = shown(value, str(cell.number_format or ""))
    return tidy(told) if isinstance(value, str) else told, False


def _notes(
    title: str, texts: Mapping[Place, _Text], layout: SheetLayout, withdrawn: int
) -> Iterator[ReadingNote]:
    """Hidden rows and columns by the names that a sheet gives them: `Tolls!4:9`, `Tolls!C:C`."""
    rows = sorted(layout.hidden_rows & {row for row, _ in texts})
    columns = sorted(layout.hidden_columns & {column for _, column in texts})
    for first, last in _runs(rows):
        yield ReadingNote(
            kind="hidden_sheets", count=last - first + 1, detail=f"{title}!{first}:{last}"
        )
    for first, last in _runs(columns):
        name = f"{title}!{get_column_letter(first)}:{get_column_letter(last)}"
        yield ReadingNote(kind="hidden_sheets", count=last - first + 1, detail=name)
    if withdrawn:
        yield ReadingNote(kind="withdrawn", count=withdrawn)
    if layout.uncomputed:
        yield ReadingNote(kind="formulas", count=len(layout.uncomputed), detail=title)
    if layout.beyond:
        yield ReadingNote(kind="parts_cut", count=layout.beyond, detail=title)


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of numbers that follow one another."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield run[0], run[-1]


def _without_hidden(texts: Mapping[Place, _Text], layout: SheetLayout) -> _Sheet:
    """A merged cell is seen wherever a part of it is, and ends with the last value of the sheet."""
    hidden_rows, hidden_columns = sorted(layout.hidden_rows), sorted(layout.hidden_columns)
    seen = {
        (_number(row, hidden_rows), _number(column, hidden_columns)): text
        for (row, column), text in texts.items()
        if row not in layout.hidden_rows and column not in layout.hidden_columns
    }
    last_row = max((row for row, _ in texts), default=0)
    last_column = max((column for _, column in texts), default=0)
    merged: dict[Place, Area] = {}
    for area in layout.merged:
        text = texts.get((area.top, area.left))
        down = _kept(area.top, min(area.bottom, last_row), hidden_rows)
        across = _kept(area.left, min(area.right, last_column), hidden_columns)
        if (
            text is None
            or not down
            or not across
            or len(down) * len(across) + len(merged) > MAX_CELLS
        ):
            continue
        whole = Area(down[0], across[0], down[-1], across[-1])
        for place in product(down, across):
            seen.pop(place, None)
            merged[place] = whole
        seen[whole.top, whole.left] = text
    return _Sheet(seen, merged)


def _number(place: int, hidden: Sequence[int]) -> int:
    """The number of a row or column that is seen, the hidden ones not counted."""
    return place - bisect_left(hidden, place)


def _kept(first: int, last: int, hidden: Sequence[int]) -> range:
    """The numbers of what is seen of some rows or columns."""
    start = _number(first, hidden)
    return range(
        start,
        start + last - first + 1 - (bisect_left(hidden, last + 1) - bisect_left(hidden, first)),
    )


# Tables


def _tables(sheet: _Sheet) -> Iterator[Area]:
    """Runs of rows between empty ones, without the empty columns around them."""
    rows: dict[int, set[int]] = {}
    for row, column in (*sheet.texts, *sheet.merged):
        rows.setdefault(row, set()).add(column)
    yield from _parted(rows)


def _joined(sheet: _Sheet) -> list[tuple[Area, bool]]:
    """The tables, what only one empty row parts as one of them, and whether one above may name the
    columns.
    """
    joined: list[tuple[Area, bool]] = []
    for area in _tables(sheet):
        last, known = joined[-1] if joined else (Area(0, 0, 0, 0), False)
        same = (last.left, last.right, last.bottom + 2) == (area.left, area.right, area.top)
        if same and not _has_title(sheet, area):
            joined[-1] = (Area(last.top, area.left, area.bottom, area.right), known)
        else:
            known = any(
                one.left == area.left and one.right >= area.right > area.left for one, _ in joined
            )
            joined.append((area, known))
    return joined


def _has_title(sheet: _Sheet, area: Area) -> bool:
    return area.bottom > area.top and _is_words(_line(sheet, area, area.top))


def _parted(rows: Mapping[int, set[int]]) -> Iterator[Area]:
    for top, bottom in _runs(sorted(rows)):
        run = {row: rows[row] for row in range(top, bottom + 1)}
        sides = _side_by_side(run)
        if len(sides) > 1:
            for side in sides:
                yield from _parted(side)
        else:
            columns = set[int]().union(*run.values())
            yield Area(top, min(columns), bottom, max(columns))


def _side_by_side(rows: Mapping[int, set[int]]) -> list[dict[int, set[int]]]:
    """Tables next to one another: blocks of two columns or more with an empty column between them,
    where one begins or ends in another row than the next. Blocks of the same rows may be one table
    with a gap in it.
    """
    blocks: list[dict[int, set[int]]] = []
    for first, last in _runs(sorted(set[int]().union(*rows.values()))):
        within = {row: columns & set(range(first, last + 1)) for row, columns in rows.items()}
        block = {row: columns for row, columns in within.items() if columns}
        if blocks and (
            first == last or _ends(blocks[-1]) == _ends(block) or _is_narrow(blocks[-1])
        ):
            for row, columns in block.items():
                blocks[-1][row] = blocks[-1].get(row, set()) | columns
        else:
            blocks.append(block)
    return blocks


def _ends(block: Mapping[int, set[int]]) -> tuple[int, int]:
    return min(block), max(block)


def _is_narrow(block: Mapping[int, set[int]]) -> bool:
    return len(set[int]().union(*block.values())) < 2


def _table_parts(sheet: _Sheet, area: Area, *, titled: bool) -> Iterator[Part]:
    """Lines of one cell above and below a table are its title and its notes."""
    lines = [_line(sheet, area, row) for row in range(area.top, area.bottom + 1)]
    wide = [number for number, line in enumerate(lines) if not _is_words(line)]
    first, last = (wide[0], wide[-1]) if wide else (len(lines), len(lines))
    above = [_words(line) for line in lines[:first]]
    yield from map(Part, above)
    # two columns without a header that stands apart are properties and their values
    titled = titled and area.right - area.left > 1
    rows = [row for lines in _between_gaps(lines[first : last + 1]) for row in _with_header(lines)]
    yield from table_parts(rows, caption=" ".join(above), titled=titled)
    yield from (Part(_words(line)) for line in lines[last + 1 :])


def _line(sheet: _Sheet, area: Area, row: int) -> list[tuple[Cell, bool]]:
    """The cells of a row of a table, and whether they are bold."""
    cells = []
    for column in range(area.left, area.right + 1):
        place = (row, column)
        merged = sheet.merged.get(place)
        if merged and (merged.top, merged.left) != place:
            continue
        text = sheet.texts.get(place, _Text(""))
        across, down = (
            (merged.right - merged.left + 1, merged.bottom - merged.top + 1) if merged else (1, 1)
        )
        cells.append((Cell(text.text, header=text.named, across=across, down=down), text.bold))
    return cells


def _is_words(line: _Cells) -> bool:
    """Whether a row holds nothing but one cell at its begin."""
    return len(line) > 0 and not any(cell.text for cell, _ in line[1:]) and line[0][0].down == 1


def _words(line: Iterable[tuple[Cell, bool]]) -> str:
    return " ".join(cell.text for cell, _ in line if cell.text)


def _between_gaps(lines: Sequence[_Cells]) -> list[list[_Cells]]:
    """The rows of a table in runs, each empty row at the end of one."""
    runs: list[list[_Cells]] = [[]]
    for line in lines:
        runs[-1].append(line)
        if not _words(line):
            runs.append([])
    return runs


def _with_header(lines: Sequence[_Cells]) -> list[list[Cell]]:
    """The rows of a table, those in bold at its top marked as naming the columns if others are not
    bold; below, labels in bold before plain values or alone in their row are marked.
    """
    heads = 0
    while heads < len(lines) and _is_bold(lines[heads]):
        heads += 1
    heads = heads if any(map(_words, lines[heads:])) else 0
    top = [[replace(cell, header=True) for cell, _ in line] for line in lines[:heads]]
    return top + [_with_labels(line) for line in lines[heads:]]


def _with_labels(line: _Cells) -> list[Cell]:
    filled = [at for at, (cell, _) in enumerate(line) if cell.text]
    labels = {at for at, after in pairwise(filled) if line[at][1] and not line[after][1]}
    if filled[:1] == [0] == filled and line[0][1]:
        labels = {0}
    return [replace(cell, header=cell.header or at in labels) for at, (cell, _) in enumerate(line)]


def _is_bold(line: _Cells) -> bool:
    return all(bold for cell, bold in line if cell.text)
