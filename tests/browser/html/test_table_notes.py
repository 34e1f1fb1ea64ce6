"""Tables of pages: units and footnotes are part of each row's sentence."""

import pytest
from lxml import html

from browser.documents.units import is_unit, unit_note, with_unit
from browser.html.extract import read_html
from browser.html.table_notes import take_notes
from tests.browser.html.test_extract import FILLER, page, rows

HEAD = "<tr><th>Port</th><th>Depth</th></tr>"
BODY = "<tr><td>Brest</td><td>12</td></tr><tr><td>Skerry</td><td>9</td></tr>"


def after(table: str, following: str) -> list[str]:
    """The rows of a table that something follows."""
    read = read_html(
        page(f"<table>{table}</table>{following}<p>{FILLER}</p>"), "https://example.com/x"
    ).page
    return [
        text
        for start, end in read.sentences
        if (text := read.text[start:end]).startswith(("Port: ", "港口: "))
    ]


@pytest.mark.parametrize(
    "head",
    [
        "<tr><th>Port</th><th>Depth (m)</th></tr>",
        "<tr><th>Port</th><th>Depth<br>(m)</th></tr>",
        f"{HEAD}<tr><td></td><td>(m)</td></tr>",
        f"{HEAD}<tr><td>Unit</td><td>m</td></tr>",
        f"{HEAD}<tr><th></th><th>m</th></tr>",
        "<tr><td>Port</td><td>Depth</td></tr><tr><td></td><td>m</td></tr>",
    ],
)
def test_units_of_columns_join_their_names(head: str) -> None:
    assert rows(head + BODY) == ["Port: Brest; Depth (m): 12.", "Port: Skerry; Depth (m): 9."]


def test_units_of_columns_in_chinese() -> None:
    table = (
        "<tr><th rowspan=2>年份</th><th colspan=2>产量</th></tr><tr><th>煤</th><th>电</th></tr>"
        "<tr><td>单位</td><td>万吨</td><td>亿千瓦时</td></tr>"
        "<tr><td>2022</td><td>45.6</td><td>8.8</td></tr><tr><td>2023</td><td>47.1</td><td>9.5</td></tr>"
    )
    assert rows(table)[0] == "年份: 2022; 产量 煤 (万吨): 45.6; 产量 电 (亿千瓦时): 8.8."


@pytest.mark.parametrize(
    "caption, said",
    [
        ("Trade of the ports, in thousands of tonnes", "in thousands of tonnes"),
        ("Income (in millions of euros), 1781", "in millions of euros"),
        ("Income (US$ million)", "unit: US$ million"),
        ("Share (%)", "unit: %"),
        ("Weights. Unit: kg", "Unit: kg"),
        ("各港吞吐量（单位：万吨）", "单位: 万吨"),
        ("各港收入（亿元）", "单位: 亿元"),
    ],
)
def test_the_unit_of_a_caption_is_in_each_row(caption: str, said: str) -> None:
    found = [
        text
        for text in rows(f"<caption>{caption}</caption>{HEAD}{BODY}")
        if text.startswith("Port")
    ]
    assert found == [f"Port: Brest; Depth: 12; {said}.", f"Port: Skerry; Depth: 9; {said}."]


def test_a_row_above_the_header_can_give_the_unit() -> None:
    table = "<tr><td colspan=2>单位：万吨</td></tr><tr><th>港口</th><th>吞吐量</th></tr><tr><td>北港</td><td>12</td></tr>"
    assert rows(table) == ["单位：万吨.", "港口: 北港; 吞吐量: 12; 单位: 万吨."]


@pytest.mark.parametrize(
    "caption",
    [
        "The ports in 1781",
        "Ports in a storm",
        "Ports (see below)",
        "Ships seen in March",
        "2023年各港情况（不含渔港）",
    ],
)
def test_a_caption_without_a_unit_adds_nothing(caption: str) -> None:
    assert unit_note(caption) is None
    assert "Port: Brest; Depth: 12." in rows(f"<caption>{caption}</caption>{HEAD}{BODY}")


@pytest.mark.parametrize(
    "text",
    [
        "m",
        "(m)",
        "km²",
        "m^3",
        "kg/m3",
        "%",
        "US$ million",
        "million tonnes",
        "GWh",
        "per cent",
        "万吨",
        "（元）",
        "元/吨",
        "亿千瓦时",
    ],
)
def test_units(text: str) -> None:
    assert is_unit(text)


