"""The suite *retrieval*: do the passages that answer a multi-hop question stand among the first of a library search, by the question alone?

The corpus becomes a library like any other, and is searched as an agent would search it; beside that, by words alone and by parts of the
mix. Not here: the data's format (`retrieval_data.py`), answers to the questions.
"""

import asyncio
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy

from browser.embeddings import open_embedder
from browser.index import LibraryIndex
from browser.indexes import build_index, embed_missing
from browser.library import sync_library
from browser.ranking import DEFAULT, WORDS_ALONE, Mix
from evals.retrieval_data import MultiHop, Passage, load_corpus
from evals.scores import Metric, Outcome, mean
from research.report import Usage
from research.settings import Settings
from research.store import Store

Tell = Callable[[str], None]
Part = Literal["all", "odd", "even"]
ADDRESS = "https://passages.invalid/"
DEEPEST = 20
ARMS: Mapping[str, Mix] = {
    "": DEFAULT,
    "bm25.": WORDS_ALONE,
    "dense.": Mix(meaning=1.0, links=0.0),
    "fused.": Mix(links=0.0),
    "bm25+links.": Mix(meaning=0.0),
}


@dataclass(frozen=True)
class Timed:
    """Seconds of indexing and embedding the whole corpus, and of each query by the whole mix."""

    indexing: float
    embedding: float
    queries: tuple[float, ...]


async def perform(data: Path, settings: Settings, *, part: Part, keep: Path | None, tell: Tell) -> Outcome:
    """Index, embed, ask, measure. With `keep`, library and vectors stay there, and a second run does not embed. Raises `LeadlineError`."""
    passages, questions = await asyncio.to_thread(load_corpus, data)
    questions = {"all": questions, "odd": questions[0::2], "even": questions[1::2]}[part]
    with _folder(keep) as folder:
        async with Store.open(f"sqlite+aiosqlite:///{folder / 'retrieval.db'}") as store:
            index, indexing, embedding = await _library(store, folder, passages, settings, tell)
            found, seconds = await asyncio.to_thread(_ask, index, questions)
    system = "leadline" if index.embedder else "leadline, no embeddings"
    metrics = dict(_metrics(questions, found)) | _speeds(Timed(indexing, embedding, seconds))
    usage = Usage(seconds=indexing + embedding + sum(seconds), searches=len(questions))
    return Outcome("retrieval", system, len(questions), 0, metrics, usage)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="leadline-retrieval-") as folder:
        yield Path(folder)


async def _library(
    store: Store, folder: Path, passages: Sequence[Passage], settings: Settings, tell: Tell
) -> tuple[LibraryIndex, float, float]:
    """The corpus as an embedded library, with the seconds until it could be searched and those of embedding it."""
    path = folder / "corpus.jsonl"
    lines = [json.dumps({"title": one.title, "text": one.text, "url": ADDRESS + one.id}, ensure_ascii=False) for one in passages]
    await asyncio.to_thread(path.write_text, "\n".join(lines), encoding="utf-8")
    embedder = await open_embedder(settings)
    if embedder is None:
        tell("There is no embedding model here: measured by words and links alone. `leadline setup` gets it.")
    begun = time.perf_counter()
    sync = await sync_library(store, "corpus", path)
    index = await build_index(store, sync.library, embedder)
    indexed = time.perf_counter()
    tell(f"{len(passages)} passages can be searched after {indexed - begun:.1f} s")
    await embed_missing(store, index, lambda done, total: tell(f"embedded {done} of {total}") if done % 1024 == 0 else None)
    return index, indexed - begun, time.perf_counter() - indexed


def _ask(index: LibraryIndex, questions: Sequence[MultiHop]) -> tuple[dict[str, list[list[str]]], tuple[float, ...]]:
    """For each arm the ids found for each question, best first; and the seconds of each question in the first arm, after one unmeasured."""
    index.search(questions[0].question, DEEPEST)
    found: dict[str, list[list[str]]] = {}
    seconds: list[float] = []
    for arm, mix in ARMS.items():
        for question in questions:
            begun = time.perf_counter()
            hits = index.search(question.question, DEEPEST, mix)
            if arm == "":
                seconds.append(time.perf_counter() - begun)
            found.setdefault(arm, []).append([hit.document.url.removeprefix(ADDRESS) for hit in hits])
    return found, tuple(seconds)


def _metrics(questions: Sequence[MultiHop], found: Mapping[str, list[list[str]]]) -> Iterator[tuple[str, Metric]]:
    for dataset in dict.fromkeys(question.dataset for question in questions):
        for arm, lists in found.items():
            pairs = [(set(q.gold), ids) for q, ids in zip(questions, lists, strict=True) if q.dataset == dataset]
            yield f"{arm}{dataset}.all_gold@20", mean([float(gold <= set(ids[:20])) for gold, ids in pairs])
            for depth in (5, 10, 20):
                yield f"{arm}{dataset}.recall@{depth}", mean([recall(gold, ids, depth) for gold, ids in pairs])
            yield f"{arm}{dataset}.ndcg@10", mean([ndcg(gold, ids, 10) for gold, ids in pairs])


def recall(gold: set[str], ids: Sequence[str], depth: int) -> float:
    return len(gold & set(ids[:depth])) / len(gold)


def ndcg(gold: set[str], ids: Sequence[str], depth: int) -> float:
    """Normalised discounted cumulative gain of lists whose items are gold or not (Järvelin and Kekäläinen 2002)."""
    gained = sum(1 / math.log2(place + 2) for place, one in enumerate(ids[:depth]) if one in gold)
    return gained / sum(1 / math.log2(place + 2) for place in range(min(len(gold), depth)))


def _speeds(timed: Timed) -> dict[str, Metric]:
    milliseconds = [1000 * seconds for seconds in timed.queries]
    return {
        "indexing_seconds": Metric(timed.indexing),
        "embedding_seconds": Metric(timed.embedding),
        "query_ms.p50": Metric(float(numpy.percentile(milliseconds, 50))),
        "query_ms.p95": Metric(float(numpy.percentile(milliseconds, 95))),
    }
