"""Tool use over real HTTP: native calls, calls written as text, and the schema-guided dialect that
takes over."""

import json
from typing import Any

import pytest

from agents.models import Action, Message, Models, ToolSpec
from research.errors import ModelOutputInvalid, UnusableAnswer
from tests.agents.models.conftest import Bill, Body, Endpoint, Told, completion, failure

SEARCH = ToolSpec(
    "search",
    "Search with many queries at once.",
    {
        "type": "object",
        "properties": {
            "queries": {"type": "array", "items": {"$ref": "#/$defs/Query"}},
            "topk": {"type": "integer"},
        },
        "required": ["queries"],
        "$defs": {"Query": {"type": "string"}},
    },
)
NOTE = ToolSpec(
    "note", "Note a text.", {"type": "object", "properties": {"text": {"type": "string"}}}
)
TOOLS = [SEARCH, NOTE]
ASKED: list[Message] = [
    {"role": "system", "content": "You research with tools."},
    {"role": "user", "content": "How high is Skerry Point?"},
]
WANTED = {"queries": ["skerry point", "skerry height"], "topk": 5}
GUIDED = json.dumps({"thought": "Look it up.", "tool": "search", "arguments": WANTED})


def native(name: str, arguments: Any, content: str | None = None, **message: Any) -> Told:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    call = {"id": "x1", "type": "function", "function": {"name": name, "arguments": text}}
    return completion(content, finish="tool_calls", tool_calls=[call], **message)


async def act(models: Models, bill: Bill, messages: list[Message] | None = None) -> Action:
    role = models.role("search")
    return (await role.act(messages or ASKED, TOOLS, max_tokens=300, on_call=bill))[0]


async def test_calls_natively(models: Models, endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(native("search", WANTED, "Look it up.", reasoning="Height is a figure."))
    action = await act(models, bill)
    assert action == Action("Look it up.", "search", WANTED, reasoning="Height is a figure.")
    assert [tool["function"]["name"] for tool in endpoint.asked[0]["tools"]] == ["search", "note"]
    assert "response_format" not in endpoint.asked[0]


@pytest.mark.parametrize(
    "text",
    [
        "<think>Hm.</think>Look it up.<tool_call>\n<function=search>\n<parameter=queries>\n"
        '["skerry point", "skerry height"]\n</parameter>\n<parameter=topk>\n5\n</parameter>\n</function>\n</tool_call>',
        'Look it up.<function=search><parameter=queries>["skerry point", "skerry height"]</parameter>'
        "<parameter=topk>5</parameter></function>",
        f'Look it up.<tool_call>{{"name": "search", "arguments": {json.dumps(WANTED)}}}</tool_call>',
        f"```json\n{GUIDED}\n```",
    ],
)
async def test_reads_calls_written_as_text(
    models: Models, endpoint: Endpoint, bill: Bill, text: str
) -> None:
    endpoint.says(completion(text))
    action = await act(models, bill)
    assert (action.thought, action.tool, action.arguments) == ("Look it up.", "search", WANTED)
    assert len(bill.calls) == 1


async def test_text_parameters_stay_text(models: Models, endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(
        completion(
            "<tool_call><function=note><parameter=text>42</parameter></function></tool_call>"
        )
    )
    assert (await act(models, bill)).arguments == {"text": "42"}


async def test_the_first_of_several_calls_counts(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    calls = [
        {"id": f"x{n}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for n, name in enumerate(["note", "search"])
    ]
    endpoint.says(completion(None, finish="tool_calls", tool_calls=calls))
    assert (await act(models, bill)).tool == "note"


@pytest.mark.parametrize(
    "refusal",
    [
        failure(400, "registry.ollama.ai/library/m does not support tools"),
        failure(404, "No endpoints found that support tool use"),
        failure(500, "tools param requires --jinja flag"),
    ],
)
async def test_refused_tools_become_guided_actions_for_good(
    models: Models, endpoint: Endpoint, bill: Bill, refusal: Told
) -> None:
    endpoint.script = lambda body: refusal if "tools" in body else completion(GUIDED)
    for _ in range(2):
        assert (await act(models, bill)).arguments == WANTED
    assert ["tools" in body for body in endpoint.asked] == [True, False, False]
    schema = endpoint.asked[1]["response_format"]["json_schema"]["schema"]
    assert [form["properties"]["tool"] for form in schema["anyOf"]] == [
        {"const": "search"},
        {"const": "note"},
    ]
    assert schema["$defs"] == {"Query": {"type": "string"}}
    assert "Search with many queries at once." in endpoint.asked[1]["messages"][0]["content"]


async def test_a_model_that_never_calls_natively_is_guided_instead(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.script = lambda body: completion("I would search." if "tools" in body else GUIDED)
    assert (await act(models, bill)).tool == "search"
    assert (await act(models, bill)).tool == "search"
    assert ["tools" in body for body in endpoint.asked] == [True, True, False, False]


async def test_one_bad_turn_does_not_change_a_dialect_that_worked(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(
        native("search", WANTED), completion("Well."), completion("Well."), native("search", WANTED)
    )
    await act(models, bill)
    with pytest.raises(ModelOutputInvalid, match="calls no tool"):
        await act(models, bill)
    await act(models, bill)
    assert all("tools" in body for body in endpoint.asked)


async def test_a_wrong_tool_is_told_and_repaired(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(native("browse", {}), native("search", WANTED))
    assert (await act(models, bill)).tool == "search"
    told = endpoint.asked[1]["messages"][-1]["content"]
    assert "there is no tool 'browse'" in told and "Call one of: search, note." in told


@pytest.mark.parametrize(
    "told",
    [
        native("search", '{"queries": ["unfin'),
        completion("<tool_call><function=search><parameter=queries>[", finish="length"),
        completion(None),
    ],
)
async def test_unusable_calls_are_invalid(
    models: Models, endpoint: Endpoint, bill: Bill, told: Told
) -> None:
    endpoint.says(told)
    with pytest.raises(UnusableAnswer):
        await act(models, bill)


def trajectory(action: Action) -> list[Message]:
    return [
        *ASKED,
        {
            "role": "assistant",
            "content": "",
            "calls": (action,),
            "reasoning": "Height is a figure.",
        },
        {"role": "tool", "content": "S1 It stands 48 metres high."},
    ]


async def test_a_trajectory_is_sent_as_native_calls(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(native("search", WANTED, reasoning_content="Height is a figure."))
    action = await act(models, bill)
    await act(models, bill, trajectory(action))
    called, observed = endpoint.asked[1]["messages"][2:]
    assert called["tool_calls"][0]["function"] == {
        "name": "search",
        "arguments": json.dumps(WANTED),
    }
    assert called["reasoning_content"] == "Height is a figure."
    assert observed == {
        "role": "tool",
        "content": "S1 It stands 48 metres high.",
        "tool_call_id": called["tool_calls"][0]["id"],
    }


async def test_a_trajectory_is_sent_as_text_where_tools_are_refused(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    def script(body: Body) -> Told:
        return failure(400, "tools are not supported") if "tools" in body else completion(GUIDED)

    endpoint.script = script
    action = await act(models, bill)
    await act(models, bill, trajectory(action))
    called, observed = endpoint.asked[2]["messages"][2:]
    assert (called["role"], json.loads(called["content"])) == ("assistant", json.loads(GUIDED))
    assert (observed["role"], observed["content"]) == ("user", "S1 It stands 48 metres high.")
    assert endpoint.asked[2]["messages"][:2] == endpoint.asked[1]["messages"][:2]
