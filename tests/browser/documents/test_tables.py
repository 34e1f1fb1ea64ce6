"""The grid of every table: spans, late cells, headers of two rows, years and numbers as names of
columns."""

import pytest

from browser.documents.parts import Part
from browser.documents.tables import Cell, rows_of, table_parts


def told(*lines: str, titled: bool = False) -> list[str]:
    """The rows of a table written as `a | b`. `>2` behind a cell is its width, `v2` its height, `!`
    marks a name."""
    return [
        part.text
        for part in table_parts(
            [[cell(text) for text in line.split("|")] for line in lines], titled=titled
        )
    ]


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
    [
        "Quay | 1998 | 1999 | 2000",
        "Quay | 1998/99 | 1999/00 | 2000/01",
        "Quay | 2023 | 2022 | 2021 (est.)",
        " | 1998 | 1999 | 2000",
    ],
)
def test_years_name_columns(header: str) -> None:
    names = [name.strip() for name in header.split("|")]
    first = f"{names[0]}: " if names[0] else ""
    expected = f"{first}West; {names[1]}: 610; {names[2]}: 640; {names[3]}: 1999."
    assert told(header, "West | 610 | 640 | 1999", "East | 1,840 | 2000 | 1907")[0] == expected


def test_numbers_in_order_name_columns() -> None:
    assert (
        told("Deck | 1 | 2 | 3", "Guns | 10 | 24 | 26", "Ports | 11 | 24 | 30")[1]
        == "Deck: Ports; 1: 11; 2: 24; 3: 30."
    )
    assert (
        told("Length (m) | 5 | 10 | 20", "Toll | 1.5 | 2.1 | 1.9")[0]
        == "Length (m): Toll; 5: 1.5; 10: 2.1; 20: 1.9."
    )
    assert (
        told("Age | 0–4 | 5–9 | 10–19", "Boys | 11 | 14 | 30")[0]
        == "Age: Boys; 0–4: 11; 5–9: 14; 10–19: 30."
    )


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
    assert (
        told("Quay ! v2 | In ! >2 | Out ! >2", "Plan ! | Done ! | Plan ! | Done !", *body)
        == expected
    )
    assert (
        told("Quay | In | | Out | ", " | Plan | Done | Plan | Done", *body, titled=True) == expected
    )
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
    rows = told(
        "Quay ! | Depth !",
        "West | 9",
        "Quay ! | Depth !",
        "East | 8",
        "Light ! | Height !",
        "Skerry | 48",
    )
    assert rows == ["Quay: West; Depth: 9.", "Quay: East; Depth: 8.", "Light: Skerry; Height: 48."]


def test_a_marked_row_of_totals_is_a_row_and_marks_everywhere_mark_nothing() -> None:
    rows = told("Quay ! | Depth !", "West | 9", "All ! | 17 !", "East | 8", "All ! | shut !")
    assert rows == [
        "Quay: West; Depth: 9.",
        "Quay: All; Depth: 17.",
        "Quay: East; Depth: 8.",
        "Quay: All; Depth: shut.",
    ]
    everywhere = told("Quay ! | Depth !", *[f"Q{number} ! | {number} !" for number in range(12)])
    assert everywhere[0] == "Quay: Q0; Depth: 0." and len(everywhere) == 12


def test_titles_above_a_header_stay_rows() -> None:
    assert told("Depths of the quays >3", "Quay | Depth | Berths", "West | 9 | 4", "East | 8 | 2")[
        :2
    ] == [
        "Depths of the quays.",
        "Quay: West; Depth: 9; Berths: 4.",
    ]


def test_rows_of_a_table_within_a_cell_follow_its_row() -> None:
    inner = (Part("Month: May; Depth: 9.", "row"),)
    rows = [
        [Cell("Quay", True), Cell("Depths", True)],
        [Cell("West"), Cell("measured twice", inside=inner)],
    ]
    assert [part.text for part in table_parts(rows)] == [
        "Quay: West; Depths: measured twice.",
        "Quay: West; Month: May; Depth: 9.",
    ]


