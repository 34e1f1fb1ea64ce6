"""What bounds a run: no effort and no mode can take more steps than the graph allows, however
little the crew wants to end."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from research.crew import Crew, Run
from research.domain import Effort, Ledger, Mode, Plan, Step, Task
from research.efforts import EFFORTS
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from tests.research.crews import Script, new_job, scripted


def never_done(crew: Crew) -> Crew:
    """The same crew, whose Master always wants more."""

    async def plan(
        run: Run, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()
    ) -> Plan:
        return Plan(tasks=(Task(id=f"t{round}", role="search", goal=f"part {round}"),))

    return replace(crew, plan=plan, efforts=EFFORTS)


def never_finished(crew: Crew) -> Crew:
    """The same crew, whose agents never finish: a call and a cut of the context in every turn."""

    async def think(run: Run, task: Task, steps: Sequence[Step]) -> tuple[Step, ...]:
        cut = len(steps) % 2 == 1
        turn = steps[-1].turn + (0 if cut else 1) if steps else 0
        return (
            Step(
                index=len(steps),
                turn=turn,
                tool="context" if cut else "look",
                arguments={"i": len(steps)},
            ),
        )

    return replace(crew, think=think, efforts=EFFORTS)


@pytest.mark.parametrize(("effort", "rounds"), [("quick", 4), ("deep", 14)])
async def test_a_master_that_is_never_done_is_ended(
    store: Store, settings: Settings, effort: Effort, rounds: int
) -> None:
    job = await store.take((await new_job(store, effort=effort)).id, stale_seconds=15)
    crew = (
        never_done(scripted(Script()))
        if effort == "deep"
        else never_finished(never_done(scripted(Script())))
    )
    report = await run_job(job, crew, store, settings)
    assert report.status == "complete"
    assert len(await store.trajectories(job.id)) == rounds


@pytest.mark.parametrize(("mode", "turns"), [("multi_agent", 10), ("react", 60)])
async def test_an_agent_that_never_finishes_is_ended(
    store: Store, settings: Settings, mode: Mode, turns: int
) -> None:
    job = await store.take((await new_job(store, effort="deep", mode=mode)).id, stale_seconds=15)
    report = await run_job(job, never_finished(scripted(Script(tasks=1))), store, settings)
    assert report.status == "complete"
    [(_, steps)] = await store.trajectories(job.id)
    assert [step.turn for step in steps if step.tool == "look"] == list(range(turns))
