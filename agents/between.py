"""What can be compared of a sentence and a quote in another language: figures, Latin words, denial and doubt. Pure.

Words themselves cannot: whether the quote says it a model is asked (`judging.py`). Not here: quotes in the sentence's own language
(`restating.py`)."""

import re
from collections.abc import Collection

from agents.clauses import COUNTED, read, without_month
from agents.vocabulary import CLASSES, DENIALS, akin
from research.figures import agree, figures, unsupported_figures
from research.text import language_of, terms
from research.types import Language

MOST_NAMED = 8  # Chinese characters in a text of another language that may only name something; half as many Latin words
_HAN, _LATIN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"), re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_UNDONE = re.compile(r"\b(?:un|in|im|ir|non|dis)[a-z]{4,}", re.IGNORECASE)  # a denial within a word of English


def is_in(language: Language, quote: str) -> bool:
    """Whether a quote is in a language; one that mixes both is, if it says something in it: more than a name in brackets."""
    if language_of(quote) == language:
        return True
    if language == "zh":
        return len(_HAN.findall(quote)) > MOST_NAMED
    words = read(" ".join(["of", *_LATIN.findall(quote)])).words  # the first word of a sentence tells nothing of names
    return len(words) >= MOST_NAMED / 2 and any(not word.name for word in words)


def is_beyond(thought: str, held: Collection[str]) -> bool:
    """Whether a thought names what no quote in its own language does: only another language can tell of it."""
    return any(not (word.told or akin(word.form, held)) for word in read(thought).words)


def has_its_figure(thought: str, quote: str) -> bool:
    """Whether a figure of a thought stands in a quote."""
    return any(agree(one, other) for one in figures(thought) for other in figures(quote))


def may_say(thought: str, quote: str, text: str) -> bool:
    """Whether a quote in another language may say a thought of a text: it has its figures and its Latin words, denies and doubts alike."""
    if unsupported_figures(thought, [quote]) or not (as_sure(text, quote) or as_sure(thought, quote)):
        return False
    latin = set(terms(" ".join(_LATIN.findall(COUNTED.sub(" ", thought))))) if language_of(thought) == "zh" else set()
    return latin <= set(terms(quote))


def as_sure(text: str, quote: str) -> bool:
    """Whether a sentence denies what its text in another language denies, and doubts nothing that it does not."""
    said, told = without_month(text), without_month(quote)
    if DENIALS.search(told) and not (DENIALS.search(said) or _UNDONE.search(said)):
        return False
    return all(not pattern.search(said) or pattern.search(told) or _UNDONE.search(told) for pattern in (DENIALS, *CLASSES[:2]))
