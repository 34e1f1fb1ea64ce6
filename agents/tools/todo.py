"""`todo`: the list an agent keeps of what it still has to do. Each call hands in changes and gets
the whole list back.

The list is what the agent's own steps add up to, so a resumed branch has it again. Not here: any
effect on the run."""

from collections.abc import Iterable
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.models import ToolSpec
from agents.schemas import object_of
from agents.tools.types import Tool
from research.crew import Run
from research.domain import AgentRole, Ledger, Observation, Step, Task
from research.errors import ToolError
from research.text.sentences import clip

NAME = "todo"
MOST = 30
Status = Literal["pending", "in_progress", "completed", "blocked"]


class Change(BaseModel):
    """What is left out stays as it was."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(default=None, max_length=300)
    status: Status | None = None


class Arguments(BaseModel):
    """By item: a change, or null to delete it."""

    model_config = ConfigDict(extra="forbid")

    updates: dict[str, Change | None] = Field(default={}, max_length=MOST)


class Item(BaseModel):
    id: str
    text: str = ""
    status: Status = "pending"


_CHANGE = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "status": {"enum": list(get_args(Status))}},
    "additionalProperties": False,
}
SPEC = ToolSpec(
    name=NAME,
    description="Your list of what to do. updates: by id {text, status}, what you leave out "
    "stays; null deletes; {} only reads the list.",
    parameters=object_of(
        updates={
            "type": "object",
            "additionalProperties": {"anyOf": [_CHANGE, {"type": "null"}]},
        }
    ),
)


def tool(roles: frozenset[AgentRole]) -> Tool:
    return Tool(NAME, lambda run: SPEC, call, roles=roles)


async def call(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
    """Raises `ToolError` for changes that do not fit."""
    earlier = await run.store.steps(run.job.id, task.id)
    own = [one for one in earlier if one.tool == NAME and one.index < step.index]
    carried_out = [one.arguments for one in own if one.observation_id]
    try:
        items = added_up([*carried_out, step.arguments])
    except ValidationError as error:
        raise ToolError(tool=NAME, reason=error.errors()[0]["msg"]) from error
    if step.arguments.get("updates"):
        await run.emit("todo", task_id=task.id, items=[item.model_dump() for item in items])
    shown = "\n".join(f"{item.id} [{item.status}] {item.text}" for item in items)
    return Observation(text=shown or "(the list is empty)")


def added_up(calls: Iterable[dict[str, Any]]) -> list[Item]:
    """The list after these calls, in the order items were first named. Raises ValidationError.
    Items past the 30th are left out."""
    items: dict[str, Item] = {}
    for arguments in calls:
        for name, change in Arguments.model_validate(arguments).updates.items():
            id = clip(name, 40)
            if change is None:
                items.pop(id, None)
            elif id in items or len(items) < MOST:
                items[id] = items.get(id, Item(id=id)).model_copy(
                    update=change.model_dump(exclude_none=True)
                )
    return list(items.values())
