"""Several calls in one turn: what one of them does to the others, and what a turn that is taken up
again repeats."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from research.crew import Crew, Run
from research.domain import Ledger, Observation, Step, Task
from research.efforts import EFFORTS
from research.errors import ToolError
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted

pytestmark = on_both


def of_turns(crew: Crew, *calls: dict[str, Any]) -> Crew:
    """The same crew, whose agents make these calls in every turn."""

    async def think(run: Run, task: Task, steps: Sequence[Step]) -> tuple[Step, ...]:
        turn = steps[-1].turn + 1 if steps else 0
        return tuple(
            Step(index=len(steps) + i, turn=turn, tool="look", arguments=call)
            for i, call in enumerate(calls)
        )

    return replace(crew, think=think)


async def the_steps(
    crew: Crew, store: Store, settings: Settings, **job: object
) -> tuple[str | None, list[Step]]:
    made = await store.take((await new_job(store, **job)).id, stale_seconds=15)
    await run_job(made, crew, store, settings)
    [(row, steps)] = await store.trajectories(made.id)
    return row.outcome, steps


async def test_a_failing_call_does_not_lose_the_others(store: Store, settings: Settings) -> None:
    crew = of_turns(scripted(Script(tasks=1)), {"q": "good"}, {"q": "bad"})
    working = crew.act

    async def act(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        if step.arguments == {"q": "bad"}:
            raise ToolError(tool="look", reason="out of order")
        return await working(run, task, step, ledger)

    outcome, steps = await the_steps(replace(crew, act=act), store, settings)
    assert outcome == "finished"
    assert [bool(step.observation_id) for step in steps] == [True, False]
    assert "out of order" in (steps[1].error or "")


async def test_a_repeated_call_is_refused_and_told(store: Store, settings: Settings) -> None:
    script = Script(tasks=1)
    crew = replace(of_turns(scripted(script), {"q": "one"}, {"q": "one"}), efforts=EFFORTS)
    _, steps = await the_steps(crew, store, settings, effort="standard")
    assert script.calls["act t0"] == 1
    assert [step.turn for step in steps] == [turn for turn in range(5) for _ in range(2)]
    assert all("was made before" in (step.error or "") for step in steps[1:])


async def test_a_turn_taken_up_again_repeats_no_call_that_was_carried_out(
    store: Store, settings: Settings
) -> None:
    crew = of_turns(scripted(Script(tasks=1)), {"q": "first"}, {"q": "second"})
    working, calls = crew.act, Counter[str]()

    async def act(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        calls[step.arguments["q"]] += 1
        if step.arguments["q"] == "second" and calls["second"] == 1:
            while not any(
                s.observation_id
                for _, steps in await run.store.trajectories(run.job.id)
                for s in steps
            ):
                pass
            raise RuntimeError("the process is gone")
        return await working(run, task, step, ledger)

    job = await new_job(store)
    dying = replace(crew, act=act)
    with pytest.raises(RuntimeError):
        await run_job(await store.take(job.id, stale_seconds=15), dying, store, settings)
    await run_job(await store.take(job.id, stale_seconds=0), dying, store, settings)
    assert calls == {"first": 1, "second": 2}
