"""The few words of its own that code writes into a report, in the languages of the interface
(`words.toml`)."""

from collections.abc import Mapping
from pathlib import Path

from agents.guarding.untrusted_text import on_one_line
from research.domain import Question
from research.reporting.words import words_in
from research.text.sentences import clip

WORDS = words_in(Path(__file__).with_suffix(".toml"))


def own_words(question: Question) -> Mapping[str, str]:
    """The words of the question's language, and the question itself as the `title` of a report that
    has no other."""
    return {**WORDS[question.language], "title": clip(on_one_line(question.text), 120)}