@pytest.mark.parametrize("text", ["", "Brest", "12", "(12)", "12 m", "none", "Depth", "北港", "in"])
def test_what_is_no_unit(text: str) -> None:
    assert not is_unit(text)


def test_a_unit_is_said_once() -> None:
    assert with_unit("Depth (m)", "m") == with_unit("Depth", "(m)") == "Depth (m)"
    assert with_unit("", "m") == ""


@pytest.mark.parametrize(
    "mark, note",
    [
        ("<sup>a</sup>", "<sup>a</sup> at low water"),
        ("<sup>[1]</sup>", "[1] at low water"),
        ("<sup>1</sup>", "1. at low water"),
        ("[1]", "[1] at low water"),
        ("*", "* at low water"),
        (" †", "†at low water"),
        ("(*)", "(*) at low water"),
        ("<sup><a href=#n>*</a></sup>", "Note: * at low water"),
    ],
)
def test_notes_of_a_cell_end_its_row(mark: str, note: str) -> None:
    body = BODY.replace("9", f"9{mark}")
    expected = ["Port: Brest; Depth: 12.", "Port: Skerry; Depth: 9; note: at low water."]
    assert after(f"{HEAD}{body}<tfoot><tr><td colspan=2>{note}</td></tr></tfoot>", "") == expected
    assert after(f"{HEAD}{body}<tr><td colspan=2>{note}</td></tr>", "") == expected
    assert after(f"{HEAD}{body}", f"<p>{note}</p>") == expected


def test_notes_in_chinese() -> None:
    table = "<tr><th>港口</th><th>水深</th></tr><tr><td>北港①</td><td>12</td></tr><tr><td>南港</td><td>9<sup>*</sup></td></tr>"
    assert after(table, "<p>注：①含外港。<br>*低潮时测得</p>") == [
        "港口: 北港; 水深: 12; note: 含外港。",
        "港口: 南港; 水深: 9; note: 低潮时测得.",
    ]


def test_notes_of_headers_and_of_spans_are_in_every_row_they_cover() -> None:
    table = (
        "<tr><th>Port</th><th>Year</th><th>Depth<sup>a</sup></th></tr>"
        "<tr><td rowspan=2>Brest<sup>b,c</sup></td><td>1781</td><td>12</td></tr>"
        "<tr><td>1782</td><td>13</td></tr><tr><td>Skerry</td><td>1781</td><td></td></tr>"
    )
    notes = (
        "<p><sup>a</sup> low water</p><p><sup>b</sup> outer harbour</p><p><sup>c</sup> by lead</p>"
    )
    assert after(table, notes) == [
        "Port: Brest; Year: 1781; Depth: 12; note: outer harbour; note: by lead; note: low water.",
        "Port: Brest; Year: 1782; Depth: 13; note: outer harbour; note: by lead; note: low water.",
        "Port: Skerry; Year: 1781.",
    ]


def test_powers_are_no_marks_and_marks_without_notes_stay() -> None:
    head = "<tr><th>Port</th><th>Area (km<sup>2</sup>)</th></tr>"
    table = f"{head}<tr><td>Brest<sup>2</sup></td><td>10<sup>2</sup></td></tr><tr><td>Skerry*</td><td>9</td></tr>"
    assert after(table, "<p><sup>2</sup> with 3 m<sup>2</sup> of mud</p>") == [
        "Port: Brest; Area (km^2): 10^2; note: with 3 m^2 of mud.",
        "Port: Skerry*; Area (km^2): 9.",
    ]


def test_a_mark_that_is_all_of_a_cell_stays_with_its_note() -> None:
    assert "Port: Skerry; Depth: *; note: not measured." in after(
        HEAD + BODY.replace("9", "*"), "<p>* not measured</p>"
    )


def test_paragraphs_that_begin_with_no_mark_are_no_notes() -> None:
    tree = html.fromstring(
        f"<div><table>{HEAD}<tr><td>Brest*</td><td>12</td></tr></table><p>It was deep. * Not this.</p><p>* Nor this</p></div>"
    )
    assert take_notes(tree) == {}
    assert "Brest*" in tree.text_content()
