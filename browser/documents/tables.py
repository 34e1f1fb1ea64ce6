"""Tables of every format as sentences: a grid is laid out, its header is found, and each row under it names its columns.

A reader hands over rows of `Cell`; `table_parts` gives one `Part` a row: `Region: North; 2021: 120; 2022: 135.` Pure. Not here:
which tables only arrange a page, where the cells come from (the readers of each format), footnotes (`browser/html/table_notes.py`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from browser.documents.dates import iso_date
from browser.documents.parts import Part, tidy
from browser.documents.units import Unit, is_unit, unit_note, with_unit

MAX_COLUMNS = 1000  # that a cell can span; more cells than this in a row are still read
MAX_HEADER_ROWS = 4
LONGEST_NAME = 120  # characters; a longer cell names no column
SHORT_NAME = 60
SAMPLE = 50  # rows under a header that it is compared with

_YEAR = r"(?:1[5-9]|20|21)\d\d"
_PERIOD = re.compile(rf"{_YEAR}(?:\s*[-–—/]\s*(?:{_YEAR}|\d\d))?(?:\D{{1,15}}\d{{0,2}}\D{{0,10}})?")
_FIGURE = re.compile(r"[(~≈<>≤≥±+\-−–]*\s*(?:[A-Z]{2,3}\$?\s|[^\w\s])?\s*(?P<number>\d[\d.,'’\u00a0\u202f ]*)(?P<unit>.{0,20})")
_CLASS = re.compile(r"[<>≤≥]?\s?(?P<start>\d{1,9})\s?(?P<end>[-–—]\s?\d{1,9}|\+)?")
_MAY_BE_A_DAY = re.compile(r"\d.*(?:[^\W\d]|[-/.])|[^\W\d].*\d")
_DASH = re.compile(r"[-–—.·/\s]*")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as its format writes it. A place that a row leaves free before its first cell is an empty cell.

    `header`: the format marks it as naming a column or a row. `across`, `down`: how many columns and rows it covers. `notes`:
    its footnotes. `inside`: rows of tables within it, told right after the row.
    """

    text: str
    header: bool = False
    across: int = 1
    down: int = 1
    notes: tuple[str, ...] = ()
    inside: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """A cell where it stands; a cell that spans stands in each place it covers. `text` is tidy."""

    cell: Cell
    text: str
    row: int


@dataclass(frozen=True, slots=True)
class _Column:
    name: str = ""
    notes: tuple[str, ...] = ()


_Line = list[_Placed]
_Spans = dict[int, tuple[_Placed, int]]  # by column: a cell and how many more rows it covers


@dataclass(slots=True)
class _Told:
    """What holds for the rows that follow."""

    columns: list[_Column] = field(default_factory=list)
    header: tuple[str, ...] = ()
    unit: Unit | None = None
    pairs: bool = False


def rows_of(table: Sequence[Sequence[str]]) -> list[Part]:
    """The rows of a table that is nothing but texts, in a format whose first row names the columns by custom (CSV, sheets)."""
    return table_parts([[Cell(text) for text in row] for row in table], titled=True)


def table_parts(rows: Sequence[Sequence[Cell]], *, caption: str = "", titled: bool = False) -> list[Part]:
    """One part a row, without the rows that name the columns.

    `caption` is looked at for the unit of all figures; it is not told here. `titled`: by the format's custom the first row names the
    columns, even where nothing in it stands apart from the rows below.
    """
    grid = [line for line in _grid(rows) if any(place.text or place.cell.inside for place in line)]
    start = _title_rows(grid)
    count = _header_rows(grid[start:], titled=titled)
    told = _Told(unit=unit_note(caption) if caption else None)
    parts: list[Part] = []
    for line in grid[:start]:
        told.unit = unit_note(_own(line)[0].text) or told.unit
        parts += _row(line, _Told())
    header, body = grid[start : start + count], grid[start + count :]
    told.columns, told.header = _columns(header), _texts(header[-1]) if header else ()
    if count and len(body) > 1 and _holds_units(body[0]):
        told.columns = _with_units(told.columns, body.pop(0))
    told.pairs = not count and _is_pairs(body)
    for number, line in enumerate(body):
        if count and _renames(line, body[number + 1 :]):
            told.columns, told.header = _columns([line]), _texts(line)
        elif not told.header or _texts(line) != told.header:
            parts += _row(line, told)
    return parts


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """`Column: value; Column: value.` – empty cells left out; without a header, the values."""
    names = [*header, *[""] * (len(cells) - len(header))]
    pairs = [(tidy(name).rstrip(":："), tidy(cell)) for name, cell in zip(names, cells, strict=False)]
    filled = [f"{name}: {cell}" if name and name != cell else cell for name, cell in pairs if cell]
    text = "; ".join(filled)
    return text if not text or text[-1] in ".。!?！？" else text + "."


