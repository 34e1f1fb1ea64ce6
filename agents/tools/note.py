"""`note`: keep a finding in a sentence. Notes stay with the agent when earlier results are no
longer shown. Not here: claims, which are made of quotes alone."""

from agents.models import ToolSpec
from agents.tools.types import Tool
from research.crew import Run
from research.domain import Ledger, Observation, Step, Task
from research.errors import ToolError
from research.flow import NOTE

__all__ = ["NOTE", "tool"]
LONGEST = 400  # characters

SPEC = ToolSpec(
    name=NOTE,
    description="Note a finding in one sentence, with the names of its sentences (d3.12). "
    "Notes stay when earlier results are dropped.",
    parameters={
        "type": "object",
        "properties": {"text": {"type": "string", "maxLength": LONGEST}},
        "required": ["text"],
        "additionalProperties": False,
    },
)


def tool() -> Tool:
    return Tool(NOTE, lambda run: SPEC, _note)


async def _note(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
    text = step.arguments.get("text")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        raise ToolError(
            tool=NOTE, reason=f"text must be a sentence of at most {LONGEST} characters"
        )
    return Observation(id=f"{task.id}:{step.index}", text="Noted.")
