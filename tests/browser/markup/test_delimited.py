"""Tables of text in every dialect, with what stands around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.documents.reading import read_document
from browser.markup.delimited import parts_of_delimited
from research.domain import PageText


def read(raw: bytes, name: str = "depths.csv") -> PageText:
    return read_document(raw, name=name, url=f"https://example.com/{name}").page


def rows(text: str) -> list[str]:
    return [part.text for part in parts_of_delimited(text)[0]]


def test_a_spreadsheet_of_another_country() -> None:
    raw = "sep=;\r\nHafen;Umschlag (Mio. t);Änderung\r\nKiel;119,6;-5,8 %\r\nEmden;1.048,3;2,1 %\r\n".encode(
        "cp1252"
    )
    page = read(raw)
    assert [page.text[start:end] for start, end in page.sentences] == [
        "Hafen: Kiel; Umschlag (Mio. t): 119,6; Änderung: -5,8 %.",
        "Hafen: Emden; Umschlag (Mio. t): 1.048,3; Änderung: 2,1 %.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Bank,2023,2024\nRook,120,135\nCrow,80,88\n",
        "Bank;2023;2024\nRook;120;135\nCrow;80;88\n",
        "Bank\t2023\t2024\nRook\t120\t135\nCrow\t80\t88\n",
        "Bank|2023|2024\nRook|120|135\nCrow|80|88\n",
        '"sep=^"\nBank^2023^2024\nRook^120^135\nCrow^80^88\n',
        '"Bank","2023","2024"\r"Rook","120","135"\r"Crow","80","88"\r',
        'Bank,2023,2024\n="Rook",="120",="135"\nCrow,80,88\n',
        "# Bank,2023,2024\nRook,120,135\nCrow,80,88\n",
    ],
)
def test_dialects(text: str) -> None:
    assert rows(text) == ["Bank: Rook; 2023: 120; 2024: 135.", "Bank: Crow; 2023: 80; 2024: 88."]


def test_what_stands_above_and_below_a_table_is_no_row_of_it() -> None:
    text = "Office of the harbours;;\nAs of 2 May 2024;;\n;;\nPort;Catch;Share\nKiel;48,3;2,1 %\nEmden;40,1;1,9 %\n;;\nSource: the office;;\n"
    assert rows(text) == [
        "Office of the harbours",
        "As of 2 May 2024",
        "Port: Kiel; Catch: 48,3; Share: 2,1 %.",
        "Port: Emden; Catch: 40,1; Share: 1,9 %.",
        "Source: the office",
    ]


def test_names_and_values_above_a_table() -> None:
    table = '"Country","Code","2021","2022",\n"Aruba","ABW","71.5","72",\n"Chad","TCD","","48.1",\n'
    assert rows(f'"Data Source","Indicators",\n\n"Last Updated","2024-05-02",\n\n{table}') == [
        "Data Source: Indicators",
        "Last Updated: 2024-05-02",
        "Country: Aruba; Code: ABW; 2021: 71.5; 2022: 72.",
        "Country: Chad; Code: TCD; 2022: 48.1.",
    ]
    assert (
        rows("Landings by port, 2024\nPort,Catch,Share\nKiel,48,2\nEmden,40,1\n")[-1]
        == "Port: Emden; Catch: 40; Share: 1."
    )
    assert rows("Port,Note\nKiel,wet\nEmden,\n")[-1] == "Port: Emden."


def test_two_tables_in_one_file() -> None:
    text = "Port,Catch\nKiel,48\nEmden,40\n\nYear,Depth,Share\n2023,70,5\n2024,71,6\n"
    assert (
        rows(text)[-1] == "Year: 2024; Depth: 71; Share: 6."
        and rows(text)[0] == "Port: Kiel; Catch: 48."
    )


def test_names_over_several_columns() -> None:
    text = "Region,Domestic,,Export,\n,Plan,Actual,Plan,Actual\nNorth,10,12,14,15\nSouth,1,2,3,4\n"
    assert (
        rows(text)[0]
        == "Region: North; Domestic Plan: 10; Domestic Actual: 12; Export Plan: 14; Export Actual: 15."
    )


def test_quotation_marks() -> None:
    assert rows('Port,Note\nKiel,"Two lines\nof it; and ""more"""\n') == [
        'Port: Kiel; Note: Two lines of it; and "more".'
    ]
    assert (
        rows('Port,Pipe,N\nKiel,5" pipe,1\nEmden,6" pipe,2\n')[0]
        == 'Port: Kiel; Pipe: 5" pipe; N: 1.'
    )
    assert rows('Port,Pipe\nKiel,"5 inch\nEmden,6 inch\nHusum,7 inch\n') == [
        'Port: Kiel; Pipe: "5 inch.',
        "Port: Emden; Pipe: 6 inch.",
        "Port: Husum; Pipe: 7 inch.",
    ]


def test_a_dialect_that_cannot_be_told_is_told() -> None:
    page = read(b"It was, as they said; a long day. | Then nothing.\nAnother line without\n")
    assert [note.kind for note in page.notes] == ["dialect_unknown"] and "a long day" in page.text
    assert not read(b"Kiel\nEmden\n").notes


def test_a_large_file_takes_no_longer_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    detect = parts_of_delimited.__globals__["Detector"].detect
    monkeypatch.setattr(
        "browser.markup.delimited.Detector.detect",
        lambda self, sample, **more: (seen.append(len(sample)), detect(self, sample, **more))[1],
    )
    text = "Port;Catch\n" + "".join(f"{number};{number}\n" for number in range(9000))
    assert len(rows(text)) == 9000 and max(seen) <= 20_000


@given(st.text(alphabet='ab1,;\t|"\n =#', max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    parts_of_delimited(text)


def test_names_hold_past_an_empty_line_and_labels_are_none() -> None:
    assert rows("Light,Skerry\nHeight,48\nRange,21.5\nOwner,Board\n") == [
        "Light: Skerry.",
        "Height: 48.",
        "Range: 21.5.",
        "Owner: Board.",
    ]
    first = "Quay,1998,1999\nWest,61,64\n\n"
    assert rows(first + "East,70,75\n")[1] == "Quay: East; 1998: 70; 1999: 75."
    assert (
        rows(first + "Light,Height,Keepers\nSkerry,48,3\n")[1]
        == "Light: Skerry; Height: 48; Keepers: 3."
    )
