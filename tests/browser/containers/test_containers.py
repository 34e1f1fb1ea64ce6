"""Files that hold documents: what is in them is read, what is not is named, and nothing is read as
its source."""

import base64
import contextlib
import io
import json
import time
import zipfile
from email.message import EmailMessage
from urllib.parse import quote

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.documents.kinds import BINARY, media_type_of
from browser.documents.reading import read_document
from research.domain import PageText
from research.errors import ReadingError


def read(raw: bytes, name: str, media_type: str = BINARY) -> PageText:
    return read_document(
        raw, name=name, url=f"https://example.com/{name}", media_type=media_type
    ).page


def said(page: PageText) -> list[str]:
    return [page.text[start:end] for start, end in page.sentences]


def noted(page: PageText) -> list[tuple[str, int, str]]:
    return [(note.kind, note.count, note.detail) for note in page.notes]


def mail(text: str, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Tiefe der Krähenbank"
    message["From"] = "Ines Öhm <ines@harbour.example>"
    message["Date"] = "Thu, 02 May 2024 10:00:00 +0200"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_a_mail_gives_its_facts_and_one_of_its_bodies() -> None:
    page = read(mail("Sie ist 48 m tief.", "<p>Sie ist <b>48 m</b> tief.</p>").as_bytes(), "a.eml")
    assert (page.title, page.author, page.published_at) == (
        "Tiefe der Krähenbank",
        "Ines Öhm <ines@harbour.example>",
        "2024-05-02",
    )
    assert said(page) == [
        "From: Ines Öhm <ines@harbour.example>; Date: Thu, 02 May 2024 10:00:00 +0200.",
        "Sie ist 48 m tief.",
    ]
    assert media_type_of(mail("x").as_bytes(), "stored-without-a-suffix") == "message/rfc822"


def test_attachments_are_read_or_named() -> None:
    message = mail("See what is attached.")
    message.add_attachment(
        b"Bank,2023,2024\nRook,70,71\n", maintype="text", subtype="csv", filename="depths.csv"
    )
    message.add_attachment(
        b"\0\1\2\3", maintype="application", subtype="octet-stream", filename="raw.dat"
    )
    message.add_attachment(
        b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="chart.png"
    )
    message.add_attachment(mail("The older depth was 69 metres."))
    page = read(message.as_bytes(), "a.eml")
    assert {"Bank: Rook; 2023: 70; 2024: 71.", "The older depth was 69 metres."} <= set(said(page))
    assert "depths.csv" in [name for _, name in page.sections]
    assert noted(page) == [("attachments", 1, "raw.dat"), ("pictures", 1, "")]


def test_an_attached_document_is_read() -> None:
    document = docx.Document()
    document.add_heading("Depths")
    document.add_paragraph("The Crow Bank is 48 m deep. It is sand.")
    grid = document.add_table(rows=2, cols=3)
    for cell, value in zip(
        [*grid.rows[0].cells, *grid.rows[1].cells],
        ("Bank", "2023", "2024", "Rook", "70", "71"),
        strict=True,
    ):
        cell.text = value
    stream = io.BytesIO()
    document.save(stream)
    message = mail("See what is attached.")
    message.add_attachment(
        stream.getvalue(), maintype="application", subtype="octet-stream", filename="depths.docx"
    )
    page = read(message.as_bytes(), "a.eml")
    assert said(page)[-3:] == [
        "The Crow Bank is 48 m deep.",
        "It is sand.",
        "Bank: Rook; 2023: 70; 2024: 71.",
    ]
    assert [name for _, name in page.sections][-2:] == ["depths.docx", "Depths"]


def test_mails_of_old_programs() -> None:
    head = "From: Jürgen <j@x.example>\nSubject: Tiefe über alles\nContent-Type: text/plain; charset=no-such\n"
    raw = f"{head}\nDie größte Tiefe beträgt 5 m.\n"
    page = read(b"From somebody Thu May  2 10:00:00 2024\n" + raw.encode("latin-1"), "a.eml")
    assert page.title == "Tiefe über alles" and said(page)[-1] == "Die größte Tiefe beträgt 5 m."


def test_the_alternative_that_says_something_is_read() -> None:
    for empty in ("<html><body></body></html>", "<p>&nbsp;</p>", '<img src="cid:chart">'):
        assert "It is 71 m deep." in said(read(mail("It is 71 m deep.", empty).as_bytes(), "a.eml"))


def test_texts_of_a_mail_stand_in_their_order() -> None:
    message = mail("First 71.")
    message.make_mixed()
    for text, kind in (("<p>Second 72.</p>", "html"), ("Third 73.", "plain")):
        part = EmailMessage()
        part.set_content(text, subtype=kind)
        message.attach(part)
    assert said(read(message.as_bytes(), "a.eml"))[1:] == ["First 71.", "Second 72.", "Third 73."]


def test_a_mail_kept_as_a_file_within_a_mail_is_read() -> None:
    message = mail("See the older one.")
    message.add_attachment(
        mail("It was 69 m deep.").as_bytes(),
        maintype="application",
        subtype="octet-stream",
        filename="old.eml",
    )
    assert "It was 69 m deep." in said(read(message.as_bytes(), "a.eml"))


ENCODED = base64.b64encode(b"The Rook Bank lies 71 metres below the surface of the sea.").decode()


@pytest.mark.parametrize(
    ("body", "expected", "damaged"),
    [
        (ENCODED, "The Rook Bank lies 71 metres below the surface of the sea.", False),
        (ENCODED.rstrip("="), "The Rook Bank lies 71 metres below the surface of the sea.", False),
        (
            ENCODED[:30] + "!?" + ENCODED[30:],
            "The Rook Bank lies 71 metres below the surface of the sea.",
            True,
        ),
        (ENCODED[:61] + "!!!", "The Rook Bank lies 71 metres below the surfac", True),
        ("No base64 at all: it is 71 m deep.", "No base64 at all: it is 71 m deep.", False),
    ],
)
def test_damaged_base64_is_decoded_as_far_as_it_goes(
    body: str, expected: str, damaged: bool
) -> None:
    head = "From: a@b.example\nSubject: Depths\nContent-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-8\n\n"
    page = read((head + body + "\n").encode(), "a.eml")
    assert said(page)[1:] == [expected]
    assert noted(page) == ([("bytes_lost", 1, "")] if damaged else [])


@pytest.mark.parametrize(
    "boundary",
    ["--other\nContent-Type: text/html\n\n<p>It is 71 m deep.</p>\n--other--", "It is 71 m deep."],
)
def test_a_mail_whose_parts_are_not_where_it_says(boundary: str) -> None:
    raw = f"From: a@b.example\nSubject: Depths\nContent-Type: multipart/mixed; boundary=one\n\n{boundary}\n"
    assert said(read(raw.encode(), "a.eml"))[1:] == ["It is 71 m deep."]


def notebook(*cells: dict[str, object]) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def test_a_notebook_gives_prose_code_and_what_the_code_gave() -> None:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["depth \x1b[1m71\x1b[0m\n"]},
        {
            "output_type": "display_data",
            "data": {"image/png": "iVBORw0KGgo=" * 90, "text/plain": "<Figure size 1x1>"},
        },
        {
            "output_type": "execute_result",
            "data": {"image/png": "iVBORw0KGgo=", "text/plain": ["4905.0"]},
        },
        {
            "output_type": "execute_result",
            "data": {
                "text/html": "<table><tr><th>Bank</th><th>2024</th></tr><tr><td>Rook</td><td>71</td></tr></table>"
            },
        },
        {"output_type": "error", "ename": "ValueError", "evalue": "too deep", "traceback": []},
    ]
    raw = notebook(
        {
            "cell_type": "markdown",
            "source": ["# Depths\n", "\n", "The mean is **4,905 metres**.\n"],
        },
        {"cell_type": "code", "source": "mean(depths)", "outputs": outputs},
    )
    page = read(raw, "a.ipynb")
    assert page.title == "Depths" and noted(page) == [("pictures", 2, "")]
    assert said(page) == [
        "The mean is 4,905 metres.",
        "mean(depths)",
        "depth 71",
        "4905.0",
        "Bank: Rook; 2024: 71.",
        "ValueError: too deep",
    ]
    assert "iVBOR" not in page.text
    assert said(read(raw, "kept-as-text.txt")) != said(page) and said(
        read(raw, "no-suffix")
    ) == said(page)


