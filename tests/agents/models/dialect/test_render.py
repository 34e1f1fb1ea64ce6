"""How a conversation is told to a model with and without native tool calls."""

from agents.models import Action, Message
from agents.models.dialect.render import to_turns

TURN = [
    Message(role="user", content="How deep is it?"),
    Message(
        role="assistant",
        content="",
        calls=(
            Action(thought="", tool="search", arguments={"query": "depth"}),
            Action(thought="", tool="note", arguments={"text": "deep"}),
        ),
    ),
    Message(role="tool", content="7,420 metres"),
    Message(role="tool", content="Noted."),
]


def test_calls_as_text_and_what_they_gave_take_turns() -> None:
    told = to_turns(TURN, native=False, reasoning_field=None)
    assert [one["role"] for one in told] == ["user", "assistant", "user"]
    assert told[2]["content"] == "7,420 metres\n\nNoted."


def test_native_calls_are_answered_each_by_its_id() -> None:
    told = to_turns(TURN, native=True, reasoning_field=None)
    assert [one["role"] for one in told] == ["user", "assistant", "tool", "tool"]
    ids = [call["id"] for call in told[1]["tool_calls"]]
    assert [one["tool_call_id"] for one in told[2:]] == ids
