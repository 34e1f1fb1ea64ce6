"""The indexes of this process: built once, shared between runs, and taught meaning in the
background while a run uses them.

Embedding goes on as long as somebody has the index open, in batches that are stored as they come:
whoever opens it next goes on from there, also after a restart. Not here: search (`index.py`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import monotonic

import numpy
import structlog
from numpy.typing import NDArray

from browser.library.embeddings import DIMENSIONS, Embedder
from browser.library.index import Chunked, LibraryIndex, chunk_documents
from research.domain import Snapshot
from research.errors import LibraryDamaged
from research.store.database import Store
from research.store.tables import DocumentRow, LibraryRow
from research.store.vectors import forget_vectors, put_vectors, stored_vectors

KEPT = 8  # indexes in memory
BATCH = 500  # snapshots read at a time
EMBEDDED = 32  # passages embedded and stored at a time: about a second
HEAD_START = 2.0  # seconds that opening an index waits for a small library to be embedded
TOLD_SECONDS = 10.0
Progress = Callable[[int, int], None]
_Key = tuple[str, str, int, bool]


class Indexes:
    """Build once, share between runs; the least recently used goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, LibraryIndex] = OrderedDict()
        self._building: dict[_Key, asyncio.Future[LibraryIndex]] = {}
        self._learning: dict[_Key, _Learning] = {}

    @asynccontextmanager
    async def open(
        self, store: Store, library: LibraryRow, embedder: Embedder | None = None
    ) -> AsyncIterator[LibraryIndex]:
        """The index of the library, which is embedded meanwhile. Opening waits for that, but no
        longer than `HEAD_START`."""
        index = await self.of(store, library, embedder)
        key = _key(store, library, embedder)
        learning = self._learning.get(key)
        if learning is None or learning.loop is not asyncio.get_running_loop():
            learning = self._learning[key] = _Learning(store, index)
        learning.users += 1
        try:
            await asyncio.wait([learning.task], timeout=HEAD_START)
            yield index
        finally:
            learning.users -= 1
            if not learning.users:
                self._learning.pop(key, None)
                await learning.stop()

    async def of(
        self, store: Store, library: LibraryRow, embedder: Embedder | None = None
    ) -> LibraryIndex:
        """The index as it is: with the vectors that are stored, and no more."""
        key = _key(store, library, embedder)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        building = self._building.get(key)
        if building is None or building.get_loop() is not asyncio.get_running_loop():
            building = asyncio.ensure_future(
                build_index(store, library, embedder, self._before(key))
            )
            self._building[key] = building
        try:
            # Shielded: a run that is cancelled must not take the index from another that waits for
            # it.
            index = await asyncio.shield(building)
        finally:
            if building.done():
                self._building.pop(key, None)
        self._keep(key, index)
        return index

    def _before(self, key: _Key) -> Chunked:
        """The passages of the library's other indexes, by document."""
        return {
            known: chunks
            for old, index in self._kept.items()
            if old[:2] == key[:2]
            for known, chunks in index.chunked.items()
        }

    def _keep(self, key: _Key, index: LibraryIndex) -> None:
        for old in [old for old in self._kept if old[:2] == key[:2] and old != key]:
            del self._kept[old]
        self._kept[key] = index
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _key(store: Store, library: LibraryRow, embedder: Embedder | None) -> _Key:
    return store.url, library.id, library.revision, embedder is not None


class _Learning:
    """The embedding of one index, for as long as it has users."""

    def __init__(self, store: Store, index: LibraryIndex) -> None:
        self.users = 0
        self.library = index.library.name
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.ensure_future(
            embed_missing(store, index, _log_progress(index.library.name))
        )

    async def stop(self) -> None:
        """Let go after the batch in flight. What went wrong is told in the log: a search by words
        and links needs no embedding."""
        self.task.cancel()
        await asyncio.wait([self.task])
        error = None if self.task.cancelled() else self.task.exception()
        if error is not None:
            structlog.get_logger("leadline.search").error(
                "a library could not be embedded", library=self.library, exc_info=error
            )