def test_what_code_gave_as_formula_or_data_is_read() -> None:
    given = [{"text/latex": ["$\\frac{1}{2}$"]}, {"application/json": {"depth": 71}}]
    outputs = [{"output_type": "display_data", "metadata": {}, "data": data} for data in given]
    page = read(notebook({"cell_type": "code", "source": "show()", "outputs": outputs}), "a.ipynb")
    assert said(page) == ["show()", "$\\frac{1}{2}$", '{"depth": 71}']


def test_a_feed_gives_each_entry_with_its_date() -> None:
    feed = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "bomb">]><rss version="2.0"
      xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Harbour news</title>
      <item><title>Bar &amp; quay</title><pubDate>Thu, 02 May 2024 10:00:00 GMT</pubDate><description>Short.</description>
      <content:encoded><![CDATA[<p>The bar was dredged to <b>9 m</b>.</p>]]></content:encoded></item>
      <item><title>Tides &a;</title><description>&lt;p&gt;Spring tide is 4.2 m.&lt;/p&gt;</description></item></channel></rss>"""
    page = read(feed, "feed", "text/xml")
    assert page.title == "Harbour news" and "bomb" not in page.text
    assert [name for _, name in page.sections] == ["Harbour news", "Bar & quay", "Tides"]
    assert said(page) == [
        "Published: 2024-05-02.",
        "The bar was dredged to 9 m.",
        "Spring tide is 4.2 m.",
    ]


def test_the_transport_tells_the_character_set_of_a_feed() -> None:
    feed = "<rss><channel><title>Häfen</title><item><description>Größe 9 m.</description></item></channel></rss>".encode(
        "latin-1"
    )
    page = read_document(
        feed,
        name="feed",
        url="https://x.example",
        media_type="application/rss+xml",
        charset="iso-8859-1",
    ).page
    assert page.title == "Häfen" and said(page) == ["Größe 9 m."]


def test_lost_bytes_and_tables_kept_as_text() -> None:
    page = read(
        b"<html><body><p>Die gr\xc3\xb6\xc3\x9fte Tiefe der K\xc3\xbcste \xe4ndert sich.</p></body></html>",
        "a.html",
    )
    assert noted(page) == [("bytes_lost", 1, "")]
    assert said(read("Bank\t2024\nRook\t71\n".encode("utf-16"), "a.txt")) == [
        "Bank: Rook; 2024: 71."
    ]


def book(
    spine: str, chapters: dict[str, str], place: str = "OPS/package.opf", **more: str
) -> bytes:
    items = "".join(
        f'<item id="i{at}" href="{name}" media-type="application/xhtml+xml"/>'
        for at, name in enumerate(chapters)
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The banks</dc:title>'
        f"<dc:creator>A. Ines</dc:creator></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        f'<container><rootfiles><rootfile full-path="{quote(place)}"/></rootfiles></container>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", container)
        archive.writestr(place, package)
        for name, body in chapters.items():
            archive.writestr(
                f"OPS/{name.replace('%20', ' ')}",
                f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{body}</body></html>',
            )
        for name, content in more.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    chapters = {
        "text/two%20b.xhtml": "<p>Caf&eacute;&nbsp;two.</p>",
        "one.xhtml": '<a id="x"/><p>One.</p>',
    }
    spine = '<itemref idref="i1"/><itemref idref="i0"/>'
    page = read(book(spine, chapters), "a.epub")
    assert (page.title, page.author, said(page)) == ("The banks", "A. Ines", ["One.", "Café two."])
    rights = '<encryption><CipherReference URI="OPS/one.xhtml"/></encryption>'
    with pytest.raises(ReadingError) as caught:
        read(book(spine, chapters, **{"META-INF__encryption.xml": rights}), "a.epub")
    assert caught.value.kind == "encrypted"


def test_the_place_of_a_package_may_be_written_as_an_address() -> None:
    page = read(
        book(
            '<itemref idref="i0"/>',
            {"one.xhtml": "<p>It is 71 m deep.</p>"},
            place="OPS/the package.opf",
        ),
        "a.epub",
    )
    assert said(page) == ["It is 71 m deep."]


def test_a_missing_chapter_is_told() -> None:
    page = read(
        book(
            '<itemref idref="i0"/><itemref idref="i1"/>',
            {"one.xhtml": "<p>One.</p>", "../two.xhtml": "<p>Two.</p>"},
        ),
        "a.epub",
    )
    assert said(page) == ["One."] and noted(page) == [("parts_unread", 1, "two.xhtml")]


def test_rich_text_with_tables_notes_and_struck_words() -> None:
    raw = (
        rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}{\info{\title Rook survey}{\author Ines}}"
        rb"\pard\outlinelevel0 Depths\par\pard The table:\par"
        rb"\trowd\cellx1\cellx2\cellx3\intbl Bank\cell 2023\cell 2024\cell\row"
        rb"\trowd\cellx1\cellx2\cellx3\intbl Rook\par Bank\cell 70\cell 71\cell\row"
        rb"\pard The fee is {\strike 80} 70 euros for 10{\super 3} m.{\*\footnote\pard\plain \chftn  It was raised.} {\v unseen}"
        rb'See {\field{\*\fldinst{HYPERLINK "http://x.example"}}{\fldrslt{the list}}}.\par {\f1 \'e3\'eb\'f3\'e1\'ee\'ea\'ee} \u28023?\par}'
    )
    page = read(raw, "a.txt")
    assert (page.title, page.author, page.media_type) == ("Rook survey", "Ines", "application/rtf")
    assert [name for _, name in page.sections] == ["Depths"] and noted(page) == [
        ("withdrawn", 1, "")
    ]
    assert said(page) == [
        "The table:",
        "Bank: Rook Bank; 2023: 70; 2024: 71.",
        "The fee is 70 euros for 10^3 m.",
        "See the list.",
        "глубоко 海",
        "It was raised.",
    ]


def rich(*rows: str) -> bytes:
    return ("{\\rtf1\\ansi " + "".join(rows) + "\\pard Done.\\par}").encode()


RICH_TABLES = [
    (  # cells that are wider than those above, a row that begins late
        [
            r"\trowd\cellx900\cellx1800\cellx2700\cellx3600 Bank\cell May\cell June\cell July\cell\row",
            r"\trowd\cellx900\cellx2700\cellx3610 Rook\cell closed\cell 71\cell\row",
            r"\trowd\trleft1800\cellx2700\cellx3600 48\cell 47\cell\row",
        ],
        ["Bank: Rook; May: closed; June: closed; July: 71.", "June: 48; July: 47."],
    ),
    (  # merged down and across, and a row that keeps the definition of the one above
        [
            r"\trowd\trhdr\cellx900\cellx1800\cellx2700 Coast\cell Bank\cell Depth\cell\row",
            r"\trowd\clvmgf\cellx900\cellx1800\cellx2700 North\cell Rook\cell 71\cell\row",
            r"\trowd\clvmrg\cellx900\cellx1800\cellx2700 \cell Crow\cell 48\cell\row",
            r"\trowd\clmgf\cellx900\clmrg\cellx1800\cellx2700 All\cell \cell 60\cell\row",
            r"\trowd\cellx900\cellx1800\cellx2700 South\cell Tern\cell 12\cell\row",
            r"South\cell Gull\cell 13\cell\row",
        ],
        [
            "Coast: North; Bank: Rook; Depth: 71.",
            "Coast: North; Bank: Crow; Depth: 48.",
            "Coast: All; Bank: All; Depth: 60.",
            "Coast: South; Bank: Tern; Depth: 12.",
            "Coast: South; Bank: Gull; Depth: 13.",
        ],
    ),
    (  # a name over several names
        [
            r"\trowd\cellx900\cellx2700 Bank\cell Depth\cell\row",
            r"\trowd\cellx900\cellx1800\cellx2700 \cell 2023\cell 2024\cell\row",
            r"\trowd\cellx900\cellx1800\cellx2700 Rook\cell 70\cell 71\cell\row",
            r"\trowd\cellx900\cellx1800\cellx2700 Crow\cell 47\cell 48\cell\row",
        ],
        [
            "Bank: Rook; Depth 2023: 70; Depth 2024: 71.",
            "Bank: Crow; Depth 2023: 47; Depth 2024: 48.",
        ],
    ),
    (  # a table within a cell, as it is for readers that know such and for those that do not
        [
            r"\trowd\trhdr\cellx900\cellx2700 Bank\cell Depths\cell\row\trowd\cellx900\cellx2700 Rook\cell by season"
            r"\par\pard\intbl\itap2 dry\nestcell 70\nestcell{\*\nesttableprops\trowd\cellx1800\cellx2700\nestrow}"
            r"{\nonesttables\par}\pard\intbl\itap2 wet\nestcell 73\nestcell{\*\nesttableprops\trowd\cellx1800\cellx2700"
            r"\nestrow}\pard\intbl\cell\row"
        ],
        ["Bank: Rook; Depths: by season.", "Bank: Rook; dry: 70.", "Bank: Rook; wet: 73."],
    ),
]


@pytest.mark.parametrize(("rows", "expected"), RICH_TABLES)
def test_cells_of_rich_text_stand_where_their_row_says(
    rows: list[str], expected: list[str]
) -> None:
    assert said(read(rich(*rows), "a.rtf")) == [*expected, "Done."]


def test_records_name_their_fields() -> None:
    bank = {"name": "Rook", "depth": 71, "at": {"lat": 5.1}, "logs": [{"day": 1, "m": 70}]}
    record = {
        "survey": "May",
        "banks": [bank],
        "grid": [["Bank", "2023", "2024"], ["Crow", "48", "47"]],
    }
    assert said(read(json.dumps(record).encode(), "a.json")) == [
        "survey: May.",
        "survey: May; banks; name: Rook; depth: 71; at lat: 5.1.",
        "name: Rook; logs; day: 1; m: 70.",
        "Bank: Crow; 2023: 48; 2024: 47.",
    ]
    assert said(read(b'{"share": 1.10}', "a.json")) == ["share: 1.10."]
    assert noted(read(b'{"b": 2, "a": ' * 70 + b"1" + b"}" * 70, "a.json")) == [
        ("parts_cut", 1, "")
    ]
    assert said(read(b'{"a": 1}\n{"a": 2}\n{cut', "a.jsonl")) == ["a: 1.", "a: 2."]
    assert said(read(b"no JSON at all", "a.json")) == ["no JSON at all"]
    xml = b'<?xml version="1.0"?><banks><bank id="1"><name>Rook</name><depth unit="m">71</depth></bank></banks>'
    assert said(read(xml, "a.xml")) == ["id: 1; name: Rook; depth unit: m; depth: 71."]


def test_a_written_text_that_is_nothing_but_a_table_is_one() -> None:
    def line(*cells: str) -> str:
        return f"<row>{''.join(f'<entry>{cell}</entry>' for cell in cells)}</row>"

    table = f"<thead>{line('Bank', '2024')}</thead><tbody>{line('Rook', '71')}{line('Crow', '48')}</tbody>"
    raw = f"<section><title>Depths</title><informaltable><tgroup>{table}</tgroup></informaltable></section>"
    assert said(read(f'<?xml version="1.0"?>{raw}'.encode(), "a.xml")) == [
        "Bank: Rook; 2024: 71.",
        "Bank: Crow; 2024: 48.",
    ]


def test_a_drawing_gives_its_words() -> None:
    page = read(
        b'<svg xmlns="http://www.w3.org/2000/svg"><style>.a{}</style><title>Depths</title><text>Rook <tspan>71 m</tspan></text></svg>',
        "a.svg",
    )
    assert said(page) == ["Depths", "Rook 71 m"] and noted(page) == [("pictures", 1, "")]
    within = "<foreignObject><div><p>It is 71 m.</p><p>Surveyed.</p></div></foreignObject>"
    unseen = '<g style="fill:red; display: none"><text>69 m</text></g><text visibility="hidden">68 m</text>'
    drawn = read(
        f'<svg xmlns="http://www.w3.org/2000/svg">{within}{unseen}</svg>'.encode(), "a.svg"
    )
    assert said(drawn) == ["It is 71 m.", "Surveyed."]


def archive_of(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0" + bytes(600)


@pytest.mark.parametrize(
    ("raw", "name", "told"),
    [
        (archive_of("in/one.txt", "two.pdf"), "a.zip", "a ZIP archive of in/one.txt, two.pdf"),
        (archive_of(*(f"{number}.txt" for number in range(12))), "a.zip", "and 2 more"),
        (b"\x89PNG\r\n\x1a\n", "a.md", "a PNG picture"),
        (b"ID3\x04" + bytes(20), "a.txt", "an MP3 recording"),
        (b"\x1f\x8b\x08" + bytes(20), "a.csv.gz", "a gzip archive"),
        (b"PAR1" + bytes(20), "a.csv", "a Parquet table"),
        (b"%!PS-Adobe-3.0\n", "a.txt", "a PostScript document"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", "before 2007 (.doc)"),
        (OLE + "__substg1.0_".encode("utf-16-le"), "a.msg", "an Outlook message"),
        (bytes(range(1, 256)) * 4, "a.xyz", "a binary file of a format that is not known (.xyz)"),
        (b"text\0more" * 90, "a.txt", "a binary file"),
    ],
)
def test_what_is_not_read_is_refused_by_its_name(raw: bytes, name: str, told: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read(raw, name)
    assert caught.value.kind == "unsupported" and told in caught.value.reason and caught.value.mend


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"{\\rtf1 ",
            b"From: a\nSubject: b\n\n",
            b"<?xml version='1.0'?><rss>",
            b'{"nbformat": 4, "cells": ',
            b"\\begin{tabular}{l}",
        ]
    ),
    st.sampled_from("eml mhtml rtf rss svg xml json jsonl ipynb tex rst epub odt csv tsv".split()),
)
def test_any_bytes_give_a_page_or_a_typed_failure(raw: bytes, head: bytes, suffix: str) -> None:
    try:
        page = read(head + raw, f"a.{suffix}")
    except ReadingError:
        return
    assert all(0 <= start < end <= len(page.text) for start, end in page.sentences)


def test_a_mailbox_and_a_flat_document() -> None:
    one, two = mail("It is 71 m deep.").as_bytes(), mail("It is 48 m deep.").as_bytes()
    page = read(
        b"From a@b.c Thu May  2 10:00:00 2024\n"
        + one
        + b"\nFrom a@b.c Fri May  3 10:00:00 2024\n"
        + two,
        "kept",
    )
    assert page.media_type == "application/mbox" and {
        "It is 71 m deep.",
        "It is 48 m deep.",
    } <= set(said(page))
    names = 'xmlns:office="urn:o" xmlns:text="urn:t" xmlns:style="urn:s"'
    hidden = '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
    deleted = "<text:tracked-changes><text:deletion><text:p>Old 69 m.</text:p></text:deletion></text:tracked-changes>"
    body = (
        f'{deleted}<text:p>It is<text:span text:style-name="H"> unseen</text:span> 71 m.</text:p>'
    )
    raw = f"<office:document {names}>{hidden}<office:body><office:text>{body}</office:text></office:body></office:document>"
    flat = read(raw.encode(), "a.fodt")
    assert said(flat) == ["It is 71 m."] and noted(flat) == [("withdrawn", 1, "")]


def sheet(rows: str, columns: str = "") -> bytes:
    names = " ".join(f'xmlns:{name}="urn:{name}"' for name in ("office", "text", "table", "style"))
    styles = '<style:style style:name="S" style:family="table-cell"><style:text-properties style:text-line-through-type="single"/></style:style>'
    table = f'<table:table table:name="Depths">{columns}{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return f"<office:document {names}>{styles}{body}</office:document>".encode()


def row(*cells: str) -> str:
    """A row of texts; what begins with `<` is a cell as it is."""
    whole = (
        cell if cell[:1] == "<" else f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>"
        for cell in cells
    )
    return f"<table:table-row>{''.join(whole)}</table:table-row>"


def test_cells_of_opendocument_that_store_a_value_and_show_no_text() -> None:
    def stored(**said: str) -> str:
        return (
            "<table:table-cell "
            + " ".join(f'office:{name.replace("_", "-")}="{value}"' for name, value in said.items())
            + "/>"
        )

    rows = [
        row("Bank", "Depth", "Share", "Open", "Since", "Passed", "Fee"),
        row(
            "Rook",
            stored(value_type="float", value="71.5"),
            stored(value_type="percentage", value="0.256"),
            stored(value_type="boolean", boolean_value="true"),
            stored(value_type="date", date_value="2024-05-02"),
            stored(value_type="time", time_value="PT30H15M00S"),
            stored(value_type="currency", value="12.5", currency="EUR"),
        ),
    ]
    page = read(sheet("".join(rows)), "a.fods")
    assert said(page) == [
        "Bank: Rook; Depth: 71.5; Share: 25.6%; Open: true; Since: 2024-05-02; Passed: 30:15:00; Fee: 12.5 EUR."
    ]


def test_what_an_opendocument_table_does_not_show_is_noted() -> None:
    hidden = '<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>'
    said_of_it = "<office:annotation><text:p>Corrected.</text:p></office:annotation>"
    remark = f'<table:table-cell office:value-type="float" office:value="48">{said_of_it}</table:table-cell>'
    struck = '<table:table-cell table:style-name="S"><text:p>12</text:p></table:table-cell>'
    rows = (
        row("Bank", "Old", "Depth")
        + row("Rook", "69", "71")
        + row("Crow", "47", remark)
        + row("Tern", "13", struck)
    )
    page = read(sheet(rows, hidden), "a.fods")
    assert said(page) == ["Bank: Rook; Depth: 71.", "Bank: Crow; Depth: 48.", "Bank: Tern."]
    assert {("hidden_sheets", 1, ""), ("comments", 1, "")} <= set(noted(page))


def test_an_opendocument_row_that_others_cover_keeps_its_place() -> None:
    high = '<table:table-cell table:number-rows-spanned="2"><text:p>{}</text:p></table:table-cell>'
    covered = "<table:covered-table-cell/>" * 2
    rows = (
        row("Coast", "Bank", "Depth")
        + row(high.format("North"), high.format("Rook"), "71")
        + row(covered, "")
        + row("South", "Tern", "12")
    )
    assert said(read(sheet(rows), "a.fods"))[-1] == "Coast: South; Bank: Tern; Depth: 12."


def test_office_files_that_are_really_something_else() -> None:
    head = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n'
    part = "--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>It is 71=20m deep.</p>\n--b--\n"
    assert said(read((head + part).encode(), "saved.doc")) == ["It is 71 m deep."]
    cells = "<Row><Cell><Data>Bank</Data></Cell><Cell><Data>2023</Data></Cell><Cell><Data>2024</Data></Cell></Row>"
    cells += '<Row><Cell><Data>Rook</Data></Cell><Cell ss:Index="3"><Data>71</Data></Cell></Row>'
    book = f'<?xml version="1.0"?><Workbook xmlns="urn:x" xmlns:ss="urn:x"><Worksheet><Table>{cells}</Table></Worksheet></Workbook>'
    assert said(read(book.encode(), "saved.xls")) == ["Bank: Rook; 2024: 71."]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"<!--" * 30_000, "a.html"),
        (b"<script>" * 30_000, "a.html"),
        (b"<!DOCTYPE a " + b"[]" * 20_000, "a.xml"),
        (b"~a " * 20_000, "a.md"),
        (b"**a **b " * 10_000, "a.md"),
        (b"a | b\n" * 10_000, "a.md"),
        (b"<div>\n" * 5_000, "a.md"),
        (b"{\\rtf1 " + b"{" * 100_000, "a.rtf"),
        (b'"' * 200_000, "a.csv"),
    ],
)
def test_what_repeats_itself_takes_no_long_time(raw: bytes, name: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(ReadingError):
        read(raw, name)
    assert time.process_time() - begun < 10
