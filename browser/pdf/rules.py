"""The grids that ruled lines draw on a PDF page, from the lines and boxes among its shapes. Call it
under pdfium's lock.

Not here: what stands in a grid (`tables.py`); slanted and curved lines, and lines within embedded
forms.
"""

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from pypdfium2 import PdfPage
from pypdfium2 import raw as pdfium_c

NEAR = 2.0  # points; lines closer than this are one, or meet
SHORTEST = 4.0  # shorter than this it is the end of a thick line
MAX_SHAPES = 3000  # a page with more is a drawing
MAX_RULES = 300

_Point = tuple[float, float]


@dataclass(frozen=True)
class _Rule:
    """A line at `at`, across from `start` to `end`."""

    at: float
    start: float
    end: float


@dataclass(frozen=True)
class Grid:
    """The edges of its columns from the left and of its rows from the top."""

    columns: tuple[float, ...]
    rows: tuple[float, ...]

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of a point."""
        row = next(
            (number for number, (top, low) in enumerate(pairwise(self.rows)) if top >= y > low),
            None,
        )
        column = next(
            (
                number
                for number, (left, right) in enumerate(pairwise(self.columns))
                if left <= x < right
            ),
            None,
        )
        return None if row is None or column is None else (row, column)


def grids_of(page: PdfPage) -> list[Grid]:
    """Grids of at least three rows and two columns."""
    shapes = list(islice(_shapes(page), MAX_SHAPES + 1))
    if len(shapes) < 2 or len(shapes) > MAX_SHAPES:
        return []
    level: list[_Rule] = []
    upright: list[_Rule] = []
    for one, other in islice((edge for shape in shapes for edge in _edges(shape)), 4 * MAX_SHAPES):
        (x, y), (to_x, to_y) = one, other
        if abs(y - to_y) < 1 and abs(x - to_x) >= SHORTEST:
            level.append(_Rule(y, min(x, to_x), max(x, to_x)))
        elif abs(x - to_x) < 1 and abs(y - to_y) >= SHORTEST:
            upright.append(_Rule(x, min(y, to_y), max(y, to_y)))
    level, upright = _joined(level), _joined(upright)
    if not level or not upright or len(level) + len(upright) > MAX_RULES:
        return []
    return [grid for group in _meeting(level, upright) if (grid := _grid(*group))]


def level_rules(page: PdfPage) -> list[tuple[float, float, float]]:
    """The level lines of a page: their height, where they begin and where they end; none of a page
    that is a drawing.
    """
    shapes = list(islice(_shapes(page), MAX_SHAPES + 1))
    if len(shapes) > MAX_SHAPES:
        return []
    edges = islice((edge for shape in shapes for edge in _edges(shape)), 4 * MAX_SHAPES)
    level = [
        _Rule((y + to_y) / 2, min(x, to_x), max(x, to_x))
        for (x, y), (to_x, to_y) in edges
        if abs(y - to_y) < 1 and abs(x - to_x) >= SHORTEST
    ]
    return [(rule.at, rule.start, rule.end) for rule in _joined(level)]


def _shapes(page: PdfPage) -> Iterator[Any]:
    """Asked of pdfium itself, as there may be many objects."""
    for number in range(pdfium_c.FPDFPage_CountObjects(page)):
        shape = pdfium_c.FPDFPage_GetObject(page, number)
        if pdfium_c.FPDFPageObj_GetType(shape) == pdfium_c.FPDF_PAGEOBJ_PATH:
            yield shape


def _edges(shape: Any) -> Iterator[tuple[_Point, _Point]]:
    """The straight pieces of a shape, in points of the page."""
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(shape, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    start: _Point | None = None
    last: _Point | None = None
    for number in range(min(pdfium_c.FPDFPath_CountSegments(shape), MAX_SHAPES)):
        segment = pdfium_c.FPDFPath_GetPathSegment(shape, number)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium_c.FPDF_SEGMENT_LINETO and last is not None:
            yield last, point
        if pdfium_c.FPDFPathSegment_GetClose(segment) and start is not None:
            yield point, start
        last = point


def _joined(rules: Iterable[_Rule]) -> list[_Rule]:
    """Rules in one line that touch are one."""
    rows: list[list[_Rule]] = []
    for rule in sorted(rules, key=lambda one: one.at):
        if rows and rule.at - rows[-1][0].at < NEAR:
            rows[-1].append(rule)
        else:
            rows.append([rule])
    found: list[_Rule] = []
    for row in rows:
        begun = len(found)
        for rule in sorted(row, key=lambda one: one.start):
            if len(found) > begun and rule.start <= found[-1].end + NEAR:
                found[-1] = _Rule(found[-1].at, found[-1].start, max(found[-1].end, rule.end))
            else:
                found.append(rule)
    return found


def _meeting(
    level: Sequence[_Rule], upright: Sequence[_Rule]
) -> list[tuple[list[_Rule], list[_Rule]]]:
    """Groups of rules that hang together."""
    groups: list[tuple[list[_Rule], list[_Rule]]] = []
    left = list(upright)
    for rule in level:
        meeting = [group for group in groups if any(_meet(rule, other) for other in group[1])]
        fresh = [other for other in left if _meet(rule, other)]
        left = [other for other in left if other not in fresh]
        groups = [group for group in groups if group not in meeting]
        groups.append(
            (
                [rule, *(one for group in meeting for one in group[0])],
                [*fresh, *(one for group in meeting for one in group[1])],
            )
        )
    return groups


def _meet(level: _Rule, upright: _Rule) -> bool:
    return (
        level.start - NEAR <= upright.at <= level.end + NEAR
        and upright.start - NEAR <= level.at <= upright.end + NEAR
    )


def _grid(level: Sequence[_Rule], upright: Sequence[_Rule]) -> Grid | None:
    """The outer edges may be without a rule of their own."""
    columns = _apart(
        [
            *(rule.at for rule in upright),
            min(rule.start for rule in level),
            max(rule.end for rule in level),
        ]
    )
    ends = [end for rule in upright for end in (rule.start, rule.end)]
    rows = _apart([*(rule.at for rule in level), *ends])
    return (
        Grid(tuple(columns), tuple(reversed(rows))) if len(columns) > 2 and len(rows) > 3 else None
    )


def _apart(places: Iterable[float]) -> list[float]:
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] >= NEAR:
            found.append(place)
    return found
