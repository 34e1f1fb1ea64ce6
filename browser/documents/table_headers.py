"""Which rows of a table name its columns: those that its format marks, else those that stand apart
from the rows under them. Pure.

A wrong name is worse than none: where nothing tells names from values, there are none. Not here:
the names themselves (`tables.py`).
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from browser.documents.dates import iso_date
from browser.documents.grid import Line, Placed, own_cells, texts_of
from browser.documents.units import is_unit, unit_note

MAX_HEADER_ROWS = 4
LONGEST_NAME = 120  # characters; a longer cell names no column
SHORT_NAME = 60
MANY_ROWS = 8  # of figures under words in two columns that are hardly properties of one thing
SAMPLE = 50  # rows under a header that it is compared with

_YEAR = r"(?:1[5-9]|20|21)\d\d"
_PERIOD = re.compile(rf"{_YEAR}(?:\s*[-–—/]\s*(?:{_YEAR}|\d\d))?(?:\D{{1,15}}\d{{0,2}}\D{{0,10}})?")
_FIGURE = re.compile(
    r"[(~≈<>≤≥±+\-−–]*\s*(?:[A-Z]{2,3}\$?\s|[^\w\s])?\s*(?P<number>\d[\d.,'’\u00a0\u202f "
    r"]*)(?P<unit>.{0,20})"
)
_CLASS = re.compile(r"[<>≤≥]?\s?(?P<start>\d{1,9})\s?(?P<end>[-–—]\s?\d{1,9}|\+)?")
_THOUSANDS = re.compile(r"\d[,.'’\u00a0\u202f ]\d{3}(?!\d)")
_MAY_BE_A_DAY = re.compile(r"\d.*(?:[^\W\d]|[-/.])|[^\W\d].*\d")
DASH = re.compile(r"[-–—.·/\s]*")


def title_rows(grid: Sequence[Line]) -> int:
    """How many rows at the top hold nothing but a title or the unit of all figures, above rows of
    several cells."""
    count = 0
    while count < len(grid) and [place.text for place in own_cells(grid[count]) if place.text] == [
        grid[count][0].text
    ]:
        count += 1
    return count if count < len(grid) else 0


def header_rows(grid: Sequence[Line], *, titled: bool) -> int:
    """How many rows at the top name the columns."""
    marked = next((number for number, line in enumerate(grid) if not is_marked(line)), 0)
    if 0 < marked <= MAX_HEADER_ROWS:
        return marked
    if len(grid) < 2 or _begins_with_labels(grid):
        return 0
    count = _block(grid)
    names, body = grid[count - 1], grid[count : count + SAMPLE]
    if not body:
        return 0
    named = [at for at, place in enumerate(names) if place.text]
    used = sorted({at for line in (names, *body) for at, place in enumerate(line) if place.text})
    used = named if named == [0, 1] else used  # what stands to the right may be a unit or a remark
    if len(used) == 2:
        left, right = (
            [line[at].text if at < len(line) else "" for line in (names, *body)] for at in used
        )
        return count if _are_two_names(left, right, titled=titled) else 0
    return count if _stands_apart(names, body, titled=titled, alone=count == 1) else 0


def may_be_header(line: Line, below: Sequence[Line]) -> bool:
    """Whether a row is words over figures, so that it may well name the columns of the rows below
    it."""
    return bool(below) and sum(_votes(line, below)) > 0


def is_label(place: Placed) -> bool:
    """Whether a cell says that it names the one after it: by its format's mark or a colon."""
    return bool(place.text) and (place.cell.header or is_label_text(place.text))


def has_labels(line: Line) -> bool:
    """Whether a row is labels, each before a value."""
    labels = [is_label(place) for place in own_cells(line) if place.text]
    return (
        len(labels) > 1
        and labels[0]
        and not labels[-1]
        and not any(left and right for left, right in pairwise(labels))
    )


def _begins_with_labels(grid: Sequence[Line]) -> bool:
    """Whether the first row is a label and its value, as most rows are. Years after a mark are
    names all the same."""
    first = grid[0]
    if not has_labels(first):
        return False
    if first[0].cell.header:
        return len(first) < 3 or not _is_run(first) or any(map(_is_run, grid[1:]))
    return sum(map(has_labels, grid)) * 2 > len(grid)


