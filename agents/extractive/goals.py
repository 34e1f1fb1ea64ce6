"""What may be asked: sub-questions that keep to the question, and nothing that was asked before.
Pure.

A model proposes; these rules refuse. Not here: who is sent and when the work ends (`routing.py`).
"""

import re
from collections.abc import Iterable, Sequence

from research.domain import Ledger
from research.text.figures import kinds_asked, names, subject_of
from research.text.sentences import clip, language_of, terms

LONGEST = 300  # characters of a goal
LEADS = 3  # names that a search may take up
OVERLAP = 0.75  # goals that share this part of their words are one
_LEADS_NOWHERE = frozenset(
    terms(
        "January February March April May June July August September October November "
        "December Monday Tuesday Wednesday Thursday Friday"
        " Saturday Sunday North South East West"
    )
)
_MEASURES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(deep|depth)\b|[多水]深|深度",
        r"\b(tall|high|height|altitude)\b|多高|高度",
        r"\b(wide|width)\b|多宽|宽度",
        r"\b(long|length)\b|多长|长度|全长",
        r"\b(far|distance)\b|多远|距离",
    )
)


def kept_to(question: str, proposed: Iterable[str], most: int) -> list[str]:
    """The sub-questions that keep to the question: those that share its words, once each. One that
    names nothing is told what it is about. If together they lose one of the question's names, the
    question itself is asked as well."""
    asked = set(terms(question))
    goals: list[str] = []
    for text in (named(question, clip(p.strip(), LONGEST)) for p in proposed if p.strip()):
        if set(terms(text)) & asked and not any(same_question(text, goal) for goal in goals):
            goals.append(text)
    goals = goals[:most]
    covered = {term for goal in goals for term in terms(goal)}
    lost = any(not set(terms(name)) & covered for name in names(question))
    if not goals or lost:
        goals = [question, *goals][:most]
    return goals


def named(question: str, goal: str) -> str:
    """The sub-question, with the question's names where it lacks half of each: *what did the
    project do about it (Kestrel Bridge)*."""
    wanted = sorted(names(question), key=question.index) if language_of(question) == "en" else []
    held = set(terms(goal))
    parts = [set(terms(name)) for name in wanted]
    return (
        goal
        if not wanted or any(len(part & held) * 2 >= len(part) for part in parts)
        else f"{goal} ({', '.join(wanted)})"
    )


def same_question(first: str, second: str) -> bool:
    """Whether two questions ask one thing: *how long is the bridge*, *what is the length of the
    bridge*; not *how wide is the bridge*."""
    a, b = _about(first, second)
    return not _apart(first, second) and a == b


def fresh(proposed: Iterable[str], asked: Sequence[str]) -> list[str]:
    """What was not asked before, in the same or nearly the same words, and is not proposed
    twice."""
    kept: list[str] = []
    for text in (clip(p.strip(), LONGEST) for p in proposed):
        if terms(text) and not any(overlaps(text, old) for old in [*asked, *kept]):
            kept.append(text)
    return kept


def overlaps(first: str, second: str) -> bool:
    """Whether two questions are one in nearly the same words. Another name, year or measure makes
    another question."""
    a, b = _about(first, second)
    return not _apart(first, second) and len(a & b) >= OVERLAP * len(a | b)


def leads(question: str, ledger: Ledger) -> list[str]:
    """The names that the claims nearest to a question bring and the question lacks: what a chain of
    facts may go on with."""
    known = set(terms(question))
    nearest = sorted(ledger.claims, key=lambda claim: -claim.relevance)
    found = (name for claim in nearest for name in sorted(names(claim.text), key=claim.text.index))
    fitting = (
        name
        for name in found
        if not set(terms(name)) & known and not set(terms(name)) <= _LEADS_NOWHERE
    )
    return list(dict.fromkeys(fitting))[:LEADS]


def with_leads(question: str, found: Sequence[str]) -> str:
    """The question asked again with names that were found."""
    return f"{question} ({', '.join(found)})"


def asks_again(goal: str, question: str) -> bool:
    """Whether a goal is the question itself, alone or with names that were found."""
    return goal == question or goal.startswith(f"{question} (")


def _about(first: str, second: str) -> tuple[set[str], set[str]]:
    """The terms of both; of what they ask about alone, where they ask for figures of one kind."""
    kinds = kinds_asked(first), kinds_asked(second)
    if any(one is None or other is None or one & other for one in kinds[0] for other in kinds[1]):
        first, second = subject_of(first), subject_of(second)
    return set(terms(first)), set(terms(second))


def _apart(first: str, second: str) -> bool:
    """Whether each tells of a measure, a figure or a name that the other does not."""
    measures = [
        {number for number, measure in enumerate(_MEASURES) if measure.search(text)}
        for text in (first, second)
    ]
    if measures[0] and measures[1] and not measures[0] & measures[1]:
        return True
    a, b = set(terms(first)), set(terms(second))
    numbers_a, numbers_b = ({term for term in own if term[0].isdigit()} for own in (a, b))
    names_a, names_b = (
        {term for name in names(text) for term in terms(name)} for text in (first, second)
    )
    return bool(numbers_a - b and numbers_b - a) or bool(names_a - b and names_b - a)
