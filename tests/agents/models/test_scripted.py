"""The scripted double behaves as the real models do above the wire."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import BaseModel

from agents.models import Message, ScriptedModels, ToolSpec
from research.domain import Role
from research.errors import ModelOutputInvalid, ModelUnavailable
from tests.agents.models.conftest import Bill

ASKED: list[Message] = [{"role": "user", "content": "Is it so?"}]


class Yes(BaseModel):
    yes: bool


async def test_answers_by_the_handler(bill: Bill) -> None:
    def handler(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        assert (role, messages[0]["content"], list(schema["properties"])) == (
            "verify",
            "Is it so?",
            ["yes"],
        )
        return {"yes": True}

    async with ScriptedModels(handler) as models:
        answer = await models.role("verify").ask(ASKED, Yes, max_tokens=9, on_call=bill)
    assert answer.yes
    assert len(bill.calls) == 1


async def test_acts_by_the_handler(bill: Bill) -> None:
    async def handler(
        role: Role, messages: Sequence[Message], schema: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "thought": "so",
            "tool": schema["anyOf"][0]["properties"]["tool"]["const"],
            "arguments": {"a": 1},
        }

    tool = ToolSpec("look", "Look.", {"type": "object"})
    acted = (
        await ScriptedModels(handler).role("search").act(ASKED, [tool], max_tokens=9, on_call=bill)
    )
    [action] = acted
    assert (action.thought, action.tool, action.arguments) == ("so", "look", {"a": 1})


async def test_wrong_answers_are_refused_and_errors_raised(bill: Bill) -> None:
    script: list[Any] = ["no", "no", ModelUnavailable(model="m", reason="down")]
    models = ScriptedModels(lambda role, messages, schema: script.pop(0), embedded=True)
    assert models.role("judge").embedded
    with pytest.raises(ModelOutputInvalid):
        await models.role("judge").ask(ASKED, Yes, max_tokens=9, on_call=bill)
    with pytest.raises(ModelUnavailable):
        await models.role("judge").ask(ASKED, Yes, max_tokens=9, on_call=bill)
    assert len(bill.calls) == 3
    assert bill.errors[2] and "down" in bill.errors[2]
