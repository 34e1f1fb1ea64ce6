"""A provider that LangChain speaks to: what goes to its chat model, and what is made of its
message."""

import json

from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolCall, ToolMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.messages.tool import invalid_tool_call
from langchain_core.outputs import ChatResult
from pydantic import Field

from agents.models.chats import langchain_chat
from agents.models.dialect.render import Rendered, render, to_turns
from agents.models.types import Action, Dialect, Message, Request, Tokens
from tests.agents.models.conftest import Bill

TURNS: list[Message] = [
    {"role": "user", "content": "How deep is it?"},
    {"role": "assistant", "content": "", "calls": (Action("So.", "search", {"q": "depth"}),)},
    {"role": "tool", "content": "7,420 metres"},
]


class Chat(FakeMessagesListChatModel):
    given: list[BaseMessage] = Field(default=[])

    def _generate(self, messages: list[BaseMessage], *more: object, **params: object) -> ChatResult:
        self.given.extend(messages)
        return super()._generate(messages)


async def test_calls_and_counts_are_those_of_the_message() -> None:
    said = AIMessage(
        "Look.",
        additional_kwargs={"reasoning_content": "Hm."},
        tool_calls=[ToolCall(name="search", args={"q": "x"}, id="1")],
        invalid_tool_calls=[invalid_tool_call(name="note", id="2")],
        response_metadata={"stop_reason": "max_tokens"},
        usage_metadata=UsageMetadata(
            input_tokens=10,
            output_tokens=2,
            total_tokens=12,
            input_token_details=InputTokenDetails(cache_read=4),
        ),
    )
    chat = Chat(responses=[said])
    answer = await langchain_chat(chat)(render(Request(TURNS, 9, Bill()), Dialect(), 0.0), 9)
    assert (answer.text, answer.reasoning, answer.truncated) == ("Look.", "Hm.", True)
    assert answer.calls == (("search", {"q": "x"}), ("note", None))
    assert answer.tokens == Tokens(10, 4, 2)


async def test_native_calls_are_told_as_such() -> None:
    chat = Chat(responses=[AIMessage("Deep.")])
    rendered = render(Request(TURNS, 9, Bill()), Dialect({"tools"}), 0.0)
    await langchain_chat(chat)(rendered, 9)
    assert json.loads(chat.given[1].text)["tool"] == "search"


async def test_turns_keep_their_ids() -> None:
    chat = Chat(responses=[AIMessage("Deep.")])
    turns = to_turns(TURNS, native=True, reasoning_field=None)
    answer = await langchain_chat(chat)(Rendered(turns, {}, frozenset()), 9)
    [_, called, told] = chat.given
    assert isinstance(called, AIMessage) and isinstance(told, ToolMessage)
    assert called.text == "So." and called.tool_calls[0]["args"] == {"q": "depth"}
    assert called.tool_calls[0]["id"] == told.tool_call_id
    assert answer.tokens is None and not answer.truncated
