"""Structured answers over real HTTP: the dialects, the repairs and every way an answer was seen to
go wrong."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from agents.models import Message, Models, ToolSpec
from research.errors import ModelRepeating, ModelSilent, UnusableAnswer
from tests.agents.models.conftest import (
    Bill,
    Body,
    Endpoint,
    Told,
    completion,
    endpoint_settings,
    failure,
)

ASKED: list[Message] = [
    {"role": "system", "content": "You write search queries."},
    {"role": "user", "content": "How high is Skerry Point?"},
]


class Queries(BaseModel):
    model_config = ConfigDict(extra="forbid")
    queries: list[str]


GOOD = '{"queries": ["skerry point height"]}'


async def ask(models: Models, bill: Bill, attempts: int = 2) -> list[str]:
    reply = await models.role("search").ask(
        ASKED, Queries, max_tokens=300, on_call=bill, attempts=attempts
    )
    return reply.queries


async def test_asks_by_json_schema(models: Models, endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(completion(GOOD))
    assert await ask(models, bill) == ["skerry point height"]
    sent = endpoint.asked[0]
    assert (
        sent["response_format"]["json_schema"]["schema"]["properties"]["queries"]["type"] == "array"
    )
    assert (sent["model"], sent["max_tokens"], sent["temperature"]) == ("m", 300, 0.0)
    assert "max_completion_tokens" not in sent
    assert [turn["content"] for turn in sent["messages"]] == [turn["content"] for turn in ASKED]


async def test_a_narrower_schema_is_sent_instead(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(completion(GOOD))
    schema = {"type": "object", "properties": {"queries": {"type": "array", "maxItems": 1}}}
    await models.role("search").ask(ASKED, Queries, schema=schema, max_tokens=9, on_call=bill)
    assert endpoint.asked[0]["response_format"]["json_schema"]["schema"] == schema


async def test_a_refused_response_format_is_remembered_and_the_prompt_asks(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    def script(body: Body) -> Told:
        if "response_format" in body:
            return failure(400, "This response_format type is unavailable now")
        return completion(f"Here it is:\n```json\n{GOOD}\n```\nHope it helps!")

    endpoint.script = script
    for _ in range(2):
        assert await ask(models, bill) == ["skerry point height"]
    assert ["response_format" in body for body in endpoint.asked] == [True, False, False]
    assert '"queries"' in endpoint.asked[1]["messages"][-1]["content"]
    assert [error is None for error in bill.errors] == [False, True, True]


async def test_a_schema_refused_after_another_worked_is_the_only_one_given_up(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    def script(body: Body) -> Told:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        return (
            failure(400, "failed to parse grammar")
            if schema.get("title") == "Odd"
            else completion(GOOD)
        )

    endpoint.script = script
    odd = Queries.model_json_schema() | {"title": "Odd"}
    await ask(models, bill)
    await models.role("search").ask(ASKED, Queries, schema=odd, max_tokens=9, on_call=bill)
    await ask(models, bill)
    assert ["response_format" in body for body in endpoint.asked] == [True, True, False, True]


@pytest.mark.parametrize(
    ("objection", "gone"),
    [
        ("Unsupported value: 'temperature' does not support 0.0 with this model.", "temperature"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
    ],
)
async def test_parameters_an_endpoint_objects_to_are_given_up(
    models: Models, endpoint: Endpoint, bill: Bill, objection: str, gone: str
) -> None:
    endpoint.script = lambda body: failure(400, objection) if gone in body else completion(GOOD)
    await ask(models, bill)
    await ask(models, bill)
    assert [gone in body for body in endpoint.asked] == [True, False, False]
    assert "response_format" in endpoint.asked[-1]


async def test_an_answer_out_of_schema_is_repaired_once(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(completion('{"queries": "one"}'), completion(GOOD))
    assert await ask(models, bill) == ["skerry point height"]
    shown, told = endpoint.asked[1]["messages"][-2:]
    assert (shown["role"], shown["content"]) == ("assistant", '{"queries": "one"}')
    assert "queries: Input should be a valid list" in told["content"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("I would rather not.", "no JSON object"),
        ("", "empty"),
        (None, "empty"),
        ('{"queries": 7}', "valid list"),
        ('{"queries": ["a", "b",]}', "no JSON object"),
        ("<think>What are the queries? I never stop thinking", "only reasoned"),
    ],
)
async def test_garbage_twice_is_unusable(
    models: Models, endpoint: Endpoint, bill: Bill, content: str | None, reason: str
) -> None:
    endpoint.says(completion(content))
    with pytest.raises(UnusableAnswer, match=reason):
        await ask(models, bill)
    assert len(bill.calls) == 2


async def test_more_attempts_may_be_allowed(models: Models, endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(completion("no"), completion("no"), completion(GOOD))
    assert await ask(models, bill, attempts=3) == ["skerry point height"]


async def test_an_answer_that_runs_in_circles_is_asked_for_more_warmly(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(
        completion('{"queries": ["' + "the height of the " * 40, finish="length"), completion(GOOD)
    )
    assert await ask(models, bill) == ["skerry point height"]
    assert [body["temperature"] for body in endpoint.asked] == [0.0, 0.6]
    assert endpoint.asked[0]["messages"] == endpoint.asked[1]["messages"]


@pytest.mark.parametrize(
    "told",
    [
        completion("and so on " * 100),
        completion(json.dumps({"queries": ["fine", "the same again " * 30]})),
        completion("", reasoning_content="Let me think. " * 60, finish="length"),
        completion("<think>" + "Wait, no. " * 60, finish="length"),
    ],
)
async def test_endless_repetition_is_named(
    models: Models, endpoint: Endpoint, bill: Bill, told: Told
) -> None:
    endpoint.says(told)
    with pytest.raises(ModelRepeating, match="times at its end"):
        await ask(models, bill)
    assert len(bill.calls) == 2


async def test_an_answer_cut_off_keeps_its_complete_items(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(completion('{"queries": ["first, one", "second", "thi', finish="length"))
    reply = await models.role("search").ask(ASKED, Queries, max_tokens=9, on_call=bill)
    assert reply.queries == ["first, one", "second"]


async def test_an_answer_cut_off_before_anything_is_asked_for_again_shorter(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(completion('{"queries": ["fir', finish="length"))
    with pytest.raises(ModelSilent, match="cut off at the length limit"):
        await ask(models, bill)
    assert "much shorter" in endpoint.asked[1]["messages"][-1]["content"]
    assert len(endpoint.asked[1]["messages"]) == 2


LOOK = ToolSpec("look", "Look.", {"type": "object"})
CALL = '{"tool": "look", "arguments": {}}'


@pytest.mark.parametrize(
    ("told", "reasoning"),
    [
        (completion(CALL, reasoning="By name."), "By name."),
        (completion(CALL, reasoning_content="By name."), "By name."),
        (completion(f"<think>By name.</think>\n{CALL}"), "By name."),
        (completion(f"By name.</think>{CALL}"), "By name."),
        (completion(f"<thinking>By {{name}}.</thinking>Well: {CALL}"), "By {name}."),
        (completion(CALL), ""),
    ],
)
async def test_reasoning_is_kept_apart(
    models: Models, endpoint: Endpoint, bill: Bill, told: Told, reasoning: str
) -> None:
    endpoint.says(told)
    [action] = await models.role("search").act(ASKED, [LOOK], max_tokens=9, on_call=bill)
    assert (action.tool, action.reasoning) == ("look", reasoning)


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
async def test_reasoning_is_sent_back_by_the_name_it_came(
    models: Models, endpoint: Endpoint, bill: Bill, name: str
) -> None:
    told: dict[str, Any] = {name: "By name."}
    endpoint.says(completion(GOOD, **told))
    role = models.role("search")
    await role.ask(ASKED, Queries, max_tokens=9, on_call=bill)
    turn: Message = {"role": "assistant", "content": GOOD, "reasoning": "By name."}
    await role.ask(
        [*ASKED, turn, {"role": "user", "content": "More."}], Queries, max_tokens=9, on_call=bill
    )
    assert endpoint.asked[1]["messages"][2] == {
        "role": "assistant",
        "content": GOOD,
        name: "By name.",
    }


async def test_reasoning_is_kept_where_it_is_not_welcome(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    def script(body: Body) -> Told:
        if any("reasoning" in turn for turn in body["messages"]):
            return failure(400, "Unknown field in messages: reasoning")
        return completion(GOOD, reasoning="By name.")

    endpoint.script = script
    role = models.role("search")
    await ask(models, bill)
    turn: Message = {"role": "assistant", "content": GOOD, "reasoning": "By name."}
    await role.ask(
        [*ASKED, turn, {"role": "user", "content": "More."}], Queries, max_tokens=9, on_call=bill
    )
    assert "reasoning" not in endpoint.asked[-1]["messages"][2]


async def test_strings_come_without_what_no_store_takes(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(completion('{"queries": ["a\\u0000b\\ud800c\\ud83d\\ude00"]}'))
    assert await ask(models, bill) == ["abc😀"]


async def test_a_prompt_stays_the_same_to_the_byte(endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(completion(GOOD))
    for _ in range(2):
        async with Models(endpoint_settings(endpoint)) as models:
            await ask(models, bill)
    assert json.dumps(endpoint.asked[0]) == json.dumps(endpoint.asked[1])
