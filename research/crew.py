"""The port through which the graph is handed its crew, and what every member of it is given of the
run.

`agents/crew.py` assembles the real one; tests hand in a crew of plain functions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from research.budget import Budget
from research.domain import (
    Draft,
    Effort,
    Feedback,
    Job,
    Ledger,
    Observation,
    Outline,
    Plan,
    Question,
    Step,
    Task,
    Trajectory,
)
from research.efforts import EMBEDDED_EFFORTS, EffortPlan
from research.errors import BudgetExhausted, ModelError
from research.events import EventType
from research.failures import about
from research.ledger.copies import copies_of
from research.ledger.follow_up import handed_on, readings_of
from research.ledger.independence import Origins, origins
from research.store.database import Store
from research.store.records import JobRecords


@dataclass(frozen=True)
class Run:
    """One job at work: what it was asked, what it may spend, where it writes."""

    job: Job
    store: Store
    records: JobRecords
    budget: Budget
    effort: EffortPlan

    @property
    def question(self) -> Question:
        return self.job.question

    @property
    def turns(self) -> int:
        """How many turns an agent has. The one agent of react mode has those of all rounds, and at
        least one to search again."""
        turns = self.effort.turns
        return max(2, turns * self.effort.rounds) if self.job.mode == "react" else turns

    @property
    def agent_tokens(self) -> int | None:
        """How many tokens one agent may use where its task does not say: an even share of a
        round's, and of one agent alone half; None is no cap."""
        cap = self.budget.limits.tokens
        sharing = 1 if self.job.mode == "react" else self.effort.tasks
        return cap // max(2, sharing) if cap is not None else None

    @property
    def most_plans(self) -> int:
        """How many plans may send agents out: a search and its verification each, one search more,
        and after each outage the same again."""
        return 2 * self.effort.rounds + 1 + self.job.fence

    async def origins(self, snapshots: Iterable[str]) -> Origins:
        """Where all that the job may cite comes from; near-copies are looked for among these
        snapshots."""
        ids = list(dict.fromkeys(snapshots))
        stored = await self.store.snapshots(ids)
        texts = {id: stored[id].text for id in ids if id in stored}
        copies = await asyncio.to_thread(copies_of, texts)
        return origins(await readings_of(self.store, self.job), copies)

    async def observed(self, step: Step) -> Observation | None:
        """What a step gave; None if it gave nothing."""
        if step.observation_id is None:
            return None
        return await self.store.observation(self.job.id, step.observation_id)

    async def all_observed(self, steps: Iterable[Step]) -> list[Observation]:
        """What these steps gave, in order."""
        observations = [await self.observed(step) for step in steps]
        return [one for one in observations if one is not None]

    async def emit(self, type: EventType, **data: object) -> None:
        await self.records.emit(type, **data)

    async def fallback(self, step: str, reason: str) -> None:
        """Tell that plain code took over a step of a model's."""
        await self.emit("floor", step=step, reason=reason)

    async def capped(self, step: str, error: BudgetExhausted) -> None:
        """Tell the same of a step that the run's budget has no room for: the report is partial."""
        await self.emit("floor", step=step, reason=str(error), capped=True)

    async def failed(self, step: str, error: ModelError) -> None:
        """Tell the same of a step whose endpoint gave nothing usable, and what it gave."""
        await self.emit("floor", step=step, reason=str(error), **about(error))


@dataclass(frozen=True)
class Outlined:
    """What the outline step gives: what is known after it, and what the report will say."""

    ledger: Ledger
    outline: Outline = field(default_factory=Outline)


async def asks_nothing(run: Run) -> tuple[str, ...]:
    """The clarify step of a crew that never asks."""
    return ()


async def looks_at_nothing(run: Run, steps: Sequence[Step]) -> Step | None:
    """The look step of a crew that plans unseen."""
    return None


async def inherits_all(run: Run, left: Ledger) -> Ledger:
    """The inherit step of a crew that does not ask what matters."""
    return handed_on(left, left.claims)


@dataclass(frozen=True)
class Crew:
    """Who does the work. Each raises `LeadlineError` for what it expects to go wrong; a model that
    answers badly is its own affair: it has a fallback. `equip` opens what the crew needs for one
    run. `efforts` are the plans that its models can carry out."""

    equip: Callable[[Run], AbstractAsyncContextManager[None]]
    plan: Callable[[Run, Ledger, Plan | None, int, Sequence[str]], Awaitable[Plan]]
    think: Callable[[Run, Task, Sequence[Step]], Awaitable[tuple[Step, ...]]]
    act: Callable[[Run, Task, Step, Ledger], Awaitable[Observation]]
    summarise: Callable[[Run, Trajectory, Ledger, Plan], Awaitable[Feedback]]
    outline: Callable[[Run, Ledger, Plan], Awaitable[Outlined]]
    write: Callable[[Run, Ledger, Plan, Outline], Awaitable[Draft]]
    check: Callable[[Run, Draft, Ledger, Plan, Outline], Awaitable[Draft]]
    clarify: Callable[[Run], Awaitable[tuple[str, ...]]] = asks_nothing
    look: Callable[[Run, Sequence[Step]], Awaitable[Step | None]] = looks_at_nothing
    inherit: Callable[[Run, Ledger], Awaitable[Ledger]] = inherits_all
    efforts: Mapping[Effort, EffortPlan] = field(default_factory=lambda: EMBEDDED_EFFORTS)
