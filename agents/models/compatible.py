"""The LangChain chat model of any OpenAI-compatible endpoint.

`ChatOpenAI` drops what other servers add. This keeps `reasoning` and `reasoning_content` of an answer and sends them back, asks for
`max_tokens` by the name those servers know, and names an answer that is no chat completion. Not here: retries and counting.
"""

from collections.abc import Mapping
from typing import Any

import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI

REASONING_FIELDS = ("reasoning", "reasoning_content")


class NotACompletion(Exception):
    """An endpoint answered 200 with something that is no chat completion; `status` is the error code inside it, if any."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class CompatibleChat(ChatOpenAI):
    def _get_request_payload(self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        short = kwargs.pop("short_length_name", True)
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if short and "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        turns = self._convert_input(input_).to_messages()
        for turn, sent in zip(turns, payload["messages"], strict=True):
            if isinstance(turn, AIMessage):
                sent.update({name: turn.additional_kwargs[name] for name in REASONING_FIELDS if name in turn.additional_kwargs})
        return payload

    def _create_chat_result(self, response: dict[str, Any] | openai.BaseModel, generation_info: dict[str, Any] | None = None) -> ChatResult:
        told = response.model_dump(warnings=False) if isinstance(response, openai.BaseModel) else response
        completion = _checked(told)
        result = super()._create_chat_result(completion, generation_info)
        for choice, generation in zip(completion["choices"], result.generations, strict=True):
            for name in REASONING_FIELDS:
                if isinstance(found := choice["message"].get(name), str):
                    generation.message.additional_kwargs[name] = found
        return result


def _checked(told: object) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise NotACompletion(f"the answer is no JSON object: {str(told)[:120]!r}")
    if error := told.get("error"):
        code = error.get("code") if isinstance(error, dict) else None
        message = error.get("message", error) if isinstance(error, dict) else error
        raise NotACompletion(f"an error in the answer: {str(message)[:300]}", code if isinstance(code, int) else None)
    choices = told.get("choices")
    if not isinstance(choices, list) or not choices:
        raise NotACompletion("the answer has no choices")
    for choice in choices:
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            raise NotACompletion("a choice of the answer has no message")
    usage = told.get("usage")
    sound = [{**choice, "message": {**choice["message"], "role": "assistant"}} for choice in choices]
    return {**told, "choices": sound, "usage": usage if _counts(usage) else None}


def _counts(usage: object) -> bool:
    names = ("prompt_tokens", "completion_tokens")
    return isinstance(usage, Mapping) and all(isinstance(usage.get(name), int) for name in names)