async def build_index(
    store: Store,
    library: LibraryRow,
    embedder: Embedder | None = None,
    before: Chunked | None = None,
) -> LibraryIndex:
    """Read the library's documents from the store and index them in a thread; documents of an index
    `before` are not read again. Raises `LibraryDamaged` when a text is missing or is not the one
    that was written: a search would leave it out in silence."""
    before = before or {}
    documents = [document for document in await store.documents(library.id) if document.snapshot_id]
    snapshots: dict[str, Snapshot] = {}
    ids = [
        one.snapshot_id
        for one in documents
        if one.snapshot_id and (one.title, one.snapshot_id) not in before
    ]
    try:
        for start in range(0, len(ids), BATCH):
            snapshots |= await store.stored_snapshots(ids[start : start + BATCH])
    except (ValueError, TypeError) as error:
        raise _damaged(library, f"a stored text has no sentences: {error}") from error
    pairs = [(document, snapshots.get(document.snapshot_id or "")) for document in documents]
    index = await asyncio.to_thread(_build, library, pairs, before, embedder)
    if embedder:
        await _load(store, index, embedder)
    return index


def _damaged(library: LibraryRow, reason: str) -> LibraryDamaged:
    return LibraryDamaged(library=library.name, reason=reason, path=library.path or "PATH")


def _build(
    library: LibraryRow,
    documents: Sequence[tuple[DocumentRow, Snapshot | None]],
    before: Chunked,
    embedder: Embedder | None,
) -> LibraryIndex:
    """Raises `LibraryDamaged`."""
    fresh = [
        (document, snapshot)
        for document, snapshot in documents
        if (document.title, document.snapshot_id or "") not in before
    ]
    broken = [
        document.path for document, snapshot in fresh if snapshot is None or not snapshot.is_whole()
    ]
    if broken:
        shown = ", ".join(broken[:5])
        raise _damaged(
            library,
            f"the stored texts of {len(broken)} of its {len(documents)} documents are not "
            f"what was read: {shown}",
        )
    return LibraryIndex(library, chunk_documents(documents, before), embedder)


async def _load(store: Store, index: LibraryIndex, embedder: Embedder) -> None:
    """Take in the stored vectors, and forget those of passages that are gone and those that are
    damaged."""
    stored = await stored_vectors(store, index.library.id, embedder.key)
    sound = {text: row for text, vector in stored.items() if (row := _vector(vector)) is not None}
    places = [place for place, chunk in enumerate(index.chunks) if chunk.sha256 in sound]
    if places:
        index.learn(
            places,
            numpy.stack([sound[index.chunks[place].sha256] for place in places]).astype(
                numpy.float32
            ),
        )
    kept = sound.keys() & {chunk.sha256 for chunk in index.chunks}
    await forget_vectors(store, index.library.id, embedder.key, stored.keys() - kept)


def _vector(stored: bytes) -> NDArray[numpy.float16] | None:
    """A stored vector; None for one that is damaged, which is made anew like one that is
    missing."""
    if len(stored) != 2 * DIMENSIONS:
        return None
    row: NDArray[numpy.float16] = numpy.frombuffer(stored, "<f2")
    return row if numpy.isfinite(row).all() else None


async def embed_missing(store: Store, index: LibraryIndex, progress: Progress) -> None:
    """Embed what has no vector yet, a batch at a time, and store it; `progress` hears how many of
    all are done."""
    waiting = await asyncio.to_thread(index.unlearned) if index.embedder else []
    for start in range(0, len(waiting), EMBEDDED):
        places = waiting[start : start + EMBEDDED]
        assert index.embedder is not None
        vectors = await asyncio.to_thread(
            index.embedder.embed, [index.chunks[place].whole for place in places]
        )
        index.learn(places, vectors)
        kept = {
            index.chunks[place].sha256: row.astype("<f2").tobytes()
            for place, row in zip(places, vectors, strict=True)
        }
        await put_vectors(store, index.library.id, index.embedder.key, kept)
        progress(start + len(places), len(waiting))


def _log_progress(library: str) -> Progress:
    told = monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if monotonic() - told >= TOLD_SECONDS or (done == total and total > EMBEDDED):
            told = monotonic()
            structlog.get_logger("leadline.search").info(
                "embedding a library", library=library, done=done, total=total
            )

    return tell
