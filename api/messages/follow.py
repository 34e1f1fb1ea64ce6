"""What the events of a job add up to.

Pure but for what reads events. Not here: the watch for new ones (`research/store/feed.py`), how
they are shown (`console.py`, the viewer, the event stream of the API).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from research.domain import Event
from research.process.lru_cache import LruCache
from research.store.database import Store

KEPT = 200  # jobs whose progress is kept
_PAGE = 500


async def all_events(store: Store, job_id: str) -> list[Event]:
    events: list[Event] = []
    while page := await store.events(job_id, after=events[-1].id if events else 0, limit=_PAGE):
        events.extend(page)
    return events


@dataclass
class AgentProgress:
    task_id: str
    role: str
    goal: str
    steps: int = 0
    doing: str = ""
    outcome: str | None = None
    reason: str = ""
    claims: int = 0
    todo: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Progress:
    """Where a job stands. `budget_left` holds calls, tokens, seconds and usd, None where there is
    no cap."""

    phase: str = "queued"
    round: int = 0
    brief: str = ""
    must_contain: list[str] = field(default_factory=list)
    agents: dict[str, AgentProgress] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    claims: int = 0
    contradictions: int = 0
    calls: int = 0
    tokens: int = 0
    searches: int = 0
    budget_left: dict[str, Any] = field(default_factory=dict)
    floors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Add one event; an event of a kind unknown here changes nothing."""
        change = getattr(self, "_on_" + event.type.replace(".", "_"), None)
        if change is not None:
            change(event.data)

    def _on_job_started(self, data: dict[str, Any]) -> None:
        self.phase = "planning"

    def _on_job_resumed(self, data: dict[str, Any]) -> None:
        self.phase = "researching" if self.agents else "planning"

    def _on_plan(self, data: dict[str, Any]) -> None:
        self.phase = "writing" if data.get("done") else "researching"
        self.round = data.get("round", self.round)
        self.brief = data.get("brief") or self.brief
        self.must_contain = list(data.get("must_contain") or self.must_contain)

    def _on_needs_input(self, data: dict[str, Any]) -> None:
        self.phase = "needs_input"

    def _on_input(self, data: dict[str, Any]) -> None:
        self.phase = "queued" if data.get("kind") != "note" else self.phase

    def _on_agent_started(self, data: dict[str, Any]) -> None:
        task_id = data["task_id"]
        if task_id not in self.agents:
            self.agents[task_id] = AgentProgress(
                task_id, data.get("role", ""), data.get("goal", "")
            )

    def _on_agent_step(self, data: dict[str, Any]) -> None:
        queries = (data.get("arguments") or {}).get("queries")
        self.searches += len(queries) if isinstance(queries, list) else 0
        if agent := self.agents.get(data["task_id"]):
            agent.steps = max(agent.steps, data.get("index", 0) + 1)
            agent.doing = step_text(data)

    def _on_agent_finished(self, data: dict[str, Any]) -> None:
        if agent := self.agents.get(data["task_id"]):
            claims = data.get("claims") or 0
            agent.outcome, agent.reason = data.get("outcome"), data.get("reason", "")
            agent.claims = claims if isinstance(claims, int) else len(claims)

    def _on_todo(self, data: dict[str, Any]) -> None:
        if agent := self.agents.get(data["task_id"]):
            agent.todo = list(data.get("items") or [])

    def _on_source(self, data: dict[str, Any]) -> None:
        self.sources[data["reading_id"]] = data.get("title") or data.get("url", "")

    def _on_claims(self, data: dict[str, Any]) -> None:
        self.claims = data.get("total", self.claims)

    def _on_contradiction(self, data: dict[str, Any]) -> None:
        self.contradictions += 1

    def _on_model_call(self, data: dict[str, Any]) -> None:
        self.calls += 1
        self.tokens += data.get("prompt_tokens", 0) + data.get("completion_tokens", 0)
        self.budget_left = data.get("budget_left") or self.budget_left

    def _on_floor(self, data: dict[str, Any]) -> None:
        self.floors.append(f"{data.get('step', '')}: {data.get('reason', '')}")

    def _on_warning(self, data: dict[str, Any]) -> None:
        self.warnings.append(str(data.get("message", "")))

    def _on_writing(self, data: dict[str, Any]) -> None:
        self.phase = "writing"

    def _on_checked(self, data: dict[str, Any]) -> None:
        self.phase = "checked"

    def _on_job_completed(self, data: dict[str, Any]) -> None:
        self.phase = "completed"

    def _on_job_failed(self, data: dict[str, Any]) -> None:
        self.phase = "failed"

    def _on_job_cancelled(self, data: dict[str, Any]) -> None:
        self.phase = "cancelled"


def progress_of(events: Iterable[Event]) -> Progress:
    progress = Progress()
    for event in events:
        progress.apply(event)
    return progress


@dataclass
class _Counted:
    """The progress up to an event."""

    progress: Progress = field(default_factory=Progress)
    last: int = 0

    def add(self, events: Iterable[Event]) -> None:
        """Add those that are new: who looks at the same time has read the same ones."""
        for event in events:
            if event.id > self.last:
                self.progress.apply(event)
                self.last = event.id


class Progresses:
    """Where jobs stand. Kept for those that were looked at last, so that a look reads only what
    came since the look before."""

    def __init__(self) -> None:
        self._kept: LruCache[str, _Counted] = LruCache(KEPT, lambda _: 1)

    async def of(self, store: Store, job_id: str) -> Progress:
        counted = self._kept.found([job_id]).get(job_id) or _Counted()
        while page := await store.events(job_id, after=counted.last, limit=_PAGE):
            counted.add(page)
        self._kept.keep({job_id: counted})
        return counted.progress


def step_text(data: dict[str, Any]) -> str:
    """One line that says what an agent's step did."""
    arguments = data.get("arguments") or {}
    if isinstance(updates := arguments.get("updates"), dict):
        return f"{data.get('tool', '')} {', '.join(map(str, updates))}".strip()
    objects = (
        arguments.get("queries")
        or arguments.get("urls")
        or [v for v in arguments.values() if isinstance(v, str)]
    )
    said = ", ".join(str(item) for item in objects) if isinstance(objects, list) else str(objects)
    return f"{data.get('tool', '')} {said}".strip()
