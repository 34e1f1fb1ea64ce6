"""Every line of a data file is checked, and the first wrong one is named by its number."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.data.rubric_tasks import load_tasks
from evals.errors import DataInvalid, EvalError

GOOD: dict[str, Any] = {
    "prompt": "How deep is the sea?",
    "sample_id": "a1",
    "domain": "Science",
    "conceptual_breadth": "Simple",
    "logical_nesting": "Shallow",
    "exploration": "Low",
    "rubrics": [
        {"criterion": "Gives a depth", "weight": 5.0, "axis": "Explicit Criteria"},
        {"criterion": "Invents", "weight": -3, "axis": "Implicit"},
    ],
}


def write(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(
        b"\n".join(
            line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
            for line in lines
        )
        + b"\n"
    )
    return path


def test_the_format_is_read(tmp_path: Path) -> None:
    tasks = load_tasks(
        write(tmp_path, {**GOOD, "prompt": "多深？\u2028?"}, b"", {**GOOD, "sample_id": "a2"})
    )
    assert [task.sample_id for task in tasks] == ["a1", "a2"]
    assert tasks[0].prompt == "多深？\u2028?"
    assert [(c.weight, c.axis) for c in tasks[0].rubrics] == [
        (5, "Explicit Criteria"),
        (-3, "Implicit"),
    ]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert load_tasks(write(tmp_path, b"\xef\xbb\xbf" + json.dumps(GOOD).encode()))


def rubric(**changed: object) -> dict[str, Any]:
    return {**GOOD, "sample_id": "b", "rubrics": [{**GOOD["rubrics"][0], **changed}]}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "not JSON"),
        (b"[1]", "dictionary"),
        (b'"\xff"', "UTF-8"),
        ({k: v for k, v in GOOD.items() if k != "prompt"}, "prompt"),
        ({**GOOD, "sample_id": "../../etc/x"}, "sample_id"),
        ({**GOOD, "sample_id": ".."}, "sample_id"),
        ({**GOOD, "sample_id": "b", "rubrics": []}, "rubrics"),
        (rubric(criterion=" "), "rubrics.0.criterion"),
        (rubric(weight="5"), "rubrics.0.weight"),
        (rubric(weight=True), "rubrics.0.weight"),
        (rubric(weight=float("nan")), "rubrics.0.weight"),
        (rubric(weight=float("inf")), "rubrics.0.weight"),
        (rubric(weight=-2), "no criterion of positive weight"),
        (rubric(weight=0), "no criterion of positive weight"),
        (GOOD, "given before"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: object, told: str) -> None:
    with pytest.raises(DataInvalid) as caught:
        load_tasks(write(tmp_path, GOOD, b"", line))
    assert caught.value.fields["line"] == 3
    assert told in str(caught.value)


def test_no_file_and_no_task_are_errors(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be read"):
        load_tasks(tmp_path / "missing.jsonl")
    with pytest.raises(EvalError, match="holds no task"):
        load_tasks(write(tmp_path, b""))
