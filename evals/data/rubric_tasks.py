"""Tasks with weighted criteria, read from the `processed_data.jsonl` of ResearchRubrics: one task a
line, every line checked.

Not here: the score (`graders/scores.py`).
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from evals.errors import DataInvalid, EvalError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# it names files, so it can be no path
SampleId = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f]+$", max_length=200)]


class Criterion(BaseModel):
    """One criterion; a negative weight is of a fault that the report should not have."""

    model_config = ConfigDict(frozen=True)

    criterion: Text
    weight: Annotated[float, Field(allow_inf_nan=False, strict=True)]
    axis: Text


class RubricTask(BaseModel):
    """One prompt and its criteria. Further fields of a line (`domain`, `exploration`, …) are left
    out."""

    model_config = ConfigDict(frozen=True)

    sample_id: SampleId
    prompt: Text
    rubrics: Annotated[tuple[Criterion, ...], Field(min_length=1)]


def load_tasks(path: Path) -> list[RubricTask]:
    """Read all tasks. Raises `DataInvalid` with the number of the first line that is wrong,
    `EvalError` when there is nothing to read."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise EvalError(
            reason=f"{path} cannot be read: {error.strerror}",
            mend="Name the data file with --data.",
        ) from error
    tasks: dict[str, RubricTask] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        task = _task(path, number, line)
        if task.sample_id in tasks:
            raise DataInvalid(
                line=number, path=path, reason=f"the sample_id {task.sample_id!r} was given before"
            )
        tasks[task.sample_id] = task
    if not tasks:
        raise EvalError(reason=f"{path} holds no task", mend="Name the data file with --data.")
    return list(tasks.values())


def _task(path: Path, number: int, line: bytes) -> RubricTask:
    try:
        task = RubricTask.model_validate(json.loads(line.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise DataInvalid(line=number, path=path, reason="it is not UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataInvalid(line=number, path=path, reason=f"it is not JSON: {error}") from error
    except ValidationError as error:
        raise DataInvalid(line=number, path=path, reason=_first(error)) from error
    if task.sample_id in (".", ".."):
        raise DataInvalid(line=number, path=path, reason="sample_id: it cannot name a file")
    if not any(c.weight > 0 for c in task.rubrics):
        raise DataInvalid(
            line=number,
            path=path,
            reason=f"the task {task.sample_id} has no criterion of positive weight, so no score",
        )
    return task


def _first(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