def test_where_the_first_row_names_by_custom_words_are_enough() -> None:
    table = [["Quay", "Keeper"], ["West", "Bell"], ["East", "Dunn"]]
    assert [part.text for part in rows_of(table)] == [
        "Quay: West; Keeper: Bell.",
        "Quay: East; Keeper: Dunn.",
    ]
    assert told("Quay | Keeper", "West | Bell", "East | Dunn") == [
        "Quay: Keeper.",
        "West: Bell.",
        "East: Dunn.",
    ]


def test_spans_without_end_are_bounded() -> None:
    assert len(told("Quay ! | Depth ! >9999999", "West v9999999 | 9", "8")) == 2


def test_a_marked_name_beside_a_free_corner_names_its_column() -> None:
    assert told("! | Tolls !", "1781 | 12", "1782 | 14") == ["1781; Tolls: 12.", "1782; Tolls: 14."]


@pytest.mark.parametrize(
    "rows",
    [
        ("Light | Skerry", "Height | 48", "Range | 21.5"),
        ("Light: | Skerry", "Height: | 48"),
        ("Light ! | Skerry", "Height ! | 48", "Range ! | 21"),
        ("Lit | 1871", "Keepers | 3", "Owner | The board"),
        ("Owner | Ann Bell", "Dues | 40 €", "Tax | 8 €"),
        ("Owner | Bell", "Number | 4711", "Sum | 1,250"),
        ("Light | Skerry", "Height | 48"),
    ],
)
def test_labels_and_their_values_have_no_header(rows: tuple[str, ...]) -> None:
    expected = [row.replace(" !", "").replace(":", "").replace(" |", ":") + "." for row in rows]
    assert told(*rows) == expected


def test_a_unit_to_the_right_of_values_makes_no_header() -> None:
    assert told("Light | Skerry | ", "Height | 48 | ", "Range | 21.5 | nm") == [
        "Light: Skerry.",
        "Height: 48.",
        "Range; 21.5; nm.",
    ]


def test_labels_side_by_side_go_before_their_values() -> None:
    expected = ["Light: Skerry; Lit: 1871.", "Height: 48 m; Keepers: 3.", "Owner: none."]
    marked = told(
        "Light ! | Skerry | Lit ! | 1871", "Height ! | 48 m | Keepers ! | 3", "Owner ! | none >3"
    )
    colons = told(
        "Light: | Skerry | Lit: | 1871", "Height: | 48 m | Keepers: | 3", "Owner: | none >3"
    )
    assert marked == colons == expected
    plain = told("Light | Skerry | Keeper | Bell", "Lit | 1871 | Height | 48.5")
    assert plain == ["Light; Skerry; Keeper; Bell.", "Lit; 1871; Height; 48.5."]


@pytest.mark.parametrize(
    "rows",
    [
        ("Ann Bell | West | Keeper", "Tom Dunn | East | Clerk", "Eve Hart | North | Pilot"),
        ("West | Bell | Tern", "East | Dunn | Gull"),
        ("West | shut | shut", "East | 610 | 640", "North | 80 | 75"),
    ],
)
def test_rows_of_words_alike_name_nothing(rows: tuple[str, ...]) -> None:
    assert told(*rows) == [row.replace(" |", ";") + "." for row in rows]


def test_members_by_name_are_no_header_even_by_custom() -> None:
    rows = ("Ann Bell | West | Keeper", "Tom Dunn | East | Clerk", "Eve Hart | North | Pilot")
    assert told(*rows, titled=True)[0] == "Ann Bell; West; Keeper."


def test_words_over_names_of_two_words_are_a_header() -> None:
    assert told(
        "Quay | Keeper | Deputy", "West | Ann Bell | Tom Dunn", "East | Eve Hart | Jo Reed"
    )[0] == ("Quay: West; Keeper: Ann Bell; Deputy: Tom Dunn.")


