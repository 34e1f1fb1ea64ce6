"""What an endpoint's error means: by its code first, by its words where servers agree on none."""

import httpx
import openai
import pytest

from agents.models.faults import find_fault
from research.errors import ContextOverflow


def error(status: int, message: str, **headers: str) -> openai.APIStatusError:
    request = httpx.Request("POST", "http://model.example/v1/chat/completions")
    response = httpx.Response(
        status, request=request, headers=headers, json={"error": {"message": message}}
    )
    return openai.APIStatusError(message, response=response, body={"message": message})


@pytest.mark.parametrize("told", ["nan", "-5", "inf", "1e400", "soon", ""])
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_a_wait_that_is_none_is_not_kept_to(name: str, told: str) -> None:
    assert find_fault(error(429, "slow down", **{name: told})).wait is None


def test_a_wait_is_told_in_seconds_or_milliseconds() -> None:
    assert find_fault(error(429, "slow down", **{"retry-after": "2.5"})).wait == 2.5
    assert find_fault(error(429, "slow down", **{"retry-after-ms": "250"})).wait == 0.25


@pytest.mark.parametrize(
    "reason",
    [
        "max_tokens (4000) exceeds the model's maximum output tokens",
        "temperature 3 exceeds the model's limit",
    ],
)
def test_a_parameter_that_is_too_large_is_no_prompt_that_is_too_long(reason: str) -> None:
    fault = find_fault(error(400, reason), frozenset({"temperature", "tools"}))
    assert fault.kind is not ContextOverflow and ("temperature" in reason) == (
        "temperature" in fault.objects_to
    )


def test_an_overflow_is_one_with_and_without_separators() -> None:
    for reason in ("contextLength 8192 exceeded", "maximum context length is 8192 tokens"):
        assert find_fault(error(400, reason)).kind is ContextOverflow
    assert "tools" not in find_fault(error(400, "toolkit missing"), frozenset({"tools"})).objects_to
