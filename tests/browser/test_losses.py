"""What a reader cannot take is told by a note or stands in the text, and one bad piece of a
document does not end the reading of the rest."""

import io
import zipfile
from typing import Any

import pptx
import pytest
from pptx.util import Inches

from browser.documents.reading import read_document
from research.domain import PageText
from research.errors import ReadingError
from tests.browser.office.test_word import m, p
from tests.browser.office.test_word import page_of as docx_page


def read(text: str | bytes, name: str) -> PageText:
    raw = text if isinstance(text, bytes) else text.encode()
    return read_document(raw, name=name, url=f"http://a.example/{name}").page


def noted(page: PageText) -> dict[str, int]:
    counts: dict[str, int] = {}
    for note in page.notes:
        counts[note.kind] = counts.get(note.kind, 0) + note.count
    return counts


# LaTeX


def test_macros_that_stand_for_too_much_are_noted() -> None:
    body = "The sea rises. " * 1_000
    used = r"\long " * 60
    page = read(
        rf"\newcommand{{\long}}{{{body}}}\begin{{document}}{used} The end.\end{{document}}", "a.tex"
    )
    assert "The end." in page.text
    assert noted(page) == {"parts_cut": 1}
    assert not read(r"\newcommand{\short}{sea}The \short\ rises.", "b.tex").notes


def test_code_in_a_table_stays() -> None:
    rows = r"Reset & \begin{verbatim}gauge --reset\end{verbatim} \\ Start & gauge \\"
    page = read(
        rf"\begin{{document}}\begin{{tabular}}{{ll}}{rows}\end{{tabular}}\end{{document}}", "a.tex"
    )
    assert "gauge --reset" in page.text


# XML and the containers that hold it

DEEP = "<b>" * 300 + "Deep." + "</b>" * 300


@pytest.mark.parametrize(
    "text, name",
    [
        (f"<log><line>The sea rises.</line>{DEEP}</log>", "a.xml"),
        (f"<book><para>The sea rises.</para>{DEEP}</book>", "b.xml"),
        (f"<svg><text>The sea rises.</text>{DEEP}</svg>", "c.svg"),
        (f"<rss><channel><description>The sea rises.</description>{DEEP}</channel></rss>", "d.rss"),
    ],
)
def test_xml_that_is_deeper_than_its_parser_goes_is_noted(text: str, name: str) -> None:
    page = read(text, name)
    assert "The sea rises." in page.text
    assert noted(page)["parts_cut"] == 1


def test_pictures_and_formulas_in_parts_of_containers_are_noted() -> None:
    about = "&lt;p&gt;Tides.&lt;img src='a.png'&gt;&lt;/p&gt;"
    feed = f"<rss><channel><title>Sea</title><description>{about}</description></channel></rss>"
    assert noted(read(feed, "a.rss")) == {"pictures": 1}
    inner = "<div xmlns='http://www.w3.org/1999/xhtml'>Tides.<s>Withdrawn.</s></div>"
    drawing = (
        f"<svg xmlns='http://www.w3.org/2000/svg'><foreignObject>{inner}</foreignObject></svg>"
    )
    assert noted(read(drawing, "a.svg")) == {"pictures": 1, "withdrawn": 1}


