"""An embedder for tests: what the words of its table mean, and nothing else."""

import time
from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy

from browser.library.embeddings import DIMENSIONS, Embedder, Vectors


class TableEmbedder(Embedder):
    """A text's vector is the sum of the axes of the words it holds; a text without any stands on an
    axis of its own. `seen` has the texts that were embedded, each batch taking `seconds`."""

    key = "table"

    def __init__(self, axes: Mapping[str, int], seconds: float = 0.0) -> None:
        self._axes, self._seconds = axes, seconds
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        time.sleep(self._seconds)
        self.seen += texts
        vectors = numpy.zeros((len(texts), DIMENSIONS), numpy.float32)
        for row, text in enumerate(texts):
            for word, axis in self._axes.items():
                vectors[row, axis] += text.lower().count(word)
            vectors[row, 100 + crc32(text.encode()) % 284] += not vectors[row].any()
        return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
