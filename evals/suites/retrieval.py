"""The suite *retrieval*: do the passages that answer a multi-hop question stand among the first of
a library search, by the question alone?

The corpus becomes a library like any other, and is searched as an agent would search it; beside
that, by words alone and by parts of the mix. Not here: the data's format (`data/multi_hop.py`),
answers to the questions.
"""

import asyncio
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy

from browser.library.index import LibraryIndex
from browser.library.ranking import DEFAULT, WORDS_ALONE, Mix
from evals.data.closed_corpus import Tell, open_corpus, passage_of
from evals.data.multi_hop import MultiHop, load_corpus
from evals.graders.scores import Metric, Outcome, mean
from research.domain.report import Usage
from research.settings import Settings
from research.store.database import Store

Part = Literal["all", "odd", "even"]
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


async def perform(
    data: Path, settings: Settings, *, part: Part, keep: Path | None, tell: Tell
) -> Outcome:
    """Index, embed, ask, measure. With `keep`, library and vectors stay there, and a second run
    does not embed. Raises `LeadlineError`."""
    passages, questions = await asyncio.to_thread(load_corpus, data)
    questions = {"all": questions, "odd": questions[0::2], "even": questions[1::2]}[part]
    with _folder(keep) as folder:
        async with Store.open(f"sqlite+aiosqlite:///{folder / 'retrieval.db'}") as store:
            corpus = await open_corpus(store, folder, passages, settings, tell)
            found, seconds = await asyncio.to_thread(_ask, corpus.index, questions)
    system = "leadline" if corpus.index.embedder else "leadline, no embeddings"
    metrics = dict(_metrics(questions, found)) | _speeds(
        Timed(corpus.indexing, corpus.embedding, seconds)
    )
    usage = Usage(
        seconds=corpus.indexing + corpus.embedding + sum(seconds), searches=len(questions)
    )
    return Outcome("retrieval", system, len(questions), 0, metrics, usage)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="leadline-retrieval-") as folder:
        yield Path(folder)


def _ask(
    index: LibraryIndex, questions: Sequence[MultiHop]
) -> tuple[dict[str, list[list[str]]], tuple[float, ...]]:
    """For each arm the ids found for each question, best first; and the seconds of each question in
    the first arm, after one unmeasured."""
    index.search(questions[0].question, DEEPEST)
    found: dict[str, list[list[str]]] = {}
    seconds: list[float] = []
    for arm, mix in ARMS.items():
        for question in questions:
            begun = time.perf_counter()
            hits = index.search(question.question, DEEPEST, mix)
            if arm == "":
                seconds.append(time.perf_counter() - begun)
            found.setdefault(arm, []).append([passage_of(hit.document.url) for hit in hits])
    return found, tuple(seconds)


def _metrics(
    questions: Sequence[MultiHop], found: Mapping[str, list[list[str]]]
) -> Iterator[tuple[str, Metric]]:
    for dataset in dict.fromkeys(question.dataset for question in questions):
        for arm, lists in found.items():
            pairs = [
                (set(q.gold), ids)
                for q, ids in zip(questions, lists, strict=True)
                if q.dataset == dataset
            ]
            yield (
                f"{arm}{dataset}.all_gold@20",
                mean([float(gold <= set(ids[:20])) for gold, ids in pairs]),
            )
            for depth in (5, 10, 20):
                yield (
                    f"{arm}{dataset}.recall@{depth}",
                    mean([recall(gold, ids, depth) for gold, ids in pairs]),
                )
            yield f"{arm}{dataset}.ndcg@10", mean([ndcg(gold, ids, 10) for gold, ids in pairs])


def recall(gold: set[str], ids: Sequence[str], depth: int) -> float:
    return len(gold & set(ids[:depth])) / len(gold)


def ndcg(gold: set[str], ids: Sequence[str], depth: int) -> float:
    """Normalised discounted cumulative gain of lists whose items are gold or not (Järvelin and
    Kekäläinen 2002)."""
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
