"""A tool as agents have it: how a model is told of it, who may use it, and what carries out a call.
Not here: the loop (`agents/loop/`)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agents.models import ToolSpec
from research.crew import Run
from research.domain import AgentRole, Ledger, Observation, Step, Task
from research.errors import ToolError

M = TypeVar("M", bound=BaseModel)
Call = Callable[[Run, Task, Step, Ledger], Awaitable[Observation]]


@dataclass(frozen=True)
class Tool:
    """`spec` is told to the model; `single` tools are those an agent of one turn has too.
    `call` raises `ToolError` for arguments that do not fit, and what else the flow expects."""

    name: str
    spec: Callable[[Run], ToolSpec]
    call: Call
    roles: frozenset[AgentRole] = frozenset({"search", "verify"})
    single: bool = False


Toolbox = Mapping[str, Tool]


def arguments_of(kind: type[M], step: Step) -> M:
    """What a tool was called with. Raises `ToolError` for arguments that do not fit."""
    try:
        return kind.model_validate(step.arguments)
    except ValidationError as error:
        raise ToolError(tool=step.tool, reason=error.errors()[0]["msg"]) from error
