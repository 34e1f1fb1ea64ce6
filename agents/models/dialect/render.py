"""Turns a request into what one endpoint understands: messages and parameters in OpenAI's form, in
the dialect learnt so far. Pure.

The same request and dialect always give the same bytes, and turns only append, so that prefix
caches hit.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.models.types import Action, Dialect, Message, Request, ToolSpec
from agents.schemas import Schema, object_of

WARMER = 0.6
_THOUGHT = {"type": "string", "maxLength": 160}
_FORM = "Answer with one JSON object that fits this JSON schema, and nothing else:\n"
_TOOLS = "Tools you can call, one a turn:"
_CALL = (
    'Answer with one JSON object {"thought": why, in a sentence, "tool": its name, '
    '"arguments": {…}}.'
)
Turn = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """`parameters` go with the messages as they are; `uses` names what the endpoint may object to;
    `schema_text` is the form of the answer where the endpoint is to keep it."""

    messages: list[Turn]
    parameters: dict[str, Any]
    uses: frozenset[str]
    schema_text: str = ""

    @property
    def tools(self) -> list[dict[str, Any]]:
        tools: list[dict[str, Any]] = self.parameters.get("tools", [])
        return tools

    @property
    def texts(self) -> list[str]:
        """What a model certainly reads: the turns and the tools."""
        return [*(turn["content"] or "" for turn in self.messages), *map(str, self.tools)]

    def body(self, model: str, max_tokens: int) -> dict[str, Any]:
        length_name = "max_tokens" if "length_name" in self.uses else "max_completion_tokens"
        return {
            "model": model,
            "messages": self.messages,
            "stream": False,
            length_name: max_tokens,
            **self.parameters,
        }


def render(request: Request, dialect: Dialect, temperature: float) -> Rendered:
    messages, schema = list(request.messages), request.schema
    parameters: dict[str, Any] = {}
    uses = {"temperature", "length_name"} - dialect.given_up
    native = bool(request.tools) and "tools" not in dialect.given_up
    if native:
        uses.add("tools")
        parameters["tools"] = [{"type": "function", "function": vars(one)} for one in request.tools]
    elif request.tools:
        schema = action_schema(request.tools)
        messages = _with_tools(messages, request.tools)
    text = schema_text(schema) if schema else ""
    if schema and ("schema" in dialect.given_up or text in dialect.refused_schemas):
        messages = append_to_last(messages, _FORM + text)
        text = ""
    elif schema:
        uses.add("schema")
        form = {"name": "answer", "schema": schema}
        parameters["response_format"] = {"type": "json_schema", "json_schema": form}
    if "temperature" in uses:
        parameters["temperature"] = max(temperature, WARMER) if request.warmer else temperature
    field = None if "reasoning" in dialect.given_up else dialect.reasoning_field
    if field and any(message.get("reasoning") for message in messages):
        uses.add("reasoning")
    turns = to_turns(messages, native=native, reasoning_field=field)
    return Rendered(turns, parameters, frozenset(uses), text)


def to_turns(
    messages: Sequence[Message], *, native: bool, reasoning_field: str | None
) -> list[Turn]:
    """Calls become native ones, with ids by their places, or lines of JSON; what they gave answers
    them in their order, in one turn where they are lines."""
    turns: list[Turn] = []
    unanswered: list[str] = []
    for place, message in enumerate(messages):
        role, content = message["role"], message["content"]
        if role == "assistant":
            calls = message.get("calls", ())
            unanswered = [f"call_{place:06d}_{n}" for n in range(len(calls) if native else 0)]
            turns.append(_assistant(message, unanswered, reasoning_field))
        elif role != "tool":
            turns.append({"role": role, "content": content})
        elif unanswered:
            turns.append({"role": role, "content": content, "tool_call_id": unanswered.pop(0)})
        elif place and messages[place - 1]["role"] == "tool":
            turns[-1]["content"] += f"\n\n{content}"
        else:
            turns.append({"role": "user", "content": content})
    return turns


def _assistant(message: Message, ids: Sequence[str], reasoning_field: str | None) -> Turn:
    """A turn of the model's; its calls are native ones where they have ids."""
    calls, reasoning = message.get("calls", ()), message.get("reasoning")
    content = "\n".join(map(action_text, calls)) or message["content"]
    turn: Turn = {"role": "assistant", "content": content}
    if reasoning_field and reasoning:
        turn[reasoning_field] = reasoning
    if ids:
        turn["content"] = calls[0].thought or None
        turn["tool_calls"] = [
            {"id": id, "type": "function", "function": _function(action)}
            for id, action in zip(ids, calls, strict=True)
        ]
    return turn


def _function(action: Action) -> dict[str, str]:
    return {
        "name": action.tool,
        "arguments": json.dumps(action.arguments, ensure_ascii=False),
    }


def action_text(action: Action) -> str:
    told = {"thought": action.thought, "tool": action.tool, "arguments": action.arguments}
    return json.dumps(told, ensure_ascii=False)


def action_schema(tools: Sequence[ToolSpec]) -> Schema:
    """The schema of one action: any of one object per tool. Definitions of the parameters move to
    the root, where references look."""
    definitions: dict[str, Any] = {}
    forms = []
    for tool in tools:
        parameters = dict(tool.parameters)
        definitions.update(parameters.pop("$defs", {}))
        called = {"const": tool.name}
        forms.append(object_of(thought=_THOUGHT, tool=called, arguments=parameters))
    return {"anyOf": forms, **({"$defs": definitions} if definitions else {})}


def schema_text(schema: Schema) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def _with_tools(messages: list[Message], tools: Sequence[ToolSpec]) -> list[Message]:
    lines = [
        f"- {tool.name}: {tool.description} arguments: "
        f"{schema_text(tool.parameters.get('properties', {}))}"
        for tool in tools
    ]
    told = "\n".join([_TOOLS, *lines, _CALL])
    if messages and messages[0]["role"] == "system":
        told = f"{messages[0]['content']}\n\n{told}"
        messages = messages[1:]
    return [Message(role="system", content=told), *messages]


def append_to_last(messages: Sequence[Message], text: str) -> list[Message]:
    """Add text to the last turn if it is the user's, else as a turn of its own; many chat templates
    want turns to alternate."""
    if messages and messages[-1]["role"] == "user":
        text = f"{messages[-1]['content']}\n\n{text}"
        messages = messages[:-1]
    return [*messages, Message(role="user", content=text)]
