"""An agent at work over a real library or a small web of functions, as the tool meets it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from agents.tools.batch_web_surfer import NAME, tool
from agents.tools.types import Tool
from browser.library.library import sync_library
from browser.surfer import Surfer
from research.budget import Budget
from research.crew import Run
from research.domain import (
    BudgetLimits,
    Job,
    Ledger,
    Observation,
    Question,
    SourceChoice,
    Step,
    Task,
    Trajectory,
    new_id,
    now,
)
from research.efforts import EFFORTS, limits_for
from research.settings import Settings
from research.store.database import Store
from research.store.records import JobRecords
from tests.agents.crews import library

TASK = Task(id="r1s1", role="search", goal="How deep is the Kestrel Trench?")


@dataclass
class Agent:
    """One agent of a run. `does` carries out a call and keeps it, as the graph does."""

    run: Run
    surfer: Surfer
    tool: Tool
    task: Task = TASK

    async def does(self, *, index: int, turn: int | None = None, **arguments: Any) -> Observation:
        step = Step(
            index=index, turn=index if turn is None else turn, tool=NAME, arguments=arguments
        )
        seen = await self.tool.call(self.run, self.task, step, Ledger())
        await self.run.records.put_step(self.task.id, step, seen)
        return seen


async def new_run(store: Store, sources: SourceChoice, text: str = TASK.goal, **job: Any) -> Run:
    question = Question(text=text, language="en", today=date(2026, 1, 1), sources=sources)
    made = await store.create_job(Job(id=new_id(), question=question, created_at=now(), **job))
    taken = await store.take(made.id, stale_seconds=15)
    effort = replace(EFFORTS[taken.effort], passage_tokens=3_000)
    limits = limits_for(effort, BudgetLimits())
    return Run(
        job=taken,
        store=store,
        records=JobRecords(store, taken),
        budget=Budget(limits),
        effort=effort,
    )


@asynccontextmanager
async def agent_over(
    store: Store,
    settings: Settings,
    folder: Path,
    pages: Mapping[str, str],
    *,
    window: int = 128_000,
    **job: Any,
) -> AsyncIterator[Agent]:
    """An agent of a run over a library of these pages, without the web."""
    await sync_library(store, "notes", library(folder, pages))
    sources = SourceChoice(libraries=("notes",))
    async with Surfer(settings, store, sources) as surfer:
        run = await new_run(store, sources, **job)
        await run.records.put_trajectory(Trajectory(task=TASK), open=True)
        yield Agent(run, surfer, tool(surfer, strong=True, window=window))
