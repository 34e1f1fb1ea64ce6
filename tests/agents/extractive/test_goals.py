"""What may be asked: nothing twice, and nothing beside the question."""

import pytest
from agents.extractive.goals import fresh, kept_to, overlaps
from hypothesis import given
from hypothesis import strategies as st

from research.text.sentences import terms

QUESTION = "How deep is the Kestrel Trench?"
WORDS = st.lists(
    st.sampled_from(
        "kestrel trench depth survey 1931 archive harbour bridge 海沟的深度 红隼".split()
    ),
    min_size=1,
    max_size=6,
)
GOALS = st.lists(WORDS.map(" ".join), max_size=8)


@given(GOALS, GOALS)
def test_what_is_fresh_was_not_asked_and_is_not_fresh_again(
    proposed: list[str], asked: list[str]
) -> None:
    new = fresh(proposed, asked)
    assert not any(overlaps(goal, old) for goal in new for old in asked)
    assert not any(overlaps(a, b) for i, a in enumerate(new) for b in new[:i])
    assert fresh(proposed, [*asked, *new]) == []


@given(WORDS)
def test_the_order_of_words_makes_no_new_question(words: list[str]) -> None:
    shuffled = sorted(words, reverse=True)
    assert fresh([" ".join(shuffled)], [" ".join(words)]) == []


@pytest.mark.parametrize(
    ("goal", "asked"),
    [
        ("how deep is the kestrel trench", QUESTION),
        ("What is the depth of the Kestrel Trench?", QUESTION),
        (
            "Kestrel Trench depth survey of 2019",
            "depth of the Kestrel Trench in the survey of 2019",
        ),
        ("红隼海沟有多深？", "红隼海沟的深度是多少？"),
        ("???", "anything"),
    ],
)
def test_what_was_asked_in_other_words_is_refused(goal: str, asked: str) -> None:
    assert fresh([goal], [asked]) == []


@pytest.mark.parametrize(
    ("goal", "asked"),
    [
        ("Who found the Kestrel Trench?", QUESTION),
        ("How long is the Kestrel Trench?", QUESTION),
        (
            "Depth of the Kestrel Trench in letters of the survey of 1931",
            "Depth of the Kestrel Trench",
        ),
        ("谁发现了红隼海沟？", "红隼海沟的深度是多少？"),
        (
            "Average yearly revenue of Acme Corporation in Europe in 2020",
            "Average yearly revenue of Acme Corporation in Europe in 2019",
        ),
        (
            "The share of Toyota among new electric cars sold in Europe",
            "The share of Volkswagen among new electric cars sold in Europe",
        ),
    ],
)
def test_a_narrower_or_another_question_is_asked(goal: str, asked: str) -> None:
    assert fresh([goal], [asked]) == [goal]


def test_goals_keep_to_the_question_and_name_what_it_names() -> None:
    assert kept_to(QUESTION, [], 3) == [QUESTION]
    assert kept_to(
        "How deep and how wide is the Kestrel Trench?",
        ["How deep is the Kestrel Trench?", "Its width"],
        3,
    ) == [
        "How deep is the Kestrel Trench?",
        "Its width (Kestrel Trench)",
    ]
    assert kept_to(
        "What did the Kestrel Bridge project do?", ["what did the project do about rust"], 3
    ) == ["what did the project do about rust (Kestrel Bridge)"]


@given(GOALS, st.integers(1, 5))
def test_there_is_always_a_goal_and_never_more_than_allowed(proposed: list[str], most: int) -> None:
    goals = kept_to(QUESTION, proposed, most)
    assert 1 <= len(goals) <= most
    assert all(set(terms(goal)) & set(terms(QUESTION)) for goal in goals)
