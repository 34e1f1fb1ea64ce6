"""Ask one role's model one question within the run's budget, and keep the count. The only way from
the crew to a model.

An answer out of schema gives None after its repair: the caller has a fallback. An endpoint that is
gone raises, and so does a spent budget. A good answer is kept before anything is made of it: when
the job is taken up again within a step of many calls, those that were answered are not made again.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from agents import prompts
from agents.models import Action, CallUsage, Message, Models, OnCall, RoleModel, Text, ToolSpec
from agents.schemas import schema_of
from research.crew import Run
from research.domain import Role, Task, new_id, now
from research.efforts import Phase
from research.errors import BudgetExhausted, ContextOverflow, ModelError, UnusableAnswer
from research.store.tables import ModelCallRow

T = TypeVar("T", bound=BaseModel)
R = TypeVar("R")
BAD_TURN = (UnusableAnswer,)
ACTIONS = TypeAdapter(tuple[Action, ...])
BAD_ANSWER = (*BAD_TURN, ContextOverflow)
TOLD = {"role", "model", "prompt_tokens", "cached_tokens", "completion_tokens", "usd"}  # of a call


async def ask(
    run: Run,
    models: Models,
    role: Role,
    prompt: str,
    answer: type[T],
    *,
    schema: dict[str, Any] | None = None,
    max_tokens: int,
    task_id: str = "",
    phase: Phase | None = None,
    **values: object,
) -> T | None:
    """The model's answer, or None when it gave none that fits; then the step's fallback is told of.
    Another `phase` of the budget than the present one may pay for it. Raises `BudgetExhausted`,
    `ModelUnavailable`, `ModelRefused`."""
    model = models.role(role)
    messages = prompts.render(prompt, run.question.language, **values)
    request = _named(role, model, messages, schema or schema_of(answer))
    meter = run.budget.of(phase) if phase else run.budget
    counted = _count(run, role, task_id)

    async def call() -> T:
        return await model.ask(
            messages, answer, schema=schema, max_tokens=max_tokens, on_call=counted, meter=meter
        )

    return await _once(run, model, prompt, request, _form_of(answer), call)


async def write(
    run: Run, models: Models, role: Role, prompt: str, *, max_tokens: int, **values: object
) -> Text | None:
    """A text of the model's, or None when it gave none; then the step's fallback is told of. Raises
    as `ask` does."""
    model = models.role(role)
    messages = prompts.render(prompt, run.question.language, **values)
    request = _named(role, model, messages, "text")

    async def call() -> Text:
        counted = _count(run, role, "")
        return await model.write(messages, max_tokens=max_tokens, on_call=counted, meter=run.budget)

    return await _once(run, model, prompt, request, _form_of(Text), call)


async def affordable(run: Run, step: str, answer: Awaitable[R | None]) -> R | None:
    """The answer, or None where the run's budget has no room for it, which is told."""
    try:
        return await answer
    except BudgetExhausted as error:
        await run.capped(step, error)
        return None


async def choose_actions(
    run: Run,
    model: RoleModel,
    task: Task,
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    *,
    max_tokens: int,
    most: int,
) -> tuple[Action, ...] | None:
    """The tool calls of an agent's turn, at most so many, or None when the model gave none that
    fits. Raises as `ask` does, and `ContextOverflow`."""

    request = _named(task.role, model, messages, [vars(tool) for tool in tools])

    async def call() -> tuple[Action, ...]:
        counted = _count(run, task.role, task.id)
        return await model.act(
            messages, tools, max_tokens=max_tokens, on_call=counted, most=most, meter=run.budget
        )

    return await _once(run, model, task.role, request, ACTIONS, call, bad=BAD_TURN)


@cache
def _form_of(kind: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(kind)


def _named(role: Role, model: RoleModel, messages: Sequence[Message], form: Any) -> str:
    """The name of a request: what is asked of whom, and the form of the answer."""
    told = json.dumps(
        [role, model.name, messages, form], default=str, ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


async def _once(
    run: Run,
    model: RoleModel,
    step: str,
    request: str,
    form: TypeAdapter[R],
    call: Callable[[], Awaitable[R]],
    bad: tuple[type[ModelError], ...] = BAD_ANSWER,
) -> R | None:
    """The answer that was paid for before the job was taken up again, or what the call gives; None
    where the model fails. That is told: of an endpoint as its failure; the embedded model is small,
    and its steps are made to do without it."""
    if (kept := await _kept(run, request, form)) is not None:
        return kept
    try:
        made = await call()
    except bad as error:
        await (run.failed(step, error) if model.accountable else run.fallback(step, str(error)))
        return None
    await run.records.put_answer(request, form.dump_json(made, by_alias=True).decode())
    return made


async def _kept(run: Run, request: str, form: TypeAdapter[R]) -> R | None:
    """The answer to this request; None if there is none, or none that can be read."""
    text = await run.store.answer(run.job.id, request) if run.job.fence > 1 else None
    if text is None:
        return None
    try:
        return form.validate_json(text)
    except ValidationError:
        return None


def _count(run: Run, role: Role, task_id: str) -> OnCall:
    async def on_call(usage: CallUsage) -> None:
        row = ModelCallRow(
            id=new_id(),
            job_id=run.job.id,
            role=role,
            task_id=task_id,
            at=now(),
            **vars(usage),
        )
        run.budget.add(row)
        # A call that was paid for is kept even if the run is being cancelled.
        told = row.model_dump(include=TOLD) | {
            "seconds": round(row.seconds, 2),
            "failed": row.error is not None,
            "budget_left": run.budget.left(),
        }
        await asyncio.shield(run.records.put_model_call(row, **told))

    return on_call
