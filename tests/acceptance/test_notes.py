"""What a document's text lacks, from the file to the reader: adding a library, asking of it, the
report, the source."""

import json
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
from PIL import Image

from tests.acceptance.conftest import Leadline
from tests.acceptance.test_computed import service

LINE = "Not in the text that was read of source {n}: hidden sheets, rows or slides (1)."


def with_hidden_sheet(file: Path) -> None:
    book = openpyxl.Workbook()
    survey = book.active
    assert survey is not None
    survey.title = "Survey"
    survey.append(["Statement"])
    survey.append(["The depth of the Kestrel Trench is 7,420 metres."])
    hidden = book.create_sheet("Drafts of 2018")
    hidden.append(["The depth of the Kestrel Trench is 9,999 metres."])
    hidden.sheet_state = "hidden"
    book.save(file)


def with_picture(file: Path) -> None:
    picture = BytesIO()
    Image.new("RGB", (60, 40), "navy").save(picture, "PNG")
    document = docx.Document()
    document.add_paragraph("The harbour of Skerry sells herring on Fridays.")
    document.add_picture(picture)
    document.save(str(file))


def library(leadline: Leadline) -> Path:
    """Four documents: one read in full, two in part, one not at all."""
    for file in leadline.library.iterdir():
        file.unlink()
    (leadline.library / "notes.md").write_text(
        "# Notes\n\nThe Kestrel Trench lies in the cold north.\n"
    )
    with_hidden_sheet(leadline.library / "survey.xlsx")
    with_picture(leadline.library / "harbour.docx")
    (leadline.library / "broken.pdf").write_bytes(b"%PDF-1.4 not really")
    return leadline.library


def test_adding_a_library_ends_with_what_was_read_in_full_in_part_and_not(
    leadline: Leadline,
) -> None:
    folder = library(leadline)
    done = leadline.run("library", "add", "sea", str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("Documents read in full: 1, in part: 2, not at all: 1\n")
    assert "3 added" in done.stdout and "1 not readable" in done.stdout
    assert (
        "Read in part: survey.xlsx: hidden sheets, rows or slides (1: Drafts of 2018)"
        in done.stderr
    )
    assert "Read in part: harbour.docx: pictures without text (1)" in done.stderr
    assert "Not read: broken.pdf (broken): " in done.stderr
    again = json.loads(leadline.run("library", "add", "sea", str(folder), "--json").stdout)
    assert {
        name: again[name] for name in ("added", "changed", "unchanged", "removed", "in_full")
    } == {
        "added": 0,
        "changed": 0,
        "unchanged": 3,
        "removed": 0,
        "in_full": 1,
    }
    assert [document["path"] for document in again["in_part"]] == ["harbour.docx", "survey.xlsx"]
    assert [(unread["path"], unread["kind"]) for unread in again["not_read"]] == [
        ("broken.pdf", "broken")
    ]
    for query, title in (
        ("cold north", "Notes"),
        ("depth of the trench", "survey"),
        ("herring on Fridays", "harbour"),
    ):
        found = leadline.run("search", query, "--library", "sea", "--json").stdout
        assert (
            title.lower() in json.dumps(json.loads(found)["hits"][0]).lower()
        )  # what is added can be found


def test_a_library_of_which_nothing_can_be_read_names_each_document(leadline: Leadline) -> None:
    folder = library(leadline)
    for name in ("notes.md", "survey.xlsx", "harbour.docx"):
        (folder / name).unlink()
    (folder / "song.mp3").write_bytes(b"ID3\x04" + b"\0" * 200)
    done = leadline.run("library", "add", "sea", str(folder), "--json")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert (
        "Not read: broken.pdf (broken): " in done.stderr and "song.mp3 (unsupported)" in done.stderr
    )
    told = json.loads(done.stdout)
    assert (told["added"], told["in_full"], len(told["not_read"])) == (0, 0, 2)


def test_a_report_tells_what_the_text_of_a_source_that_it_cites_lacks(leadline: Leadline) -> None:
    library(leadline)
    done = leadline.ask("What is the depth of the Kestrel Trench?", "--json")
    assert "2 documents were read in part; `leadline library add " in done.stderr
    report = json.loads(done.stdout)
    (cited,) = [source for source in report["sources"] if source["url"].endswith("survey.xlsx")]
    assert "7,420" in report["markdown"] and "9,999" not in json.dumps(report)
    assert LINE.format(n=cited["n"]) in report["limitations"]
    assert not any("pictures" in line for line in report["limitations"])  # the harbour is not cited
    assert cited["notes"] == [{"kind": "hidden_sheets", "count": 1, "detail": "Drafts of 2018"}]
    with service(leadline) as client:
        source = client.get(f"/v1/research/{report['id']}/sources/{cited['reading_id']}").json()
        assert source["notes"] == cited["notes"]
        listed = client.get(f"/v1/research/{report['id']}/sources").json()["items"]
        assert {item["reading_id"]: item["notes"] for item in listed}[cited["reading_id"]] == cited[
            "notes"
        ]
        page = client.get(f"/research/{report['id']}/sources/{cited['reading_id']}?lang=zh").text
        assert "此文本中缺少" in page and "隐藏的工作表、行或幻灯片 (1: Drafts of 2018)" in page


def test_reading_a_file_tells_what_its_text_lacks(leadline: Leadline, tmp_path: Path) -> None:
    with_hidden_sheet(tmp_path / "survey.xlsx")
    told = leadline.run("read", str(tmp_path / "survey.xlsx")).stdout
    assert "missing: hidden sheets, rows or slides (1: Drafts of 2018)\n" in told
    source = json.loads(leadline.run("read", str(tmp_path / "survey.xlsx"), "--json").stdout)
    assert source["notes"] == [{"kind": "hidden_sheets", "count": 1, "detail": "Drafts of 2018"}]
