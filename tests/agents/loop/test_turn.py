"""A step of many calls that was cut short: taken up again, it makes only those that were not
answered."""

from dataclasses import replace
from typing import Any

from agents.loop import turn as loop
from agents.loop.context import Policy
from agents.loop.turn import think
from agents.models import Action, ScriptedModels, ToolSpec
from agents.tools.types import Tool
from research.domain import Task
from research.store.database import Store
from research.store.records import JobRecords
from tests.agents.written import Desk, desk


async def again(known: Desk, store: Store) -> Desk:
    """The same work in the hands of the next worker."""
    job = await store.take(known.run.job.id, stale_seconds=0)
    return replace(known, run=replace(known.run, job=job, records=JobRecords(store, job)))


async def test_an_agents_turn_is_decided_once(store: Store) -> None:
    asked = []

    def handler(role: str, messages: Any, schema: dict[str, Any]) -> dict[str, Any]:
        asked.append(role)
        return {"thought": "look", "tool": "look", "arguments": {"what": "the sea"}}

    async def call(*_: Any) -> Any:
        raise AssertionError

    look = Tool(
        "look", lambda run: ToolSpec("look", "Look.", {"type": "object", "properties": {}}), call
    )
    task = Task(id="r1s1", role="search", goal="How deep is the sea?")
    known = await desk(store, "The sea is deep.")
    policy = Policy("none", 10_000)
    first = await think(known.run, ScriptedModels(handler), task, [], {"look": look}, policy)
    second = await think(
        (await again(known, store)).run, ScriptedModels(handler), task, [], {"look": look}, policy
    )
    assert first == second and first[0].arguments == {"what": "the sea"}
    assert asked == ["search"]


def test_what_is_noted_beside_the_end_belongs_to_what_was_found() -> None:
    task = Task(id="r1s1", role="search", goal="How deep is the sea?")
    note = Action("", "note", {"text": "It is deep: d1.1"})
    end = Action("", "finish", {"findings": "All is found."})
    [last] = loop._turn(task, [], [note, end], {})
    assert last.tool == "finish"
    assert last.arguments == {"findings": "All is found.\nIt is deep: d1.1"}
    look = Action("", "look", {})
    steps = loop._turn(task, [], [end, note, look], {})
    assert [step.tool for step in steps] == ["unknown", "unknown"]
