"""What a failing endpoint comes to, over real HTTP: which failures are waited for, which end it at
once, and that each is counted."""

import asyncio
import socket
import time
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import BaseModel

from agents.models import Message, Models
from research.domain import now
from research.errors import ContextOverflow, ModelError, ModelRefused, ModelUnavailable
from research.settings import Price, load_settings
from tests.agents.models.conftest import (
    KEY,
    Bill,
    Endpoint,
    Told,
    completion,
    endpoint_settings,
    failure,
)


class Yes(BaseModel):
    yes: bool


ASKED: list[Message] = [{"role": "user", "content": "Is it so?"}]
GOOD = completion('{"yes": true}')


async def ask(models: Models, bill: Bill) -> bool:
    return (await models.role("verify").ask(ASKED, Yes, max_tokens=9, on_call=bill)).yes


async def test_a_wrong_key_is_refused_at_once(endpoint: Endpoint, bill: Bill) -> None:
    async with Models(endpoint_settings(endpoint, model_api_key="wrong")) as models:
        with pytest.raises(ModelRefused, match="Incorrect API key") as caught:
            await ask(models, bill)
    assert "LEADLINE_MODEL_API_KEY" in caught.value.mend
    assert len(endpoint.asked) == len(bill.calls) == 1
    assert bill.errors[0] and bill.calls[0].prompt_tokens == 0


@pytest.mark.parametrize(
    "told",
    [
        failure(403, "Country not supported"),
        failure(404, "The model `m` does not exist"),
        failure(402, "Payment required"),
        failure(400, "messages: must not be empty"),
        failure(429, "You exceeded your current quota", kind="insufficient_quota"),
    ],
)
async def test_refusals_are_not_tried_again(
    models: Models, endpoint: Endpoint, bill: Bill, told: Told
) -> None:
    endpoint.says(told)
    with pytest.raises(ModelRefused):
        await ask(models, bill)
    assert len(bill.calls) == 1


async def test_an_endpoint_that_is_down_is_unavailable(bill: Bill) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = load_settings(model="m", model_base_url=f"http://127.0.0.1:{port}/v1")
    async with Models(settings, delays=(0.01, 0.01)) as models:
        with pytest.raises(ModelUnavailable, match="no connection") as caught:
            await ask(models, bill)
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert len(bill.calls) == 3


