"""The formula against values worked out by hand, and the intervals."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.data.rubric_tasks import Criterion
from evals.errors import Unscorable
from evals.graders.scores import Metric, Outcome, axis_coverage, mean, ratio, task_score
from research.domain.report import Usage


def criteria(*weights: float, axis: str = "explicit") -> list[Criterion]:
    return [
        Criterion(criterion=f"c{i}", weight=weight, axis=axis) for i, weight in enumerate(weights)
    ]


@pytest.mark.parametrize(
    ("weights", "marks", "score"),
    [
        ((5, 3, 2), (1, 1, 1), 1.0),
        ((5, 3, 2), (1, 0.5, 0), 0.65),  # (5 + 1.5) / 10
        (
            (5, 3, -4),
            (1, 0, 1),
            0.125,
        ),  # (5 - 4) / 8: the negative weight is not in the denominator
        ((5, 3, -4), (1, 0, 0.5), 0.375),  # (5 - 2) / 8
        ((2, -5), (0, 1), -2.5),  # no clamp
        ((4, 0, -1), (1, 1, 0), 1.0),  # a weight of 0 changes nothing
        ((10, 5, 5, -3, 0), (0.5, 1, 0, 1, 0), 0.35),  # (5 + 5 - 3) / 20
    ],
)
def test_score_by_hand(weights: tuple[float, ...], marks: tuple[float, ...], score: float) -> None:
    assert task_score(criteria(*weights), marks) == pytest.approx(score)


@pytest.mark.parametrize("weights", [(), (0,), (-1, 0)])
def test_no_positive_weight_is_an_error_of_its_own(weights: tuple[float, ...]) -> None:
    with pytest.raises(Unscorable, match="t1 has no score"):
        task_score(criteria(*weights), [1.0] * len(weights), task="t1")


def test_a_mark_for_each_criterion() -> None:
    with pytest.raises(ValueError, match="shorter"):
        task_score(criteria(1, 2), [1.0])


WEIGHTED = st.lists(
    st.tuples(st.integers(-5, 10), st.sampled_from([0.0, 0.5, 1.0])), min_size=1
).filter(lambda ws: any(w > 0 for w, _ in ws))


@given(WEIGHTED)
def test_a_better_mark_never_lowers_the_score_but_of_a_fault(
    weighted: list[tuple[int, float]],
) -> None:
    weights, marks = [w for w, _ in weighted], [m for _, m in weighted]
    score = task_score(criteria(*weights), marks)
    assert score <= 1
    better = task_score(criteria(*weights), [1.0, *marks[1:]])
    assert better >= score if weights[0] >= 0 else better <= score


def test_coverage_of_an_axis_is_its_positive_weight_that_was_met() -> None:
    mixed = [
        *criteria(4, 1, -5),
        *criteria(2, axis="synthesis"),
        *criteria(-1, axis="communication"),
    ]
    assert axis_coverage(mixed, [1, 0, 1, 0.5, 1]) == {"explicit": 0.8, "synthesis": 0.5}


def test_intervals_hold_the_mean_and_are_the_same_each_time() -> None:
    values = [0.1, 0.5, 0.9, 0.4, 0.6]
    metric = mean(values)
    assert metric.value == pytest.approx(0.5)
    assert metric.low is not None and metric.high is not None
    assert 0.1 <= metric.low < 0.5 < metric.high <= 0.9
    assert mean(values) == metric


def test_one_unit_has_no_interval_and_none_has_no_value() -> None:
    assert mean([0.3]) == Metric(0.3)
    assert mean([]) == Metric(None)
    assert ratio([(0, 0)]) == Metric(None)
    assert ratio([(1, 2), (3, 4), (0, 0)]).value == pytest.approx(4 / 6)


def test_the_line_is_json_with_the_agreed_fields() -> None:
    line = Outcome("rubrics", "us", 3, 1, {"score": Metric(0.5, 0.4, 0.6)}, Usage()).line()
    assert "\n" not in line
    data = json.loads(line)
    assert list(data) == ["suite", "system", "n", "ungraded", "metrics", "usage"]
    assert data["metrics"] == {"score": {"value": 0.5, "low": 0.4, "high": 0.6}}
