"""The spans of a job for OpenTelemetry: the run, its steps, agents, tool calls, model calls and
pages, named by the semantic conventions for generative AI.

Only the API package is needed: nothing is recorded until a process has set up an exporter
(`api/observing/telemetry.py`). What was asked, written, answered or read never goes into a span.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from research.crew import Crew, Run
from research.domain import Feedback, Job, Ledger, Observation, Plan, Step, Task, Trajectory
from research.errors import InputNeeded, LeadlineError, ReadingError

P = ParamSpec("P")
T = TypeVar("T")
Attributes = Mapping[str, str | int | float]
OF_AGENTS = ("equip", "think", "act", "summarise")
STEPS = ("clarify", "inherit", "plan", "outline", "write", "check")
_TRACER = trace.get_tracer("leadline")
_PROPAGATOR = TraceContextTextMapPropagator()


@contextmanager
def span(
    name: str, attributes: Attributes | None = None, *, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """A span around the block. What the block raises is told by its code or class, never by its
    message, which may quote what was read."""
    with _TRACER.start_as_current_span(
        name,
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except InputNeeded:  # to wait for a person is no failure
            raise
        except Exception as error:
            mark_failed(current, _type_of(error))
            raise


def mark_failed(current: Span, error_type: str) -> None:
    current.set_attribute("error.type", error_type)
    current.set_status(StatusCode.ERROR)


def _type_of(error: Exception) -> str:
    if isinstance(error, ReadingError):
        return str(error.fields["kind"])
    return error.code if isinstance(error, LeadlineError) else type(error).__name__


def current_traceparent() -> str:
    """The current span as a W3C `traceparent`, to be carried to another process; empty where there
    is none."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def job_span(job: Job) -> Iterator[None]:
    """The span of one attempt at a job, in the trace of the request that asked for it."""
    token = context.attach(_PROPAGATOR.extract({"traceparent": job.traceparent}))
    attributes: Attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "research",
        "gen_ai.conversation.id": job.id,
        "leadline.mode": job.mode,
        "leadline.effort": job.effort,
        "leadline.attempt": job.attempts,
    }
    try:
        with span("invoke_workflow research", attributes):
            yield
    finally:
        context.detach(token)


@contextmanager
def page_span(url: str) -> Iterator[Span]:
    """The span of reading one page of the web. Its address goes without query, which may hold what
    was asked, and without user and password."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    attributes: Attributes = {
        "server.address": host,
        "url.full": f"{parts.scheme}://{host}{parts.path}",
    }
    with span("read page", attributes, kind=SpanKind.CLIENT) as current:
        yield current


def traced(crew: Crew) -> Crew:
    """The crew for one run, with a span around each of its steps; the crew itself where nothing is
    recorded."""
    if not trace.get_current_span().is_recording():
        return crew
    agents = _Agents(crew)
    traced: dict[str, Any] = {name: getattr(agents, name) for name in OF_AGENTS}
    traced |= {name: _step(name, getattr(crew, name)) for name in STEPS}
    return replace(crew, **traced)


def _step(name: str, step: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    @wraps(step)
    async def stepped(*args: P.args, **kwargs: P.kwargs) -> T:
        with span(name, {"leadline.step": name}):
            return await step(*args, **kwargs)

    return stepped


@dataclass
class _Agents:
    """The spans of a run's agents, by task: each opens at what the agent does first in this process
    and closes with its summary, or with the run."""

    crew: Crew
    job: context.Context = field(default_factory=context.get_current)
    open: dict[str, Span] = field(default_factory=dict)

    @asynccontextmanager
    async def equip(self, run: Run) -> AsyncIterator[None]:
        try:
            async with self.crew.equip(run):
                yield
        finally:
            for left in self.open.values():
                left.end()

    async def think(self, run: Run, task: Task, steps: Sequence[Step]) -> tuple[Step, ...]:
        with self._within(task):
            return await self.crew.think(run, task, steps)

    async def act(self, run: Run, task: Task, step: Step, known: Ledger) -> Observation:
        attributes: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": step.tool,
            "gen_ai.tool.type": "function",
        }
        with self._within(task), span(f"execute_tool {step.tool}", attributes):
            return await self.crew.act(run, task, step, known)

    async def summarise(
        self, run: Run, trajectory: Trajectory, known: Ledger, plan: Plan
    ) -> Feedback:
        task, outcome = trajectory.task, trajectory.outcome
        with self._within(task) as agent, span("summarise", {"leadline.step": "summarise"}):
            feedback = await self.crew.summarise(run, trajectory, known, plan)
        agent.set_attribute("leadline.outcome", outcome)
        if outcome == "failed":
            mark_failed(agent, "agent_failed")
        self.open.pop(task.id).end()
        return feedback

    def _within(self, task: Task) -> AbstractContextManager[Span]:
        if task.id not in self.open:
            attributes: Attributes = {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": task.role,
                "gen_ai.agent.id": task.id,
            }
            self.open[task.id] = _TRACER.start_span(
                f"invoke_agent {task.role}", context=self.job, attributes=attributes
            )
        return trace.use_span(
            self.open[task.id], record_exception=False, set_status_on_exception=False
        )
