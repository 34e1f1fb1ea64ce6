"""Which regions of documents a strong model is shown: the best for its goal, what follows a place,
or the next part; never what stands in its context already.

Pure. Not here: how sentences are scored (`browser/passages.py`), how they look (`passages.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from agents.reading.passages import cost, is_shown, runs_of
from agents.reading.regions import region
from browser.passages import Passage
from browser.surfer import MARK_TOKENS
from research.store.documents import Document
from research.text.sentences import estimate_tokens

SMALL = 1_500  # tokens of a document that is shown whole
# Documents of which a call shows something, at most, more where there is so much room for each:
# much of few is read better than little of many.
DOCUMENTS, EACH = 8, 1_000
REGIONS = 4  # of one document among several
REPEATED = 0.3  # of a stretch that was asked for, what may be shown once more so that it is whole
WEAK = 0.25  # of its document's best passage's score, below which nothing is shown around a passage
PLACE = 0.15  # how much less a document counts the later its searches found it
PASSAGE = 0.5  # what a document's best passage adds to that, of the best score
GAP = 2  # sentences between two that are shown, at most, that are shown with them
Places = defaultdict[int, set[int]]  # of sentences, by document
Around = Callable[[Passage], Sequence[int]]  # the region of a passage


def no_places() -> Places:
    return defaultdict(set)


@dataclass
class Choice:
    """What a call shows, and what it names because it stands in the agent's context (`seen`)."""

    seen: Places = field(default_factory=no_places)
    shown: Places = field(default_factory=no_places)
    above: Places = field(default_factory=no_places)

    def cost(self, document: Document, indexes: Iterable[int]) -> int:
        """What showing these costs more."""
        return cost(document, self.fresh(document, indexes))

    def add(self, document: Document, indexes: Iterable[int]) -> None:
        wanted, number = list(indexes), document.number
        self.shown[number].update(self.fresh(document, wanted))
        self.above[number].update(self.seen[number].intersection(wanted))

    def repeat(self, document: Document, indexes: Iterable[int]) -> None:
        """Show these even if they stand in the context."""
        self.seen[document.number].difference_update(indexes)

    def fresh(self, document: Document, indexes: Iterable[int]) -> list[int]:
        """Those that are neither seen nor shown."""
        known = self.seen[document.number] | self.shown[document.number]
        return [index for index in indexes if index not in known]

    def has(self, document: Document) -> bool:
        return bool(self.shown[document.number] or self.above[document.number])


def whole_of(document: Document) -> list[int]:
    return [index for index in range(document.size) if is_shown(document, index)]


def is_small(document: Document) -> bool:
    return estimate_tokens(document.snapshot.text) + MARK_TOKENS * document.size <= SMALL


