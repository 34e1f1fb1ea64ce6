"""Which sentences become claims: those that hold a document's answer to the goal, and those nearest
to it. Pure.

A model says what each document answers; it is believed where the answer stands in that document's
own sentences, is of the kind that was asked for, and stands on a page about the goal. A small model
answers rightly far more often than it judges sentences: asked for yes or no on each, it gave one
word to all of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.extractive.relevance import (
    FLOOR,
    LEAST,
    NEAR,
    grounded,
    is_open,
    off_subject,
    relevance,
    says,
    states,
)
from agents.guarding.fence import addresses_assistant
from research.domain import Claim, Line
from research.text.figures import (
    agree,
    figures,
    gives_what_is_asked,
    in_digits,
    is_of_the_kind,
    kinds_asked,
    latin_names,
    names,
    subject_of,
)
from research.text.listing import listing
from research.text.sentences import affirms, terms

SURE = 0.8  # how relevant a sentence must be to answer where no model says so
OPEN = 0.2  # how relevant a sentence must be to answer an open question
# a sentence in another language than the question: it may hold an answer, it does not stand near by
# its words
ACROSS = 0.3
_COUNTED = re.compile(r"\bhow many ([\w-]+)", re.IGNORECASE)
_MONTHS = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    "|dec(?:ember)?)"
)
_NO_MEASURE = re.compile(
    r"\b(?:section|chapter|page|figure|fig|table|item|appendix|note|slide|sheet|annex|article"
    r"|clause)s?\.? \d[\d.]*"
    rf"|第\s*\d+\s*[章节页条款项]|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTHS}\b|\b{_MONTHS}\.? "
    rf"\d{{1,2}}\b"
    r"|\d+月(?:\d+日)?|\d{4}-\d\d(?:-\d\d)?",
    re.IGNORECASE,
)
_OWNER = re.compile(r"\b([A-Z][\w-]+)['’]s\b|\b(?:of|at|by) ([A-Z][\w-]+)")
PARTS = 4  # sentences picked where no page answers
ABOUT_OPEN = 0.25  # and its document: an account is told in other words than it is asked for


@dataclass(frozen=True)
class Page:
    """The sentences an agent was shown of one reading, and the whole document they stand in: it
    tells what they are about."""

    title: str
    lines: tuple[Line, ...]
    document: str


@dataclass(frozen=True)
class Pick:
    """A sentence that becomes a claim: its relevance (0 to 1) and the answer it gives to the goal,
    '' if it only stands near."""

    line: Line
    relevance: float
    answer: str = ""


def pick(
    question: str,
    goal: str,
    pages: Sequence[Page],
    said: Mapping[int, str] | None,
    share: int,
    abroad: str = "",
) -> list[Pick]:
    """At most `share` picks in the order the sentences were shown, by what a model `said` each page
    answers. Without that relevance alone decides. Where no page answers, the few nearest are
    picked: each may be a part of an answer that no page gives alone. `abroad` is the goal in the
    other language, '' if nobody translated it."""
    measured = {
        line.number: m
        for page in pages
        for line, m in zip(page.lines, _measured(question, goal, page), strict=True)
    }
    if said is None:
        return _best(_unjudged(question, goal, abroad, pages, measured), goal, share)
    lines = [line for page in pages for line in page.lines]
    named = {
        line.number: line.text
        for line in lines
        if _names_it(question, goal, abroad, line, measured)
    }
    answers = {
        line.number: said[place].strip()
        for place, page in enumerate(pages)
        for line in holding(goal, said.get(place, ""), page, measured)
        if not (abroad and named)
        or line.number
        in named  # what the model read in another language is worth less than the words themselves
    }
    stated = {
        line.number: line.text
        for line in lines
        if not answers and _states_what_is_asked(goal, line, measured)
    }
    answers = {**stated, **named, **answers}
    near = [line for line in lines if line.number in answers or measured[line.number] >= NEAR]
    picks = [Pick(line, measured[line.number], answers.get(line.number, "")) for line in near]
    return _best(picks, goal, share if answers else min(share, PARTS))


def _unjudged(
    question: str, goal: str, abroad: str, pages: Sequence[Page], measured: Mapping[int, float]
) -> list[Pick]:
    """What is picked without a model: what names what is looked for answers, what is near enough
    stands near."""
    lines = [line for page in pages for line in page.lines]
    named = {line.number for line in lines if _names_it(question, goal, abroad, line, measured)}
    near = [line for line in lines if line.number in named or measured[line.number] >= FLOOR]
    return [
        Pick(line, measured[line.number], line.text if line.number in named else "")
        for line in near
    ]


def _names_it(
    question: str, goal: str, abroad: str, line: Line, measured: Mapping[int, float]
) -> bool:
    """Whether a sentence gives a figure and names the part of the question that is looked for; in
    another language, has all words of the goal beside its names."""
    if (
        measured[line.number] < LEAST
        or not _measures(line.text)
        or addresses_assistant(line.text)
        or _of_another(question, line.text)
    ):
        return False
    listed = listing(question)
    words = set(terms(abroad)) - {term for name in latin_names(goal) for term in terms(name)}
    return (listed is not None and listed.names(goal, line.text)) or (
        bool(words) and words <= set(terms(line.text))
    )


def _measures(text: str) -> bool:
    """Whether a sentence gives a figure that is no date and counts no pages."""
    return any(not figure.is_year for figure in figures(_NO_MEASURE.sub(" ", text)))


def _of_another(question: str, text: str) -> bool:
    """Whether a sentence says whose its figure is, *Orion's revenue*, *the revenue of Orion*, and
    names nobody of the question."""
    owners = {term for found in _OWNER.findall(text) for term in terms(" ".join(found))}
    return bool(owners) and not owners & set(terms(question)) and off_subject(question, text)


def _states_what_is_asked(goal: str, line: Line, measured: Mapping[int, float]) -> bool:
    """Whether a sentence that is surely about the goal, word for word, gives a figure in the units
    it asks for."""
    if (
        is_open(goal)
        or measured[line.number] < SURE
        or not any(kinds is not None for kinds in kinds_asked(goal))
    ):
        return False
    named = {term for name in names(goal) for term in terms(name)}
    return set(terms(subject_of(goal))) - named <= set(terms(line.text)) and gives_what_is_asked(
        goal, line.text
    )


def _best(picks: Sequence[Pick], goal: str, share: int) -> list[Pick]:
    ranked = sorted(
        picks,
        key=lambda p: (bool(p.answer), gives_what_is_asked(goal, p.line.text), p.relevance),
        reverse=True,
    )
    return sorted(ranked[:share], key=lambda p: p.line.number)


def _measured(question: str, goal: str, page: Page) -> list[float]:
    """The relevance of each sentence of a page to the goal or to the whole question; 0 where the
    page is about another thing."""
    if off_subject(goal, page.document, page.title) and off_subject(
        question, page.document, page.title
    ):
        return [0.0] * len(page.lines)
    measures = [
        [relevance(text, line.text, page.title) for text in (goal, question)] for line in page.lines
    ]
    return [max((m for m in found if m is not None), default=ACROSS) for found in measures]


def holding(goal: str, answer: str, page: Page, measured: Mapping[int, float]) -> list[Line]:
    """The sentences of a page that hold its answer: none where the answer says nothing, is of the
    wrong kind, or is not the page's."""
    if not may_answer(goal, answer) or not _is_about(goal, page):
        return []
    nearest = max(page.lines, key=lambda line: measured[line.number])
    if affirms(answer) is not None:
        return [nearest] if measured[nearest.number] >= FLOOR else []
    least = OPEN if is_open(goal) else 0.0
    held = [
        line for line in page.lines if says(line.text, answer) and measured[line.number] >= least
    ]
    if held:
        return sorted(held, key=lambda line: -measured[line.number])[:2]
    return (
        [nearest]
        if measured[nearest.number] >= FLOOR
        and grounded(answer, [line.text for line in page.lines])
        else []
    )