def is_marked(line: Line) -> bool:
    """Whether the format marks a whole row as names."""
    own = own_cells(line)
    filled = [place for place in own if place.text]
    alone = len(filled) == 1 and len(own) == 2 and not own[0].text and own[0].cell.header
    return (len(filled) > 1 or alone) and all(place.cell.header for place in filled)


def renames(line: Line, below: Sequence[Line]) -> bool:
    """Whether a marked row within a table names the columns of those below it; a row of totals does
    not."""
    figures = any(is_figure(place.text) for place in own_cells(line)[1:]) and not _is_run(line)
    return bool(below) and is_marked(line) and not figures and not is_marked(below[0])


def _block(grid: Sequence[Line]) -> int:
    """How many rows the first one takes along if it names the columns: those that name the parts of
    a wide name."""
    count = 1
    while count < min(len(grid) - 1, MAX_HEADER_ROWS) and _names_parts(
        grid[count - 1], grid[count]
    ):
        count += 1
    return count


def _names_parts(upper: Line, lower: Line) -> bool:
    """Whether a lower row can name the parts of names that cover several columns. Where a format
    keeps no spans, such a name has free places on its right."""
    fresh = [place for place in own_cells(lower) if place.text and place not in upper]
    kinds = {_kind(place.text) for place in fresh}
    if kinds not in ({"words"}, {"period"}) or (upper[0].text and lower[0] in fresh):
        return False
    wide = any(left is right for left, right in pairwise(upper))
    free = not all(place.text for place in upper[1:]) and all(
        low.text or up.text for up, low in zip(upper[1:], lower[1:], strict=False)
    )
    return wide or free


def _stands_apart(names: Line, body: Sequence[Line], *, titled: bool, alone: bool) -> bool:
    """Whether a row is of another kind than the rows under it: words over figures, years over
    amounts, a run of numbers over others. Where nothing tells it apart, words over three columns or
    more will do, or the custom of the format."""
    texts = texts_of(names)
    if (
        len(own_cells(names)) < 2
        or any(len(text) > LONGEST_NAME for text in texts)
        or _is_side_by_side(names, body)
    ):
        return False
    if _is_scale(names, body) or (_is_run(names) and sum(map(_is_run, body)) * 2 <= len(body)):
        return True
    votes = _votes(names, body)
    own = [place.text for place in own_cells(names) if place.text]
    if any(votes):
        return sum(votes) > 0 and (titled or not alone or len(set(own)) == len(own))
    only_names = not any(is_figure(text) for text in texts)
    alike = [_shape_vote(text, _column(body, at)) for at, text in enumerate(texts)]
    if titled:
        return sum(alike) >= 0
    short = all(texts[1:]) and max(map(len, texts)) <= SHORT_NAME
    return only_names and short and sum(alike) > 1 and min(alike) == 0


def _are_two_names(left: Sequence[str], right: Sequence[str], *, titled: bool) -> bool:
    """Whether the first texts of two columns are names. Two columns are mostly properties and their
    values, so that words over a few figures do not tell."""
    name, of_values = left[0], right[0]
    labels = [text for text in left[1:] if text]
    values = [text for text in right[1:] if any(map(str.isalnum, text))]
    figures = [text for text in values if is_figure(text)]
    if len(left) > 2 and not left[1] and is_unit(right[1]):
        return True
    if (
        not of_values
        or not values
        or max(len(name), len(of_values)) > LONGEST_NAME
        or is_label_text(name)
    ):
        return False
    kind = _kind(of_values)
    if kind == "figure" or (kind == "period" and any(_kind(text) == kind for text in values)):
        return False
    if not name or (
        _kind(name) == "words" and sum(_kind(text) != "words" for text in labels) * 2 > len(labels)
    ):
        return True
    if kind == "words" and unit_note(of_values) and len(figures) * 2 > len(values):
        return True
    if titled and not figures:
        return _shape_vote(name, labels) >= 0
    if not _is_one_measure(values):
        return False
    few = 0 if titled else MANY_ROWS - 1 if _is_like_a_person(of_values) else 1
    if len(figures) == len(values) and _is_even(values) and len(values) > few:
        return all(_kind(text) == "figure" for text in values)
    return len(figures) * 5 >= len(values) * 4 and len(values) >= MANY_ROWS


def is_label_text(text: str) -> bool:
    return text[-1:] in (":", "：")


def _is_like_a_person(text: str) -> bool:
    """Whether a text is several words that all begin with a capital, as names of people and firms
    are and few names of columns."""
    return " " in text and all(word[0].isupper() for word in text.split())