async def test_a_short_storm_is_sat_out(models: Models, endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(
        failure(500, "oops"),
        failure(503, "overloaded"),
        Told("<html>Bad gateway</html>", 502),
        GOOD,
    )
    assert await ask(models, bill)
    assert [error is None for error in bill.errors] == [False, False, False, True]


async def test_a_long_storm_is_unavailable(models: Models, endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(failure(500, "oops"))
    with pytest.raises(ModelUnavailable, match="500 oops"):
        await ask(models, bill)
    assert len(bill.calls) == 4


@pytest.mark.parametrize(
    "told",
    [
        Told("<html>Sign in to the Wi-Fi</html>", headers={"Content-Type": "text/html"}),
        Told('{"choices": [', headers={"Content-Type": "application/json"}),
        Told({"choices": []}),
        Told({"choices": None}),
        Told({"choices": [{"finish_reason": "stop"}]}),
        Told("[]"),
        Told("null"),
        Told({"error": {"message": "upstream is gone", "code": 502}}),
    ],
)
async def test_answers_that_are_no_completion_are_tried_again(
    models: Models, endpoint: Endpoint, bill: Bill, told: Told
) -> None:
    endpoint.says(told, GOOD)
    assert await ask(models, bill)
    endpoint.says(told)
    with pytest.raises(ModelUnavailable):
        await ask(models, bill)


async def test_retry_after_is_obeyed_by_all_calls(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    endpoint.says(failure(429, "slow down", retry_after="0.4"), GOOD)
    started = time.monotonic()
    first = asyncio.create_task(ask(models, bill))
    await endpoint.was_asked.wait()
    await asyncio.sleep(0.1)
    await asyncio.gather(first, ask(models, bill))
    assert time.monotonic() - started >= 0.4
    assert len(endpoint.asked) == 3


async def test_retry_after_may_be_a_date_and_too_long(
    models: Models, endpoint: Endpoint, bill: Bill
) -> None:
    later = format_datetime(now() + timedelta(minutes=20), usegmt=True)
    endpoint.says(failure(429, "slow down", retry_after=later), GOOD)
    with pytest.raises(ModelUnavailable, match=r"asks to wait 1[12]\d\d s"):
        await ask(models, bill)
    assert len(bill.calls) == 1


async def test_a_call_that_times_out_is_tried_once_more(endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(Told(GOOD.body, hold=0.5))
    settings = endpoint_settings(endpoint, model_timeout=0.1)
    async with Models(settings, delays=(0.01, 0.01, 0.01)) as models:
        with pytest.raises(ModelUnavailable, match="no answer in time"):
            await ask(models, bill)
    assert len(bill.calls) == 2
    await asyncio.sleep(0.5)


@pytest.mark.parametrize(
    "told",
    [
        failure(
            400,
            "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
        ),
        failure(
            400, "the request exceeds the available context size", kind="exceed_context_size_error"
        ),
        failure(400, "too much", kind="context_length_exceeded"),
        failure(413, "Request too large"),
        failure(400, "prompt is too long: 210000 tokens > 200000 maximum"),
    ],
)
async def test_a_prompt_too_long_overflows(
    models: Models, endpoint: Endpoint, bill: Bill, told: Told
) -> None:
    endpoint.says(told)
    with pytest.raises(ContextOverflow):
        await ask(models, bill)
    assert len(bill.calls) == 1


USAGES: list[tuple[dict[str, Any], tuple[int, int, int]]] = [
    (
        {
            "prompt_tokens": 1000,
            "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 600},
        },
        (1000, 600, 50),
    ),
    (
        {"prompt_tokens": 1000, "completion_tokens": 50, "prompt_cache_hit_tokens": 600},
        (1000, 600, 50),
    ),
    ({"prompt_tokens": 1000, "completion_tokens": 50, "cached_tokens": 600}, (1000, 600, 50)),
    (
        {"prompt_tokens": 1000, "completion_tokens": 50, "prompt_tokens_details": None},
        (1000, 0, 50),
    ),
]


@pytest.mark.parametrize(("usage", "tokens"), USAGES)
async def test_counts_tokens_and_money(
    endpoint: Endpoint, bill: Bill, usage: dict[str, Any], tokens: tuple[int, int, int]
) -> None:
    endpoint.says(completion('{"yes": true}', usage=usage))
    price = Price(prompt=2.0, cached=0.5, completion=10.0)
    async with Models(endpoint_settings(endpoint, model_price=price)) as models:
        await ask(models, bill)
    call = bill.calls[0]
    prompt, cached, completed = tokens
    assert (call.prompt_tokens, call.cached_tokens, call.completion_tokens) == tokens
    assert call.usd == pytest.approx(
        ((prompt - cached) * 2.0 + cached * 0.5 + completed * 10.0) / 1e6
    )
    assert (call.model, call.error) == ("m", None)
    assert 0 < call.seconds < 5


@pytest.mark.parametrize(
    "usage", [{}, {"prompt_tokens": None}, {"prompt_tokens": "many", "completion_tokens": []}]
)
async def test_estimates_where_nothing_is_told(
    models: Models, endpoint: Endpoint, bill: Bill, usage: dict[str, Any]
) -> None:
    endpoint.says(completion('{"yes": true}', usage=usage, reasoning="It is. " * 40))
    await ask(models, bill)
    assert 2 <= bill.calls[0].prompt_tokens < 20
    assert 60 <= bill.calls[0].completion_tokens < 100


async def test_no_more_calls_at_once_than_set(endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(Told(GOOD.body, hold=0.05))
    settings = endpoint_settings(
        endpoint, model_concurrency=2, roles={"writer": {"model": "other"}}
    )
    async with Models(settings) as models:
        roles = [models.role("verify"), models.role("writer")] * 4
        await asyncio.gather(*(role.ask(ASKED, Yes, max_tokens=9, on_call=bill) for role in roles))
    assert endpoint.most_at_once == 2
    assert {body["model"] for body in endpoint.asked} == {"m", "other"}


async def test_what_on_call_raises_goes_up(models: Models, endpoint: Endpoint) -> None:
    endpoint.says(GOOD)

    class Spent(Exception):
        pass

    async def on_call(_: object) -> None:
        raise Spent

    with pytest.raises(Spent):
        await models.role("verify").ask(ASKED, Yes, max_tokens=9, on_call=on_call)


async def test_a_cancelled_call_gives_its_place_back(endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(Told(GOOD.body, hold=0.3), GOOD)
    async with Models(endpoint_settings(endpoint, model_concurrency=1)) as models:
        first = asyncio.create_task(ask(models, bill))
        await endpoint.was_asked.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await asyncio.wait_for(ask(models, bill), 5)
    await asyncio.sleep(0.3)


async def test_no_error_tells_the_key(endpoint: Endpoint, bill: Bill) -> None:
    endpoint.says(failure(500, "oops"))
    async with Models(endpoint_settings(endpoint), delays=()) as models:
        with pytest.raises(ModelError) as caught:
            await ask(models, bill)
    assert KEY not in f"{caught.value!r} {caught.value.fields} {bill.calls}"
