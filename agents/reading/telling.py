"""What a call of a strong agent's search gives, as text: where was searched and who answered, the
text that is shown, what is named because it stands above, and what else there is.

Not here: what is chosen (`choosing.py`), how sentences look (`passages.py`).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from agents.guarding.provenance import as_told
from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.reading.choosing import Choice
from agents.reading.finding import COMMON, Places, told_of
from agents.reading.passages import head, named, text_of
from browser.net.urls import canonical_url
from browser.surfer import Surfer
from browser.types import Hit, Opened, Ranked, SearchOutcome
from research.errors import ReadingError
from research.store.documents import Document, Documents
from research.text.sentences import clip

LISTED, HELD = 10, 40  # hits that were not opened, told of: of searches, of words
LONGEST = 2_000  # characters of their addresses; no part of one is told


@dataclass
class Found:
    """What a call has found: its searches, the pages opened and those that could not be."""

    queries: list[str] = field(default_factory=list)
    outcome: SearchOutcome | None = None
    asked_for: frozenset[str] = frozenset()  # canonical addresses that the agent named
    pages: list[Opened] = field(default_factory=list)
    unread: list[ReadingError] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    # One that was given, near one that was not. The latter is never told: it would be given then.
    near: str = ""
    # Words that were to be found as they stand: the documents of libraries that have them, those
    # opened for that, the places by words, and how many of a document there was no room for.
    words: list[str] = field(default_factory=list)
    under: str = ""
    held: list[Ranked] = field(default_factory=list)
    for_words: frozenset[str] = frozenset()
    places: dict[str, Places] = field(default_factory=dict)
    left: Counter[int] = field(default_factory=Counter)

    def all_places(self) -> Places:
        """The places of all words that are not too common, by document."""
        joined: dict[int, set[int]] = {}
        for own in self.places.values():
            if sum(map(len, own.values())) > COMMON:
                continue
            for number, indexes in own.items():
                joined.setdefault(number, set()).update(indexes)
        return {number: sorted(indexes) for number, indexes in joined.items()}

    def looked_for(self) -> list[str]:
        """The words as a log of searches tells them: what was found under a name only says so."""
        return [f"{words} ({self.under})" if self.under else words for words in self.words]

    def is_answered(self, query: str) -> bool:
        """Whether anybody searched for it."""
        answers = self.outcome.answers if self.outcome else ()
        return any(one.query == query and one.found is not None for one in answers)

    def is_asked(self, page: Opened) -> bool:
        """Whether the agent named the page's address."""
        return not self.asked_for.isdisjoint((page.canonical_url, canonical_url(page.url)))


def told(
    surfer: Surfer,
    found: Found,
    known: Documents,
    choice: Choice,
    goes_on: Mapping[int, int],
    links: Mapping[int, str],
) -> str:
    """The result as the agent sees it; `links` are told at the end of their documents."""
    shown = {number: sorted(indexes) for number, indexes in choice.shown.items() if indexes}
    parts = [
        "\n".join(_searched(surfer, found)),
        *_with_links(known, shown, links),
        "\n".join(_notes(found, known, choice, goes_on)),
        _passed_over(found, known, choice),
        _not_opened(found),
    ]
    return "\n\n".join(part for part in parts if part)


def _with_links(
    known: Documents, shown: Mapping[int, list[int]], links: Mapping[int, str]
) -> Iterable[str]:
    for number in dict.fromkeys([*shown, *links]):
        yield text_of(known, {number: shown.get(number, [])})
        yield links.get(number, "")


def _searched(surfer: Surfer, found: Found) -> list[str]:
    """Where was searched, and who answered."""
    lines: list[str] = []
    if not surfer.web:
        names = ", ".join(surfer.libraries)
        lines.append(
            f"This run has no web: only the libraries {names}. A document is opened by its address, library://NAME/PATH."
        )
    elif not surfer.providers:
        lines.append("No search of the web is set up: only addresses can be opened.")
    outcome = found.outcome
    answered = [query for query in found.queries if found.is_answered(query)]
    lines += [_answered(query, outcome) for query in answered if outcome]
    if silent := len(found.queries) - len(answered):
        lines.append(f"Nobody answered {silent} of the searches.")
    held = {one.query: one for one in found.held}
    return [
        *lines,
        *(told_of(words, at, held.get(words), found.under) for words, at in found.places.items()),
    ]


def _answered(query: str, outcome: SearchOutcome) -> str:
    answers = [one for one in outcome.answers if one.query == query]
    gave = ", ".join(f"{one.provider} {one.found}" for one in answers if one.found is not None)
    silent = ", ".join(one.provider for one in answers if one.found is None)
    searched = f"Searched “{clip(on_one_line(query), 100)}”: {gave}"
    return f"{searched}; no answer from {silent}" if silent else searched


def _notes(
    found: Found, known: Documents, choice: Choice, goes_on: Mapping[int, int]
) -> Iterable[str]:
    """What may have been meant, where documents go on, and what stands above."""
    if found.near:
        yield f"(an address was refused that nothing gave; one of its host that was: {found.near})"
    for number, index in goes_on.items():
        if document := known.get(number):
            yield f"({document.name} goes on at {document.mark(index)})"
    for number, count in found.left.most_common(LISTED):
        yield f"(d{number} has {count} more places with it, for which there was no room)"
    if above := named(choice.above):
        yield f"(shown above: {above})"


def _passed_over(found: Found, known: Documents, choice: Choice) -> str:
    """The documents that were opened and of which nothing is shown."""
    read = [known.of_snapshot(page.snapshot.id) for page in found.pages]
    opened: list[Document] = [document for document in read if document]
    heads = dict.fromkeys(head(document) for document in opened if not choice.has(document))
    return "\n".join(["Opened too, nothing of it shown:", *heads]) if heads else ""


def _not_opened(found: Found) -> str:
    """The hits that were not opened, with their addresses."""
    tried = {page.canonical_url for page in found.pages}
    tried |= {canonical_url(page.url) for page in found.pages}
    tried |= {canonical_url(error.url) for error in found.unread}
    hits = found.outcome.hits if found.outcome else ()
    held = [hit for one in found.held for hit in one.hits]
    left = [*_fresh(hits, tried)[:LISTED], *_fresh(held, tried)[:HELD]]
    told = dict.fromkeys(map(_hit, left))
    return "\n".join(["Found too, not opened:", *told]) if told else ""


def _fresh(hits: Iterable[Hit], tried: Collection[str]) -> list[Hit]:
    return [hit for hit in hits if canonical_url(hit.url) not in tried and len(hit.url) <= LONGEST]


def _hit(hit: Hit) -> str:
    title = clip(on_one_line(hit.title), 120)
    return f"- {'…' if addresses_assistant(title) else title} — {as_told(on_one_line(hit.url))}"
