"""How near sentences are to a goal in meaning, within a bound on time: what choosing passages adds
to their words.

English alone. What there is no time for counts nothing and is left to its words. CPU work: call it
in a thread.
"""

from collections.abc import Sequence
from time import monotonic

from browser.library.embeddings import Embedder
from research.text.sentences import language_of

MOST = 240  # sentences looked at
BATCH = 24
SECONDS = 0.5
LEAST = 0.25  # a cosine below this says nothing


def nearness(
    embedder: Embedder, goal: str, sentences: Sequence[str], first: Sequence[int]
) -> list[float]:
    """For each sentence a number from 0, nothing in common or not looked at, to 1. `first` orders
    the places to look at."""
    near = [0.0] * len(sentences)
    if language_of(goal) != "en":
        return near
    ends = monotonic() + SECONDS
    places = [place for place in first if language_of(sentences[place]) == "en"][:MOST]
    asked = embedder.embed([goal])[0]
    for start in range(0, len(places), BATCH):
        if monotonic() > ends:
            break
        batch = places[start : start + BATCH]
        for place, cosine in zip(
            batch, embedder.embed([sentences[place] for place in batch]) @ asked, strict=True
        ):
            near[place] = max(0.0, (float(cosine) - LEAST) / (1 - LEAST))
    return near
