"""Choose the sentences of the pages read that matter for a goal, within a token budget.

Terms of goal and queries weigh by how rare they are in these pages; a sentence also gains from its
page's title, its section's heading, strong neighbours and, where there is an embedding model,
nearness in meaning. Pages take turns, so that one long page does not fill the prompt. Not here:
models (`library/nearness.py`, `library/embeddings.py`).
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from browser.documents.dates import byline_of
from browser.documents.parts import UNDER_TITLE
from browser.library.embeddings import Embedder
from browser.library.nearness import nearness
from browser.types import Opened
from research.process.lru_cache import LruCache
from research.text.sentences import estimate_tokens, language_of, terms

SHORTEST = {"en": 25, "zh": 8, "ja": 10, "ko": 12}  # characters
LONGEST = 600
K1, B = 1.2, 0.5
CONTEXT = 0.3  # how much of its weight a term keeps that stands only in the title or heading
QUERY = 0.5  # what the words of a query weigh beside those of the goal
MEANING = 1.0  # what a sentence that means the same as the goal gains, of the best score by words
NEIGHBOUR = 0.25
OPENING = 0.15
# what a page's next sentence counts for beside its last: pages take turns, weak ones wait
SPREAD = 0.65
# what a figure adds, of the best score, on a page that is all about the goal
FIGURE = 0.4
FRAGMENT = 0.6  # what a line without an end is worth: a title, a list item, a byline
ENDS = ".!?。！？…;；”\"'’」)）"
KEPT = 100_000_000  # about how many bytes of sentences are kept taken apart
SAME = 0.8  # two sentences that share this much of their terms say the same


@dataclass(frozen=True)
class Passage:
    """A sentence by its page and its number in the page's snapshot."""

    page: int
    sentence: int
    score: float


class _Line(NamedTuple):
    """A sentence worth showing: what it is made of, counted once; `size` is its number of terms,
    `is_whole` whether it has an end of its own."""

    sentence: int
    text: str
    words: dict[str, int]
    size: int
    context: frozenset[str]
    figures: frozenset[str]
    tokens: int
    is_whole: bool


_Placed = tuple[int, _Line]  # and where its page stands among those looked at
_taken_apart: LruCache[Hashable, tuple[_Line, ...]] = LruCache(
    KEPT, lambda lines: 200 + sum(400 + 100 * len(line.words) for line in lines)
)


def choose_passages(
    pages: Sequence[Opened],
    goal: str,
    queries: Sequence[str],
    *,
    token_budget: int,
    per_page: int,
    embedder: Embedder | None = None,
) -> list[Passage]:
    """The passages in reading order, page by page; at most `per_page` of a page and `token_budget`
    tokens of sentences in all. With an embedder the meaning of the likeliest English sentences
    counts too, which takes up to a second."""
    lines = [(number, line) for number, page in enumerate(pages) for line in _worth_showing(page)]
    wanted = _wanted(goal, queries)
    scores = _with_meaning(lines, _scores(lines, wanted), goal, embedder)
    scores = _with_figures(lines, _with_neighbours(lines, scores), goal, wanted)
    ranked: dict[int, list[tuple[_Line, float]]] = {}
    for (page, line), score in sorted(zip(lines, scores, strict=True), key=lambda pair: -pair[1]):
        if score > 0:
            ranked.setdefault(page, []).append((line, score))
    chosen = _take_turns(ranked, token_budget, per_page)
    return sorted(chosen, key=lambda passage: (passage.page, passage.sentence))


def _worth_showing(opened: Opened) -> tuple[_Line, ...]:
    """The page's sentences worth showing: the agents of a run come back to the same pages, whose
    sentences are taken apart once."""
    key = (
        opened.snapshot.id,
        hash(opened.snapshot.sentences),
        opened.page.title,
        opened.page.sections,
    )
    if key not in (found := _taken_apart.found([key])):
        found[key] = _take_apart(opened)
        _taken_apart.keep(found)
    return found[key]


def _take_apart(opened: Opened) -> tuple[_Line, ...]:
    """Each sentence with the terms of its title and heading: no byline, and not the title once
    more."""
    title, sections, snapshot = opened.page.title, opened.page.sections, opened.snapshot
    of_title = terms(title)
    named = title[-1:] not in (".", "。")  # else it is the first sentence of a page without a title
    starts = [start for start, _ in sections]
    contexts = [frozenset([*of_title, *terms(heading)]) for _, heading in sections]
    contexts.append(frozenset(of_title))  # before the first heading, at place -1
    lines = []
    for index, (start, end) in enumerate(snapshot.sentences):
        text = snapshot.text[start:end]
        if not SHORTEST[language_of(text)] <= len(text) <= LONGEST:
            continue
        words = terms(text)
        if (named and _says_title(text, words, of_title)) or (
            index < UNDER_TITLE and byline_of(text)
        ):
            continue
        lines.append(
            _Line(
                sentence=index,
                text=text,
                words=dict(Counter(words)),
                size=len(words),
                context=contexts[bisect_right(starts, start) - 1],
                figures=frozenset(term for term in words if term[0].isdigit()),
                tokens=estimate_tokens(text),
                is_whole=text[-1] in ENDS
                or text.startswith("|")
                or (": " in text and "; " in text),
            )
        )
    return tuple(lines)


def _says_title(text: str, words: Sequence[str], title: Sequence[str]) -> bool:
    """Whether a sentence is but the page's title: in the same words, or in a part of them and
    without an end."""
    return bool(words) and (words == title or (text[-1] not in ENDS and set(words) <= set(title)))


