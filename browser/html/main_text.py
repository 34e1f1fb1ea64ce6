"""Which blocks of a page are its main text: a logistic regression over `features.py`, then what holds a text together.

The weights in `main_text.json` are written by `python -m evals.extraction_model`, which also says how well they do on sites they were
not learnt from. Not here: what becomes of the blocks (`extract.py`).
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from browser.html.blocks import Block, Layout
from browser.html.features import HEADINGS, features_of
from browser.html.tables import ROW

THRESHOLD = 0.35
STRUCTURE_THRESHOLD = 0.05  # for lists, tables, code and headings among paragraphs that are kept
HOLDS = 60  # letters of a paragraph that others can stand between
_STRUCTURE = frozenset("li td th dt dd pre".split()) | HEADINGS


@dataclass(frozen=True)
class Weights:
    """For each feature the points at which it is cut and what the steps between them are worth beside the step of 0."""

    bias: float
    steps: Mapping[str, tuple[Sequence[float], Sequence[float]]]

    def chance(self, row: Mapping[str, float]) -> float:
        """How likely a block with these features is main text; one without any is not."""
        if not row:
            return 0.0
        score = self.bias
        steps = self.steps
        for name, value in row.items():
            if name in steps:
                cuts, worth = steps[name]
                score += worth[bisect_right(cuts, value)]
        return 1 / (1 + math.exp(-score))


@lru_cache(maxsize=1)
def learnt() -> Weights:
    stored = json.loads(files("browser.html").joinpath("main_text.json").read_text(encoding="utf-8"))
    return Weights(stored["bias"], {name: (step["cuts"], step["worth"]) for name, step in stored["steps"].items()})


def main_text(layout: Layout, title: str) -> list[Block]:
    """The blocks of the main text, in order."""
    weights = learnt()
    rows = list(features_of(layout, title))
    return choose(layout.blocks, rows, [weights.chance(row) for row in rows])


def choose(blocks: Sequence[Block], rows: Sequence[Mapping[str, float]], chances: Sequence[float]) -> list[Block]:
    """Blocks by their chance; lists, tables and code within the text stay with it, headings without a text go."""
    kept = [chance >= THRESHOLD for chance in chances]
    holding = [number for number, block in enumerate(blocks) if kept[number] and block.size >= HOLDS]
    for number in range(holding[0], len(blocks)) if holding else ():
        inside = rows[number] and rows[number]["within"] and number < holding[-1]
        if inside or _is_row(blocks[number], rows[number]):
            kept[number] = kept[number] or _belongs(blocks[number], rows[number], chances[number])
    _drop_bare_headings(blocks, kept)
    return [block for block, keep in zip(blocks, kept, strict=True) if keep]


def _is_row(block: Block, row: Mapping[str, float]) -> bool:
    """Whether it is a row of a table in the column: one may follow the last paragraph."""
    return block.box.names == ROW and bool(row) and not row["out"]


def _belongs(block: Block, row: Mapping[str, float], chance: float) -> bool:
    return block.box.tag in _STRUCTURE and row["link"] <= 0.5 and not row["furniture"] and chance >= STRUCTURE_THRESHOLD


def _drop_bare_headings(blocks: Sequence[Block], kept: list[bool]) -> None:
    follows = False
    for number in range(len(blocks) - 1, -1, -1):
        if blocks[number].box.tag in HEADINGS:
            kept[number] = kept[number] and follows
        elif kept[number]:
            follows = True
        elif blocks[number].size >= 2 * HOLDS:
            follows = False
