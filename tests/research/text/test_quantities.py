"""Figures and dates of a statement against its evidence."""

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.text.quantities import measured, missing, years

STANDS = [
    ("$46.9M", "a revenue of $46.9 million"),
    ("46,900,000", "收入4690万"),
    ("46.9M", "0.469亿"),
    ("46.9 百万", "46,900,000"),
    ("revenue of $46.9 million", "Revenue (in millions) | 46.9"),
    ("$600–950 million", "from $600 million to $950 million"),
    ("10.5 billion euros", "10,5 Mrd. EUR"),
    ("46.9M or 47M", "46.87M"),
    ("1,200", "1187"),
    ("1234.5", "1.234,5"),
    ("1234.5", "1 234,5"),
    ("三百二十万", "3.2 million"),
    ("320万", "三百二十万"),
    ("二〇二四年", "2024"),
    ("１２３ people", "123"),
    ("55 %", "百分之五十五"),
    ("2 percentage points", "2 %"),
    ("55 %", "Share | 55"),
    ("3 engines", "three engines"),
    ("the 21st century", "the twenty-first century"),
    ("5 March 2024", "2024-03-05"),
    ("March 5, 2024", "On 5 March it opened. 2024"),
    ("2024年3月5日", "March 5th, 2024"),
    ("5 March 2024", "5. März 2024"),
    ("5 March 2024", "5 de marzo de 2024"),
    ("2024年3月", "en mars 2024"),
    ("2025年7月14日", "自 2025 年 7 月 14 日起"),
    ("7月20日", "7 月 14 日至 20 日停用"),
    ("6 March 1932", "03/06/1932"),
    ("12 May 2020", "12 and 13 May 2020"),
    ("2019", "15 Feb 19"),
    ("2026年第三季度", "Q3 2026"),
    ("Q1 2026", "the first quarter of 2026"),
    ("Q3 2026", "the rest of 2026"),
    ("in 2024/25", "2024–2025"),
    ("2011-12", "2011–2012"),
    ("2011-12", "December 2011"),
    ("FY2025", "fiscal 2025"),
    ("'24", "2024"),
    ("1990s", "the '90s"),
    ("mid-2024", "in 2024"),
    ("3.12.1", "Python 3.12.1"),
    ("v2.1", "version 2.1"),
    ("600–950 kg", "600 to 950 kg"),
    ("It was 36,600 t.", "36,600 tonnes"),
    ("0.61", "It cost £0.61m."),
    ("15.4万人次", "用餐（1—10月，万人次）: 15.4"),
    ("−30 °C", "minus 30"),
    ("-3.2 %", "(3.2)"),
    ("−3.2 %", "fell 3.2 %"),
    ("−30 °C", "30 degrees of frost"),
    ("from 9 to 12 April", "9 April 2020, 12 April 2020"),
    ("16×", "16x"),
    ("2:1", "2 to 1"),
    ("14:30", "at 14:30"),
    ("VLX-500", "the VLX 500"),
    ("CVE-2024-1234", "cve-2024-1234"),
    ("ISO 27001", "ISO 27001"),
    ("`max_attempts=5`", "5 attempts"),
    ("Covid-19", "COVID-19"),
    ("It may march on", ""),
    ("一下子，三个月", ""),
    ("万亿三，万亿三千", ""),
]
MISSING = [
    ("46.9M", "47 million", "46.9M"),
    ("$46.9M", "$46.9 billion", "$46.9M"),
    ("about 50", "46.9", "50"),
    ("on 5 March 2024 it", "5 March 2023", "5 March 2024"),
    ("on 6 March 2024 it", "5 March 2024", "6 March 2024"),
    ("in May 2020", "June 2020", "May 2020"),
    ("2020年5月", "2020年6月", "2020年5月"),
    ("$5M", "€5 million", "$5M"),
    ("55 %", "$55", "55 %"),
    ("the VLX-500", "VLX-5000 and 500", "VLX-500"),
    ("500 km", "VLX-500", "500"),
    ("on 3.12.1", "3.12.2", "3.12.1"),
    ("in 2019", "2018", "2019"),
    ("2,020 people", "2,031", "2,020"),
    ("2,500 people", "2.5", "2,500"),
    ("约１２３人", "124", "１２３"),
    ("增长三百二十万", "320", "三百二十万"),
    ("at 14:30", "14:45", "14:30"),
    ("2024/25", "2024/26", "25"),
    ("5", "55 and 2.5", "5"),
    ("2011-12", "2011–13", "2011-12"),
]


@pytest.mark.parametrize(("statement", "evidence"), STANDS)
def test_what_stands_in_the_evidence(statement: str, evidence: str) -> None:
    assert missing(statement, [evidence]) == ()