def names_columns(row: Sequence[str]) -> bool:
    """Whether a row of texts looks like names: words, none of them long."""
    cells = [tidy(cell) for cell in row]
    words = [cell for cell in cells if cell and not re.fullmatch(r"[\d\s.,%$€£¥+-]+", cell)]
    return len(words) >= max(1, len([cell for cell in cells if cell]) - 1) and all(len(cell) <= LONGEST_NAME for cell in cells)


# The grid


def _grid(rows: Sequence[Sequence[Cell]]) -> list[_Line]:
    """The cells in their columns."""
    grid: list[_Line] = []
    above: _Spans = {}
    for number, row in enumerate(rows):
        line: _Line = []
        below: _Spans = {}
        for cell in row:
            _carry_down(line, above, below)
            placed = _Placed(cell, tidy(cell.text), number)
            for _ in range(max(1, min(cell.across, MAX_COLUMNS - len(line)))):
                if cell.down > 1:
                    below[len(line)] = (placed, cell.down - 1)
                line.append(placed)
        _carry_down(line, above, below)
        _carry_far(line, above, below)
        grid.append(line)
        above = below
    return grid


def _carry_down(line: _Line, above: _Spans, below: _Spans) -> None:
    """Put the cells that reach down from the rows above into the next places."""
    while len(line) in above:
        placed, left = above[len(line)]
        if left > 1:
            below[len(line)] = (placed, left - 1)
        line.append(placed)


def _carry_far(line: _Line, above: _Spans, below: _Spans) -> None:
    """Put the cells that reach down to the right of a row that ends early into their places."""
    last = max(above, default=-1)
    while len(line) <= last:
        if len(line) not in above:
            line.append(_Placed(Cell(""), "", -1))
        _carry_down(line, above, below)


def _own(line: _Line) -> list[_Placed]:
    """The cells of a row, each once."""
    return list(dict.fromkeys(line))


def _texts(line: _Line) -> tuple[str, ...]:
    return tuple(place.text for place in line)


# The header


def _title_rows(grid: Sequence[_Line]) -> int:
    """How many rows at the top hold nothing but a title or the unit of all figures, above rows of several cells."""
    count = 0
    while count < len(grid) and [place.text for place in _own(grid[count]) if place.text] == [grid[count][0].text]:
        count += 1
    return count if count < len(grid) else 0


def _header_rows(grid: Sequence[_Line], *, titled: bool) -> int:
    """How many rows at the top name the columns."""
    marked = next((number for number, line in enumerate(grid) if not _names_columns(line)), 0)
    if 0 < marked <= MAX_HEADER_ROWS:
        return marked
    begins = grid[0][0].cell.header if grid else False
    if len(grid) < 2 or (begins and not _names_columns(grid[0])):  # a first row that begins with a mark names itself
        return 0
    count = _block(grid)
    body = grid[count : count + SAMPLE]
    return count if body and _stands_apart(grid[count - 1], body, titled=titled) else 0


def _names_columns(line: _Line) -> bool:
    """Whether the format marks a whole row as names."""
    own = _own(line)
    filled = [place for place in own if place.text]
    alone = len(filled) == 1 and len(own) == 2 and not own[0].text and own[0].cell.header
    return (len(filled) > 1 or alone) and all(place.cell.header for place in filled)


def _renames(line: _Line, below: Sequence[_Line]) -> bool:
    """Whether a marked row within a table names the columns of those below it; a row of totals does not."""
    figures = any(is_figure(place.text) for place in _own(line)[1:]) and not _is_run(line)
    return bool(below) and _names_columns(line) and not figures and not _names_columns(below[0])


def _block(grid: Sequence[_Line]) -> int:
    """How many rows the first one takes along if it names the columns: those that name the parts of a wide name."""
    count = 1
    while count < min(len(grid) - 1, MAX_HEADER_ROWS) and _names_parts(grid[count - 1], grid[count]):
        count += 1
    return count