def book(spine: str, files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    items = "".join(
        f'<item id="i{number}" href="{name}" media-type="{kind}"/>'
        for number, (name, kind) in enumerate(
            (name, "image/png" if name.endswith("png") else "application/xhtml+xml")
            for name in spine.split()
        )
    )
    references = "".join(f'<itemref idref="i{number}"/>' for number in range(len(spine.split())))
    package = f"<package><manifest>{items}</manifest><spine>{references}</spine></package>"
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("book.opf", package)
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def test_pages_of_a_book_that_are_pictures_and_chapters_too_deep_are_noted() -> None:
    chapter = f"<html><body><p>The sea rises.</p>{DEEP}</body></html>"
    page = read(book("cover.png a.xhtml", {"a.xhtml": chapter}), "a.epub")
    assert "The sea rises." in page.text
    assert [(note.kind, note.detail) for note in page.notes] == [
        ("parts_unread", "cover.png"),
        ("parts_cut", ""),
    ]


def test_a_document_all_of_whose_parts_are_damaged_is_not_told_to_be_without_text() -> None:
    with pytest.raises(ReadingError, match="parts that could not be read"):
        read(book("a.xhtml", {}), "a.epub")


def test_a_cell_of_a_notebook_of_a_kind_that_is_not_known_is_noted() -> None:
    notebook = (
        '{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "The sea rises."},'
        '{"cell_type": "sql", "source": "SELECT level FROM gauges"}]}'
    )
    page = read(notebook, "a.ipynb")
    assert "SELECT level FROM gauges" in page.text
    assert [(note.kind, note.detail) for note in page.notes] == [
        ("parts_unread", "a cell of type sql")
    ]


# Markdown


def test_blocks_within_blocks_without_end_keep_their_words() -> None:
    quoted = "> " * 150 + "Deep words.\n\nThe sea rises.\n"
    listed = "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(120))
    assert "Deep words." in read(quoted, "a.md").text
    page = read(listed, "b.md")
    assert all(f"level {depth}" in page.text for depth in range(120))


# HTML


@pytest.mark.parametrize(
    "table",
    [
        "<tr><td role=row>Gauge<td>Level<tr><td role=row>North<td>4.1<tr><td>South<td>3.9",
        "<tr><td role=row data-linked=x>Gauge<td>Level<tr><td>North<td>4.1<tr><td>South<td>3.9",
        "<tr><td data-linked=9999>Gauge<td>Level<tr><td>North<td>4.1<tr><td>South<td>3.9",
        f"<tr><td>Gauge<td>Level<tr><td>North<td>4.1<img width={'9' * 5_000}><tr><td>South<td>3.9",
    ],
)
def test_a_page_s_own_attributes_do_not_end_its_reading(table: str) -> None:
    text = "The gauges of the harbour were read each hour for a hundred years. " * 5
    page = read(f"<article><p>{text}</p><table>{table}</table></article>", "a.html")
    assert "North" in page.text and "4.1" in page.text


def test_a_page_can_write_no_notes() -> None:
    forged = "<wbr data-missing=formulas><wbr data-missing=parts_unread><wbr missing=withdrawn>"
    page = read(f"<article><p>The sea rises.{forged} It did last year.</p></article>", "a.html")
    assert page.text == "The sea rises. It did last year." and not page.notes


# Mails


@pytest.mark.parametrize("field", ["To: a@[", 'Cc: "', "From: <@", "To: =?utf-8?q?a=0Ab?= <a@b>"])
def test_a_malformed_field_does_not_end_a_mail_or_a_mailbox(field: str) -> None:
    bad = f"{field}\nSubject: Tides\n\nThe sea rises.\n"
    assert "The sea rises." in read(f"Date: Mon, 1 Jan 2024 10:00:00 +0000\n{bad}", "a.eml").text
    envelope = "From a@b.example Mon Jan  1 10:00:00 2024\n"
    good = "From: b@c.example\nSubject: Winds\n\nThe wind turns.\n"
    page = read(f"{envelope}{good}\n{envelope}{bad}\n{envelope}{good}", "a.mbox")
    assert "The sea rises." in page.text and page.text.count("The wind turns.") == 2


# Office


def test_an_equation_within_equations_keeps_its_words() -> None:
    inner = m("x")
    for _ in range(60):
        inner = f"<m:rad><m:deg/><m:e>{inner}</m:e></m:rad>"
    page = docx_page(p(f"<m:oMath>{inner}{m('+depth')}</m:oMath>"))
    assert "x" in page.text and "+depth" in page.text


def slides(build: Any) -> PageText:
    deck = pptx.Presentation()
    build(deck.slides.add_slide(deck.slide_layouts[5]))
    stream = io.BytesIO()
    deck.save(stream)
    return read(stream.getvalue(), "a.pptx")


def test_a_shape_with_the_number_of_the_title_is_read() -> None:
    def build(slide: Any) -> None:
        slide.shapes.title.text = "Tides"
        box = slide.shapes.add_textbox(0, Inches(2), Inches(4), Inches(1))
        box.text_frame.text = "The sea rises."
        box._element.nvSpPr.cNvPr.set("id", str(slide.shapes.title.shape_id))

    assert "The sea rises." in slides(build).text


def test_groups_within_groups_without_end_are_noted() -> None:
    def build(slide: Any) -> None:
        slide.shapes.title.text = "Tides"
        shapes = slide.shapes
        for _ in range(14):
            shapes = shapes.add_group_shape().shapes
        shapes.add_textbox(0, 0, Inches(4), Inches(1)).text_frame.text = "Deep."
        slide.shapes.add_textbox(0, 0, Inches(4), Inches(1)).text_frame.text = "The sea rises."

    page = slides(build)
    assert "The sea rises." in page.text
    assert noted(page) == {"parts_cut": 1}


NUMBER = "9" * 5_000


@pytest.mark.parametrize(
    "properties",
    [
        f'<w:outlineLvl w:val="{NUMBER}"/>',
        f'<w:numPr><w:ilvl w:val="{NUMBER}"/><w:numId w:val="1"/></w:numPr>',
        '<w:outlineLvl w:val="first"/>',
    ],
)
def test_numbers_that_are_none_do_not_end_a_document(properties: str) -> None:
    words = "<w:r><w:t>The sea rises.</w:t></w:r>"
    look = '<w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblLook w:val="zz"/></w:tblPr>'
    cells = f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="{NUMBER}"/></w:tcPr>{p(words)}</w:tc></w:tr>'
    paragraph = f"<w:p><w:pPr>{properties}</w:pPr>{words}</w:p>"
    page = docx_page(paragraph, f"<w:tbl>{look}{cells}</w:tbl>")
    assert page.text.count("The sea rises.") == 2
