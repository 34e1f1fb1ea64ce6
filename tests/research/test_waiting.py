"""A job that waits for a person: nobody's meanwhile, asked once, gone on with from where it stood."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from api.messages.input import give, read_input
from research.crew import Crew, Run
from research.domain import Ledger, Plan
from research.errors import InputNeeded, InputRejected, InputUnwanted, JobEnded
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.store.queue.dispatch import waiting_jobs
from tests.postgres import on_both
from tests.research.crews import Script, new_job, scripted

pytestmark = on_both


def asking(script: Script, seen: list[Sequence[str]]) -> Crew:
    crew = scripted(script)

    async def clarify(run: Run) -> tuple[str, ...]:
        await script.count("clarify")
        return ("Which sea?", "Which year?")

    async def plan(
        run: Run, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()
    ) -> Plan:
        seen.append([*notes, *(c.answer for c in run.question.clarifications)])
        return await crew.plan(run, ledger, last, round, notes)

    return replace(crew, clarify=clarify, plan=plan)


async def run_once(job_id: str, crew: Crew, store: Store, settings: Settings) -> None:
    await run_job(await store.take(job_id, stale_seconds=15), crew, store, settings)


async def test_asked_once_waits_unowned_and_goes_on(store: Store, settings: Settings) -> None:
    script, seen = Script(), list[Sequence[str]]()
    crew = asking(script, seen)
    job_id = (await new_job(store, clarify="auto", approve_plan=True)).id
    with pytest.raises(InputNeeded, match="Which sea"):
        await run_once(job_id, crew, store, settings)
    waiting = await store.job(job_id)
    assert (waiting.status, waiting.owner, waiting.heartbeat_at, waiting.attempts) == (
        "needs_input",
        None,
        None,
        0,
    )
    assert await waiting_jobs(store) == []
    with pytest.raises(InputNeeded):
        await store.take(job_id, stale_seconds=0)
    with pytest.raises(InputUnwanted):
        await give(job_id, read_input({"approve": True}), store)
    with pytest.raises(InputRejected):
        await give(job_id, read_input({"answers": ["a", "b", "c"]}), store)
    await give(job_id, read_input({"note": "mind\x00 the fish"}), store)
    await give(job_id, read_input({"answers": ["the Baltic"]}), store)
    with pytest.raises(InputUnwanted):
        await give(job_id, read_input({"answers": ["twice"]}), store)
    with pytest.raises(InputNeeded, match="plan"):
        await run_once(job_id, crew, store, settings)
    assert seen == [["mind the fish", "the Baltic", ""]]
    with pytest.raises(InputRejected, match=r"plan\.tasks"):
        await give(job_id, read_input({"plan": {"tasks": [{"goal": "g"}] * 20}}), store)
    await give(job_id, read_input({"plan": {"tasks": [{"goal": "its greatest depth"}]}}), store)
    await run_once(job_id, crew, store, settings)
    assert (await store.job(job_id)).status == "completed"
    assert script.calls["clarify"] == 1 and script.calls["plan"] == 2
    assert [row.task["goal"] for row, _ in await store.trajectories(job_id)] == [
        "its greatest depth"
    ]
    with pytest.raises(JobEnded):
        await give(job_id, read_input({"note": "late"}), store)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"note": ""},
        {"note": "x" * 2_001},
        {"answers": ["x" * 2_001]},
        {"approve": True, "note": "n"},
        {"approve": False},
        {"plan": {"tasks": []}},
        {"plan": {"tasks": [{"goal": "g", "role": "verify"}]}},
        {"plan": {"done": True}},
        {"shout": "n"},
    ],
)
def test_what_is_not_an_input_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(InputRejected):
        read_input(said)


async def test_a_waiting_job_is_cancelled_at_once(store: Store, settings: Settings) -> None:
    job_id = (await new_job(store, clarify="auto")).id
    with pytest.raises(InputNeeded):
        await run_once(job_id, asking(Script(), []), store, settings)
    assert (await store.request_cancel(job_id)).status == "cancelled"
    with pytest.raises(InputUnwanted):
        await give(job_id, read_input({"answers": ["late"]}), store)
