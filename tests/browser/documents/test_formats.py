"""Every format that is read, each from a file that another program's library wrote: the same
statements come out of all."""

import io
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pandas
import pptx
import pytest
from feedgenerator import Atom1Feed, Rss201rev2Feed
from odf import draw, opendocument, style, table, text

from browser.documents.reading import read_document
from research.domain import PageText

FORMATS = Path(__file__).parent / "formats"
ROWS = [("Bank", "2023", "2024"), ("Rook", "70", "71"), ("Crow", "47", "48")]
SAID = ["Bank: Rook; 2023: 70; 2024: 71.", "Bank: Crow; 2023: 47; 2024: 48."]


def read(raw: bytes, name: str) -> PageText:
    return read_document(raw, name=name, url=f"https://example.com/{name}").page


def said(page: PageText) -> list[str]:
    return [page.text[start:end] for start, end in page.sentences]


@pytest.mark.parametrize("path", sorted(FORMATS.glob("banks.*")), ids=lambda path: path.name)
def test_a_document_with_a_heading_a_table_a_list_a_note_and_code(path: Path) -> None:
    page = read(path.read_bytes(), path.name)
    found = said(page)
    assert (
        page.title == "Depth of the Rook Bank" or path.suffix == ".ipynb"
    )  # where pandoc keeps no title
    assert {"Findings", "Next"} <= {name for _, name in page.sections}
    assert any(
        "The Rook Bank lies 71 metres below the surface, as the survey of May 2024 found." in line
        for line in found
    )
    assert [line for line in found if line.startswith("Bank:")] == SAID
    assert any("One item." in line for line in found) and any(
        "naïve text – 5 € 海." in line for line in found
    )
    assert any("The depth was corrected in 1950." in line for line in found)
    assert "depth = 71" in page.text and "The fee is 70 euros, or " in page.text
    assert "The survey was paid for by the ministry." in found


def _csv() -> bytes:
    return pandas.DataFrame(ROWS[1:], columns=list(ROWS[0])).to_csv(index=False).encode()


def _german_csv() -> bytes:
    frame = pandas.DataFrame(ROWS[1:], columns=list(ROWS[0]))
    return frame.to_csv(index=False, sep=";", quoting=1).encode("utf-16")


def _tsv() -> bytes:
    return pandas.DataFrame(ROWS[1:], columns=list(ROWS[0])).to_csv(index=False, sep="\t").encode()


def _html() -> bytes:
    frame = pandas.DataFrame(ROWS[1:], columns=list(ROWS[0]))
    return f"<html><body><article><p>The depths of the banks.</p>{frame.to_html(index=False)}</article></body></html>".encode()


def _latex() -> bytes:
    return pandas.DataFrame(ROWS[1:], columns=list(ROWS[0])).to_latex(index=False).encode()


def _json() -> bytes:
    return pandas.DataFrame(ROWS[1:], columns=list(ROWS[0])).to_json(orient="records").encode()


def _jsonl() -> bytes:
    return (
        pandas.DataFrame(ROWS[1:], columns=list(ROWS[0]))
        .to_json(orient="records", lines=True)
        .encode()
    )


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    return _saved(book.save)


def _docx() -> bytes:
    document = docx.Document()
    grid = document.add_table(rows=0, cols=3)
    for row in ROWS:
        for cell, value in zip(grid.add_row().cells, row, strict=True):
            cell.text = value
    return _saved(document.save)


def _pptx() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    grid = slide.shapes.add_table(3, 3, 0, 0, 9_000_000, 900_000).table
    for at, row in enumerate(ROWS):
        for column, value in enumerate(row):
            grid.cell(at, column).text = value
    return _saved(deck.save)


def _ods() -> bytes:
    document = opendocument.OpenDocumentSpreadsheet()
    unseen = style.Style(name="unseen", family="table")
    unseen.addElement(style.TableProperties(display="false"))
    document.automaticstyles.addElement(unseen)
    document.spreadsheet.addElement(_odf_table("Depths"))
    document.spreadsheet.addElement(_odf_table("Drafts", stylename=unseen))
    return _saved(document.write)


def _odp() -> bytes:
    document = opendocument.OpenDocumentPresentation()
    layout = style.PageLayout(name="layout")
    document.automaticstyles.addElement(layout)
    master = style.MasterPage(name="master", pagelayoutname=layout)
    document.masterstyles.addElement(master)
    slide = draw.Page(masterpagename=master)
    frame = draw.Frame(width="20cm", height="5cm")
    frame.addElement(_odf_table("Depths"))
    slide.addElement(frame)
    document.presentation.addElement(slide)
    return _saved(document.write)


def _odf_table(name: str, **options: object) -> table.Table:
    grid = table.Table(name=name, **options)
    for values in ROWS:
        row = table.TableRow()
        for value in values:
            cell = table.TableCell(valuetype="string")
            cell.addElement(text.P(text=value))
            row.addElement(cell)
        grid.addElement(row)
    empty = table.TableRow(numberrowsrepeated=1_000_000)
    empty.addElement(table.TableCell(numbercolumnsrepeated=1000))
    grid.addElement(empty)
    return grid


def _mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Depth of the Rook Bank"
    message.set_content("The table is attached.\n")
    message.add_attachment(_csv(), maintype="text", subtype="csv", filename="depths.csv")
    return message.as_bytes()


def _saved_page() -> bytes:
    message = EmailMessage()
    message["Snapshot-Content-Location"] = "https://banks.example/"
    message.set_content(_html().decode(), subtype="html")
    message.make_related()
    message.add_related(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", cid="<chart>")
    return message.as_bytes()


def _rss() -> bytes:
    return _feed(Rss201rev2Feed)


def _atom() -> bytes:
    return _feed(Atom1Feed)


def _feed(kind: type[Rss201rev2Feed] | type[Atom1Feed]) -> bytes:
    feed = kind(title="Harbour news", link="https://banks.example/", description="All of it")
    frame = pandas.DataFrame(ROWS[1:], columns=list(ROWS[0]))
    feed.add_item(
        title="Depths", link="https://banks.example/1", description=frame.to_html(index=False)
    )
    return str(feed.writeString("utf-8")).encode()


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (_csv, "depths.csv"),
        (_german_csv, "depths.csv"),
        (_tsv, "depths.tsv"),
        (_html, "depths.html"),
        (_latex, "depths.tex"),
        (_json, "depths.json"),
        (_jsonl, "depths.jsonl"),
        (_xlsx, "depths.xlsx"),
        (_docx, "depths.docx"),
        (_pptx, "depths.pptx"),
        (_ods, "depths.ods"),
        (_odp, "depths.odp"),
        (_mail, "depths.eml"),
        (_saved_page, "depths.mhtml"),
        (_rss, "depths.rss"),
        (_atom, "depths.xml"),
    ],
)
def test_a_table_of_years(make: Callable[[], bytes], name: str) -> None:
    assert [line for line in said(read(make(), name)) if line.startswith("Bank:")] == SAID
