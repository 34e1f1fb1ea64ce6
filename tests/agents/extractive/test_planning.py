"""Which of the sub-questions that a model proposes are kept."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.extractive.planning import SubQuestion, kept_to
from research.domain import Question, SourceChoice
from research.text.language import interface_language_of
from research.text.sentences import terms

PARTS = st.lists(st.sampled_from("kestrel trench depth harbour bridge 1931 海沟的深度".split()))


def asked(text: str) -> Question:
    return Question(
        text=text,
        language=interface_language_of(text),
        today=date(2026, 1, 1),
        sources=SourceChoice(web=True),
    )


def kept(question: str, *proposed: SubQuestion, most: int = 3) -> list[str]:
    return [one.question for one in kept_to(asked(question), proposed, most)]


def test_what_leaves_the_question_is_not_asked() -> None:
    question = "How deep is the Kestrel Trench, and who found it?"
    deep = SubQuestion(question="How deep is the Kestrel Trench?")
    found = SubQuestion(question="Who found the Kestrel Trench?")
    other = SubQuestion(question="What do herrings eat?")
    assert kept(question, deep, other, found, deep) == [deep.question, found.question]


@pytest.mark.parametrize("proposed", [[], ["What do herrings eat?"], ["How deep is a trench?"]])
def test_where_the_questions_name_is_lost_it_is_asked_itself(proposed: list[str]) -> None:
    question = "How deep is the Kestrel Trench?"
    made = kept(question, *(SubQuestion(question=text) for text in proposed))
    assert made[0] == question


def test_keywords_and_a_translation_hold_to_the_question() -> None:
    question = asked("Kestrel海沟有多深？")
    own, other = (
        SubQuestion(question=question.text, keywords=words, english=english)
        for words, english in (("海沟", "Kestrel trench depth"), ("鲱鱼", "Falcon trench depth"))
    )
    [one] = kept_to(question, [own], 1)
    assert (one.keywords, one.english) == ("海沟", "Kestrel trench depth")
    [one] = kept_to(question, [other], 1)
    assert (one.keywords, one.english) == ("", "")


@given(st.lists(PARTS, max_size=6), st.integers(min_value=1, max_value=4))
def test_never_too_many_and_none_twice(proposed: list[list[str]], most: int) -> None:
    question = "What is the depth of the Kestrel Trench?"
    made = kept(question, *(SubQuestion(question=" ".join(p)) for p in proposed), most=most)
    assert 1 <= len(made) <= most
    assert len({frozenset(terms(text)) for text in made}) == len(made)
