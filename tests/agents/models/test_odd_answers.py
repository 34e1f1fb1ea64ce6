"""What servers send that is not quite a chat completion, over real HTTP: it ends in an answer, or
in a typed error that names the endpoint and what it answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from agents.models import Action, Message, Models, ToolSpec
from agents.models.endpoint import MOST_TOKENS
from research.errors import (
    ContextOverflow,
    ModelDeclined,
    ModelError,
    ModelRefused,
    ModelSilent,
    ModelUnavailable,
)
from tests.agents.models.conftest import (
    Bill,
    Body,
    Endpoint,
    Told,
    completion,
    endpoint_settings,
    failure,
)


class Depth(BaseModel):
    metres: int


ASKED: list[Message] = [{"role": "user", "content": "How deep is the Gannet Basin?"}]
GOOD = '{"metres": 311}'
SOUND: Body = dict(completion(GOOD).body)  # type: ignore[arg-type]


async def ask(models: Models, bill: Bill) -> int:
    return (await models.role("search").ask(ASKED, Depth, max_tokens=99, on_call=bill)).metres


def said(content: Any, **message: Any) -> Told:
    return completion(content, **message)


def counted(**usage: Any) -> Told:
    return Told(SOUND | {"usage": usage})


def plain(text: str, kind: str = "application/json") -> Told:
    return Told(text, headers={"Content-Type": kind})


THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": '{"metres": 1}'}]}
ANSWERED: dict[str, Told] = {
    "parts": said([THOUGHT, {"type": "text", "text": GOOD}]),
    "parts of unknown kinds": said(
        [{"type": "reference", "ids": [1]}, 7, {"type": "text", "text": GOOD}]
    ),
    "parts that are text": said(['{"metres":', " 311}"]),
    "an object": said({"metres": 311}),
    "an answer in channels": said(
        f'<|channel|>analysis<|message|>Not {{"metres": 1}}.<|end|><|start|>assistant<|channel|>final<|message|>{GOOD}<|return|>'
    ),
    "channels without marks": said(f'analysisNot {{"metres": 1}}.assistantfinal{GOOD}'),
    "no calls": said(GOOD, tool_calls=[]),
    "calls that are null": said(GOOD, tool_calls=None, refusal="", function_call=None),
    "odd reasoning": said(GOOD, reasoning=["so"], reasoning_content=7),
    "a null choice first": Told(SOUND | {"choices": [None, {"message": "no"}, *SOUND["choices"]]}),
    "no more than a choice": Told({"choices": [{"message": {"content": GOOD}}]}),
    "other types": Told(
        SOUND
        | {"created": "today", "id": None, "model": None, "system_fingerprint": 7, "error": None}
    ),
    "a byte order mark": plain("\ufeff" + json.dumps(SOUND)),
    "blank lines": plain("\n\n \n" + json.dumps(SOUND)),
    "plain text": plain(json.dumps(SOUND), "text/plain"),
    "NaN": plain(json.dumps(SOUND | {"speed": float("nan")})),
    "a number of thousands of digits": plain(json.dumps(SOUND)[:-1] + f', "seed": {"9" * 5000}}}'),
    "such a number in the answer": said(f'{{"metres": 311, "seed": {"9" * 5000}}}'),
    "half a character": plain(json.dumps(SOUND).replace("311}", "311} \\ud83d")),
}


@pytest.mark.parametrize("kind", ANSWERED)
async def test_an_answer_is_read_however_it_is_sent(
    models: Models, endpoint: Endpoint, bill: Bill, kind: str
) -> None:
    endpoint.says(ANSWERED[kind])
    assert await ask(models, bill) == 311
    assert len(bill.calls) == 1


USAGES: dict[str, Told] = {
    "none": Told({name: value for name, value in SOUND.items() if name != "usage"}),
    "null": Told(SOUND | {"usage": None}),
    "a list": Told(SOUND | {"usage": [100, 20]}),
    "nothing": counted(prompt_tokens=0, completion_tokens=0),
    "negative": counted(prompt_tokens=-1, completion_tokens=-1, total_tokens=-2),
    "a negative answer": counted(prompt_tokens=100, completion_tokens=-1_000_000),
    "beyond all bounds": counted(prompt_tokens=10**25, completion_tokens=20),
    "an answer beyond all bounds": counted(prompt_tokens=100, completion_tokens=MOST_TOKENS + 1),
    "parts of a token": counted(prompt_tokens=100.5, completion_tokens=20.5),
}


@pytest.mark.parametrize("kind", USAGES)
async def test_a_count_that_cannot_be_is_estimated(
    models: Models, endpoint: Endpoint, bill: Bill, kind: str
) -> None:
    endpoint.says(USAGES[kind])
    assert await ask(models, bill) == 311
    assert 0 < bill.calls[0].prompt_tokens < 30 and 0 < bill.calls[0].completion_tokens < 30


@pytest.mark.parametrize("cached", [None, -600, 10**25, "many", {"cached_tokens": -600}])
async def test_a_cached_count_that_cannot_be_takes_nothing_off(
    models: Models, endpoint: Endpoint, bill: Bill, cached: Any
) -> None:
    told = cached if isinstance(cached, dict) else {"cached_tokens": cached}
    endpoint.says(
        counted(
            prompt_tokens=100,
            completion_tokens=20,
            prompt_tokens_details=told,
            cached_tokens=cached,
        )
    )
    await ask(models, bill)
    assert 0 <= bill.calls[0].cached_tokens <= bill.calls[0].prompt_tokens == 100


SEARCH = ToolSpec(
    "batch_search", "Search.", {"type": "object", "properties": {"queries": {"type": "array"}}}
)
NOTE = ToolSpec(
    "note", "Note a text.", {"type": "object", "properties": {"text": {"type": "string"}}}
)
WANTED = {"queries": ["gannet basin"]}
TEXT = json.dumps(WANTED)


def called(name: str = "batch_search", arguments: Any = TEXT, **call: Any) -> Told:
    return said(
        None,
        tool_calls=[
            {"id": "x", "type": "function", "function": {"name": name, "arguments": arguments}}
            | call
        ],
    )


CALLED: dict[str, Told] = {
    "an object": called(arguments=WANTED),
    "JSON in JSON": called(arguments=json.dumps(json.dumps(WANTED))),
    "neither id nor kind": called(id=None, type=None),
    "a prefix": called("functions.batch_search"),
    "a channel": called("batch_search<|channel|>commentary"),
    "the form of 2023": said(
        None, function_call={"name": "batch_search", "arguments": json.dumps(WANTED)}
    ),
    "a null call beside it": said(
        None,
        tool_calls=[
            None,
            {"function": {}},
            {"function": {"name": "batch_search", "arguments": WANTED}},
        ],
    ),
}


async def act(models: Models, bill: Bill) -> Action:
    role = models.role("search")
    return (await role.act(ASKED, [SEARCH, NOTE], max_tokens=99, on_call=bill))[0]


@pytest.mark.parametrize("kind", CALLED)
async def test_a_call_is_read_however_it_is_sent(
    models: Models, endpoint: Endpoint, bill: Bill, kind: str
) -> None:
    endpoint.says(CALLED[kind])
    action = await act(models, bill)
    assert (action.tool, action.arguments) == ("batch_search", WANTED)
    assert len(bill.calls) == 1


@pytest.mark.parametrize("arguments", ["", "null", None, "{}", {}])
async def test_no_arguments_are_none(
    models: Models, endpoint: Endpoint, bill: Bill, arguments: Any
) -> None:
    endpoint.says(called(arguments=arguments))
    assert (await act(models, bill)).arguments == {}


@pytest.mark.parametrize(
    "arguments", [["gannet"], '["gannet"]', '"gannet"', "7", 7, '{"queries": ["gan', "9" * 5000]
)
async def test_arguments_that_are_no_object_are_told_and_mended(
    models: Models, endpoint: Endpoint, bill: Bill, arguments: Any
) -> None:
    endpoint.says(called(arguments=arguments), called())
    assert (await act(models, bill)).arguments == WANTED
    assert (
        "the arguments of batch_search are no JSON object"
        in endpoint.asked[1]["messages"][-1]["content"]
    )


GONE: dict[str, tuple[Told, str]] = {
    "no choices": (Told(SOUND | {"choices": []}), "no choices"),
    "null choices": (Told(SOUND | {"choices": [None]}), "no choices"),
    "an error": (Told({"error": "model is loading"}), "model is loading"),
    "an error with a word for a code": (
        Told({"error": {"message": "overloaded", "code": "busy"}}),
        "overloaded",
    ),
    "an error in a choice": (
        Told(
            SOUND
            | {
                "choices": [
                    SOUND["choices"][0] | {"error": {"code": 502, "message": "upstream died"}}
                ]
            }
        ),
        "502 an error in the answer: upstream died",
    ),
    "an answer broken off": (completion(GOOD[:5], finish="error"), "broke off"),
    "a detail": (Told({"detail": "Not ready"}), "Not ready"),
    "a page": (plain("<h1>Sign in to the network</h1>", "text/html"), "Sign in to the network"),
    "a stream": (
        plain(f"data: {json.dumps(SOUND)}\n\ndata: [DONE]\n\n", "text/event-stream"),
        "a stream of events",
    ),
    "a stream that says it is JSON": (plain("event: message\ndata: {}\n\n"), "a stream of events"),
    "null": (plain("null"), "no JSON object"),
    "a list": (plain("[]"), "no JSON object"),
    "nothing": (plain(""), "no JSON"),
    "a deep nest": (plain("[" * 100_000), "no JSON"),
}


@pytest.mark.parametrize("kind", GONE)
async def test_what_is_no_completion_is_tried_again_and_then_told(
    models: Models, endpoint: Endpoint, bill: Bill, kind: str
) -> None:
    told, reason = GONE[kind]
    endpoint.says(told, completion(GOOD))
    assert await ask(models, bill) == 311
    endpoint.says(told)
    with pytest.raises(ModelUnavailable, match=reason) as caught:
        await ask(models, bill)
    assert endpoint.url in str(caught.value)


REFUSED: dict[str, tuple[Told, str]] = {
    "half a character": (
        Told('{"error": {"message": "no \\ud83d", "type": "\\ud83d"}}', 400),
        "400 no",
    ),
    "a number of thousands of digits": (Told(f'{{"error": {"9" * 5000}}}', 400), "400"),
    "a control character": (Told('{"error": {"message": "a\\u0000b"}}', 403), "403 ab"),
    "a list": (Told("[1]", 400), "400"),
    "no end of text": (Told("no " * 100_000, 400), "400 no no"),
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_an_odd_refusal_is_a_refusal_that_can_be_stored(
    models: Models, endpoint: Endpoint, bill: Bill, kind: str
) -> None:
    told, reason = REFUSED[kind]
    endpoint.says(told)
    with pytest.raises(ModelRefused, match=reason) as caught:
        await ask(models, bill)
    said = f"{caught.value} {bill.errors}"
    assert endpoint.url in said and len(said) < 2_000 and "\0" not in said and said.encode()


BROKEN: dict[str, Told] = {
    "no gzip": Told("not compressed", headers={"Content-Encoding": "gzip"}),
    "no content": Told("", 204),
    "round and round": Told("", 307, {"Location": "/v1/chat/completions"}),
    "a wait without end": failure(503, "busy", retry_after="9" * 400),
    "a day that is none": failure(503, "busy", retry_after=f"Mon, 30 Nov {'9' * 30} 10:00:00 GMT"),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_broken_response_is_an_endpoint_that_fails(
    models: Models, endpoint: Endpoint, bill: Bill, kind: str
) -> None:
    endpoint.says(BROKEN[kind])
    with pytest.raises(ModelUnavailable) as caught:
        await ask(models, bill)
    assert endpoint.url in str(caught.value)


async def test_a_prompt_too_long_may_be_told_with_a_200(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(Told({"error": {"message": "too much", "code": "context_length_exceeded"}}))
    with pytest.raises(ContextOverflow):
        await ask(models, bill)
    assert len(bill.calls) == 1


USELESS: dict[str, tuple[Told, type[ModelError], str]] = {
    "a filter": (completion(None, finish="content_filter"), ModelDeclined, "content_filter"),
    "a filter in mid text": (
        completion(GOOD, finish="content_filter"),
        ModelDeclined,
        "content_filter",
    ),
    "a refusal": (
        said(None, refusal="I cannot help with basins."),
        ModelDeclined,
        "cannot help with basins",
    ),
    "only reasoning": (said("", reasoning_content=GOOD), ModelSilent, "only reasoned"),
    "only reasoning, by another name": (said(None, reasoning=GOOD), ModelSilent, "only reasoned"),
    "only a thought": (said(f"<think>{GOOD}"), ModelSilent, "only reasoned"),
    "only another channel": (
        said(f"<|channel|>analysis<|message|>{GOOD}"),
        ModelSilent,
        "only reasoned",
    ),
    "nothing": (said(""), ModelSilent, "it is empty"),
    "nothing, oddly ended": (completion("", finish="pause"), ModelSilent, "finish_reason 'pause'"),
    "cut off": (
        completion('{"metres": 3', finish="length"),
        ModelSilent,
        "cut off at the length limit",
    ),
}


def asking(models: Models, bill: Bill) -> dict[str, Callable[[], Any]]:
    role = models.role("search")
    return {
        "an answer": lambda: role.ask(ASKED, Depth, max_tokens=99, on_call=bill),
        "a call": lambda: role.act(ASKED, [SEARCH], max_tokens=99, on_call=bill),
        "a text": lambda: role.write(ASKED, max_tokens=99, on_call=bill),
    }


@pytest.mark.parametrize("form", ["an answer", "a call", "a text"])
@pytest.mark.parametrize("kind", [kind for kind in USELESS if kind != "cut off"])
async def test_an_answer_of_no_use_is_named_with_its_endpoint(
    models: Models, endpoint: Endpoint, bill: Bill, kind: str, form: str
) -> None:
    told, error, reason = USELESS[kind]
    endpoint.says(told)
    with pytest.raises(error, match=reason) as caught:
        await asking(models, bill)[form]()
    assert f"m at {endpoint.url}" in str(caught.value)
    assert "LEADLINE_MODEL" in caught.value.mend


async def test_an_answer_cut_off_is_no_answer(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    told, error, reason = USELESS["cut off"]
    endpoint.says(told)
    with pytest.raises(error, match=reason):
        await ask(models, bill)


async def test_a_filter_that_strikes_once_is_asked_the_same_again(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(completion(None, finish="content_filter"), completion(GOOD))
    assert await ask(models, bill) == 311
    assert endpoint.asked[0]["messages"] == endpoint.asked[1]["messages"]


async def test_a_declined_turn_does_not_take_the_tools_away(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(completion(None, finish="content_filter"))
    with pytest.raises(ModelDeclined):
        await act(models, bill)
    assert all("tools" in body for body in endpoint.asked)


async def test_no_error_tells_what_an_address_hides(endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(failure(400, "no"))
    url = endpoint.url.replace("http://", "http://user:secret@") + "?key=secret"
    async with Models(endpoint_settings(endpoint, model_base_url=url)) as models:
        with pytest.raises(ModelError) as caught:
            await ask(models, bill)
    assert "secret" not in str(caught.value) and f"127.0.0.1:{endpoint.port}/v1" in str(
        caught.value
    )
