"""The sentences that were read which come nearest to a statement, by their words: what somebody would look at
to see whether something really stands nowhere."""

from collections.abc import Collection

import bm25s

from research.documents import Documents
from research.text import terms
from research.types import Quote

MOST = 6


def nearest(text: str, documents: Documents, readings: Collection[str] = ()) -> tuple[Quote, ...]:
    """The nearest sentences of these readings, or of all that was read, best first; none that shares no word."""
    looked = [d for d in documents if not readings or d.reading.id in readings]
    places = [(document, place) for document in looked for place in range(document.size)]
    corpus = [terms(document.snapshot.sentence(place)) for document, place in places]
    wanted = terms(text)
    if not wanted or not any(corpus):
        return ()
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    scores = index.get_scores(wanted)
    best = sorted(range(len(places)), key=lambda n: -scores[n])[:MOST]
    return tuple(documents.quote(places[n][0].number, [places[n][1]]) for n in best if scores[n] > 0)