def add_best(
    choice: Choice, documents: Mapping[int, Document], passages: Sequence[Passage], room: int
) -> None:
    """Take in the regions around the best passages, whose pages are places among the documents, in
    so many tokens: of the best documents one each, then what else is best in them. A small document
    comes whole where there is room, and if it is the first."""

    @cache  # the best passage of each document is come back to
    def around(passage: Passage) -> list[int]:
        return region(documents[passage.page], passage.sentence)

    ranked = _strong(passages)
    pages = _best_documents(choice, documents, ranked, max(DOCUMENTS, room // EACH), around)
    left = len(pages)
    for page in pages:
        own = [passage for passage in ranked if passage.page == page]
        share = 2 * room // left
        room -= _add_region(choice, documents[page], around(own[0]), min(room, share))
        left -= 1
    regions = Counter(pages)
    for passage in ranked:
        page = passage.page
        if page in regions and (regions[page] < REGIONS or len(pages) == 1):
            price = _add_region(choice, documents[page], around(passage), room)
            regions[page] += price > 0
            room -= price
    for page in pages:
        _fill(choice, documents[page])


def _strong(passages: Sequence[Passage]) -> list[Passage]:
    """The passages, best first, without those that only stand near a good one."""
    best: dict[int, float] = {}
    for passage in passages:
        best[passage.page] = max(passage.score, best.get(passage.page, 0.0))
    strong = [passage for passage in passages if passage.score >= WEAK * best[passage.page]]
    return sorted(strong, key=lambda passage: -passage.score)


def _best_documents(
    choice: Choice,
    documents: Mapping[int, Document],
    ranked: Sequence[Passage],
    most: int,
    around: Around,
) -> list[int]:
    """The documents to show something of, so many at most, best first: by their best passage and by
    how early the searches found them. One that has nothing new to show takes no place of
    another."""
    best: dict[int, float] = {}
    new: dict[int, bool] = {}
    for passage in ranked:
        page = passage.page
        best.setdefault(page, passage.score)
        if not new.get(page):
            new[page] = bool(choice.fresh(documents[page], around(passage)))
    best_score = max(best.values(), default=0.0) or 1.0
    order = {page: place for place, page in enumerate(documents)}
    worth = {
        page: PASSAGE * score / best_score + 1 / (1 + PLACE * order[page])
        for page, score in best.items()
    }
    ordered = sorted(worth, key=lambda page: -worth[page])
    fresh = [page for page in ordered if new[page]][:most]
    return [page for page in ordered if page in fresh or not new[page]]


def _add_region(choice: Choice, document: Document, around: Sequence[int], room: int) -> int:
    """Take in what stands around a passage, or all of a small document, if there is room; gives
    what it costs."""
    first = not any(choice.shown.values())
    wanted = around
    if is_small(document):
        entire = whole_of(document)
        wanted = entire if first or choice.cost(document, entire) <= room else wanted
    price = choice.cost(document, wanted)
    if price > room and not first:
        return 0
    choice.add(document, wanted)
    return price


def _fill(choice: Choice, document: Document) -> None:
    """Take in what lies in small gaps between the regions of a document."""
    chosen = sorted(choice.shown[document.number])
    for before, after in pairwise(chosen):
        if 1 < after - before <= GAP + 1:
            choice.add(
                document, [index for index in range(before + 1, after) if is_shown(document, index)]
            )


def add_range(choice: Choice, document: Document, indexes: Sequence[int], room: int) -> int | None:
    """Take in a stretch that was asked for, contiguous: what of it stands in the context is shown
    once more where that is a small part of it, else named. Gives the first that there was no room
    for."""
    stretch = _within(document, indexes, room)
    known = choice.seen[document.number]
    left = REPEATED * cost(document, stretch)
    seen = runs_of(index for index in stretch if index in known)
    for run in sorted(seen, key=lambda run: cost(document, run)):
        if (price := cost(document, run)) <= left:
            choice.repeat(document, run)
            left -= price
    return add_from(choice, document, indexes, room)


def _within(document: Document, indexes: Sequence[int], room: int) -> list[int]:
    """As many of these sentences as there is room for, seen or not."""
    kept: list[int] = []
    for index in indexes:
        room -= cost(document, [index])
        if room < 0 and kept:
            break
        kept.append(index)
    return kept


def add_from(choice: Choice, document: Document, indexes: Sequence[int], room: int) -> int | None:
    """Take in these sentences in order, as far as there is room for what is not seen yet, one at
    least; gives the first that there was none for."""
    for index in indexes:
        if not is_shown(document, index):
            continue
        price = choice.cost(document, [index])
        if price > room and choice.shown[document.number]:
            return index
        choice.add(document, [index])
        room -= price
    return None


def add_next(choice: Choice, document: Document, room: int) -> int | None:
    """Take in a document from the first sentence on that is not seen yet; gives the first that
    there was no room for."""
    unseen = set(range(document.size)) - choice.seen[document.number]
    readable = (index for index in sorted(unseen) if is_shown(document, index))
    first = next(readable, document.size)
    return add_range(choice, document, range(first, document.size), room)
