"""What a person may say to a job, checked at the door, and how it is given: answers, the plan
approved or edited, a note.

The same for REST, the CLI and the viewer. Not here: what the graph makes of it
(`research/flow.py`).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from api.messages.requests import Limited, Strict, first_fault
from research.domain import Clarification, InputKind, Job
from research.errors import InputRejected, InputUnwanted
from research.store.database import Store
from research.store.inputs import add_input, answer, inputs

ANSWER_LIMIT = 2_000
NOTE_LIMIT = 2_000
NOTES = 50
Answer = Annotated[str, Limited(0, ANSWER_LIMIT)]
Line = Annotated[str, Limited(1, 300)]


class TaskEdit(Strict):
    """A search that the plan shall hold."""

    goal: Line
    queries: Annotated[tuple[Line, ...], Field(max_length=5)] = ()
    role: Literal["search"] = "search"


class PlanEdit(Strict):
    """What of the plan to replace; what is left out stays."""

    brief: Annotated[str, Limited(1, 2_000)] | None = None
    must_contain: Annotated[tuple[Line, ...], Field(max_length=20)] | None = None
    tasks: Annotated[tuple[TaskEdit, ...], Field(min_length=1)] | None = None


_KINDS = (("answers", "array"), ("plan", "object"), ("approve", "boolean"), ("note", "string"))


def _only(name: str, kind: str) -> dict[str, Any]:
    """The schema of an object in which this is given."""
    return {"required": [name], "properties": {name: {"type": kind}}}


class InputRequest(Strict):
    """Exactly one of: `answers` in the order of the questions ('' leaves one open), `plan`,
    `approve`, `note`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_only(*kind) for kind in _KINDS]})

    answers: Annotated[tuple[Answer, ...], Field(max_length=3)] | None = None
    plan: PlanEdit | None = None
    approve: Literal[True] | None = None
    note: Annotated[str, Limited(1, NOTE_LIMIT)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("give exactly one of answers, plan, approve, note")
        return self


def read_input(data: Mapping[str, Any]) -> InputRequest:
    """Raises `InputRejected` naming the first field that is wrong."""
    try:
        return InputRequest.model_validate(data)
    except ValidationError as error:
        field, reason = first_fault(error.errors())
        raise InputRejected(field=field, reason=reason) from error


async def give(job_id: str, said: InputRequest, store: Store) -> Job:
    """Give a job what a person says. Raises `JobNotFound`, `JobEnded`, `InputUnwanted`,
    `InputRejected`."""
    job = await store.job(job_id)
    if said.note is not None:
        if len(await inputs(store, job_id, "note")) >= NOTES:
            raise InputRejected(field="note", reason=f"the job has {NOTES} notes already")
        await add_input(store, job_id, "note", {"note": said.note})
        return await store.job(job_id)
    kind: InputKind = "plan" if said.answers is None else "answers"
    asked = await store.asked(job_id)
    if job.status != "needs_input" or asked.get("kind") != kind:
        raise InputUnwanted(job_id=job_id, kind=kind, status=job.status)
    question = job.question
    if said.answers is not None:
        question = question.model_copy(
            update={"clarifications": _clarified(asked["questions"], said.answers)}
        )
    elif said.plan and said.plan.tasks and len(said.plan.tasks) > asked["most_tasks"]:
        raise InputRejected(
            field="plan.tasks", reason=f"at most {asked['most_tasks']} are allowed at this effort"
        )
    await answer(store, job, kind, said.model_dump(mode="json", exclude_none=True), question)
    return await store.job(job_id)


def _clarified(questions: list[str], answers: tuple[str, ...]) -> tuple[Clarification, ...]:
    """Each question with its answer; those not answered are left open."""
    if len(answers) > len(questions):
        raise InputRejected(field="answers", reason=f"there are {len(questions)} questions")
    padded = [*answers, *[""] * (len(questions) - len(answers))]
    return tuple(
        Clarification(question=q, answer=a) for q, a in zip(questions, padded, strict=True)
    )
