"""Who puts the crew together: models, tools and roles from settings, as the plain functions the graph is handed.

The only place that asks what a model can do. Each role is played by the crew for models that can write and
judge, or by the extractive one for the small model in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import get_args

from agents import loop, sandbox
from agents.clarify import clarify
from agents.context import policy_for
from agents.extraction.summary import summarise
from agents.extractive import crew as extractive
from agents.models import Models
from agents.planning import master
from agents.reading.whole import fits_whole, smallest_window
from agents.tools import batch_web_surfer, note, shell, todo
from agents.tools.types import Tool, Toolbox
from agents.writing import steps as writing
from browser.opener import Opener
from browser.surfer import Surfer
from research.budget import efforts
from research.crew import Crew, Outlined, Run, inherits_all
from research.settings import Settings
from research.store import Store
from research.types import (
    AgentRole,
    Draft,
    Feedback,
    Ledger,
    Observation,
    Outline,
    Plan,
    Role,
    Step,
    Task,
    Trajectory,
)

AGENTS: tuple[AgentRole, ...] = get_args(AgentRole)


@asynccontextmanager
async def assemble(
    settings: Settings, store: Store, *, models: Models | None = None, tell: Callable[[str], None] = lambda _: None
) -> AsyncIterator[Crew]:
    """The crew, with its models started when they are first needed and closed at the end. `models` replaces them in tests."""
    async with Opener(settings) as opener:
        if models is not None:
            yield crew_of(settings, store, models, opener)
            return
        async with Models(settings, tell=tell) as own:
            yield crew_of(settings, store, own, opener)


def crew_of(settings: Settings, store: Store, models: Models, opener: Opener | None = None) -> Crew:
    equipment: dict[str, _Equipment] = {}

    def strong(*roles: Role) -> bool:
        """Whether all these roles have a model that can write and judge."""
        return not any(models.role(role).embedded for role in roles)

    @asynccontextmanager
    async def equip(run: Run) -> AsyncIterator[None]:
        async with Surfer(settings, store, run.question.sources, opener=opener) as surfer:
            equipment[run.job.id] = await _equipment(run, models, surfer, smallest_window(settings))
            try:
                yield
            finally:
                del equipment[run.job.id]

    async def plan(run: Run, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()) -> Plan:
        if strong("master"):
            return await master.plan(run, models, ledger, last, round, notes, whole=equipment[run.job.id].whole)
        return await extractive.plan(run, models, ledger, last, round, notes)

    async def think(run: Run, task: Task, steps: Sequence[Step]) -> tuple[Step, ...]:
        policy = policy_for(settings, task.role, run.question.language)
        own = equipment[run.job.id]
        return await loop.think(run, models, task, steps, own.tools[task.role], policy, whole=own.whole)

    async def act(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        return await loop.act(run, models, task, step, ledger, equipment[run.job.id].tools[task.role])

    async def condense(run: Run, trajectory: Trajectory, ledger: Ledger, plan: Plan) -> Feedback:
        if strong("summary"):
            return await summarise(run, models, trajectory, ledger, plan)
        return await extractive.summarise(run, models, trajectory, ledger)

    async def outline(run: Run, ledger: Ledger, plan: Plan) -> Outlined:
        if strong("writer", "judge"):
            whole = equipment[run.job.id].whole
            made = await writing.outline(run, models, ledger, plan)
            return Outlined(ledger, plan, made.model_copy(update={"needs": ()}) if whole else made)
        return Outlined(*await extractive.analyse(run, models, ledger, plan))

    async def write(run: Run, ledger: Ledger, plan: Plan, outline: Outline) -> Draft:
        if strong("writer", "judge"):
            return await writing.write(run, models, ledger, plan, outline)
        return await extractive.write(run, models, ledger, plan)

    async def check(run: Run, draft: Draft, ledger: Ledger, plan: Plan) -> Draft:
        if strong("writer", "judge"):
            return await writing.check(run, models, draft, ledger, plan)
        return await extractive.check(run, models, draft, ledger)

    return Crew(
        equip=equip,
        clarify=partial(clarify, models=models),
        inherit=inherits_all if strong("summary", "writer") else extractive.inherit,
        plan=plan,
        think=think,
        act=act,
        summarise=condense,
        outline=outline,
        write=write,
        check=check,
        efforts=efforts(settings),
    )


@dataclass(frozen=True)
class _Equipment:
    """What the agents of one run have: tools by role, and whether the run's sources are read whole."""

    tools: Mapping[AgentRole, Toolbox]
    whole: bool


async def _equipment(run: Run, models: Models, surfer: Surfer, window: int) -> _Equipment:
    able = [role for role in AGENTS if not models.role(role).embedded]
    more = [note.tool(), *await _more(run, models)]
    tools = {}
    for role in AGENTS:
        own = [batch_web_surfer.tool(surfer, strong=role in able, window=window), *more]
        tools[role] = {tool.name: tool for tool in own}
    return _Equipment(tools, whole=bool(able) and await fits_whole(run, surfer, window))


async def _more(run: Run, models: Models) -> list[Tool]:
    """The tools of agents that have an endpoint model and several turns. `shell` only where the sandbox holds: else it is told."""
    roles = frozenset(role for role in AGENTS if not models.role(role).embedded)
    if not roles or run.turns == 1:
        return []
    if "search" not in roles:
        return [todo.tool(roles)]
    unready = await asyncio.to_thread(sandbox.ready)
    if unready is None:
        return [todo.tool(roles), shell.tool(frozenset({"search"}))]
    await run.emit("warning", message=f"Nothing can be computed: {unready.reason}. {unready.mend}")
    return [todo.tool(roles)]
