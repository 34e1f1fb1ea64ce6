"""How the scores of a passage by its words, its meaning and its links become one. Pure; the weights
are measured (decision 0007)."""

from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from browser.library.links import Floats, NameLinks

Flags = NDArray[numpy.bool_]
LEAST_MEANING = 0.25  # a cosine below this says nothing
# the best cosine counts as 1 only from here on: among strangers nobody is a friend
FULL_MEANING = 0.5
SEEDS = 10
SHARPEN = 6  # the seeds that stand out lead the walk


@dataclass(frozen=True)
class Mix:
    """How much meaning counts beside words, and links beside both."""

    meaning: float = 0.5
    links: float = 2.0


DEFAULT = Mix()
WORDS_ALONE = Mix(meaning=0.0, links=0.0)


@dataclass(frozen=True)
class Ranked:
    """The score of each passage and what it is made of, each part between 0 and 1."""

    score: Floats
    words: Floats
    meaning: Floats
    links: Floats


def rank(words: Floats, cosines: Floats | None, known: Flags, links: NameLinks, mix: Mix) -> Ranked:
    """`words` are BM25 scores; `cosines` is None when the query has no vector, and holds for the
    passages `known` to have one. A passage without a vector is judged by its words."""
    words = _scaled(words)
    meaning = numpy.zeros_like(words)
    if cosines is not None:
        meaning = numpy.where(known & (cosines >= LEAST_MEANING), cosines, 0.0) / max(
            float(cosines.max(initial=0.0)), FULL_MEANING
        )
    share = numpy.where(known, mix.meaning if cosines is not None else 0.0, 0.0)
    relevance = _scaled((1 - share) * words + share * meaning)
    spread = numpy.zeros_like(words)
    if mix.links and relevance.any():
        seeds = numpy.zeros_like(words)
        best = numpy.argsort(-relevance, kind="stable")[:SEEDS]
        seeds[best] = relevance[best] ** SHARPEN
        spread = numpy.sqrt(links.spread(seeds))
    return Ranked(relevance + mix.links * spread, words, meaning, spread)


def _scaled(scores: Floats) -> Floats:
    greatest = scores.max(initial=0.0)
    return scores / greatest if greatest > 0 else numpy.zeros_like(scores)