def _names_parts(upper: _Line, lower: _Line) -> bool:
    """Whether a lower row can name the parts of names that cover several columns. Where a format keeps no spans, such a name has
    free places on its right."""
    fresh = [place for place in _own(lower) if place.text and place not in upper]
    kinds = {_kind(place.text) for place in fresh}
    if kinds not in ({"words"}, {"period"}) or (upper[0].text and lower[0] in fresh):
        return False
    wide = any(left is right for left, right in pairwise(upper))
    free = not all(place.text for place in upper[1:]) and all(place.text for place in lower[1:])
    return wide or free


def _stands_apart(names: _Line, body: Sequence[_Line], *, titled: bool) -> bool:
    """Whether a row is of another kind than the rows under it: words over figures, years over amounts, a run of numbers over
    others. Where nothing tells it apart, words over three columns or more will do, or the custom of the format."""
    texts = _texts(names)
    if len(_own(names)) < 2 or any(len(text) > LONGEST_NAME for text in texts):
        return False
    if _is_scale(names, body) or (_is_run(names) and sum(map(_is_run, body)) * 2 <= len(body)):
        return True
    votes = [_vote(text, [line[at].text for line in body if at < len(line)]) for at, text in enumerate(texts)]
    if any(votes):
        one_measure = titled or len(texts) > 2 or _is_one_measure([line[-1].text for line in body])
        return sum(votes) > 0 and one_measure
    only_names = not any(is_figure(text) for text in texts)
    if titled and (only_names or len(texts) > 2):
        return True
    return only_names and all(texts[1:]) and len(texts) > 2 and max(map(len, texts)) <= SHORT_NAME


def _vote(name: str, values: Sequence[str]) -> int:
    """1 where a name is of another kind than the values under it, -1 where it is of the same kind and no words, else 0."""
    kinds = [_kind(value) for value in values if not _DASH.fullmatch(value)]
    if not name or not kinds:
        return 0
    kind = _kind(name)
    if kind == "words":
        return 1 if kinds.count("words") * 2 < len(kinds) else 0
    if kind == "period":
        return -1 if "period" in kinds else 1
    return -1 if _is_one_measure([name, *values]) else 0


def _kind(text: str) -> str:
    """`period` (a year, a span of years, a day), `figure` or `words`."""
    if _PERIOD.fullmatch(text) or (_MAY_BE_A_DAY.search(text) and len(text) <= SHORT_NAME and iso_date(text)):
        return "period"
    return "figure" if is_figure(text) else "words"


def is_figure(text: str) -> bool:
    """Whether a text is a number with at most a currency before it and a unit behind it."""
    return bool(_FIGURE.fullmatch(text))


def _is_one_measure(values: Sequence[str]) -> bool:
    """Whether figures have the same unit or none; those of a list of properties do not."""
    found = (_FIGURE.fullmatch(value) for value in values if not _DASH.fullmatch(value))
    return len({figure["unit"].strip() for figure in found if figure}) <= 1


def _is_run(line: _Line) -> bool:
    """Whether the cells after the first are in order: two years or more, three numbers or more in equal steps, classes (0–4, 5–9)."""
    texts = [place.text for place in _own(line)[1:]]
    if len(texts) > 1 and all(map(_PERIOD.fullmatch, texts)):
        years = [int(text[:4]) for text in texts]
        return len(set(years)) > 1 and years in (sorted(years), sorted(years, reverse=True))
    classes = [_CLASS.fullmatch(text) for text in texts]
    starts = [int(one["start"]) for one in classes if one]
    if len(starts) < max(3, len(texts)):
        return False
    steps = {right - left for left, right in pairwise(starts)}
    ranges = sum(1 for one in classes if one and one["end"])
    return min(steps) > 0 and (len(steps) == 1 or ranges * 2 > len(texts))


def _is_scale(names: _Line, body: Sequence[_Line]) -> bool:
    """Whether the cells after the first are rising whole numbers over values that are none, as depths or sizes over measurements."""
    texts = [place.text for place in _own(names)[1:]]
    if len(texts) < 3 or not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in texts):
        return False
    rising = all(int(left) < int(right) for left, right in pairwise(texts))
    values = [place.text for line in body for place in _own(line)[1:] if place.text]
    return rising and bool(values) and sum(value.isdecimal() for value in values) * 4 < len(values)


