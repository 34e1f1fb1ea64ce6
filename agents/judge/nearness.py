"""The sentences that were read which come nearest to a statement, by their words: what somebody
would look at to see whether something really stands nowhere."""

from collections.abc import Collection
from functools import cached_property

import bm25s

from research.domain import Quote
from research.store.documents import Documents
from research.text.sentences import terms

MOST = 4


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
        wanted = terms(text)
        if not wanted or self._index is None:
            return ()
        scores = self._index.get_scores(wanted)
        near = [
            (score, document.number, place)
            for score, (document, place) in zip(scores, self._places, strict=True)
            if score > 0 and (not readings or document.reading.id in readings)
        ]
        best = sorted(near, key=lambda one: -one[0])[:MOST]
        return tuple(self._documents.quote(number, [place]) for _, number, place in best)

    @cached_property
    def _index(self) -> bm25s.BM25 | None:
        corpus = [terms(document.snapshot.sentence(place)) for document, place in self._places]
        if not any(corpus):
            return None
        index = bm25s.BM25()
        index.index(corpus, show_progress=False)
        return index
