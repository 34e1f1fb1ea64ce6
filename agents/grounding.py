"""Whether what a model wrote speaks of what was found at all: by words, so that no model's verdict is needed. Pure.

A sentence of which hardly a word stands in its claims was not written from them, whoever calls it supported; a title or heading of which
hardly a word stands in the question or the claims came from elsewhere. Not here: whether a sentence follows from its quotes (`check.py`);
a false sentence made of the right words passes here."""

import re
from collections.abc import Iterable

from research.text import language_of, terms

SENTENCE = 1 / 3  # the least share of a sentence's words that its claims hold
_LIKE_A_KEY = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])\S{12,}|[!-~]{32,}", re.ASCII)
_AROUND = ".,;:!?)]*_'\"(["
LABEL = 4  # words that a heading may have without any of them standing anywhere


def foreign(text: str, held: Iterable[str]) -> bool:
    """Whether fewer than a third of the text's words stand in the texts it rests on. Between languages words cannot tell."""
    texts = list(held)
    said = set(terms(text))
    if not said or not any(language_of(one) == language_of(text) for one in texts):
        return False
    known = {term for one in texts for term in terms(one)}
    return len(said & known) < SENTENCE * len(said)


def foreign_label(text: str, held: Iterable[str]) -> bool:
    """The same of a title or heading; a short one is a mere label."""
    return len(set(terms(text))) > LABEL and foreign(text, held)


def without_keys(text: str, known: str) -> str:
    """The text without the words that look like a key (long, letters with digits) and do not stand in what is known."""
    return " ".join(word for word in text.split() if not _LIKE_A_KEY.search(word) or word.strip(_AROUND) in known)