def _written(figure: str) -> tuple[int, bool]:
    """Its decimals, and whether it shows thousands that it does not part."""
    found = _FIGURE.fullmatch(figure)
    number = found["number"].strip(" .,") if found else ""
    pieces = re.split(r"[^\d]", number)
    decimals = len(pieces[-1]) if len(pieces) > 1 and len(pieces[-1]) != 3 else 0
    return decimals, len(pieces[0]) > 3


def _is_side_by_side(names: Line, body: Sequence[Line]) -> bool:
    """Whether rows may be labels and values in turns: words in every other column, and figures of
    unlike things beside them."""
    width = len(names)
    if width < 4 or width % 2:
        return False
    columns = [[text for text in _column([names, *body], at) if text] for at in range(width)]
    if any(is_figure(text) for column in columns[::2] for text in column):
        return False
    return any(not _is_even(column[1:]) for column in columns[1::2]) or (
        len(body) == 1 and _is_mixed(columns[1::2])
    )


def _is_even(values: Sequence[str]) -> bool:
    """Whether values are of one kind and figures among them written alike."""
    kinds = {_kind(value) for value in values}
    decimals = {_written(value)[0] for value in values}
    whole = any(_written(value)[1] for value in values)
    parted = any(_THOUSANDS.search(value) for value in values)
    return len(kinds) < 2 and len(decimals) < 2 and not (parted and whole)


def _is_mixed(columns: Sequence[Sequence[str]]) -> bool:
    """Whether the first or second texts of columns are figures in some and words in others."""
    return any(
        len({_kind(column[at]) for column in columns if at < len(column)}) > 1 for at in (0, 1)
    )


def _column(lines: Sequence[Line], at: int) -> list[str]:
    return [line[at].text for line in lines if at < len(line)]


def _votes(names: Line, body: Sequence[Line]) -> list[int]:
    return [_vote(text, _column(body, at)) for at, text in enumerate(texts_of(names))]


def _shape_vote(name: str, values: Sequence[str]) -> int:
    """Of words over words: 1 where all values are written alike (two words, a word and a number)
    and the name is not, -1 where it is written as they are; 0 where they are single words or of
    many kinds."""
    shapes = {_shape(value) for value in values if not DASH.fullmatch(value)}
    if len(shapes) != 1 or len(values) < 2 or not name:
        return 0
    shape = shapes.pop()
    return 0 if shape == "w" else -1 if _shape(name) == shape else 1


def _shape(text: str) -> str:
    """How a text is written: its words and numbers one sign each."""
    return re.sub(r"\s+", " ", re.sub(r"[^\W\d_]+", "w", re.sub(r"\d+", "9", text)))


def _vote(name: str, values: Sequence[str]) -> int:
    """1 where a name is of another kind than the values under it, -1 where it is of the same kind
    and no words, else 0."""
    kinds = [_kind(value) for value in values if not DASH.fullmatch(value)]
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
    if _PERIOD.fullmatch(text) or (
        _MAY_BE_A_DAY.search(text) and len(text) <= SHORT_NAME and iso_date(text)
    ):
        return "period"
    return "figure" if is_figure(text) else "words"


def is_figure(text: str) -> bool:
    """Whether a text is a number with at most a currency before it and a unit behind it."""
    return bool(_FIGURE.fullmatch(text))


def _is_one_measure(values: Sequence[str]) -> bool:
    """Whether figures have the same unit or none; those of a list of properties do not."""
    found = (_FIGURE.fullmatch(value) for value in values if not DASH.fullmatch(value))
    return len({figure["unit"].strip() for figure in found if figure}) <= 1


def _is_run(line: Line) -> bool:
    """Whether the cells after the first are in order: two years or more, three numbers or more in
    equal steps, classes (0–4, 5–9)."""
    texts = [place.text for place in own_cells(line)[1:]]
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


def _is_scale(names: Line, body: Sequence[Line]) -> bool:
    """Whether the cells after the first are rising whole numbers over values that are none, as
    depths or sizes over measurements."""
    texts = [place.text for place in own_cells(names)[1:]]
    if len(texts) < 3 or not all(
        text.isascii() and text.isdecimal() and len(text) < 10 for text in texts
    ):
        return False
    rising = all(int(left) < int(right) for left, right in pairwise(texts))
    values = [place.text for line in body for place in own_cells(line)[1:] if place.text]
    return rising and bool(values) and sum(value.isdecimal() for value in values) * 4 < len(values)
