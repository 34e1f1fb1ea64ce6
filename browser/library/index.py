"""Search in libraries: words (BM25), meaning (embeddings) and links (names) of passages, kept in
memory per library and revision.

A library that changes gets a new revision and so a new index; what did not change is not read
again. Chinese is searched by words and links: the embedding model knows English alone. Not here:
reading files (`library.py`); how scores become one (`ranking.py`); keeping indexes and embedding in
the background (`indexes.py`).
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
import numpy

from browser.library.chunks import Chunk, chunks_of
from browser.library.embeddings import DIMENSIONS, Embedder, Vectors
from browser.library.links import Floats, NameLinks
from browser.library.names import ChineseTitles
from browser.library.ranking import DEFAULT, Flags, Mix, Ranked, rank
from browser.net.urls import canonical_url
from research.domain import Language, Snapshot
from research.store.tables import DocumentRow, LibraryRow
from research.text.sentences import clip, has_words, language_of, plainly, terms

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it reports every index it builds

SNIPPET = 400
# what a document that shares nothing with the query itself must have of the walk to be found at all
LEAST_LINK = 0.05


@dataclass(frozen=True)
class DocumentHit:
    """A document with its best passage: `sentences` is the passage's range in the snapshot. `score`
    is the sum that ranks; `words`, `meaning` and `links`, each between 0 and 1, are what it is made
    of."""

    document: DocumentRow
    snippet: str
    score: float
    words: float
    meaning: float
    links: float
    sentences: tuple[int, int]


Chunked = dict[tuple[str, str], list[Chunk]]  # by title and snapshot


class LibraryIndex:
    """One revision of one library. Building and searching are CPU work: call them in a thread.
    Vectors may come in later, by `learn`."""

    def __init__(
        self,
        library: LibraryRow,
        documents: Sequence[tuple[DocumentRow, list[Chunk]]],
        embedder: Embedder | None = None,
    ) -> None:
        self.library, self.embedder = library, embedder
        self.documents = [document for document, _ in documents]
        self.by_url = {canonical_url(document.url): document for document in self.documents}
        self.chunked: Chunked = {
            (document.title, document.snapshot_id or ""): chunks for document, chunks in documents
        }
        self._of = [number for number, (_, chunks) in enumerate(documents) for _ in chunks]
        self.chunks = [chunk for _, chunks in documents for chunk in chunks]
        self._bm25 = _bm25([chunk.terms for chunk in self.chunks])
        titles = ChineseTitles(document.title for document in self.documents)
        names = [
            dict.fromkeys(titles.in_text(chunk.text), False) | chunk.names for chunk in self.chunks
        ]
        self._links = NameLinks(names, self._of)
        self._vectors: Vectors = numpy.zeros(
            (len(self.chunks) if embedder else 0, DIMENSIONS), numpy.float32
        )
        self._known: Flags = numpy.zeros(len(self.chunks), numpy.bool_)

    def unlearned(self) -> list[int]:
        """The places of the English passages that have no vector yet, shortest first."""
        waiting = [
            place
            for place, chunk in enumerate(self.chunks)
            if chunk.english and not self._known[place]
        ]
        return sorted(waiting, key=lambda place: len(self.chunks[place].text))

    @property
    def learned(self) -> tuple[int, int]:
        """How many passages have a vector, and how many could have one."""
        return int(self._known.sum()), sum(
            chunk.english for chunk in self.chunks
        ) if self.embedder else 0

    @property
    def languages(self) -> frozenset[Language]:
        """Those of English and Chinese that at least a tenth of the passages are in."""
        counts: dict[Language, int] = {"en": 0, "zh": 0}
        for chunk in self.chunks:
            if chunk.language == "en" or chunk.language == "zh":
                counts[chunk.language] += 1
        return frozenset(
            language
            for language, count in counts.items()
            if count and count * 10 >= len(self.chunks)
        )

    def learn(self, places: Sequence[int], vectors: Vectors) -> None:
        """Take in the vectors of these passages."""
        if places:
            self._vectors[places] = vectors
            self._known[places] = True

    def search(self, query: str, limit: int, mix: Mix = DEFAULT) -> list[DocumentHit]:
        """The best documents first; none when nothing has to do with the query."""
        ranked = self._rank(query, mix)
        itself = (ranked.words > 0) | (ranked.meaning > 0)
        if not itself.any():
            return []
        best: dict[int, int] = {}
        for place in map(int, numpy.argsort(-ranked.score, kind="stable")):
            if len(best) >= limit:
                break
            if itself[place] or ranked.links[place] >= LEAST_LINK:
                best.setdefault(self._of[place], place)
        asked = set(terms(query))
        return [self._hit(number, place, ranked, asked) for number, place in best.items()]

    def holding(self, words: str) -> list[DocumentRow]:
        """The documents in which the words stand exactly so, but for case and white space: those
        with the most passages of them first."""
        wanted = plainly(words)
        counts = Counter(
            number
            for number, chunk in zip(self._of, self.chunks, strict=True)
            if has_words(plainly(chunk.text), wanted)
        )
        return [self.documents[number] for number, _ in counts.most_common()]

    def _rank(self, query: str, mix: Mix) -> Ranked:
        cosines = None
        if mix.meaning and self.embedder and self._known.any() and language_of(query) == "en":
            cosines = (self._vectors @ self.embedder.embed([query])[0]).astype(numpy.float64)
        return rank(self._words(query), cosines, self._known, self._links, mix)

    def _words(self, query: str) -> Floats:
        known = [
            term
            for term in dict.fromkeys(terms(query))
            if self._bm25 and term in self._bm25.vocab_dict
        ]
        if self._bm25 is None or not known:
            return numpy.zeros(len(self.chunks))
        return numpy.asarray(self._bm25.get_scores(known), numpy.float64)

    def _hit(self, number: int, place: int, ranked: Ranked, asked: set[str]) -> DocumentHit:
        chunk = self.chunks[place]
        return DocumentHit(
            document=self.documents[number],
            snippet=_snippet(chunk.text, asked),
            score=float(ranked.score[place]),
            words=float(ranked.words[place]),
            meaning=float(ranked.meaning[place]),
            links=float(ranked.links[place]),
            sentences=(chunk.first, chunk.last),
        )


def _bm25(tokens: list[list[str]]) -> bm25s.BM25 | None:
    if not any(tokens):
        return None
    index = bm25s.BM25()
    index.index(tokens if tokens[0] else [[""], *tokens[1:]], show_progress=False)
    return index


def _snippet(text: str, asked: set[str]) -> str:
    """The passage from the line on that has most of what was asked."""
    lines = text.split("\n")
    first = max(range(len(lines)), key=lambda line: (len(asked & set(terms(lines[line]))), -line))
    return clip(" ".join(" ".join(lines[first:]).split()), SNIPPET)


def chunk_documents(
    documents: Sequence[tuple[DocumentRow, Snapshot | None]], before: Chunked
) -> list[tuple[DocumentRow, list[Chunk]]]:
    """The passages of each document: those of an index before, where title and text are the same. A
    snapshot may be missing only there."""
    found = []
    for document, snapshot in documents:
        chunks = before.get((document.title, document.snapshot_id or ""))
        found.append(
            (
                document,
                chunks
                if chunks is not None or snapshot is None
                else chunks_of(document.title, snapshot),
            )
        )
    return [(document, chunks or []) for document, chunks in found]