def _is_about(goal: str, page: Page) -> bool:
    about = relevance(goal, page.document, page.title)
    least = ABOUT_OPEN if is_open(goal) else FLOOR
    return (about is None or about >= least) and not off_subject(goal, page.document, page.title)


def may_answer(goal: str, answer: str) -> bool:
    """Whether a short answer says something of the kind that is asked for, and not the question
    once more."""
    if not states(answer) or not is_of_the_kind(goal, answer):
        return False
    return (
        affirms(answer) is not None
        or not set(terms(answer)) <= set(terms(goal))
        or _offers_choice(goal)
    )


def answered_by(question: str, answer: str, claims: Sequence[Claim]) -> list[Claim]:
    """The claims that hold a short answer to the whole question; of a bare yes or no, those that
    have to do with it."""
    if not may_answer(question, answer):
        return []
    if affirms(answer) is not None:
        return [claim for claim in claims if (relevance(question, claim.text) or 0.0) >= FLOOR]
    return [
        claim
        for claim in claims
        if says(claim.text, answer) and means(question, answer, claim.text)
    ]


def means(question: str, answer: str, text: str, title: str = "") -> bool:
    """Whether a sentence that holds an answer's figures gives them as what is asked for: in the
    units of the question; else with the answer's own words, beside one of the question's, which its
    title may say. *On 5 May* gives no number of arches."""
    said = figures(answer)
    if not said:
        return True
    if not all(any(agree(figure, other) for other in figures(text)) for figure in said):
        return False
    if any(kinds is not None for kinds in kinds_asked(question)):
        return gives_what_is_asked(question, text)
    held = set(terms(in_digits(text)))
    if counted := _COUNTED.search(question):
        return set(terms(counted[1])) <= held
    named = {term for name in names(question) for term in terms(name)}
    return set(terms(in_digits(answer))) <= held and bool(
        (set(terms(question)) - named) & (held | set(terms(title)))
    )


def _offers_choice(goal: str) -> bool:
    return " or " in goal or "还是" in goal