@pytest.mark.parametrize(
    "rows",
    [
        ("Year | Dues", "1998 | 610", "1999 | 640"),
        (" | Dues", "West | 610"),
        ("Quay | Depth (m)", "West | 9.5", "East | 8"),
        ("Quay | Depth", "West | 9 m", "East | 8 m"),
    ],
)
def test_two_columns_have_a_header_where_something_tells(rows: tuple[str, ...]) -> None:
    assert len(told(*rows)) == len(rows) - 1


def test_names_hold_past_an_empty_row_until_others_come() -> None:
    table = (
        "Quay | Keeper | Boat",
        "West | Bell | Tern",
        " | | ",
        "East | Dunn | Gull",
        "North | Hart | Auk",
    )
    assert told(*table, titled=True)[1:] == [
        "Quay: East; Keeper: Dunn; Boat: Gull.",
        "Quay: North; Keeper: Hart; Boat: Auk.",
    ]
    figures = (
        "Quay | 1998 | 1999",
        "West | 610 | 640",
        " | | ",
        "Light | Height | Keepers",
        "Skerry | 48 | 3",
    )
    assert told(*figures)[1:] == ["Light: Skerry; Height: 48; Keepers: 3."]
    doubtful = (
        "Quay | Dues (€)",
        "West | 610",
        "East | 600",
        " | ",
        "Light | Keepers",
        "Skerry | 3",
    )
    assert told(*doubtful)[2:] == ["Light: Keepers.", "Skerry: 3."]
    assert told("Quay | 1998 | 1999", " | | ", "West | 610 | 640") == [
        "Quay: West; 1998: 610; 1999: 640."
    ]


def test_heads_of_groups_stand_before_their_rows() -> None:
    rows = told(
        "Fish ! | 1998 ! | 1999 !",
        "Inshore >3",
        "Cod | 4 | 5",
        "Offshore >3",
        "Cod | 40 | 50",
        "Sum | 44 | 55",
    )
    assert rows == [
        "Inshore.",
        "Inshore; Fish: Cod; 1998: 4; 1999: 5.",
        "Offshore.",
        "Offshore; Fish: Cod; 1998: 40; 1999: 50.",
        "Fish: Sum; 1998: 44; 1999: 55.",
    ]
    apart = told(
        "Fish | 1998 | 1999", "Inshore | | ", "Cod | 4 | 5", "Offshore | | ", "Cod | 40 | 50"
    )
    assert apart[1] == "Inshore; Fish: Cod; 1998: 4; 1999: 5." and apart[3].startswith(
        "Offshore; Fish: Cod"
    )


def test_a_row_without_values_and_a_remark_head_nothing() -> None:
    rows = told(
        "Quay | 1998 | 1999", "West | | ", "East | 4 | 5", "Shut in May >3", "North | 6 | 7"
    )
    assert rows == [
        "Quay: West.",
        "Quay: East; 1998: 4; 1999: 5.",
        "Shut in May.",
        "Quay: North; 1998: 6; 1999: 7.",
    ]


def test_a_value_like_its_name_keeps_its_name() -> None:
    assert (
        told("Year | 1998 | 1999", "Berths | 1998 | 2040", "Boats | 610 | 640")[0]
        == "Year: Berths; 1998: 1998; 1999: 2040."
    )


def test_names_over_nothing_are_told_and_their_unit_holds() -> None:
    rows = told("Quay ! | Dues ! | in thousand euros !", "West | 610 | ", "East | 80 | ")
    assert rows[:2] == ["in thousand euros.", "Quay: West; Dues: 610; in thousand euros."]


def test_a_total_beside_names_of_parts() -> None:
    rows = told(
        "Quay | Half | | Sum",
        " | First | Second | ",
        "West | 1 | 2 | 3",
        "East | 4 | 5 | 9",
        titled=True,
    )
    assert rows[0] == "Quay: West; Half First: 1; Half Second: 2; Sum: 3."
