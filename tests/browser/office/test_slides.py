"""What a PPTX holds beside plain text: tables of all shapes, figures of charts, diagrams,
equations, withdrawn and hidden text.
"""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pptx
import pytest
from lxml import etree
from PIL import Image
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.util import Inches

from research.domain import PageText
from tests.browser.documents.test_documents import read, said

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
PICTURE = io.BytesIO()
Image.new("RGB", (4, 4)).save(PICTURE, "PNG")


def page_of(*builds: Callable[[Any], object]) -> PageText:
    """A deck with a slide for each function."""
    deck = pptx.Presentation()
    for build in builds:
        build(deck.slides.add_slide(deck.slide_layouts[5]))
    stream = io.BytesIO()
    deck.save(stream)
    return read(stream.getvalue(), "a.pptx")


def counted(page: PageText) -> dict[str, int]:
    return {note.kind: note.count for note in page.notes}


def table(
    slide: Any,
    rows: list[list[str]],
    merges: list[tuple[int, int, int, int]],
    *,
    header: bool = True,
) -> None:
    made = slide.shapes.add_table(len(rows), len(rows[0]), 0, Inches(2), Inches(6), Inches(2)).table
    made.first_row = header
    for number, row in enumerate(rows):
        for at, text in enumerate(row):
            made.cell(number, at).text = text
    for top, left, bottom, right in merges:
        made.cell(top, left).merge(made.cell(bottom, right))


@pytest.mark.parametrize("header", [True, False])
def test_tables_are_grids(header: bool) -> None:
    rows = [
        ["Port", "Ships", "", "Tolls", ""],
        ["", "In", "Out", "In", "Out"],
        ["Brest", "1", "2", "3", "4"],
        ["", "5", "none", "", "8"],
    ]
    merges = [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4), (2, 0, 3, 0), (3, 2, 3, 3)]
    assert said(page_of(lambda slide: table(slide, rows, merges, header=header))) == [
        "Port: Brest; Ships In: 1; Ships Out: 2; Tolls In: 3; Tolls Out: 4.",
        "Port: Brest; Ships In: 5; Ships Out: none; Tolls In: none; Tolls Out: 8.",
    ]


def test_years_and_words_name_columns() -> None:
    def build(slide: Any) -> None:
        table(
            slide, [["Port", "2021", "2022"], ["Brest", "120", "135"], ["Skerry", "80", "88"]], []
        )
        table(slide, [["Keeper", "Light"], ["Ann Bell", "white"], ["Li Wei", "red"]], [])

    assert said(page_of(build)) == [
        "Port: Brest; 2021: 120; 2022: 135.",
        "Port: Skerry; 2021: 80; 2022: 88.",
        "Keeper: Ann Bell; Light: white.",
        "Keeper: Li Wei; Light: red.",
    ]


def test_withdrawn_and_hidden_text_and_pictures_are_noted() -> None:
    def build(slide: Any) -> None:
        slide.shapes.title.text = "Fees"
        paragraph = slide.shapes.add_textbox(
            0, Inches(2), Inches(3), Inches(1)
        ).text_frame.paragraphs[0]
        for text, strike in (
            ("The fee is ", None),
            ("90", "sngStrike"),
            ("80", "dblStrike"),
            ("70 euros.", "noStrike"),
        ):
            run = paragraph.add_run()
            run.text = text
            if strike:
                run.font._element.set("strike", strike)
        slide.shapes.add_picture(io.BytesIO(PICTURE.getvalue()), 0, 0)

    def hidden(slide: Any) -> None:
        slide.shapes.title.text = "Last year"
        slide.element.set("show", "0")

    page = page_of(build, hidden)
    assert page.text == "## Fees\n\nThe fee is 70 euros."
    assert {(note.kind, note.count, note.detail) for note in page.notes} == {
        ("withdrawn", 2, ""),
        ("pictures", 1, ""),
        ("hidden_sheets", 1, "2: Last year"),
    }


