"""The suite *extraction*: main text against what people marked as the article, in the layout and by
the measure of the article extraction benchmark (`ground-truth.json`, `html/*.html.gz`).

A page's precision and recall count its shingles, runs of four words; F1 is that of their means over
the pages. Beside it `word_f1`, where the order of words does not matter: the mean over pages of the
F1 of their bags of words. trafilatura is measured on the same pages in the same run, page by page
in turn, on the processor time of this thread. Not here: headings, tables, dates.
"""

import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import trafilatura

from browser.html.extract import read_html
from evals.errors import EvalError
from evals.graders.scores import RESAMPLES, SEED, Metric, Outcome, mean, ratio
from research.domain.report import Usage

Tell = Callable[[str], None]
SHINGLE = 4
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class MarkedPage:
    """A page with the text of its article."""

    key: str
    url: str
    html: str
    article: str


@dataclass(frozen=True)
class Score:
    """Precision and recall of a page's shingles (None where there are none), the F1 of its bag of
    words, and the seconds it took."""

    precision: float | None
    recall: float | None
    words: float
    seconds: float


def read_pages(data: Path) -> Iterator[MarkedPage]:
    """Raises `EvalError`."""
    try:
        truth: Mapping[str, Mapping[str, Any]] = json.loads(
            (data / "ground-truth.json").read_text(encoding="utf-8")
        )
        for key, about in truth.items():
            with gzip.open(
                data / "html" / f"{key}.html.gz", "rt", encoding="utf-8", errors="replace"
            ) as file:
                yield MarkedPage(
                    key, about.get("url") or "", file.read(), about.get("articleBody") or ""
                )
    except (OSError, ValueError, AttributeError) as error:
        raise EvalError(reason=f"{data} is not in the layout of the benchmark: {error}") from error


def words_of(text: str) -> list[str]:
    return _WORD.findall(text)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """The runs of four words of a text; a shorter text is one run."""
    words = words_of(text)
    return Counter(
        tuple(words[start : start + SHINGLE])
        for start in range(max(1, len(words) - SHINGLE + 1))
        if words
    )


def score(found: str, article: str, seconds: float) -> Score:
    said, true = shingles(found), shingles(article)
    hits = (said & true).total()
    precision = hits / said.total() if said else None
    recall = hits / true.total() if true else None
    return Score(precision, recall, _bag_f1(found, article), seconds)


def _bag_f1(found: str, article: str) -> float:
    said, true = Counter(words_of(found)), Counter(words_of(article))
    both = said.total() + true.total()
    return 2 * (said & true).total() / both if both else 1.0


def leadline(page: MarkedPage) -> str:
    return read_html(page.html, page.url).page.text


def peer(page: MarkedPage) -> str:
    """trafilatura as it comes, without comments: they are no part of an article."""
    return trafilatura.extract(page.html, include_comments=False) or ""


def run(pages: Sequence[MarkedPage], *, tell: Tell) -> Outcome:
    """Extract each page with both systems in turn."""
    started = time.monotonic()
    for system in (leadline, peer):
        for page in pages[:3]:
            system(page)  # what is loaded at the first call is no cost of a page
    ours: list[Score] = []
    theirs: list[Score] = []
    for number, page in enumerate(pages, 1):
        pairs = [(leadline, ours), (peer, theirs)]
        for system, scores in pairs if number % 2 else reversed(pairs):
            before = time.thread_time()
            found = system(page)
            scores.append(score(found, page.article, time.thread_time() - before))
        if number % 50 == 0:
            tell(f"{number} of {len(pages)} pages")
    usage = Usage(seconds=round(time.monotonic() - started, 2))
    speed = ratio([(other.seconds, own.seconds) for own, other in zip(ours, theirs, strict=True)])
    metrics = {**_metrics(ours), **_metrics(theirs, "trafilatura_"), "speed_ratio": speed}
    return Outcome("extraction", "leadline", len(pages), 0, metrics, usage)


def _metrics(scores: Sequence[Score], prefix: str = "") -> dict[str, Metric]:
    return {
        f"{prefix}f1": f1_of(scores),
        f"{prefix}precision": mean([s.precision for s in scores if s.precision is not None]),
        f"{prefix}recall": mean([s.recall for s in scores if s.recall is not None]),
        f"{prefix}word_f1": mean([s.words for s in scores]),
        f"{prefix}pages_per_s": ratio([(1.0, s.seconds) for s in scores]),
    }


def f1_of(scores: Sequence[Score]) -> Metric:
    """The F1 of mean precision and mean recall, with the percentile bootstrap over pages,
    seeded."""
    if not scores:
        return Metric(None)
    draw = random.Random(SEED)
    sampled = sorted(_f1(draw.choices(scores, k=len(scores))) for _ in range(RESAMPLES))
    edge = int(RESAMPLES * 0.025)
    return Metric(_f1(scores), sampled[edge], sampled[-edge - 1])


def _f1(scores: Sequence[Score]) -> float:
    """A page where nothing was found has no precision, as one without an article has no recall."""
    precisions = [s.precision for s in scores if s.precision is not None]
    recalls = [s.recall for s in scores if s.recall is not None]
    if not precisions or not recalls:
        return 0.0
    precision, recall = fmean(precisions), fmean(recalls)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