def _wanted(goal: str, queries: Sequence[str]) -> dict[str, float]:
    wanted = {term: QUERY for query in queries for term in terms(query)}
    return wanted | {term: 1.0 for term in terms(goal)}


def _scores(lines: Sequence[_Placed], wanted: dict[str, float]) -> list[float]:
    """BM25 over the sentences; a term that only the context has counts for a part."""
    if not lines:
        return []
    spread = Counter(term for _, line in lines for term in line.words.keys() & wanted.keys())
    rarity = {
        term: math.log(1 + (len(lines) - spread[term] + 0.5) / (spread[term] + 0.5))
        for term in wanted
    }
    worth = {term: weight * rarity[term] for term, weight in wanted.items()}
    contexts = {line.context for _, line in lines}
    beside = {
        context: {term: CONTEXT * worth[term] for term in worth if term in context}
        for context in contexts
    }
    average = sum(line.size for _, line in lines) / len(lines) or 1.0
    return [_score(line, worth, beside[line.context], line.size / average) for _, line in lines]


def _score(line: _Line, worth: dict[str, float], beside: dict[str, float], size: float) -> float:
    words = line.words
    norm = K1 * (1 - B + B * size)
    score = sum(
        [
            worth[term] * (count := words[term]) * (K1 + 1) / (count + norm)
            for term in worth
            if term in words
        ]
    )
    context = sum([part for term, part in beside.items() if term not in words])
    if line.sentence < 3:
        context *= 1 + OPENING
    # Context lifts a sentence that says something of its own; alone it would lift all that stands
    # under the heading.
    return score + (context if score else 0.1 * context)


def _with_meaning(
    lines: Sequence[_Placed], scores: list[float], goal: str, embedder: Embedder | None
) -> list[float]:
    """The likeliest sentences by their words, then each page from its beginning, gain as they are
    near the goal in meaning."""
    if embedder is None or not lines:
        return scores
    likely = sorted(range(len(lines)), key=lambda place: (-scores[place], lines[place][1].sentence))
    near = nearness(embedder, goal, [line.text for _, line in lines], likely)
    lift = MEANING * (max(scores) or 1.0)
    return [score + lift * nearer for score, nearer in zip(scores, near, strict=True)]


def _with_neighbours(lines: Sequence[_Placed], scores: Sequence[float]) -> list[float]:
    """What stands beside a strong sentence is read with it."""
    raised = list(scores)
    for here, ((page, line), (next_page, following)) in enumerate(pairwise(lines)):
        if page == next_page and following.sentence == line.sentence + 1:
            raised[here] += NEIGHBOUR * scores[here + 1]
            raised[here + 1] += NEIGHBOUR * scores[here]
    return raised


def _with_figures(
    lines: Sequence[_Placed], scores: Sequence[float], goal: str, wanted: dict[str, float]
) -> list[float]:
    """A sentence that gives a figure stands out, the more its section is about the goal: "the
    structure measures 642 metres" shares no word with "how long is the bridge". A fragment stands
    back."""
    subject = set(terms(goal)) or set(wanted)
    about: dict[tuple[int, frozenset[str]], set[str]] = {}
    for page, line in lines:
        section = page, line.context
        if section not in about:
            about[section] = subject & line.context
        about[section] |= subject & line.words.keys()
    share = {section: len(held) / len(subject) for section, held in about.items()}
    lift = FIGURE * max(scores, default=0.0)
    return [
        (score + (lift * share[page, line.context] ** 2 if line.figures else 0.0))
        * (1.0 if line.is_whole else FRAGMENT)
        for (page, line), score in zip(lines, scores, strict=True)
    ]


def _take_turns(
    ranked: Mapping[int, Sequence[tuple[_Line, float]]], budget: int, per_page: int
) -> list[Passage]:
    """The best sentence first, each page's next one counting for less than its last."""
    queues = {page: iter(lines) for page, lines in ranked.items()}
    waiting: dict[int, tuple[_Line, float]] = {}
    chosen: list[Passage] = []
    said: dict[frozenset[str], list[_Line]] = {}  # by their figures
    taken: Counter[int] = Counter()
    while True:
        for page, queue in queues.items():
            if (
                page not in waiting
                and taken[page] < per_page
                and (found := _next_new(queue, said, budget))
            ):
                waiting[page] = found
        if not waiting:
            return chosen
        page = max(waiting, key=lambda page: waiting[page][1] * SPREAD ** taken[page])
        line, score = waiting.pop(page)
        if not _is_new(line, said, budget):
            continue
        said.setdefault(line.figures, []).append(line)
        taken[page] += 1
        budget -= line.tokens
        chosen.append(Passage(page, line.sentence, score))


def _next_new(
    queue: Iterator[tuple[_Line, float]], said: Mapping[frozenset[str], list[_Line]], budget: int
) -> tuple[_Line, float] | None:
    return next((found for found in queue if _is_new(found[0], said, budget)), None)


def _is_new(line: _Line, said: Mapping[frozenset[str], list[_Line]], budget: int) -> bool:
    """Whether there is room for a sentence, and none that says the same: a different figure makes
    two different."""
    alike = said.get(line.figures, ())
    return line.tokens <= budget and not any(_same(line, other) for other in alike)


def _same(one: _Line, other: _Line) -> bool:
    """Whether two sentences of the same figures say the same in nearly the same words."""
    if not one.words and not other.words:
        return one.text == other.text
    shared = len(one.words.keys() & other.words.keys())
    return shared >= SAME * (len(one.words) + len(other.words) - shared)
