"""`note`: keep a finding in a sentence. Notes stay with the agent when earlier results are no
longer shown. Not here: claims, which are made of quotes alone."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from agents.models import ToolSpec
from agents.schemas import object_of
from agents.tools.types import Tool, arguments_of
from research.crew import Run
from research.domain import Ledger, Observation, Step, Task
from research.flow import NOTE

__all__ = ["NOTE", "tool"]
LONGEST = 400  # characters


class Arguments(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


SPEC = ToolSpec(
    name=NOTE,
    description="Note a finding in one sentence, with the names of its sentences (d3.12). "
    "Notes stay when earlier results are dropped.",
    parameters=object_of(text={"type": "string", "maxLength": LONGEST}),
)


def tool() -> Tool:
    return Tool(NOTE, lambda run: SPEC, _note)


async def _note(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
    arguments_of(Arguments, step)
    return Observation(text="Noted.")
