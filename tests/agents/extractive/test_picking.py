"""Which sentences become claims, from what a model said of each document."""

import pytest

from agents.extractive.picking import Page, Pick, pick
from research.domain import Line

GOAL = "Who designed the Kestrel Bridge?"


def page(title: str, *sentences: str, first: int = 1) -> Page:
    lines = (
        Line(number=first + i, reading_id=title, snapshot_id=title, index=i, text=text)
        for i, text in enumerate(sentences)
    )
    return Page(title, tuple(lines), " ".join(sentences))


PLAQUE = page(
    "The plaque",
    "The Kestrel Bridge was designed by George Marrable.",
    "It was painted green in 1960.",
)
ARCHIVE = page(
    "The archive",
    "The drawings of the Kestrel Bridge are signed by Ada Rusk, who designed it.",
    first=3,
)
FISH = page("Fish", "The harbour sells herring on Fridays.", first=4)
PAGES = [PLAQUE, ARCHIVE, FISH]


def picked(goal: str, pages: list[Page], *answers: str, share: int = 6) -> list[Pick]:
    return pick(goal, goal, pages, dict(enumerate(answers)), share)


def test_each_document_answers_for_itself() -> None:
    found = picked(GOAL, PAGES, "George Marrable", "Ada Rusk", "not stated")
    assert [(one.line.number, one.answer) for one in found] == [
        (1, "George Marrable"),
        (3, "Ada Rusk"),
    ]


@pytest.mark.parametrize(
    "answer",
    ["not stated", "未说明", "", "Ada Rusk", "the Kestrel Bridge", "1931", "Herring on Fridays"],
)
def test_an_answer_that_its_own_document_does_not_give_is_not_believed(answer: str) -> None:
    found = picked(GOAL, [PLAQUE, FISH], answer, answer)
    assert [(one.line.number, one.answer) for one in found] == [
        (1, "")
    ]  # near, as a part of an answer that no page gives alone


def test_what_a_sentence_is_about_its_whole_document_tells() -> None:
    shown = page("Engineering", "From buffer to buffer the line is 204 metres long.")
    goal = "How long is the track of the Kestrel Cliff Railway?"
    assert not any(one.answer for one in picked(goal, [shown], "204 metres"))
    known = Page(
        shown.title, shown.lines, "The Kestrel Cliff Railway has a single track. " + shown.document
    )
    assert [one.answer for one in picked(goal, [known], "204 metres")] == ["204 metres"]


def test_an_answer_of_another_kind_is_not_believed() -> None:
    pages = [
        page(
            "The bridge",
            "The Kestrel Bridge was opened in 1931.",
            "The Kestrel Bridge is 642 metres long.",
        )
    ]
    assert [
        one.line.number for one in picked("How long is the Kestrel Bridge?", pages, "642 metres")
    ] == [1, 2]
    assert not any(
        one.answer for one in picked("When was the Kestrel Bridge painted?", pages, "642 metres")
    )


def test_a_figure_that_plainly_answers_is_found_though_the_model_missed_it() -> None:
    pages = [
        page(
            "The bridge",
            "The Kestrel Bridge is 642 metres long.",
            "The Kestrel Bridge was opened in 1931.",
        ),
        FISH,
    ]
    found = picked("How long is the Kestrel Bridge?", pages, "not stated", "not stated")
    assert [(one.line.number, bool(one.answer)) for one in found] == [(1, True), (2, False)]
    assert not any(
        one.answer
        for one in picked("How long is the Falcon Bridge?", pages, "not stated", "not stated")
    )
    assert not any(
        one.answer
        for one in picked("How heavy is the Kestrel Bridge?", pages, "not stated", "not stated")
    )
    chinese = [page("大桥", "雪青大桥全长642米。")]
    assert [bool(one.answer) for one in picked("雪青大桥有多长？", chinese, "未说明")] == [True]


def test_a_bare_yes_or_no_stands_on_the_nearest_sentence() -> None:
    goal = "Did the Kestrel reintroduction work?"
    works = page("Trust", "The Kestrel reintroduction did work.", "We are glad.")
    failed = page(
        "Watchers",
        "Nobody has seen a bird.",
        "The reintroduction of the kestrel has not worked.",
        first=3,
    )
    assert [
        (one.line.number, one.answer) for one in picked(goal, [works, failed], "Yes", "No")
    ] == [(1, "Yes"), (4, "No")]


def test_without_an_answer_what_stands_near_is_picked() -> None:
    near = picked(GOAL, PAGES, "not stated", "not stated", "not stated")
    assert [(one.line.number, one.answer) for one in near] == [(1, ""), (3, "")]


def test_without_a_judgement_relevance_decides() -> None:
    assert [one.line.number for one in pick(GOAL, GOAL, PAGES, None, 6)] == [1, 3]


def test_the_share_goes_to_the_answers_first() -> None:
    assert [one.line.number for one in picked(GOAL, PAGES, "not stated", "Ada Rusk", share=1)] == [
        3
    ]


def test_chinese_documents_answer_too() -> None:
    goal = "失传的雪青釉是谁恢复的？"
    pages = [
        page("镇志", "雪青釉的恢复，当归功于老艺人顾守田。"),
        page("档案", "雪青釉是林映秋恢复的。", first=2),
        page("通知", "运动会在周五举行。", first=3),
    ]
    found = picked(goal, pages, "老艺人顾守田", "林映秋", "未说明")
    assert [(one.line.number, one.answer) for one in found] == [(1, "老艺人顾守田"), (2, "林映秋")]


def test_between_languages_an_answer_is_found_by_its_figures_and_nothing_stands_near_by_chance() -> (
    None
):
    goal = "凯斯特桥有多长？"
    pages = [
        page(
            "The bridge",
            "The Kestrel Bridge is 642 metres long.",
            "The tea room is open on Sundays.",
        )
    ]
    assert [(one.line.number, one.answer) for one in picked(goal, pages, "642米")] == [(1, "642米")]
