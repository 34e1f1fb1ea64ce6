"""The figures of a chart as the tables that it is drawn from, each under its number format. Pure.

They are what the document stores beside the chart. Not here: charts of the kinds that came after
2013 (waterfall, map), trend lines.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import from_excel

from browser.office.packages import DRAWING, whole_number
from browser.office.sheets.number_formats import shown

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
MAX_POINTS = 20_000  # of a series
Rows = list[list[str]]


@dataclass(frozen=True)
class Chart:
    """`titles` are those of the chart and of its axes. The first row of a table names its
    columns."""

    titles: list[str]
    tables: list[Rows]


def chart_of(root: Any) -> Chart:
    """A chart from the root of its part; no tables where it stores no figures."""
    area = root.find(f"{CHART}chart/{CHART}plotArea")
    drawn = (
        [child for child in area if child.find(f"{CHART}ser") is not None]
        if area is not None
        else []
    )
    tables = [rows for one in drawn for rows in _tables(one.findall(f"{CHART}ser"))]
    titles = [text for title in root.iter(f"{CHART}title") if (text := _words(title))]
    return Chart(titles, tables)


def _tables(series: Sequence[Any]) -> Iterator[Rows]:
    """Series over the same categories are one table; points by two figures are a table for each
    series.
    """
    if series[0].find(f"{CHART}yVal") is not None:
        for one in series:
            across, up = _points(one.find(f"{CHART}xVal")), _points(one.find(f"{CHART}yVal"))
            if up:
                yield [["x", _name(one)], *([across.get(at, ""), up[at]] for at in sorted(up))]
        return
    columns = [_points(one.find(f"{CHART}val")) for one in series]
    names = _categories(series[0].find(f"{CHART}cat"))
    places = sorted(set(names).union(*columns))
    if any(columns):
        rows = [[names.get(at, ""), *(column.get(at, "") for column in columns)] for at in places]
        yield [["", *map(_name, series)], *rows]


def _name(series: Any) -> str:
    found = series.find(f"{CHART}tx")
    return (
        next((text for one in found.iter(f"{CHART}v") if (text := one.text)), "")
        if found is not None
        else ""
    )


def _categories(element: Any) -> dict[int, str]:
    """Of categories within others, all names, the outer ones first."""
    levels = list(element.iter(f"{CHART}lvl")) if element is not None else []
    if not levels:
        return _points(element)
    inner = _stored(levels[0])
    outer_levels = [sorted(_stored(level).items()) for level in reversed(levels[1:])]
    names = {}
    for at in inner:
        outer = [_last(begun, at) for begun in outer_levels]
        names[at] = " ".join(filter(None, [*outer, inner[at]]))
    return names


def _last(points: Sequence[tuple[int, str]], at: int) -> str:
    """The name that holds at a place: the last one that begins before it."""
    number = bisect_right(points, at, key=itemgetter(0))
    return points[number - 1][1] if number else ""


def _points(element: Any) -> dict[int, str]:
    """The values of a series by their places, as they are shown."""
    if element is None:
        return {}
    code = next((one.text for one in element.iter(f"{CHART}formatCode")), None) or "General"
    numeric = any(one.tag in (f"{CHART}numCache", f"{CHART}numLit") for one in element.iter())
    return {at: _shown(text, code) if numeric else text for at, text in _stored(element).items()}


def _stored(element: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for point in element.iter(f"{CHART}pt"):
        place, text = whole_number(point.get("idx")), point.findtext(f"{CHART}v")
        if place is not None and text and len(found) < MAX_POINTS:
            found[place] = text
    return found


def _shown(text: str, code: str) -> str:
    try:
        number = float(text)
        return shown(from_excel(number) if is_date_format(code) else number, code)
    except (ValueError, OverflowError):
        return text


def _words(title: Any) -> str:
    return " ".join(
        "".join(one.text or "" for one in title.iter(f"{DRAWING}t", f"{CHART}v")).split()
    )
