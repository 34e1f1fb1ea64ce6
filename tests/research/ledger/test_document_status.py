import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.domain import Standing
from research.ledger.document_status import (
    RANK,
    date_in,
    document_of,
    highest,
    is_earlier,
    standing_of,
)

WHERE = "library://firm/reports/fees.md"


@pytest.mark.parametrize(
    ("url", "title", "head", "expected"),
    [
        (WHERE, "Harbour fees", "The fee is 12 euros.", "current"),
        (WHERE, "Harbour fees (v1 - SUPERSEDED)", "", "superseded"),
        (
            WHERE,
            "Harbour fees",
            "NOTE: early figures, superseded by the fees of 2026.",
            "superseded",
        ),
        (WHERE, "Harbour fees", "This document is out of date.", "superseded"),
        (WHERE, "Harbour fees", "Replaced by the tariff of May on 3 June 2025.", "superseded"),
        (WHERE, "Harbour fees", "Draft – not approved.", "draft"),
        (WHERE, "Harbour fees (Draft v0.9)", "", "draft"),
        (WHERE, "港口收费（已作废）", "", "superseded"),
        (WHERE, "港口收费", "本文件已被2026年收费表取代。", "superseded"),
        (WHERE, "港口收费（草案）", "", "draft"),
        ("library://firm/archive/2023/fees.md", "Harbour fees", "", "archived"),
        ("library://firm/旧版/收费.md", "港口收费", "", "archived"),
        ("library://firm/fees_superseded.md", "Harbour fees", "", "superseded"),
        ("https://example.org/docs/deprecated/fees.html", "Harbour fees", "", "superseded"),
        ("file:///home/old/papers/firm/docs/fees.md", "Harbour fees", "", "current"),
        (WHERE, "Harbour fees", "This tariff supersedes the tariff of 2023.", "current"),
        (
            WHERE,
            "Ships",
            "In the 1850s sail was superseded by steam, and charts were out of date.",
            "current",
        ),
        (WHERE, "The draft of ships", "The draft of a ship is how deep it lies.", "current"),
    ],
)
def test_a_document_is_what_it_calls_itself(
    url: str, title: str, head: str, expected: Standing
) -> None:
    assert standing_of(url, title, head) == expected


def test_what_stands_far_down_is_not_about_the_document() -> None:
    text = "The fee is 12 euros. " * 60 + "\nThis document is out of date."
    assert document_of(WHERE, "Harbour fees", text, None).standing == "current"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Q1 2025 Operations", "2025-03"),
        ("prepared on April 14, 2026", "2026-04-14"),
        ("14 April 2026", "2026-04-14"),
        ("Last updated: May 2026", "2026-05"),
        ("2026年5月3日", "2026-05-03"),
        ("report_2024_q3 of 2024-10-02", "2024-10-02"),
        ("the plan for 2027", "2027"),
        ("12,019 metres", ""),
    ],
)
def test_dates_are_found(text: str, date: str) -> None:
    assert date_in(text) == date


def test_the_date_is_that_of_publication_or_what_the_document_says() -> None:
    assert document_of(WHERE, "Fees 2024", "", "2025-02-01").date == "2025-02-01"
    assert document_of(WHERE, "Fees 2024", "May 2026", None).year == "2024"
    assert document_of("library://firm/q2_2023_fees.md", "Fees", "", None).date == "2023-06"


dates = st.dates().map(str).flatmap(lambda date: st.sampled_from([date, date[:7], date[:4], ""]))


@given(dates, dates)
def test_no_two_dates_are_before_each_other(first: str, second: str) -> None:
    assert not (is_earlier(first, second) and is_earlier(second, first))
    assert not is_earlier(first, first)


@given(st.lists(st.sampled_from(sorted(RANK)), min_size=1))
def test_what_rests_on_several_documents_has_the_best_standing(standings: list[Standing]) -> None:
    assert RANK[highest(standings)] == max(RANK[s] for s in standings)
    assert RANK[highest([*standings, "current"])] == RANK["current"]
