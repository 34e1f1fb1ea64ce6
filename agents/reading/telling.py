"""What a call of a strong agent's search gives, as text: where was searched and who answered, the
text that is shown, what is named because it stands above, and what else there is.

Not here: what is chosen (`choosing.py`), how sentences look (`passages.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.reading.choosing import Choice
from agents.reading.passages import head, named, text_of
from browser.net.urls import canonical_url
from browser.surfer import Surfer
from browser.types import Hit, Opened, SearchOutcome
from research.errors import ReadingError
from research.store.documents import Document, Documents
from research.text.sentences import clip

LISTED = 10  # hits that were not opened, told of


@dataclass
class Found:
    """What a call has found: its searches, the pages opened and those that could not be."""

    queries: list[str] = field(default_factory=list)
    outcome: SearchOutcome | None = None
    asked_for: frozenset[str] = frozenset()  # canonical addresses that the agent named
    pages: list[Opened] = field(default_factory=list)
    unread: list[ReadingError] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def told(
    surfer: Surfer, found: Found, known: Documents, choice: Choice, goes_on: Mapping[int, int]
) -> str:
    """The result as the agent sees it."""
    shown = {number: sorted(indexes) for number, indexes in choice.shown.items()}
    parts = [
        "\n".join(_searched(surfer, found)),
        text_of(known, shown),
        "\n".join(_notes(known, choice, goes_on)),
        _passed_over(found, known, choice),
        _not_opened(found),
    ]
    return "\n\n".join(part for part in parts if part)


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
    return [*lines, *(_answered(query, outcome) for query in found.queries if outcome)]


def _answered(query: str, outcome: SearchOutcome) -> str:
    answers = [one for one in outcome.answers if one.query == query]
    gave = ", ".join(f"{one.provider} {one.found}" for one in answers if one.found is not None)
    silent = ", ".join(one.provider for one in answers if one.found is None)
    searched = f"Searched “{clip(on_one_line(query), 100)}”: {gave or 'nobody answered'}"
    return f"{searched}; no answer from {silent}" if silent else searched


def _notes(known: Documents, choice: Choice, goes_on: Mapping[int, int]) -> Iterable[str]:
    """Where documents go on, and what stands above."""
    for number, index in goes_on.items():
        if document := known.get(number):
            yield f"({document.name} goes on at {document.mark(index)})"
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
    left = [hit for hit in hits if canonical_url(hit.url) not in tried]
    return "\n".join(["Found too, not opened:", *map(_hit, left[:LISTED])]) if left else ""


def _hit(hit: Hit) -> str:
    title = clip(on_one_line(hit.title), 120)
    return f"- {'…' if addresses_assistant(title) else title} — {on_one_line(hit.url)}"
