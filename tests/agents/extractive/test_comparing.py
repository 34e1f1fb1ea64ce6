"""Whether a table fits, decided from the question and the claims alone."""

import pytest

from agents.extractive.comparing import compares, table, things
from research.domain import Claim, Language


def claims(*texts: str) -> list[Claim]:
    return [Claim(id=f"c{n}", text=text, evidence=()) for n, text in enumerate(texts, 1)]


DEPTHS = claims(
    "The depth of the Kestrel Trench is 7,420 metres.",
    "The depth of the Falcon Trench is 6,100 metres.",
    "The Kestrel Trench was surveyed at a cost of 30 dollars.",
    "Both trenches are cold.",
)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (
            "Compare the depth of the Kestrel Trench and the Falcon Trench.",
            ["Kestrel Trench", "Falcon Trench"],
        ),
        ("What is the difference between wire sounding and sonar?", ["wire sounding", "sonar"]),
        (
            "Which is deeper, the Kestrel Trench or the Falcon Trench?",
            ["Kestrel Trench", "Falcon Trench"],
        ),
        ("比较红隼海沟和苍鹰海沟的深度", ["红隼海沟", "苍鹰海沟"]),
        ("How deep is the Kestrel Trench?", []),
        ("红隼海沟有多深？", []),
    ],
)
def test_what_a_question_compares(question: str, found: list[str]) -> None:
    assert things(question) == found
    assert compares(question) == bool(found)


def test_rows_are_what_is_compared_and_columns_what_at_least_two_have() -> None:
    made = table("Compare the Kestrel Trench and the Falcon Trench.", DEPTHS, "en")
    assert made is not None
    assert made.header == ("Compared", "depth metres")
    assert [row[0].text for row in made.rows if row[0]] == ["Kestrel Trench", "Falcon Trench"]
    assert [[cell.claims for cell in row[1:] if cell] for row in made.rows] == [
        [("c1",)],
        [("c2",)],
    ]


@pytest.mark.parametrize(
    ("question", "known", "language"),
    [
        ("How deep is the Kestrel Trench?", DEPTHS, "en"),
        ("Compare the Kestrel Trench and the Falcon Trench.", DEPTHS[2:], "en"),
        (
            "Compare the Kestrel Trench and the Falcon Trench.",
            claims("The Kestrel Trench at 7 m is deeper than the Falcon Trench at 6 m."),
            "en",
        ),
        ("比较红隼海沟和苍鹰海沟的深度", DEPTHS, "zh"),
    ],
)
def test_no_table_where_none_fits(question: str, known: list[Claim], language: Language) -> None:
    assert table(question, known, language) is None


def test_a_chinese_question_gets_its_table() -> None:
    made = table(
        "比较红隼海沟和苍鹰海沟的深度",
        claims("红隼海沟的深度是7420米。", "苍鹰海沟的深度是6100米。"),
        "zh",
    )
    assert made is not None
    assert made.header[0] == "比较对象"
    assert len(made.rows) == 2
