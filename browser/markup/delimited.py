"""CSV and its kin to parts: the separator told by `clevercsv`, the rows laid out by the reader of
tables.

What stands before the header and after the last row (a title, a source, comments) is read as
paragraphs. Cells are kept as written: a decimal comma stays one. Not here: which row is the header
(`documents/tables.py`), character sets (`charset.py`).
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from clevercsv.detect import Detector
from clevercsv.dialect import SimpleDialect

from browser.documents.parts import Part
from browser.documents.tables import Cell, table_parts
from research.domain import ReadingNote

SEPARATORS = (",", ";", "\t", "|", "^")
_SAMPLE = 20_000  # characters; telling the dialect of these takes 40 ms
_LONGEST_CELL = 20_000_000
PAIR = 2  # cells: a name and its value
_SEP = re.compile(r'\A\s*"?sep=(?P<separator>[^"\r\n])"?[^\S\t\n]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_AS_TEXT = re.compile(r'="(?P<text>[^"]*)"')  # how spreadsheets keep 00123 a text
_FIGURE = re.compile(r"\s*[(+-]?\d")
_COMMENT = re.compile(r"#+\s*")

Row = list[str]


def parts_of_delimited(text: str, separator: str = "") -> tuple[list[Part], list[ReadingNote]]:
    """The rows of a table of text, and a note where no separator can be told. `separator` is what
    the format is said to have; a `sep=` line overrules it."""
    csv.field_size_limit(_LONGEST_CELL)
    said = _SEP.match(text)
    if said:
        text, separator = text[said.end() :], said["separator"]
    dialect = _dialect(text, separator)
    if dialect is None:
        lines = [Part(line) for line in text.splitlines() if line.strip()]
        return lines, [ReadingNote(kind="dialect_unknown")]
    parts: list[Part] = []
    for block, beside in _blocks(_rows(text, dialect)):
        parts.extend(_said(block) if beside else _block_parts(block))
    return parts, []


def _dialect(text: str, separator: str) -> SimpleDialect | None:
    """None where lines look parted, and nothing tells how."""
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    said = separator in sample and bool(separator)
    found = Detector().detect(sample, delimiters=[separator] if said else SEPARATORS)
    if said:
        return SimpleDialect(
            separator, found.quotechar if found else '"', found.escapechar if found else ""
        )
    if found is None or not found.delimiter:
        even = _even_separator(sample)
        if even or not any(one in sample for one in SEPARATORS):
            return SimpleDialect(even, '"' if even else "", "")
    return found


def _even_separator(sample: str) -> str:
    """The separator that parts nearly all lines into as many cells, two or more; '' where none
    does."""
    best, chosen = (0.8, 1), ""
    for separator in SEPARATORS:
        rows = [
            row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator) if row
        ]
        if rows:
            width, count = Counter(map(len, rows)).most_common(1)[0]
            if width > 1 and (count / len(rows), width) > best:
                best, chosen = (count / len(rows), width), separator
    return chosen


def _rows(text: str, dialect: SimpleDialect) -> Iterator[Row]:
    """The rows, empty ones too. A quotation mark that is never closed is a mark like any other."""
    if not dialect.delimiter:
        return ([line] for line in text.splitlines())
    quote = dialect.quotechar or '"'
    try:
        rows = _parted(text, dialect, quotechar=quote, strict=True)
    except csv.Error:
        closed = text.count(quote) % 2 == 0
        quoting = csv.QUOTE_MINIMAL if closed else csv.QUOTE_NONE
        rows = _parted(text, dialect, quotechar=quote, quoting=quoting)
    return ([_AS_TEXT.sub(r"\g<text>", cell) for cell in row] for row in rows)


def _parted(text: str, dialect: SimpleDialect, **options: object) -> list[Row]:
    """Raises `csv.Error`."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter or ",",
        escapechar=dialect.escapechar or None,
        skipinitialspace=True,
        **options,  # type: ignore[arg-type]
    )
    return list(reader)


def _blocks(rows: Iterable[Row]) -> Iterator[tuple[list[Row], bool]]:
    """The tables of a file, and the lines beside them (true): after empty rows another begins where
    rows have another width; what stands alone above or below a wider table is none of its rows."""
    chunks = list(_chunks(rows))
    widest = max((max(map(_filled, chunk)) for chunk in chunks), default=0)
    block: list[Row] = []
    for chunk in chunks:
        counts = set(map(_filled, chunk))
        alone = max(counts) <= PAIR < widest and (len(chunk) == 1 or len(counts) > 1)
        if block and (alone or (_width(chunk) != _width(block) and _width(block) > 1)):
            yield block, False
            block = []
        if alone:
            yield chunk, True
        else:
            block = [
                *block,
                *([[""]] if block else []),
                *chunk,
            ]  # after an empty row, other names may begin
    if block:
        yield block, False


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows between empty ones."""
    chunk: list[Row] = []
    for row in rows:
        if _filled(row):
            chunk.append(row)
        elif chunk:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _block_parts(rows: Sequence[Row]) -> Iterator[Part]:
    """A table with what stands above and below it."""
    width = _width(rows)
    begins = (
        place
        for place, row in enumerate(rows)
        if _in_table(row, width) and not _over_names(rows, place, width)
    )
    start = next(begins, len(rows))
    end = next(
        (place for place in range(len(rows), start, -1) if _is_row(rows[place - 1], width)), start
    )
    above = list(rows[:start])
    header: list[Row] = []
    if above and (names := _commented_header(above[-1], width)):
        header = [names]
        above.pop()
    yield from _said(above)
    yield from table_parts(
        [[Cell(cell) for cell in row] for row in [*header, *rows[start:end]]], titled=True
    )
    yield from _said(rows[end:])


def _filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _width(rows: Sequence[Row]) -> int:
    """How many cells most rows have."""
    return Counter(len(row) for row in rows).most_common(1)[0][0]


def _in_table(row: Row, width: int) -> bool:
    """Whether a row is one of the table rather than a line beside it, which fills few cells from
    the left on."""
    filled = [bool(cell.strip()) for cell in row]
    count = sum(filled)
    line = all(filled[:count]) and count * 2 < width
    return width == 1 or (count > 1 and not line and not row[0].startswith("#"))


def _over_names(rows: Sequence[Row], place: int, width: int) -> bool:
    """Whether a row that is too short stands above one of names."""
    below = rows[place + 1] if place + 1 < len(rows) else []
    return (
        len(rows[place]) < width == len(below)
        and all(below)
        and not any(_FIGURE.match(cell) for cell in below)
    )


def _is_row(row: Row, width: int) -> bool:
    """Whether the last row is one of the table and no line under it."""
    return width <= PAIR or _filled(row) > 1


def _commented_header(row: Row, width: int) -> Row | None:
    """The names of the columns where they stand in a comment above the rows."""
    commented = row[0].startswith("#") and len(row) == width > 1
    return [_COMMENT.sub("", row[0]), *row[1:]] if commented else None


def _said(rows: Sequence[Row]) -> Iterator[Part]:
    for row in filter(_filled, rows):
        cells = [cell.strip() for cell in row if cell.strip()]
        said = (": " if len(cells) == PAIR and not re.search(r"[:=.]", cells[0]) else " ").join(
            cells
        )
        yield Part(_COMMENT.sub("", said, count=1) if said.startswith("#") else said)
