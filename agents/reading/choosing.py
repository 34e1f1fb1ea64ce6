"""Which regions of documents a strong model is shown: the best for its goal, what follows a place,
or the next part; never what stands in its context already.

Pure. Not here: how sentences are scored (`browser/passages.py`), how they look (`passages.py`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.reading.passages import cost, is_shown, surrounded
from browser.passages import Passage
from browser.surfer import MARK_TOKENS
from research.documents import Document
from research.text import estimate_tokens

SMALL = 1_500  # tokens of a document that is shown whole
Seen = Mapping[int, Collection[int]]  # what stands in an agent's context, by document


@dataclass
class Choice:
    """What a call shows, and what it names because it stands in the context; by document."""

    seen: Seen
    shown: dict[int, set[int]] = field(default_factory=dict)
    above: dict[int, set[int]] = field(default_factory=dict)

    def cost(self, document: Document, indexes: Iterable[int]) -> int:
        """What showing these costs more."""
        return cost(document, self._fresh(document, indexes))

    def add(self, document: Document, indexes: Iterable[int]) -> None:
        indexes = list(indexes)
        self.shown.setdefault(document.number, set()).update(self._fresh(document, indexes))
        known = self.seen.get(document.number, ())
        if above := {index for index in indexes if index in known}:
            self.above.setdefault(document.number, set()).update(above)

    def _fresh(self, document: Document, indexes: Iterable[int]) -> list[int]:
        number = document.number
        known = {*self.seen.get(number, ()), *self.shown.get(number, ())}
        return [index for index in indexes if index not in known]

    def has(self, document: Document) -> bool:
        return bool(self.shown.get(document.number) or self.above.get(document.number))


def whole_of(document: Document) -> list[int]:
    return [index for index in range(document.size) if is_shown(document, index)]


def is_small(document: Document) -> bool:
    return estimate_tokens(document.snapshot.text) + MARK_TOKENS * document.size <= SMALL


def add_best(choice: Choice, documents: Mapping[int, Document], passages: Sequence[Passage], room: int) -> None:
    """Take in the regions around the best passages, whose pages are places among the documents, in
    so many tokens. A small document comes whole where there is room, and if it is the first."""
    small = {place for place, one in documents.items() if is_small(one)}
    for passage in sorted(passages, key=lambda passage: -passage.score):
        document = documents[passage.page]
        region = surrounded(document, _around(choice, document, passage.sentence))
        if passage.page in small:
            entire = whole_of(document)
            first = not any(choice.shown.values())
            region = entire if first or choice.cost(document, entire) <= room else region
        price = choice.cost(document, region)
        if price <= room or not any(choice.shown.values()):
            choice.add(document, region)
            room -= price


def _around(choice: Choice, document: Document, index: int) -> set[int]:
    """A sentence with those chosen before that stand so near that what lies between is shown
    too."""
    chosen = choice.shown.get(document.number, ())
    return {index, *(near for near in chosen if abs(near - index) <= 4)}


def add_from(choice: Choice, document: Document, indexes: Sequence[int], room: int) -> int | None:
    """Take in these sentences in order, as far as there is room for what is not seen yet, one at
    least; gives the first that there was none for."""
    for index in indexes:
        if not is_shown(document, index):
            continue
        price = choice.cost(document, [index])
        if price > room and choice.shown.get(document.number):
            return index
        choice.add(document, [index])
        room -= price
    return None


def add_next(choice: Choice, document: Document, room: int) -> int | None:
    """Take in what of a document is not seen yet, from its beginning; gives the first that there
    was no room for."""
    seen = choice.seen.get(document.number, ())
    unseen = [index for index in range(document.size) if index not in seen]
    return add_from(choice, document, unseen, room)
