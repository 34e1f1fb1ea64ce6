"""The two ways to call a model: any OpenAI-compatible endpoint, and LangChain's chat model of
another provider.

An endpoint is posted to by the official client, which neither builds the request nor reads the
answer: it drops what other servers add and stumbles over what they send otherwise. Not here:
retries and counting.
"""

from collections.abc import Awaitable, Callable

import httpx2
import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata

from agents.models.dialect.completion import REASONING_FIELDS, read_completion
from agents.models.dialect.render import Rendered
from agents.models.types import Answer, Tokens

Chat = Callable[[Rendered, int], Awaitable[Answer]]  # with the most tokens of the answer


def compatible_chat(client: openai.AsyncOpenAI, model: str) -> Chat:
    """Calls raise `openai.OpenAIError` and `NotACompletion`.

    The body is posted as it is: `chat.completions.create` would look through every message for what
    is to be renamed, which took longer than all else on the way of a long prompt."""

    async def call(rendered: Rendered, max_tokens: int) -> Answer:
        body = rendered.body(model, max_tokens)
        response = await client.post("/chat/completions", body=body, cast_to=httpx2.Response)
        return read_completion(response.content)

    return call


def langchain_chat(chat: BaseChatModel) -> Chat:
    """Calls raise `langchain_core.exceptions.ModelError` and what the provider's own client
    raises."""

    async def call(rendered: Rendered, max_tokens: int) -> Answer:
        able = chat.bind_tools(rendered.tools) if rendered.tools else chat
        return _answer(await able.ainvoke(rendered.messages, max_tokens=max_tokens))

    return call


def _answer(message: AIMessage) -> Answer:
    told, more = message.response_metadata, message.additional_kwargs
    field = next((name for name in REASONING_FIELDS if more.get(name)), None)
    calls = [(call["name"], call["args"]) for call in message.tool_calls]
    broken = [(call["name"] or "", None) for call in message.invalid_tool_calls]
    return Answer(
        text=message.text,
        reasoning=str(more[field]) if field else "",
        reasoning_field=field,
        calls=(*calls, *broken),
        refusal=str(more.get("refusal") or ""),
        finish=str(told.get("finish_reason") or told.get("stop_reason") or ""),
        tokens=_tokens(message.usage_metadata) if message.usage_metadata else None,
    )


def _tokens(usage: UsageMetadata) -> Tokens:
    """What was counted; the tier of a service may stand before the name of what was cached."""
    details = usage.get("input_token_details", {})
    counts = (count for name, count in details.items() if name.endswith("cache_read"))
    cached = next((count for count in counts if isinstance(count, int)), 0)
    return Tokens(usage["input_tokens"], cached, usage["output_tokens"])
