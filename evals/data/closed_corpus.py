"""A closed corpus as a library like any other: indexed and embedded once, and found again in its
folder.

Not here: its format (`multi_hop.py`), the questions.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from browser.library.embeddings import open_embedder
from browser.library.index import LibraryIndex
from browser.library.indexes import embed_missing
from browser.library.library import sync_library
from browser.surfer import INDEXES
from evals.data.multi_hop import Passage
from research.settings import Settings
from research.store.database import Store

Tell = Callable[[str], None]
ADDRESS = "https://passages.invalid/"
NAME = "corpus"


@dataclass(frozen=True)
class Corpus:
    """The index, the seconds until it could be searched, and those of embedding it."""

    index: LibraryIndex
    indexing: float
    embedding: float


def passage_of(url: str) -> str:
    """The passage's id in its address."""
    return url.removeprefix(ADDRESS)


async def open_corpus(
    store: Store, folder: Path, passages: Sequence[Passage], settings: Settings, tell: Tell
) -> Corpus:
    """The library `corpus` of the store. Runs of this process that read it find its index ready.
    Raises `LibraryError`."""
    path = folder / "corpus.jsonl"
    lines = [
        json.dumps(
            {"title": one.title, "text": one.text, "url": ADDRESS + one.id}, ensure_ascii=False
        )
        for one in passages
    ]
    await asyncio.to_thread(path.write_text, "\n".join(lines), encoding="utf-8")
    embedder = await open_embedder(settings)
    if embedder is None:
        tell(
            "There is no embedding model here: searched by words and links alone. `leadline "
            "setup` gets it."
        )
    begun = time.perf_counter()
    sync = await sync_library(store, NAME, path)
    index = await INDEXES.of(store, sync.library, embedder)
    indexed = time.perf_counter()
    tell(f"{len(passages)} passages can be searched after {indexed - begun:.1f} s")
    await embed_missing(
        store,
        index,
        lambda done, total: tell(f"embedded {done} of {total}") if done % 1024 == 0 else None,
    )
    return Corpus(index, indexed - begun, time.perf_counter() - indexed)
