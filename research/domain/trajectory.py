"""What an agent did, what it was shown, and what came of it."""

from typing import Any, Literal

from research.domain.base import AgentRole, Noun
from research.domain.claim import Findings
from research.domain.plan import Task
from research.errors import ReadingFailure

Outcome = Literal["finished", "stopped", "failed"]


class Step(Noun):
    """One call of an agent: its thought, the tool it called and where the observation is kept.
    `together` calls are made in one `turn`; `index` counts calls. `reasoning` is what the endpoint
    told apart from the answer."""

    index: int
    turn: int = 0
    together: int = 1
    reasoning: str = ""
    thought: str = ""
    tool: str
    arguments: dict[str, Any] = {}
    observation_id: str | None = None
    error: str | None = None


class Line(Noun):
    """A sentence an agent was shown, and where it stands: the `number` counts the sentences of its
    `document` from 1, the `index` from 0."""

    number: int
    reading_id: str
    snapshot_id: str
    index: int
    text: str
    document: int = 0

    @property
    def name(self) -> str:
        """As agents name it: `d3.12`."""
        return f"d{self.document}.{self.number}"


class Observation(Noun):
    """What a tool gave back: the text as the model sees it and the numbered sentences in it;
    `unread` tells for each address that could not be read what kind of failure it was. A row, never
    graph state; `id` is given by the step when it is kept."""

    id: str = ""
    text: str
    lines: tuple[Line, ...] = ()
    queries: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    unread: dict[str, ReadingFailure] = {}


class Trajectory(Noun):
    task: Task
    steps: tuple[Step, ...] = ()
    outcome: Outcome = "finished"
    reason: str = ""


class Feedback(Findings):
    """What the Summary Agent hands the Master of one trajectory. Never raw pages."""

    task_id: str
    role: AgentRole
    outcome: Outcome = "finished"
    reason: str = ""
    answer: str = ""