@pytest.mark.parametrize(("statement", "evidence", "named"), MISSING)
def test_what_does_not_is_named_as_it_is_written(statement: str, evidence: str, named: str) -> None:
    assert missing(statement, [evidence]) == (named,)


def test_a_calculation_may_be_rounded() -> None:
    assert missing("55 % or 55.5, about 55", [], values=[Decimal("55.47")]) == ()
    assert missing("55 %", [], values=[Decimal("0.5547")]) == ()
    assert missing("54 %, 60", [], values=[Decimal("55.47")]) == ("54 %", "60")
    assert missing("four of 5", [], values=[Decimal(5)]) == ()
    assert missing("−55 %", [], values=[Decimal("55.47")]) == ("−55 %",)
    assert missing("−55 %", [], values=[Decimal("-55.47")]) == ()


def test_number_words_are_read_in_the_languages_asked_for() -> None:
    assert missing("3 Motoren", ["drei Motoren"], languages=["de-AT"]) == ()
    assert missing("11 times", ["once"]) == ("11",)
    assert missing("3", ["tatu"], languages=["sw"]) == ("3",)


@given(st.text(alphabet=st.sampled_from("0123456789.,-–−:/ $€%kM'Qv年月日亿万三十第()①½²ab")))
def test_a_statement_stands_in_itself(statement: str) -> None:
    assert missing(statement, [statement]) == ()


@given(st.text())
def test_any_text_stands_in_itself(statement: str) -> None:
    assert missing(statement, [statement]) == ()


@given(st.integers(10, 10**9), st.integers(10, 10**9))
def test_another_number_is_missing(said: int, known: int) -> None:
    named = missing(f"It has {said} members.", [f"It has {known} members."])
    zeros = len(str(said)) - len(str(said).rstrip("0"))
    assert abs(said - known) * 2 <= 10**zeros or named == (f"{said}",)


@given(
    st.dates(date(1000, 1, 1), date(2199, 12, 31)), st.dates(date(1000, 1, 1), date(2199, 12, 31))
)
def test_another_date_is_missing(said: date, known: date) -> None:
    written = f"{said.day} {said:%B %Y}"
    assert missing(f"On {written} it", [f"{known}"]) == (() if said == known else (written,))


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("10,935 m", {"length-meter", "duration-month", "duration-minute"}),
        ("10,935 metres deep", {"length-meter"}),
        ("深度为7420米。", {"length-meter"}),
        ("at 1,500 metres per second", {"speed-meter-per-second"}),
        ("about 55 % of it", {"%"}),
        ("for €3.5 million", {"EUR"}),
        ("three-quarters of 366,000 passengers", {"passeng"}),
        ("船员96人。", {"人"}),
    ],
)
def test_what_a_figure_counts(text: str, counted: set[str]) -> None:
    [(_, unit)] = measured(text)
    assert unit == counted


def test_years_are_no_measures() -> None:
    text = "In 1875, and on 5 March 1931, the ship sounded 8,184 metres; 2020年"
    assert years(text) == {1875, 1931, 2020}
    assert len(measured(text)) == 1


def test_a_version_before_a_colon_is_one_name() -> None:
    assert missing("3.3.13 and 3.4.0: tokens", ["3.3.13"]) == ("3.4.0",)
    assert missing("3.3.13 and 3.4.0: tokens", ["3.3.13, then 3.4.0"]) == ()


def test_a_percentage_may_stand_as_a_part_of_one() -> None:
    assert missing("85 % full", ["nearFullRatio: 0.85"]) == ()
    others = ["nearFullRatio: 0.86", "$0.85", "0.85 kg", "0.85 %", "0.855"]
    assert missing("85 % full", others) == ("85 %",)


def test_a_checksum_is_read_in_no_time() -> None:
    digest = "e629fa65" + "9" * 60 + "ab"
    started = time.process_time()
    missing(f"The wheel {digest} and A{'9' * 60}ab are there.", ["x"])
    assert time.process_time() - started < 2


def test_a_quarter_is_missing_where_others_are_named() -> None:
    assert missing("In Q2 sales were 5.", ["In Q3 sales were 5."]) == ("Q2",)
    assert missing("In Q3 sales were 5.", ["Sales of the third quarter, 5."]) == ()
    assert missing("In Q2 sales were 5.", ["Sales were 5 in spring."]) == ()
    assert missing("第二季度为5。", ["第三季度为5。"]) == ("第二季度",)


def test_a_number_before_a_date_is_no_day_of_it() -> None:
    asked = "On 11 December 2025 the Board decides about draft 3."
    assert missing("Do not sign draft 3 on 11 December.", [asked]) == ()
    assert missing("It met on 3 and 11 December.", [asked]) == ("3 and 11 December",)
