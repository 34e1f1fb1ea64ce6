"""The sentences that were read which come nearest to a statement, by their words: what somebody
would look at to see whether something really stands nowhere."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection
from functools import cached_property

from research.domain import Quote
from research.store.documents import Document, Documents
from research.text.sentences import terms

MOST = 4
K1, B = 1.5, 0.75  # of BM25, as Lucene counts


class Nearness:
    """Looks through what a job has read. The index is made at the first question, which takes a
    while: not on the event loop."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._places = [
            (document, place) for document in documents for place in range(document.size)
        ]

    def nearest(self, text: str, readings: Collection[str] = ()) -> tuple[Quote, ...]:
        """The nearest sentences of these readings, or of all that was read, best first; none that
        shares no word."""
        scores = self._scores(terms(text))
        looked = [
            n for n in sorted(scores) if not readings or self._places[n][0].reading.id in readings
        ]
        best = sorted(looked, key=lambda n: -scores[n])[:MOST]
        return tuple(self._quote(*self._places[n]) for n in best)

    def _scores(self, wanted: Collection[str]) -> dict[int, float]:
        """What BM25 gives the sentences that share a word."""
        holders, sizes = self._index
        average = sum(sizes) / (len(sizes) or 1)
        scores: dict[int, float] = defaultdict(float)
        for term in wanted:
            held = holders.get(term, {})
            rarity = math.log(1 + (len(sizes) - len(held) + 0.5) / (len(held) + 0.5))
            for n, count in held.items():
                norm = K1 * (1 - B + B * sizes[n] / average)
                scores[n] += rarity * count / (count + norm)
        return scores

    @cached_property
    def _index(self) -> tuple[dict[str, dict[int, int]], list[int]]:
        """Which sentences hold each term, how often, and how many terms each sentence has."""
        holders: dict[str, dict[int, int]] = defaultdict(dict)
        sizes = []
        for n, (document, place) in enumerate(self._places):
            words = terms(document.snapshot.sentence(place))
            sizes.append(len(words))
            for term, count in Counter(words).items():
                holders[term][n] = count
        return holders, sizes

    def _quote(self, document: Document, place: int) -> Quote:
        return self._documents.quote(document.number, [place])
