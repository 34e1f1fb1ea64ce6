"""Which sentences of whole pages hold an answer that was given from all of them, and which lead to it. Pure.

A page may hold it that is about the question, or that such a page names. What a page is about its title tells. Not here: the asking
(`whole.py`), the answers of single documents (`picking.py`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.clauses import CLAUSES, denied, parts, without_month
from agents.picking import ABOUT_OPEN, SURE, Page, Pick, may_answer, means
from agents.relevance import asks_yes_or_no, off_subject, relevance, says
from agents.vocabulary import CLASSES
from research.figures import gives_what_is_asked, names
from research.text import affirms, language_of, terms
from research.types import Line

_DOUBTS = CLASSES[:2]
MOST = 2  # sentences that hold one answer
_BESIDE = re.compile(r"\s*\([^()]*\)|, \d{4}$|\s[-–—|]\s[^-–—|]{1,40}$")
_SHORTEST_CHINESE = 3  # characters of a name: shorter ones stand within others


@dataclass(frozen=True)
class Chain:
    """The sentences that hold an answer, the best first, and those that lead to it."""

    holding: tuple[Pick, ...] = ()
    leading: tuple[Pick, ...] = ()

    def concludes(self, answer: str) -> bool:
        """Whether it takes several sentences to see the answer, which stands in the best one word for word and is neither denied nor
        doubted there. A yes or no is left to the reader."""
        if affirms(answer) is not None or not self.leading:
            return False
        best = self.holding[0]
        said = next((part for part in parts(best.line.text, CLAUSES) if _stands(answer, part)), best.line.text)
        sure = not denied(said) and not any(doubt.search(without_month(said)) for doubt in _DOUBTS)
        return sure and best.relevance < SURE and _stands(answer, said)


def chain(question: str, answer: str, pages: Sequence[Page]) -> Chain:
    """At most two sentences that hold the answer, and of each page that the question names the nearest sentence, and the one that names the
    page of the answer. Empty where no sentence holds it; a yes or no is held by the pages that a question for one names."""
    if not may_answer(question, answer):
        return Chain()
    roots = [page for page in pages if _is_about(question, page)]
    asked = [_nearest(question, page) for page in roots if names_it(question, page.title)]
    if affirms(answer) is not None:
        return Chain(tuple(_picked(question, *one, answer) for one in asked) if asks_yes_or_no(question) else ())
    naming = {place: found for place, page in enumerate(pages) if page not in roots and (found := _naming(page, roots))}
    held = {
        (place, line.number): _picked(question, page, line, answer)
        for place, page in enumerate(pages)
        if page in roots or place in naming
        for line in page.lines
        if says(line.text, answer) and means(question, answer, line.text, page.title)
    }
    best = sorted(held, key=lambda at: _worth(question, answer, held[at]), reverse=True)[:MOST]
    numbers = {number for _, number in best}
    leading = {line.number: _picked(question, page, line) for page, line in (*asked, *(naming[at] for at, _ in best if at in naming))}
    return Chain(tuple(held[at] for at in best), tuple(pick for n, pick in leading.items() if n not in numbers) if best else ())


def _worth(question: str, answer: str, pick: Pick) -> tuple[bool, bool, float]:
    """Which sentence holds an answer best: word for word, as what is asked for, nearest to the question."""
    return _stands(answer, pick.line.text), gives_what_is_asked(question, pick.line.text), pick.relevance


def names_it(text: str, title: str) -> bool:
    """Whether a text names what a page is about, by its title as it is written: without the year, the site, and what tells it from others
    of its name. A common word or a figure names nothing."""
    name = _BESIDE.sub("", title).strip() or title.strip()
    if language_of(name) == "zh":
        return len(name) >= _SHORTEST_CHINESE and name in text
    return any(char.isupper() for char in name) and bool(terms(name)) and _stands(name, text, matching_case=True)


def _stands(part: str, text: str, *, matching_case: bool = False) -> bool:
    """Whether a part stands in a text as words of its own."""
    flags = re.NOFLAG if matching_case else re.IGNORECASE
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(part)}(?![A-Za-z0-9])", text, flags) is not None


def _is_about(question: str, page: Page) -> bool:
    about = relevance(question, page.document, page.title)
    if about is None:  # in another language only a name that stands in both can tell
        return any(_stands(name, page.document) for name in names(question))
    return about >= ABOUT_OPEN and not off_subject(question, page.document, page.title)


def _picked(question: str, page: Page, line: Line, answer: str = "") -> Pick:
    return Pick(line, relevance(question, line.text, page.title) or 0.0, answer)


def _nearest(question: str, page: Page) -> tuple[Page, Line]:
    """The sentence of a page that gives what is asked for, else that stands nearest to the question."""
    return page, max(page.lines, key=lambda line: (gives_what_is_asked(question, line.text), _picked(question, page, line).relevance))


def _naming(page: Page, others: Sequence[Page]) -> tuple[Page, Line] | None:
    """The sentence of another page that names this one."""
    return next(((other, line) for other in others for line in other.lines if names_it(line.text, page.title)), None)
