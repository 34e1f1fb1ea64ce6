"""Tables of every format as sentences: a grid is laid out, its header is found, and each row under
it names its columns.

A reader hands over rows of `Cell`; `table_parts` gives one `Part` a row: `Region: North; 2021: 120;
2022: 135.` Pure. Not here: which tables only arrange a page, where the cells come from (the readers
of each format), footnotes (`browser/html/table_notes.py`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from browser.documents.grid import Cell as Cell
from browser.documents.grid import Line, Placed, grid_of, own_cells, texts_of
from browser.documents.groups import group_heads, is_grand_total
from browser.documents.parts import Part, tidy
from browser.documents.table_headers import (
    DASH,
    LONGEST_NAME,
    SHORT_NAME,
    has_labels,
    header_rows,
    is_label,
    is_marked,
    may_be_header,
    renames,
    title_rows,
)
from browser.documents.table_headers import is_figure as is_figure
from browser.documents.units import Unit, is_unit, unit_note, with_unit

LAST_ROWS = 3  # of a table, among which a total of all groups stands


@dataclass(frozen=True, slots=True)
class _Column:
    name: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Told:
    """What holds for the rows that follow."""

    columns: list[_Column] = field(default_factory=list)
    header: tuple[str, ...] = ()
    unit: Unit | None = None
    pairs: bool = False
    labels: bool = False  # side by side with their values
    group: str = ""  # the head of the rows that follow


def rows_of(table: Sequence[Sequence[str]]) -> list[Part]:
    """The rows of a table that is nothing but texts, in a format whose first row names the columns
    by custom (CSV, sheets)."""
    return table_parts([[Cell(text) for text in row] for row in table], titled=True)


def table_parts(
    rows: Sequence[Sequence[Cell]], *, caption: str = "", titled: bool = False
) -> list[Part]:
    """One part a row, without the rows that name the columns.

    `caption` is looked at for the unit of all figures; it is not told here. `titled`: by the
    format's custom the first row names the columns, even where nothing in it stands apart from the
    rows below.
    """
    lines, gaps = _without_gaps(grid_of(rows))
    start = title_rows(lines)
    first = _chunk(lines, start, gaps)
    count = header_rows(first if len(first) > 1 else lines[start:], titled=titled)
    told = _Told(unit=unit_note(caption) if caption else None)
    parts: list[Part] = []
    for line in lines[:start]:
        told.unit = unit_note(own_cells(line)[0].text) or told.unit
        parts += _row(line, _Told())
    header, body = lines[start : start + count], lines[start + count :]
    parts += _begin(header, body, gaps, told)
    return [*parts, *_body_parts(body, gaps, told)]


def _without_gaps(grid: Sequence[Line]) -> tuple[list[Line], set[int]]:
    """The rows that say something, and the ids of those that follow an empty row."""
    lines: list[Line] = []
    gaps: set[int] = set()
    after_gap = False
    for number, line in enumerate(grid):
        filled = [place for place in line if place.text or place.cell.inside]
        if not any(place.row == number for place in filled):  # at most what reaches down from above
            after_gap = bool(lines) and not filled
            continue
        lines.append(line)
        if after_gap:
            gaps.add(id(line))
        after_gap = False
    return lines, gaps


def _begin(header: Sequence[Line], body: list[Line], gaps: set[int], told: _Told) -> Iterator[Part]:
    """Take the names for the rows that follow; those over nothing are told themselves."""
    told.columns, told.header, told.group = (
        _columns(header),
        texts_of(header[-1]) if header else (),
        "",
    )
    if header and len(body) > 1 and _holds_units(body[0]):
        told.columns = _with_units(told.columns, body.pop(0))
    first = _chunk(body, 0, gaps)
    told.labels = (
        not header
        and sum(map(has_labels, first)) * 2 > len(first)
        and any(map(_is_side_by_side, first))
    )
    told.pairs = not header and _is_pairs(first)
    if alone := _over_nothing(header, body):
        told.unit = told.unit or next(filter(None, map(unit_note, alone)), None)
        yield Part(row_text([], alone), "row")


def _over_nothing(header: Sequence[Line], body: Sequence[Line]) -> list[str]:
    """Names under which no row has a value."""
    filled = {
        at for line in body for at, place in enumerate(line) if place.text or place.cell.inside
    }
    used = {place for line in header for at, place in enumerate(line) if at in filled}
    unused = dict.fromkeys(
        place for line in header for place in line if place.text and place not in used
    )
    return [place.text for place in unused if not is_figure(place.text)]


def _body_parts(body: Sequence[Line], gaps: set[int], told: _Told) -> Iterator[Part]:
    """What the rows say; after an empty row, other names may begin."""
    groups = group_heads(body)
    number = 0
    while number < len(body):
        line, rest = body[number], body[number + 1 : number + 2]
        number += 1
        if id(line) in gaps:
            chunk = _chunk(body, number - 1, gaps)
            start = title_rows(chunk)
            count = header_rows(chunk[start:], titled=False)
            if count:
                told.unit = next(
                    filter(None, (unit_note(title[0].text) for title in chunk[:start])), None
                )
                for title in chunk[:start]:
                    yield from _row(title, _Told())
                below = list(chunk[start + count :])
                yield from _begin(chunk[start : start + count], below, gaps, told)
                number += len(chunk) - len(below) - 1
                continue
            if not told.columns or _is_doubtful(chunk, start):
                yield from _begin([], list(chunk), gaps, told)
        if told.header and renames(line, rest):
            told.columns, told.header, told.group = _columns([line]), texts_of(line), ""
        elif id(line) in groups:
            told.group = ""
            yield from _row(line, _Told())
            told.group = groups[id(line)]
        elif not told.header or texts_of(line) != told.header:
            if told.group and (
                is_marked(line)
                or (len(body) - number < LAST_ROWS and is_grand_total(line, body[: number - 1]))
            ):
                told.group = ""
            yield from _row(line, told)


def _chunk(body: Sequence[Line], start: int, gaps: set[int]) -> Sequence[Line]:
    """The rows from one on, up to the next empty one."""
    end = start + 1
    while end < len(body) and id(body[end]) not in gaps:
        end += 1
    return body[start:end]


def _is_doubtful(chunk: Sequence[Line], start: int) -> bool:
    """Whether rows after an empty one may have names of their own, so that those above may not be
    theirs."""
    return (start > 0 and len(chunk) > start + 1) or may_be_header(chunk[0], chunk[1:])


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """`Column: value; Column: value.` – empty cells left out; without a header, the values."""
    names = [*header, *[""] * (len(cells) - len(header))]
    pairs = [
        (tidy(name).rstrip(":："), tidy(cell)) for name, cell in zip(names, cells, strict=False)
    ]
    filled = [f"{name}: {cell}" if name else cell for name, cell in pairs if cell]
    text = "; ".join(filled)
    return text if not text or text[-1] in ".。!?！？" else text + "."


def names_columns(row: Sequence[str]) -> bool:
    """Whether a row of texts looks like names: words, none of them long."""
    cells = [tidy(cell) for cell in row]
    words = [cell for cell in cells if cell and not re.fullmatch(r"[\d\s.,%$€£¥+-]+", cell)]
    return len(words) >= max(1, len([cell for cell in cells if cell]) - 1) and all(
        len(cell) <= LONGEST_NAME for cell in cells
    )


# The columns


def _columns(header: Sequence[Line]) -> list[_Column]:
    """Names and notes of the columns, upper names before lower ones; a last row of units stands in
    brackets."""
    if not header:
        return []
    units = header[-1] if len(header) > 1 and _holds_units(header[-1]) else None
    lines = [
        _filled(line, header[number + 1 :])
        for number, line in enumerate(header[:-1] if units else header)
    ]
    columns = []
    for at in range(max(map(len, header))):
        places = [line[at] for line in lines if at < len(line)]
        name = " ".join(dict.fromkeys(place.text for place in places if place.text))
        notes = tuple(dict.fromkeys(note for place in places for note in place.cell.notes))
        columns.append(_Column(name, notes))
    return _with_units(columns, units) if units else columns


def _filled(line: Line, lower: Sequence[Line]) -> Line:
    """An upper row of names where no format tells of spans: a free place above a lower name belongs
    to the name on its left."""
    if not lower or any(place.cell.across > 1 for place in line):
        return line
    filled = line[:2]
    for at, place in enumerate(line[2:], 2):
        free = not place.text and at < len(lower[0]) and bool(lower[0][at].text)
        filled.append(filled[-1] if free else place)
    return filled


def _with_units(columns: Sequence[_Column], units: Line) -> list[_Column]:
    texts = [*texts_of(units), *[""] * len(columns)]
    pairs = zip(columns, texts, strict=False)
    return [_Column(with_unit(column.name, unit), column.notes) for column, unit in pairs]


def _holds_units(line: Line) -> bool:
    """Whether a row gives the units of the columns; its first cell may be empty or say so."""
    texts = texts_of(line)
    units = [text for text in texts[1:] if not DASH.fullmatch(text)]
    first = texts[0].lower()
    return (
        bool(units)
        and all(map(is_unit, units))
        and (first in ("", "unit", "units", "单位", "單位") or is_unit(first))
    )


# The rows


def _is_pairs(body: Sequence[Line]) -> bool:
    """Whether most rows are a name and its value."""
    return sum(map(_is_pair, body)) * 2 > len(body)


def _is_pair(line: Line) -> bool:
    """Whether a row is two cells and nothing to their right."""
    own = own_cells(line)
    return (
        len(own) > 1
        and bool(own[0].text)
        and bool(own[1].text or len(own) == 2)
        and not any(place.text for place in own[2:])
    )


def _is_side_by_side(line: Line) -> bool:
    return has_labels(line) and sum(map(is_label, own_cells(line))) > 1


def _labelled(line: Line) -> Iterator[tuple[str, str]]:
    """Labels with the values after them."""
    label = ""
    for place in own_cells(line):
        if is_label(place) and not label:
            label = place.text
        elif place.text:
            yield label, place.text
            label = ""
    if label:
        yield "", label


def _row(line: Line, told: _Told) -> Iterator[Part]:
    named = list(_named(line, told))
    filled = [(name, place) for name, place in named if place.text]
    notes = dict.fromkeys(
        note for place in own_cells(line) if place.text for note in place.cell.notes
    )
    notes.update(
        dict.fromkeys(
            note for at, place in enumerate(line) if place.text for note in _notes(told, at)
        )
    )
    more = [told.unit] if told.unit and len(filled) > 1 else []
    more += [("note", note) for note in notes]
    pairs = [(name, place.text) for name, place in filled]
    if told.pairs and len(filled) == 2 and _is_pair(line):
        pairs = [(filled[0][1].text, filled[1][1].text)]
    elif told.labels:
        pairs = list(_labelled(line))
    if told.group and pairs:
        pairs.insert(0, ("", told.group))
    if text := row_text(
        [name for name, _ in [*pairs, *more]], [value for _, value in [*pairs, *more]]
    ):
        yield Part(text, "row")
    yield from _inside(line, filled)


def _notes(told: _Told, at: int) -> tuple[str, ...]:
    return told.columns[at].notes if at < len(told.columns) else ()


def _named(line: Line, told: _Told) -> Iterator[tuple[str, Placed]]:
    """The cells of a row with the names of their columns. Words over several columns hold for each
    of them, a figure for all together; a row of one cell is under no column."""
    names: dict[Placed, dict[str, None]] = {place: {} for place in line}
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


def _inside(line: Line, filled: Sequence[tuple[str, Placed]]) -> Iterator[Part]:
    """The rows of tables within cells, each behind the first cell of the row, so that they can be
    read alone."""
    label = row_text([filled[0][0]], [filled[0][1].text]).rstrip(".") if filled else ""
    for place in own_cells(line):
        for part in place.cell.inside:
            yield Part(f"{label}; {part.text}" if label else part.text, "row")
