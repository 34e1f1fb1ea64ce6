from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.text.figures import (
    figures,
    gives_what_is_asked,
    latin_names,
    names,
    subject_of,
    unsupported_figures,
    years,
)


def read(text: str) -> list[tuple[Decimal, str]]:
    return [(figure.value, figure.unit) for figure in figures(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10,935 m ± 6 m", [(10935, "m"), (6, "m")]),
        ("6 per cent of 67 000 soundings", [(6, "%"), (67000, "")]),
        ("约１２万人，费用3.5亿元", [(120_000, "people"), (350_000_000, "cny")]),
        (
            "$3.5 million at -5 °C over 11 square kilometres",
            [(3_500_000, "usd"), (-5, "°C"), (11, "km2")],
        ),
        ("1,500 m/s in COVID-19 times, in 3D", [(1500, "m/s")]),
        (
            "正线总共三百八十九公里，八万六千亩，百分之三十五，两天，千万别一样",
            [(389, "km"), (86_000, "mu"), (35, "%"), (2, "d")],
        ),
        ("up to two days in any one week, by three-metre steps", [(2, "d"), (3, "m")]),
        ("声速为1500米每秒，2020年11月", [(1500, "m/s"), (2020, ""), (11, "")]),
        ("area code 513 1947, of 1 234 567", [(513, ""), (1947, ""), (1_234_567, "")]),
    ],
)
def test_figures_come_to_one_form(text: str, expected: list[tuple[int, str]]) -> None:
    assert read(text) == [(Decimal(value), unit) for value, unit in expected]


def test_years_and_names() -> None:
    assert years("In 1875 the ship sounded 8184 metres; 2020年") == {"1875", "2020"}
    assert names("Sailors of HMS Challenger saw the Gulf of Mexico.") == {
        "HMS Challenger",
        "Gulf of Mexico",
    }


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("It is 10,900 metres deep.", []),
        ("It is 11,900 metres deep.", ["11,900"]),
        ("It is 10,935 feet deep.", ["10,935"]),
        ("It was measured in 2019.", ["2019"]),
        ("It was measured in 2021.", []),
        ("It is deep.", []),
    ],
)
def test_figures_that_no_quote_holds_are_found(text: str, missing: list[str]) -> None:
    assert unsupported_figures(text, ["The depth was 10,935 m in 2021."]) == missing


@given(st.text())
def test_a_text_supports_its_own_figures(text: str) -> None:
    assert unsupported_figures(text, [text]) == []


@pytest.mark.parametrize(
    ("question", "sentence", "gives"),
    [
        ("How long is the bridge?", "From end to end the structure measures 642 metres.", True),
        ("How long is the bridge?", "The bridge opened in 1934.", False),
        ("When did the bridge open?", "The bridge opened in 1934.", True),
        ("茶园面积是多少？", "茶园共有12.6万亩。", True),
        ("Who built the bridge?", "The bridge is 642 metres long.", False),
    ],
)
def test_a_sentence_gives_the_kind_of_figure_that_is_asked_for(
    question: str, sentence: str, gives: bool
) -> None:
    assert gives_what_is_asked(question, sentence) is gives


def test_what_a_question_is_about() -> None:
    assert subject_of("How long is Merrow Bridge?").split() == ["is", "Merrow", "Bridge?"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请就Veltrix写一份简报", {"Veltrix"}),
        ("Veltrix的毛利率是多少", {"Veltrix"}),
        ("深渊（Challenger Deep）的深度", {"Challenger Deep"}),
        ("How deep is the Challenger Deep?", {"Challenger Deep"}),
        ("Baikal is deep.", set()),
    ],
)
def test_a_latin_name_in_chinese_text_is_a_name_wherever_it_stands(
    text: str, found: set[str]
) -> None:
    assert latin_names(text) == found
