"""Learn which blocks of a page are its main text: `python -m evals.extraction_model --data DIR [--write]`.

The data is that of the suite *extraction*. A block is main text when most of its words are in shingles of the marked article. What is
printed is measured on pages of sites that the weights were not learnt from: the hosts are dealt into ten folds, for several deals;
--write then learns from all pages and stores `browser/html/main_text.json`.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from browser.html.blocks import Block, Box, layout_of
from browser.html.extract import clean, tree_of
from browser.html.features import features_of
from browser.html.main_text import Weights, choose
from browser.html.metadata import facts_of
from evals.extraction import SHINGLE, MarkedPage, Score, f1_of, read_pages, score, shingles, words_of

Floats = npt.NDArray[np.float64]

FOLDS = 10
DEALS = 3
STEPS = 8  # a feature of many values is cut where these shares of the blocks end
PENALTY = 10.0  # on the squares of what steps are worth
CAP, SCALE, FLOOR = 0.1, 20.0, 0.05  # a block weighs as its share of the article, up to a cap
SHORTEST = 60  # words an article counts at least
NEAR = 150  # words around a repeated shingle that tell which of its places is the article's
REFERENCE_WEIGHT = 0.1  # of a block of an encyclopaedia beside one of the benchmark
REFERENCE_HOST = "encyclopaedia.invalid"
STORED = Path(__file__).parent.parent / "browser" / "main_text.json"


@dataclass(frozen=True)
class Example:
    """A page's blocks with their features, whether each is main text, and how much it weighs."""

    page: MarkedPage
    blocks: Sequence[Block]
    rows: Sequence[Mapping[str, float]]
    labels: Sequence[bool]
    weights: Sequence[float]

    @property
    def host(self) -> str:
        return urlsplit(self.page.url).hostname or self.page.key


def example_of(page: MarkedPage) -> Example | None:
    """None for what is no page."""
    tree = tree_of(page.html)
    if tree is None:
        return None
    title = facts_of(tree, page.url).title
    clean(tree)
    layout = layout_of(tree)
    rows = list(features_of(layout, title))
    blocks = layout.blocks
    shares = _covered([words_of(block.text) for block in blocks], page.article)
    length = max(SHORTEST, shingles(page.article).total())
    weights = [_weight(block, length) for block in blocks]
    return Example(page, blocks, rows, [share >= 0.5 for share in shares], weights)


def _weight(block: Block, length: int) -> float:
    return min(CAP, len(words_of(block.text)) / length) * SCALE + FLOOR


def read_reference(folder: Path) -> Iterator[Example]:
    """Pages of an encyclopaedia, which say in their markup what is furniture: boxes of links and lists of references."""
    for path in sorted(folder.glob("*.html")):
        page = MarkedPage(path.stem, f"https://{REFERENCE_HOST}/{path.stem}", path.read_text(encoding="utf-8"), "")
        example = example_of(page)
        if example and sum(not _is_furniture(block) for block in example.blocks) > 3:
            labels = [not _is_furniture(block) for block in example.blocks]
            length = sum(len(words_of(block.text)) for block, label in zip(example.blocks, labels, strict=True) if label)
            weights = [REFERENCE_WEIGHT * _weight(block, length) for block in example.blocks]
            yield Example(page, example.blocks, example.rows, labels, weights)


def _is_furniture(block: Block) -> bool:
    box: Box | None = block.box
    if block.text.startswith(("↑", "This article is issued from")) or block.box.tag in ("h1", "html"):
        return True
    while box:
        if re.search("navbox|references|reflist|catlinks|noprint", box.names):
            return True
        box = box.parent
    return False


def _covered(blocks: Sequence[Sequence[str]], article: str) -> list[float]:
    """For each block the share of its words that are in shingles of the article. A shingle that the page says more often
    than the article counts where most others are around it."""
    words = [word for block in blocks for word in block]
    allowed = shingles(article)
    places: dict[tuple[str, ...], list[int]] = {}
    for start in range(len(words) - SHINGLE + 1):
        shingle = tuple(words[start : start + SHINGLE])
        if shingle in allowed:
            places.setdefault(shingle, []).append(start)
    hits = np.zeros(len(words) + 1)
    for starts in places.values():
        hits[starts] = 1
    sums = np.concatenate([[0.0], np.cumsum(hits)])
    covered = np.zeros(len(words) + SHINGLE, dtype=bool)
    for shingle, starts in places.items():
        best = sorted(starts, key=lambda at: sums[max(0, at - NEAR)] - sums[min(len(sums) - 1, at + NEAR)])
        for start in best[: allowed[shingle]]:
            covered[start : start + SHINGLE] = True
    ends = np.cumsum([0, *map(len, blocks)])
    return [float(covered[left:right].mean()) if right > left else 0.0 for left, right in pairwise(ends)]


