"""The grid of every table: spans, late cells, headers of two rows, years and numbers as names of columns."""

import pytest

from browser.documents.parts import Part
from browser.documents.tables import Cell, rows_of, table_parts


def told(*lines: str, titled: bool = False) -> list[str]:
    """The rows of a table written as `a | b`. `>2` behind a cell is its width, `v2` its height, `!` marks a name."""
    return [part.text for part in table_parts([[cell(text) for text in line.split("|")] for line in lines], titled=titled)]


def cell(text: str) -> Cell:
    words = text.split()
    spans = {"v": 1, ">": 1}
    while words and words[-1][0] in spans and words[-1][1:].isdecimal():
        span = words.pop()
        spans[span[0]] = int(span[1:])
    marked = bool(words) and words[-1] == "!"
    return Cell(" ".join(words[:-1] if marked else words), marked, spans[">"], spans["v"])


@pytest.mark.parametrize(
    "header",
    ["Quay | 1998 | 1999 | 2000", "Quay | 1998/99 | 1999/00 | 2000/01", "Quay | 2023 | 2022 | 2021 (est.)", " | 1998 | 1999 | 2000"],
)
def test_years_name_columns(header: str) -> None:
    names = [name.strip() for name in header.split("|")]
    first = f"{names[0]}: " if names[0] else ""
    expected = f"{first}West; {names[1]}: 610; {names[2]}: 640; {names[3]}: 1999."
    assert told(header, "West | 610 | 640 | 1999", "East | 1,840 | 2000 | 1907")[0] == expected


def test_numbers_in_order_name_columns() -> None:
    assert told("Deck | 1 | 2 | 3", "Guns | 10 | 24 | 26", "Ports | 11 | 24 | 30")[1] == "Deck: Ports; 1: 11; 2: 24; 3: 30."
    assert told("Length (m) | 5 | 10 | 20", "Toll | 1.5 | 2.1 | 1.9")[0] == "Length (m): Toll; 5: 1.5; 10: 2.1; 20: 1.9."
    assert told("Age | 0–4 | 5–9 | 10–19", "Boys | 11 | 14 | 30")[0] == "Age: Boys; 0–4: 11; 5–9: 14; 10–19: 30."


@pytest.mark.parametrize(
    "rows",
    [
        ("West | 610 | 640", "East | 80 | 75"),
        ("West | 61 | 64 | 70", "East | 80 | 75 | 60"),
        ("1998 | 610", "1999 | 640"),
        ("West | 1998 | 610", "East | 2001 | 640"),
        ("Height ! | 48 m", "Lit ! | 1871"),
        ("Owner | The board", "Height | 48 m", "Lit | 1871"),
    ],
)
def test_a_first_row_like_the_others_names_nothing(rows: tuple[str, ...]) -> None:
    assert len(told(*rows)) == len(rows)


def test_headers_of_two_rows() -> None:
    expected = [
        "Quay: West; In Plan: 1; In Done: 2; Out Plan: 3; Out Done: 4.",
        "Quay: East; In Plan: 5; In Done: 6; Out Plan: 7; Out Done: 8.",
    ]
    body = ("West | 1 | 2 | 3 | 4", "East | 5 | 6 | 7 | 8")
    assert told("Quay v2 | In >2 | Out >2", "Plan | Done | Plan | Done", *body) == expected
    assert told("Quay ! v2 | In ! >2 | Out ! >2", "Plan ! | Done ! | Plan ! | Done !", *body) == expected
    assert told("Quay | In | | Out | ", " | Plan | Done | Plan | Done", *body, titled=True) == expected
    assert told(" | In >2 | Out >2", "Quay | Plan | Done | Plan | Done", *body) == expected
    years = told("Quay v2 | In >2 | Out >2", "1998 | 1999 | 1998 | 1999", *body)
    assert years[0] == "Quay: West; In 1998: 1; In 1999: 2; Out 1998: 3; Out 1999: 4."


def test_what_spans_stands_in_each_place_it_covers() -> None:
    rows = told(
        "Quay | Spring | Summer | Autumn",
        "West | shut >2 | 95",
        "East v2 | 40 | 44 | 46",
        "41 | 45 | 47",
        "North | 180 >2 | 90",
        " | 1 | 2 | 3",
        "All quays >4",
    )
    assert rows == [
        "Quay: West; Spring: shut; Summer: shut; Autumn: 95.",
        "Quay: East; Spring: 40; Summer: 44; Autumn: 46.",
        "Quay: East; Spring: 41; Summer: 45; Autumn: 47.",
        "Quay: North; Spring, Summer: 180; Autumn: 90.",
        "Spring: 1; Summer: 2; Autumn: 3.",
        "All quays.",
    ]


def test_cells_reach_down_to_the_right_of_a_row_that_ends_early() -> None:
    rows = told("Quay ! | Depth ! | Keeper !", "West | 9 | Bell v3", "East | 8", "South")
    assert rows == [
        "Quay: West; Depth: 9; Keeper: Bell.",
        "Quay: East; Depth: 8; Keeper: Bell.",
        "Quay: South; Keeper: Bell.",
    ]


def test_a_header_said_again_is_no_row_and_a_new_one_names_what_follows() -> None:
    rows = told("Quay ! | Depth !", "West | 9", "Quay ! | Depth !", "East | 8", "Light ! | Height !", "Skerry | 48")
    assert rows == ["Quay: West; Depth: 9.", "Quay: East; Depth: 8.", "Light: Skerry; Height: 48."]


def test_a_marked_row_of_totals_is_a_row_and_marks_everywhere_mark_nothing() -> None:
    rows = told("Quay ! | Depth !", "West | 9", "All ! | 17 !", "East | 8", "All ! | shut !")
    assert rows == ["Quay: West; Depth: 9.", "Quay: All; Depth: 17.", "Quay: East; Depth: 8.", "Quay: All; Depth: shut."]
    everywhere = told("Quay ! | Depth !", *[f"Q{number} ! | {number} !" for number in range(6)])
    assert everywhere[0] == "Quay: Q0; Depth: 0." and len(everywhere) == 6


def test_titles_above_a_header_stay_rows() -> None:
    assert told("Depths of the quays >2", "Quay | Depth", "West | 9", "East | 8")[:2] == ["Depths of the quays.", "Quay: West; Depth: 9."]


def test_rows_of_a_table_within_a_cell_follow_its_row() -> None:
    inner = (Part("Month: May; Depth: 9.", "row"),)
    rows = [[Cell("Quay", True), Cell("Depths", True)], [Cell("West"), Cell("measured twice", inside=inner)]]
    assert [part.text for part in table_parts(rows)] == ["Quay: West; Depths: measured twice.", "Quay: West; Month: May; Depth: 9."]


def test_where_the_first_row_names_by_custom_words_are_enough() -> None:
    table = [["Quay", "Keeper"], ["West", "Bell"], ["East", "Dunn"]]
    assert [part.text for part in rows_of(table)] == ["Quay: West; Keeper: Bell.", "Quay: East; Keeper: Dunn."]
    assert told("Quay | Keeper", "West | Bell", "East | Dunn") == ["Quay: Keeper.", "West: Bell.", "East: Dunn."]


def test_spans_without_end_are_bounded() -> None:
    assert len(told("Quay ! | Depth ! >9999999", "West v9999999 | 9", "8")) == 2


def test_a_marked_name_beside_a_free_corner_names_its_column() -> None:
    assert told("! | Tolls !", "1781 | 12", "1782 | 14") == ["1781; Tolls: 12.", "1782; Tolls: 14."]