def test_figures_of_charts_as_they_are_shown() -> None:
    def build(slide: Any) -> None:
        nested = CategoryChartData(number_format="0.0%")
        for year in ("2021", "2022"):
            group = nested.add_category(year)
            group.add_sub_category("H1")
            group.add_sub_category("H2")
        nested.add_series("Share", (0.25, 0.5, 0.125, 0.0625))
        days = CategoryChartData(number_format='#,##0 "t"')
        days.categories = [date(2024, 3, 5), date(2024, 4, 5)]
        days.add_series("Load", (12_345, 6))
        points = XyChartData()
        points.add_series("Depth").add_data_point(1.5, 2)
        empty = CategoryChartData()
        empty.categories = ["none"]
        empty.add_series("None", (None,))
        for place, (kind, data) in enumerate(
            (
                (XL_CHART_TYPE.COLUMN_CLUSTERED, nested),
                (XL_CHART_TYPE.LINE, days),
                (XL_CHART_TYPE.XY_SCATTER, points),
                (XL_CHART_TYPE.LINE, empty),
            )
        ):
            slide.shapes.add_chart(kind, 0, Inches(place), Inches(3), Inches(1), data)

    page = page_of(build)
    assert said(page) == [
        "2021 H1; Share: 25.0%.",
        "2021 H2; Share: 50.0%.",
        "2022 H1; Share: 12.5%.",
        "2022 H2; Share: 6.3%.",
        "2024-03-05; Load: 12,345 t.",
        "2024-04-05; Load: 6 t.",
        "x: 1.5; Depth: 2.",
    ]
    assert counted(page) == {"pictures": 1}


def test_words_of_diagrams_and_equations() -> None:
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>"
        for text in ("Sound", "Heave")
    )
    names = (
        f'xmlns:a="{DRAWING}" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
    )
    data = f"<dgm:dataModel {names}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>"

    def build(slide: Any) -> None:
        part = Part(
            PackURI("/ppt/diagrams/data1.xml"), "application/xml", slide.part.package, data.encode()
        )
        relation = slide.part.relate_to(
            part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData"
        )
        frame = (
            f'<p:graphicFrame {names} xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:nvGraphicFramePr>'
            '<p:cNvPr id="90" name="d"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/>'
            '<a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/diagram">'
            f'<dgm:relIds r:dm="{relation}"/></a:graphicData></a:graphic></p:graphicFrame>'
        )
        slide.shapes._spTree.append(pptx.oxml.parse_xml(frame))
        box = slide.shapes.add_textbox(0, Inches(3), Inches(3), Inches(1))
        box.text_frame.text = "Energy is "
        power = "".join(
            f"<m:{part}><m:r><m:t>{text}</m:t></m:r></m:{part}>"
            for part, text in (("e", "mc"), ("sup", "2"))
        )
        math = f'<m:oMath xmlns:m="{MATH}"><m:sSup>{power}</m:sSup></m:oMath>'
        holder = etree.SubElement(
            box.text_frame.paragraphs[0]._p,
            "{http://schemas.microsoft.com/office/drawing/2010/main}m",
        )
        holder.append(etree.fromstring(math))
        element = box.element
        tree = element.getparent()
        names_of_mc = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
        both = etree.SubElement(tree, f"{names_of_mc}AlternateContent")
        etree.SubElement(both, f"{names_of_mc}Choice").append(element)
        etree.SubElement(both, f"{names_of_mc}Fallback")

    assert said(page_of(build)) == ["Sound", "Heave", "Energy is mc^2"]


def test_a_first_column_set_apart_is_labels() -> None:
    def build(slide: Any) -> None:
        table(slide, [["Light", "Skerry"], ["Height", "48"], ["Range", "21"]], [], header=False)
        slide.shapes[-1].table.first_col = True

    assert said(page_of(build)) == ["Light: Skerry.", "Height: 48.", "Range: 21."]
