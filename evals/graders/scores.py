"""The figures of an evaluation: the score of a rubric, ratios with bootstrap intervals, the line
that ends a run. Pure.

Not here: who judges (`judge.py`), and comparing two runs.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from evals.data.rubric_tasks import Criterion
from evals.errors import Unscorable
from research.domain.report import Usage

T = TypeVar("T")
RESAMPLES = 2_000
SEED = 20_250_101


@dataclass(frozen=True)
class Metric:
    """A value with its 95 % interval; None where there is nothing to measure, and no interval of
    fewer than two units."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run found. `n` counts all items, `ungraded` those of them without a value: these are
    in no metric."""

    suite: str
    system: str
    n: int
    ungraded: int
    metrics: Mapping[str, Metric]
    usage: Usage

    def as_dict(self) -> dict[str, object]:
        metrics = {
            name: {"value": m.value, "low": m.low, "high": m.high}
            for name, m in self.metrics.items()
        }
        about = {"suite": self.suite, "system": self.system, "n": self.n, "ungraded": self.ungraded}
        return {**about, "metrics": metrics, "usage": self.usage.model_dump(mode="json")}

    def line(self) -> str:
        return json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False)


def task_score(criteria: Sequence[Criterion], marks: Sequence[float], *, task: str = "") -> float:
    """Σ(w·m) / Σ(w where w > 0): negative weights subtract above the line only, and nothing is
    clamped (ResearchRubrics).

    Raises `Unscorable` when no weight is positive."""
    most = sum(c.weight for c in criteria if c.weight > 0)
    if most <= 0:
        raise Unscorable(task=task, reason="it has no criterion of positive weight")
    return sum(c.weight * mark for c, mark in zip(criteria, marks, strict=True)) / most


def axis_coverage(criteria: Sequence[Criterion], marks: Sequence[float]) -> dict[str, float]:
    """For each axis, the share of its positive weight that was met; an axis without positive weight
    has none."""
    met: dict[str, float] = {}
    most: dict[str, float] = {}
    for criterion, mark in zip(criteria, marks, strict=True):
        if criterion.weight > 0:
            met[criterion.axis] = met.get(criterion.axis, 0.0) + criterion.weight * mark
            most[criterion.axis] = most.get(criterion.axis, 0.0) + criterion.weight
    return {axis: met[axis] / weight for axis, weight in most.items()}


def mean(values: Sequence[float]) -> Metric:
    """The mean with its interval."""
    return ratio([(value, 1.0) for value in values])


def ratio(units: Sequence[tuple[float, float]]) -> Metric:
    """Σ numerator / Σ denominator, with the percentile bootstrap over the units, seeded. A unit is
    what was drawn independently."""
    units = [unit for unit in units if unit[1]]
    if not units:
        return Metric(None)
    value = _divide(units)
    if len(units) < 2:
        return Metric(value)
    draw = random.Random(SEED)
    sampled = sorted(_divide(draw.choices(units, k=len(units))) for _ in range(RESAMPLES))
    edge = int(RESAMPLES * 0.025)
    return Metric(value, sampled[edge], sampled[-edge - 1])


def resampled(units: Sequence[T], statistic: Callable[[Sequence[T]], float | None]) -> Metric:
    """A statistic of all units together with the percentile bootstrap over them, seeded; draws
    without a value are left out."""
    value = statistic(units)
    if value is None or len(units) < 2:
        return Metric(value)
    draw = random.Random(SEED)
    drawn = (statistic(draw.choices(units, k=len(units))) for _ in range(RESAMPLES))
    sampled = sorted(found for found in drawn if found is not None)
    edge = int(len(sampled) * 0.025)
    return Metric(value, sampled[edge], sampled[-edge - 1])


def _divide(units: Sequence[tuple[float, float]]) -> float:
    return sum(above for above, _ in units) / sum(below for _, below in units)
