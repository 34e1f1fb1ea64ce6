"""Links between passages that state the same names, and how relevance spreads along them.

The second step of a question often shares no word with it: "who directed the film shot in Leland"
is answered on a page about a director that only the page of the film names. So relevance walks from
the best passages over their names to others that state them, most of all in their titles: a
personalised PageRank (Page et al. 1999; over passages and phrases, Gutiérrez et al. 2024), a few
steps of it.
"""

import math
from collections.abc import Mapping, Sequence

import numpy
from numpy.typing import NDArray

Floats = NDArray[numpy.float64]
TITLE = 3.0  # what a name in the title weighs beside one in the text
ONWARD = 0.72  # the part of relevance that walks on at each step; the rest stays with the seeds
STEPS = 4


class NameLinks:
    """`names` has for each passage its names, True for those of its title; `documents` the document
    of each passage. A name that only one document states links nothing and is left out."""

    def __init__(self, names: Sequence[Mapping[str, bool]], documents: Sequence[int]) -> None:
        self._passages = len(names)
        stated: dict[str, set[int]] = {}
        for document, held in zip(documents, names, strict=True):
            for name in held:
                stated.setdefault(name, set()).add(document)
        numbers = {
            name: number
            for number, name in enumerate(name for name, where in stated.items() if len(where) > 1)
        }
        edges = [
            (place, numbers[name], titled)
            for place, held in enumerate(names)
            for name, titled in held.items()
            if name in numbers
        ]
        self._names = len(numbers)
        self._from = numpy.array([place for place, _, _ in edges], numpy.int64)
        self._to = numpy.array([number for _, number, _ in edges], numpy.int64)
        counts = numpy.bincount(self._to, minlength=self._names)
        rarity = (
            numpy.array([math.log(max(2.0, self._passages / count)) for count in counts])
            if edges
            else numpy.zeros(0)
        )
        weights = rarity[self._to] * numpy.array(
            [TITLE if titled else 1.0 for _, _, titled in edges]
        )
        self._out = weights / numpy.bincount(self._from, weights, self._passages)[self._from]
        self._back = weights / numpy.bincount(self._to, weights, self._names)[self._to]

    def spread(self, seeds: Floats) -> Floats:
        """The relevance of every passage after the walk; the greatest is 1. `seeds` has the
        passages to start from, not all zero."""
        start = seeds / seeds.sum()
        here = start
        for _ in range(STEPS):
            named = numpy.bincount(self._to, here[self._from] * self._out, self._names)
            reached = numpy.bincount(self._from, named[self._to] * self._back, self._passages)
            here = (1 - ONWARD) * start + ONWARD * reached
        spread: Floats = here / here.max()
        return spread