# The columns


def _columns(header: Sequence[_Line]) -> list[_Column]:
    """Names and notes of the columns, upper names before lower ones; a last row of units stands in brackets."""
    if not header:
        return []
    units = header[-1] if len(header) > 1 and _holds_units(header[-1]) else None
    lines = [_filled(line, header[number + 1 :]) for number, line in enumerate(header[:-1] if units else header)]
    columns = []
    for at in range(max(map(len, header))):
        places = [line[at] for line in lines if at < len(line)]
        name = " ".join(dict.fromkeys(place.text for place in places if place.text))
        notes = tuple(dict.fromkeys(note for place in places for note in place.cell.notes))
        columns.append(_Column(name, notes))
    return _with_units(columns, units) if units else columns


def _filled(line: _Line, lower: Sequence[_Line]) -> _Line:
    """An upper row of names where no format tells of spans: a free place above a lower name belongs to the name on its left."""
    if not lower or any(place.cell.across > 1 for place in line):
        return line
    filled = line[:2]
    for at, place in enumerate(line[2:], 2):
        free = not place.text and at < len(lower[0]) and bool(lower[0][at].text)
        filled.append(filled[-1] if free else place)
    return filled


def _with_units(columns: Sequence[_Column], units: _Line) -> list[_Column]:
    texts = [*_texts(units), *[""] * len(columns)]
    pairs = zip(columns, texts, strict=False)
    return [_Column(with_unit(column.name, unit), column.notes) for column, unit in pairs]


def _holds_units(line: _Line) -> bool:
    """Whether a row gives the units of the columns; its first cell may be empty or say so."""
    texts = _texts(line)
    units = [text for text in texts[1:] if not _DASH.fullmatch(text)]
    first = texts[0].lower()
    return bool(units) and all(map(is_unit, units)) and (first in ("", "unit", "units", "单位", "單位") or is_unit(first))


# The rows


def _is_pairs(body: Sequence[_Line]) -> bool:
    """Whether most rows are a name and its value."""
    return sum(len(_own(line)) == 2 for line in body) * 2 > len(body)


def _row(line: _Line, told: _Told) -> Iterator[Part]:
    named = list(_named(line, told))
    filled = [(name, place) for name, place in named if place.text]
    notes = dict.fromkeys(note for place in _own(line) if place.text for note in place.cell.notes)
    notes.update(dict.fromkeys(note for at, place in enumerate(line) if place.text for note in _notes(told, at)))
    more = [told.unit] if told.unit and len(filled) > 1 else []
    more += [("note", note) for note in notes]
    pairs = [(name, place.text) for name, place in filled]
    if told.pairs and len(named) == 2 == len(filled):
        pairs = [(filled[0][1].text, filled[1][1].text)]
    if text := row_text([name for name, _ in [*pairs, *more]], [value for _, value in [*pairs, *more]]):
        yield Part(text, "row")
    yield from _inside(line, filled)


def _notes(told: _Told, at: int) -> tuple[str, ...]:
    return told.columns[at].notes if at < len(told.columns) else ()


def _named(line: _Line, told: _Told) -> Iterator[tuple[str, _Placed]]:
    """The cells of a row with the names of their columns. Words over several columns hold for each of them, a figure for all
    together; a row of one cell is under no column."""
    names: dict[_Placed, dict[str, None]] = {place: {} for place in line}
    for place, column in zip(line, told.columns, strict=False):
        names[place][column.name] = None
    for place, of_place in names.items():
        known = [name for name in of_place if name]
        if len(names) == 1 or not known:
            yield "", place
        elif len(known) == 1 or is_figure(place.text) or len(place.text) > SHORT_NAME:
            yield ", ".join(known), place
        else:
            yield from ((name, place) for name in known)


def _inside(line: _Line, filled: Sequence[tuple[str, _Placed]]) -> Iterator[Part]:
    """The rows of tables within cells, each behind the first cell of the row, so that they can be read alone."""
    label = row_text([filled[0][0]], [filled[0][1].text]).rstrip(".") if filled else ""
    for place in _own(line):
        for part in place.cell.inside:
            yield Part(f"{label}; {part.text}" if label else part.text, "row")
