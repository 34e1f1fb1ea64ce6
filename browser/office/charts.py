"""The figures of a chart as the table that it is drawn from, each under its number format. Pure.

Not here: charts whose points have no categories (scatter and bubble charts), which have no such table.
"""

from collections.abc import Sequence
from typing import Any

from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import from_excel

from browser.documents.parts import Part
from browser.documents.tables import rows_of
from browser.office.sheets.number_formats import shown

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def chart_parts(chart: Any) -> list[Part]:
    """The title and rows of a chart of python-pptx; empty where it has no figures by category."""
    rows = [part for plot in chart.plots for part in _plot(plot)]
    titled = rows and chart.has_title and chart.chart_title.has_text_frame
    return [Part(chart.chart_title.text_frame.text), *rows] if titled else rows


def _plot(plot: Any) -> list[Part]:
    columns = [_values(series) for series in plot.series]
    names = _categories(plot) if columns else []
    if not names:
        return []
    header = ["", *(str(series.name) for series in plot.series)]
    return rows_of(
        [
            header,
            *([name, *(_at(column, at) for column in columns)] for at, name in enumerate(names)),
        ]
    )


def _categories(plot: Any) -> list[str]:
    """Of categories within others, all names; days are written as days."""
    code = _format(next(iter(plot.series))._element, "cat")
    names = []
    for labels in plot.categories.flattened_labels:
        text = " ".join(map(str, labels))
        is_day = is_date_format(code) and text.replace(".", "", 1).isdecimal()
        names.append(shown(from_excel(float(text)), code) if is_day else text)
    return names


def _values(series: Any) -> list[str]:
    code = _format(series._element, "val")
    return ["" if value is None else shown(value, code) for value in series.values]


def _format(element: Any, name: str) -> str:
    found = element.findtext(f"{_CHART}{name}/{_CHART}numRef/{_CHART}numCache/{_CHART}formatCode")
    return found or "General"


def _at(column: Sequence[str], at: int) -> str:
    return column[at] if at < len(column) else ""
