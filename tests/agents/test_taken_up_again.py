"""A step of many calls that was cut short: taken up again, it makes only those that were not answered."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from agents.context import Policy
from agents.loop import think
from agents.models import ScriptedModels, ToolSpec
from agents.tools.types import Tool
from agents.writer import write
from research.errors import ModelUnavailable
from research.records import JobRecords
from research.store import Store
from research.types import Task
from tests.agents.test_writer import PLANNED, TEXTS
from tests.agents.written import PLAN, Desk, desk, models


class Writing:
    """Writes in parts; the part *Late* is not answered while the endpoint is `gone`."""

    def __init__(self) -> None:
        self.gone = True
        self.asked: Counter[str] = Counter()

    def __call__(self, properties: dict[str, Any], prompt: str) -> dict[str, Any] | Exception | None:
        if "answer_claims" in properties:
            self.asked["outline"] += 1
            return PLANNED
        if "sentences" not in properties:
            return None
        part = next((heading for heading in ("Early", "Late", "Further evidence") if f"Write the section: {heading}" in prompt), "answer")
        self.asked[part] += 1
        if part == "Late" and self.gone:
            return ModelUnavailable(model="m", reason="nobody there")
        shown = [line.split(" ", 1) for line in prompt.splitlines() if line[:1].isdigit()]
        return {"sentences": [{"text": f"It is so: {text}", "claims": [int(n)]} for n, text in shown]}


async def again(known: Desk, store: Store) -> Desk:
    """The same work in the hands of the next worker."""
    job = await store.take(known.run.job.id, stale_seconds=0)
    return replace(known, run=replace(known.run, job=job, records=JobRecords(store, job)))


async def test_what_was_written_is_not_paid_for_again(store: Store) -> None:
    answers = Writing()
    known = await desk(store, *TEXTS)
    with pytest.raises(ModelUnavailable):
        await write(known.run, models(answers), known.ledger, PLAN)
    first = Counter(answers.asked)
    assert first["outline"] == 1 and len(first) > 2
    answers.gone = False
    draft = await write((await again(known, store)).run, models(answers), known.ledger, PLAN)
    repeated = {part for part in first if answers.asked[part] > 1}
    assert "outline" not in repeated and "Late" in repeated
    untouched = await desk(store, *TEXTS)
    whole = await write(untouched.run, models(answers), untouched.ledger, PLAN)
    assert [s.text for s in draft.written()] == [s.text for s in whole.written()]


async def test_within_one_worker_what_is_asked_twice_is_asked_twice(store: Store) -> None:
    answers = Writing()
    answers.gone = False
    known = await desk(store, *TEXTS)
    for _ in range(2):
        await write(known.run, models(answers), known.ledger, PLAN)
    assert answers.asked["outline"] == 2


async def test_an_agents_turn_is_decided_once(store: Store) -> None:
    asked = []

    def handler(role: str, messages: Any, schema: dict[str, Any]) -> dict[str, Any]:
        asked.append(role)
        return {"thought": "look", "tool": "look", "arguments": {"what": "the sea"}}

    async def call(*_: Any) -> Any:
        raise AssertionError

    look = Tool("look", lambda run: ToolSpec("look", "Look.", {"type": "object", "properties": {}}), call)
    task = Task(id="r1s1", role="search", goal="How deep is the sea?")
    known = await desk(store, *TEXTS)
    policy = Policy("none", 10_000)
    first = await think(known.run, ScriptedModels(handler), task, [], {"look": look}, policy)
    second = await think((await again(known, store)).run, ScriptedModels(handler), task, [], {"look": look}, policy)
    assert first == second and first[0].arguments == {"what": "the sea"}
    assert asked == ["search"]
