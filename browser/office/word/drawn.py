"""Charts and diagrams of a DOCX as the paragraphs and tables that take their place. Pure.

Not here: pictures, which have no words.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from browser.office.charts import CHART, chart_of
from browser.office.diagrams import DIAGRAM, words_of_diagram
from browser.office.packages import WORD

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def named_by(drawing: Any) -> str:
    """The relation to the data of what is drawn, '' where it is no chart and no diagram."""
    for element in drawing.iter(f"{CHART}chart", f"{DIAGRAM}relIds"):
        if name := element.get(f"{RELATION}id") or element.get(f"{RELATION}dm"):
            return str(name)
    return ""


def blocks_of(root: Any) -> list[Any]:
    """The blocks for a chart or a diagram, from the root of its part; none where it stores no
    words.
    """
    if root.tag != f"{CHART}chartSpace":
        return [paragraph_of(text) for text in words_of_diagram(root)]
    chart = chart_of(root)
    return [*map(paragraph_of, chart.titles), *map(_table, chart.tables)] if chart.tables else []


def paragraph_of(text: str) -> Any:
    paragraph = etree.Element(f"{WORD}p")
    etree.SubElement(etree.SubElement(paragraph, f"{WORD}r"), f"{WORD}t").text = text
    return paragraph


def _table(rows: Sequence[Sequence[str]]) -> Any:
    table = etree.Element(f"{WORD}tbl")
    for number, cells in enumerate(rows):
        row = etree.SubElement(table, f"{WORD}tr")
        if not number:
            etree.SubElement(etree.SubElement(row, f"{WORD}trPr"), f"{WORD}tblHeader")
        row.extend(_cells(cells))
    return table


def _cells(texts: Sequence[str]) -> Iterator[Any]:
    for text in texts:
        cell = etree.Element(f"{WORD}tc")
        cell.append(paragraph_of(text))
        yield cell
