"""The LangChain chat model of any OpenAI-compatible endpoint.

`ChatOpenAI` drops what other servers add and stumbles over what they send otherwise. This reads the
body itself (`completion.py`), sends `reasoning` and `reasoning_content` back, and asks for
`max_tokens` by the name those servers know. Not here: retries and counting.
"""

from typing import Any

import httpx2
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_openai import ChatOpenAI

from agents.models.dialect.completion import REASONING_FIELDS, read_completion


class CompatibleChat(ChatOpenAI):
    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        short = kwargs.pop("short_length_name", True)
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if short and "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        turns = self._convert_input(input_).to_messages()
        for turn, sent in zip(turns, payload["messages"], strict=True):
            if isinstance(turn, AIMessage):
                given = turn.additional_kwargs
                sent.update({name: given[name] for name in REASONING_FIELDS if name in given})
        return payload

    async def complete(self, messages: list[BaseMessage], **params: Any) -> AIMessage:
        """One call. Raises `openai.OpenAIError` and `NotACompletion`.

        The body is posted as it is: `chat.completions.create` would look through every message for
        what is to be renamed, which took longer than all else on the way of a long prompt. Nor is
        it a run of LangChain's (`ainvoke`), with callbacks that nobody listens to."""
        payload = self._get_request_payload(messages, **params)
        more = payload.pop("extra_body", None) or {}
        response = await self.root_async_client.post(
            "/chat/completions", body={**payload, **more}, cast_to=httpx2.Response
        )
        return read_completion(response.content)
