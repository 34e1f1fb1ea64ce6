"""Text of an XLSX: each visible sheet a section, each of its tables as rows that say their columns' names.

Values are those that were stored with the formulas. Not here: hidden sheets, comments, charts, number formats but for percents and dates.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from browser.documents.parts import Facts, Part, compose, tidy
from browser.documents.tables import rows_of
from browser.office.archives import guard_zip
from research.errors import ReadingError
from research.types import PageText

EXTRACTOR = "openpyxl/" + openpyxl.__version__
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_CELLS = 500_000
MAX_COLUMNS = 500
_VALUES = (KeyError, ValueError, TypeError, AttributeError, IndexError)
_BROKEN = (*_VALUES, InvalidFileException, OSError, zipfile.BadZipFile, zlib.error, SyntaxError, etree.LxmlError)


def read_xlsx(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `broken`, `too_large`, `encrypted`."""
    guard_zip(raw, url)
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        try:
            parts = list(_parts(workbook, url))
            about = workbook.properties
            facts = Facts(title=about.title or _first_title(workbook), author=_author(about.creator))
        finally:
            workbook.close()
    except _BROKEN as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable XLSX") from error
    return compose(parts, facts, media_type=MEDIA_TYPE, extractor=EXTRACTOR)


def _author(creator: str | None) -> str | None:
    """Programs leave their own name in the field."""
    return None if not creator or creator == "openpyxl" else creator


def _first_title(workbook: Any) -> str:
    return next((str(sheet.title) for sheet in workbook.worksheets), "")


def _parts(workbook: Any, url: str) -> Iterator[Part]:
    left = MAX_CELLS
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()  # the stored size may be anything
        rows: list[list[str]] = []
        for row in sheet.iter_rows(max_col=MAX_COLUMNS):
            values = [_value(cell) for cell in row]  # padded to all columns
            left -= 1 + sum(value != "" for value in values)
            if left < 0:
                raise ReadingError(url=url, kind="too_large", reason=f"more than {MAX_CELLS:,} cells")
            rows.append(_trimmed(values))
        found = [part for table in _tables(rows) for part in _table_parts(table)]
        if found:
            yield Part(sheet.title, "heading", 2, marks=((0, f"sheet {sheet.title}"),))
            yield from found


def _trimmed(values: list[str]) -> list[str]:
    filled = max((at for at, value in enumerate(values, 1) if value), default=0)
    return values[:filled]


def _value(cell: Any) -> str:
    """What a reader sees in a cell, nearly."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, int | float):
        percent = "%" in str(cell.number_format or "")
        return f"{value * 100:.10g}%" if percent else f"{value:.15g}"
    return tidy(str(value))


def _tables(rows: Iterable[Sequence[str]]) -> Iterator[list[list[str]]]:
    """Runs of rows between empty ones, without the empty columns around them."""
    run: list[Sequence[str]] = []
    for row in [*rows, []]:
        if any(row):
            run.append(row)
        elif run:
            left = min(next(at for at, cell in enumerate(one) if cell) for one in run)
            right = max(at for one in run for at, cell in enumerate(one) if cell) + 1
            yield [[*one[left:right], *[""] * (right - max(left, len(one)))] for one in run]
            run = []


def _table_parts(table: list[list[str]]) -> Iterator[Part]:
    """Lines of one cell above and below a table are its title and its notes."""
    wide = [number for number, row in enumerate(table) if sum(map(bool, row)) > 1]
    first, last = (wide[0], wide[-1]) if wide else (len(table), len(table))
    for row in table[:first]:
        yield Part(" ".join(filter(None, row)))
    yield from rows_of(table[first : last + 1])
    for row in table[last + 1 :]:
        yield Part(" ".join(filter(None, row)))
