"""Search in libraries: BM25 over passages of a few sentences, kept in memory per library and revision.

A library that changes gets a new revision and so a new index. Not here: embeddings; reading files (`library.py`).
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
import numpy

from browser.urls import canonical_url
from research.store import Store
from research.tables import DocumentRow, LibraryRow
from research.text import clip, terms
from research.types import Snapshot

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it reports every index it builds

WINDOW = 4  # sentences in a passage
STRIDE = 3
KEPT = 8  # indexes in memory
BATCH = 500
SNIPPET = 400


@dataclass(frozen=True)
class DocumentHit:
    """A document with its best passage. `score` is that passage's BM25 score."""

    document: DocumentRow
    snippet: str
    score: float


@dataclass(frozen=True)
class _Passage:
    document: int
    text: str


class LibraryIndex:
    """One revision of one library. Building and searching are CPU work: call them in a thread."""

    def __init__(self, library: LibraryRow, documents: Sequence[tuple[DocumentRow, Snapshot]]) -> None:
        self.library = library
        self.documents = [document for document, _ in documents]
        self.by_url = {canonical_url(document.url): document for document in self.documents}
        self._passages: list[_Passage] = []
        tokens: list[list[str]] = []
        for number, (document, snapshot) in enumerate(documents):
            title = terms(document.title)
            for text in passages_of(snapshot):
                self._passages.append(_Passage(number, text))
                tokens.append(title + terms(text))
        self._bm25 = bm25s.BM25() if any(tokens) else None
        if self._bm25 is not None:
            self._bm25.index(tokens if tokens[0] else [[""], *tokens[1:]], show_progress=False)

    def search(self, query: str, limit: int) -> list[DocumentHit]:
        """The best documents first; none when no word of the query occurs."""
        known = [term for term in dict.fromkeys(terms(query)) if self._bm25 and term in self._bm25.vocab_dict]
        if self._bm25 is None or not known:
            return []
        scores = self._bm25.get_scores(known)
        best: dict[int, int] = {}
        for place in numpy.argsort(-scores, kind="stable"):
            if scores[place] <= 0 or len(best) >= limit:
                break
            best.setdefault(self._passages[place].document, int(place))
        return [
            DocumentHit(self.documents[number], clip(self._passages[place].text, SNIPPET), float(scores[place]))
            for number, place in best.items()
        ]


def passages_of(snapshot: Snapshot) -> list[str]:
    """Overlapping windows of sentences."""
    count = len(snapshot.sentences)
    starts = range(0, max(1, count - (WINDOW - STRIDE)), STRIDE)
    return [" ".join(snapshot.sentence(i) for i in range(start, min(start + WINDOW, count))) for start in starts]


class Indexes:
    """The indexes of this process. Build once, share between runs; the least recently used goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, int], LibraryIndex] = OrderedDict()
        self._building: dict[tuple[str, str, int], asyncio.Future[LibraryIndex]] = {}

    async def of(self, store: Store, library: LibraryRow) -> LibraryIndex:
        key = (store.url, library.id, library.revision)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        building = self._building.get(key)
        if building is None or building.get_loop() is not asyncio.get_running_loop():
            building = asyncio.ensure_future(build_index(store, library))
            self._building[key] = building
        try:
            # Shielded: a run that is cancelled must not take the index from another that waits for it.
            index = await asyncio.shield(building)
        finally:
            if building.done():
                self._building.pop(key, None)
        self._keep(key, index)
        return index

    def _keep(self, key: tuple[str, str, int], index: LibraryIndex) -> None:
        for old in [old for old in self._kept if old[:2] == key[:2] and old != key]:
            del self._kept[old]
        self._kept[key] = index
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


async def build_index(store: Store, library: LibraryRow) -> LibraryIndex:
    """Read the library's documents from the store and index them in a thread."""
    documents = [document for document in await store.documents(library.id) if document.snapshot_id]
    snapshots: dict[str, Snapshot] = {}
    ids = list(dict.fromkeys(document.snapshot_id for document in documents if document.snapshot_id))
    for start in range(0, len(ids), BATCH):
        snapshots |= await store.snapshots(ids[start : start + BATCH])
    pairs = [(document, snapshots[document.snapshot_id or ""]) for document in documents]
    return await asyncio.to_thread(LibraryIndex, library, pairs)
