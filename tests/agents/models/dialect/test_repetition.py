"""Properties of seeing a text run in circles."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.dialect.repetition import SHORTEST, TIMES, find_repetition

WORDS = st.text(st.characters(categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=40)


@given(st.text(max_size=300), WORDS, st.integers(0, 39))
def test_sees_any_unit_said_often_enough(before: str, unit: str, cut: int) -> None:
    times = max(TIMES, SHORTEST // len(unit)) + 1
    found = find_repetition(before + unit * times + unit[:cut])
    assert found is not None
    assert found.times >= TIMES


@given(st.text(max_size=SHORTEST - 1))
def test_a_short_text_never_runs_in_circles(text: str) -> None:
    assert find_repetition(text) is None


@given(st.lists(st.integers(0, 10**6), min_size=30, unique=True))
def test_a_list_of_different_items_is_fine(numbers: list[int]) -> None:
    verdicts = [{"claim": f"c{number}", "verdict": "supported"} for number in numbers]
    assert find_repetition(json.dumps(verdicts)) is None
    assert find_repetition("\n".join(f"| {number} | yes |" for number in numbers)) is None


@given(WORDS, st.text(st.characters(categories=["Lu"]), min_size=40, max_size=60))
def test_what_ends_otherwise_has_got_out_of_the_circle(unit: str, ending: str) -> None:
    found = find_repetition(
        unit * 60 + ". " + "".join(f"{place}{char}" for place, char in enumerate(ending))
    )
    assert found is None


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ("the cat " * 30, True),
        ("他说了同样的话。" * 30, True),
        (
            "A long sentence that is said once more, with figures such as 48 metres, for whatever reason there may be, dear reader. "
            * 4,
            True,
        ),
        (
            "A long sentence that is said once more, with figures such as 48 metres, for whatever reason there may be, dear reader. "
            * 2,
            False,
        ),
        ("| --- " * 20 + "|", False),
        ("=" * 300, False),
        ("\n" * 2000, True),
        ("a" * 300, True),
        ("", False),
    ],
)
def test_examples(text: str, circles: bool) -> None:
    assert (find_repetition(text) is not None) is circles


def test_the_message_is_short() -> None:
    assert str(find_repetition("abc " * 100)) == "'abc ' stands 100 times at its end"