def learn(examples: Sequence[Example]) -> Weights:
    """Cut the features and fit what each step is worth."""
    blocks = [block for example in examples for block in zip(example.rows, example.labels, example.weights, strict=True) if block[0]]
    rows = [row for row, _, _ in blocks]
    labels = np.array([label for _, label, _ in blocks], dtype=float)
    weights = np.array([weight for _, _, weight in blocks])
    names = sorted({name for row in rows for name in row})
    values = {name: np.array([float(row.get(name, 0)) for row in rows]) for name in names}
    cuts = {name: found for name in names if len(found := _cuts(values[name]))}
    columns, spans = [np.ones((len(rows), 1))], {}
    width = 1
    for name, found in cuts.items():
        columns.append(np.eye(len(found) + 1)[np.searchsorted(found, values[name], side="right")])
        spans[name] = (width, width + len(found) + 1)
        width += len(found) + 1
    fitted = _fit(np.hstack(columns), labels, weights)
    return _beside_zero(fitted, cuts, spans)


def _cuts(values: Floats) -> Floats:
    found = np.unique(values)
    if len(found) <= STEPS - 2:
        middles: Floats = (found[1:] + found[:-1]) / 2
        return middles
    quantiles: Floats = np.unique(np.round(np.quantile(values, np.linspace(0, 1, STEPS + 1)[1:-1]), 4))
    return quantiles


def _fit(design: Floats, labels: Floats, weights: Floats) -> Floats:
    """Logistic regression with a penalty on all but the first column, by Newton's method."""
    fitted = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 1e-6
    for _ in range(30):
        chances = 1 / (1 + np.exp(-np.clip(design @ fitted, -30, 30)))
        slope = design.T @ (weights * (chances - labels)) + penalty * fitted
        curve = (design * (weights * chances * (1 - chances))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        fitted -= step
        if float(np.abs(step).max()) < 1e-3:
            break
    return fitted


def _beside_zero(fitted: Floats, cuts: Mapping[str, Floats], spans: Mapping[str, tuple[int, int]]) -> Weights:
    """Steps count beside that of 0, so that absent features need not be looked at."""
    bias = float(fitted[0])
    steps = {}
    for name, (left, right) in spans.items():
        zero = float(fitted[left + int(np.searchsorted(cuts[name], 0.0, side="right"))])
        bias += zero
        steps[name] = ([round(float(cut), 4) for cut in cuts[name]], [round(float(worth) - zero, 3) for worth in fitted[left:right]])
    return Weights(round(bias, 3), steps)


def found_by(weights: Weights, example: Example) -> str:
    chances = [weights.chance(row) for row in example.rows]
    return "\n".join(block.text for block in choose(example.blocks, example.rows, chances))


def validate(examples: Sequence[Example], beside: Sequence[Example]) -> Iterator[tuple[float, float, float]]:
    """F1, precision and recall on hosts that were not learnt from, for each deal of the hosts into folds."""
    hosts = sorted({example.host for example in examples})
    for deal in range(DEALS):
        order = random.Random(deal).sample(hosts, len(hosts))
        fold_of = {host: number % FOLDS for number, host in enumerate(order)}
        scores: list[Score] = []
        for fold in range(FOLDS):
            weights = learn([*beside, *(example for example in examples if fold_of[example.host] != fold)])
            held_out = [example for example in examples if fold_of[example.host] == fold]
            scores.extend(score(found_by(weights, example), example.page.article, 1.0) for example in held_out)
        f1 = f1_of(scores).value or 0.0
        yield f1, fmean(s.precision for s in scores if s.precision is not None), fmean(s.recall for s in scores if s.recall is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="A folder of Wikipedia's pages: learnt from too, not measured.")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    examples = [example for page in read_pages(asked.data) if (example := example_of(page))]
    beside = list(read_reference(asked.reference)) if asked.reference else []
    for f1, precision, recall in validate(examples, beside):
        sys.stdout.write(f"out of fold: F1 {f1:.4f}, precision {precision:.4f}, recall {recall:.4f}\n")
        sys.stdout.flush()
    if asked.write:
        store(learn([*examples, *beside]))


def store(weights: Weights) -> None:
    steps = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps({'cuts': list(cuts), 'worth': list(worth)})}" for name, (cuts, worth) in weights.steps.items()
    )
    STORED.write_text(f'{{"bias": {weights.bias}, "steps": {{\n{steps}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
