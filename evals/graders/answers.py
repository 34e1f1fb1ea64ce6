"""How near a short answer is to the right one: exact match, F1 over words, and whether a text
contains it. Pure.

Normalised as SQuAD does (Rajpurkar et al. 2016): case, punctuation and the articles a, an, the do
not count; F1 is that of HotpotQA, where yes and no match only themselves. Each figure is the best
over the right answer and its aliases.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
CLOSED = frozenset({"yes", "no", "noanswer"})


def normalised(text: str) -> str:
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact(answer: str, right: Sequence[str]) -> float:
    return float(any(normalised(answer) == normalised(one) for one in right))


def f1(answer: str, right: Sequence[str]) -> float:
    return max(_f1(normalised(answer), normalised(one)) for one in right)


def _f1(answer: str, right: str) -> float:
    if answer != right and CLOSED & {answer, right}:
        return 0.0
    said, wanted = answer.split(), right.split()
    common = sum((Counter(said) & Counter(wanted)).values())
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


def contains(text: str, right: Sequence[str]) -> float | None:
    """Whether the text has one of the answers, word for word; None where the answer is yes or no,
    which any text may contain."""
    wanted = [one for one in map(normalised, right) if one]
    if not wanted or CLOSED & set(wanted):
        return None
    held = f" {normalised(text)} "
    return float(any(f" {one} " in held for one in wanted))
