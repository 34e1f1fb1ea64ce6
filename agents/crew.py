"""Who puts the crew together: models, tools and roles from settings, as the plain functions the
graph is handed.

The only place that asks what a model can do. Each role is played by the crew for models that can
write and judge, or by the extractive one for the small model in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import get_args

from agents.extraction.summary import summarise
from agents.extractive import crew as extractive
from agents.loop import turn as loop
from agents.loop.context import policy_for
from agents.models import Models
from agents.planning import looking, master
from agents.planning.clarify import clarify
from agents.planning.sources import Sources
from agents.reading.shelf import shelf
from agents.reading.whole import fits_whole, smallest_window
from agents.tools import batch_web_surfer, note, shell, todo
from agents.tools.sandbox import sandbox
from agents.tools.types import Tool, Toolbox
from agents.writing import steps as writing
from browser.opener import Opener
from browser.surfer import Surfer
from research.crew import Crew, Outlined, Run, inherits_all
from research.domain import (
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
from research.efforts import efforts
from research.flow import LOOK
from research.settings import Settings
from research.store.database import Store

AGENTS: tuple[AgentRole, ...] = get_args(AgentRole)


@asynccontextmanager
async def assemble(
    settings: Settings,
    store: Store,
    *,
    models: Models | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Crew]:
    """The crew, with its models started when they are first needed and closed at the end. `models`
    replaces them in tests."""
    async with Opener(settings) as opener:
        if models is not None:
            yield crew_of(settings, store, models, opener)
            return
        async with Models(settings, tell=tell) as own:
            yield crew_of(settings, store, own, opener)


def crew_of(settings: Settings, store: Store, models: Models, opener: Opener | None = None) -> Crew:
    seats = _Seats(settings, store, models, opener)
    return Crew(
        equip=seats.equip,
        clarify=partial(clarify, models=models, small=not seats.strong("master")),
        look=seats.look,
        inherit=inherits_all if seats.strong("summary", "writer") else extractive.inherit,
        plan=seats.plan,
        think=seats.think,
        act=seats.act,
        summarise=seats.summarise,
        outline=seats.outline,
        write=seats.write,
        check=seats.check,
        efforts=efforts(settings),
    )


class _Seats:
    """Who sits where: for each step the crew that can do it with the models there are."""

    def __init__(
        self, settings: Settings, store: Store, models: Models, opener: Opener | None
    ) -> None:
        self._settings, self._store, self._models, self._opener = settings, store, models, opener
        self._equipment: dict[str, _Equipment] = {}

    def strong(self, *roles: Role) -> bool:
        """Whether all these roles have a model that can write and judge."""
        return not any(self._models.role(role).embedded for role in roles)

    @asynccontextmanager
    async def equip(self, run: Run) -> AsyncIterator[None]:
        async with Surfer(
            self._settings,
            self._store.of(run.job.tenant),
            run.question.sources,
            opener=self._opener,
        ) as surfer:
            self._equipment[run.job.id] = await self._equip(run, surfer)
            try:
                yield
            finally:
                del self._equipment[run.job.id]

    async def look(self, run: Run, steps: Sequence[Step]) -> Step | None:
        """Nothing where all sources are read whole, by one agent, or in short."""
        if run.effort.short or run.job.mode == "react" or self._equipment[run.job.id].whole:
            return None
        return await looking.next_call(run, steps) if self.strong("master", "search") else None

    async def plan(
        self, run: Run, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()
    ) -> Plan:
        if not self.strong("master"):
            return await extractive.plan(run, self._models, ledger, last, round, notes)
        own = self._equipment[run.job.id]
        return await master.plan(
            run, self._models, ledger, last, round, notes, Sources(own.whole, own.shelf)
        )

    async def think(self, run: Run, task: Task, steps: Sequence[Step]) -> tuple[Step, ...]:
        if task.id == LOOK:  # it has seen what it was to see
            return ()
        if not self.strong(task.role):
            return (loop.search_once(task, steps),)
        policy = policy_for(self._settings, task.role, run.question.language)
        own = self._equipment[run.job.id]
        return await loop.think(
            run, self._models, task, steps, own.tools[task.role], policy, whole=own.whole
        )

    async def act(self, run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        return await loop.act(
            run, self._models, task, step, ledger, self._equipment[run.job.id].tools[task.role]
        )

    async def summarise(
        self, run: Run, trajectory: Trajectory, ledger: Ledger, plan: Plan
    ) -> Feedback:
        if not self.strong("summary"):
            return await extractive.summarise(run, self._models, trajectory)
        return await summarise(run, self._models, trajectory, ledger, plan)

    async def outline(self, run: Run, ledger: Ledger, plan: Plan) -> Outlined:
        """Of sources that were read whole nothing more can be needed."""
        if not self.strong("writer", "judge"):
            return Outlined(await extractive.compare(run, ledger))
        made = await writing.outline(run, self._models, ledger, plan)
        whole = self._equipment[run.job.id].whole
        return Outlined(ledger, made.replace(needs=()) if whole else made)

    async def write(self, run: Run, ledger: Ledger, plan: Plan, outline: Outline) -> Draft:
        if not self.strong("writer", "judge"):
            return await extractive.write(run, ledger, plan)
        return await writing.write(run, self._models, ledger, plan, outline)

    async def check(
        self, run: Run, draft: Draft, ledger: Ledger, plan: Plan, outline: Outline
    ) -> Draft:
        if not self.strong("writer", "judge"):
            return draft  # of the sources' own words
        return await writing.check(run, self._models, draft, ledger, plan, outline)

    async def _equip(self, run: Run, surfer: Surfer) -> "_Equipment":
        """The tools of each role: an agent with a strong model has them all and its libraries may
        be read whole, the small one's search is carried out by code."""
        able = [role for role in AGENTS if self.strong(role)]
        window = smallest_window(self._models)
        more = await _more(run, frozenset(able))
        tools = {}
        for role in AGENTS:
            own = [batch_web_surfer.tool(surfer, strong=role in able, window=window), *more]
            tools[role] = {tool.name: tool for tool in own}
        whole = bool(able) and await fits_whole(run, surfer, window)
        return _Equipment(tools, whole=whole, shelf=shelf(surfer))


@dataclass(frozen=True)
class _Equipment:
    """What the agents of one run have: tools by role, whether the run's sources are read whole, and
    what its libraries hold."""

    tools: Mapping[AgentRole, Toolbox]
    whole: bool
    shelf: str


async def _more(run: Run, able: frozenset[AgentRole]) -> list[Tool]:
    """The further tools of agents that have a strong model and several turns. `shell` only where
    the sandbox holds: else it is told."""
    if not able or run.turns == 1:
        return [note.tool()]
    found = [note.tool(), todo.tool(able)]
    if "search" not in able:
        return found
    unready = await asyncio.to_thread(sandbox.ready)
    if unready is None:
        return [*found, shell.tool(frozenset({"search"}))]
    await run.emit("warning", message=f"Nothing can be computed: {unready.reason}. {unready.mend}")
    return found
