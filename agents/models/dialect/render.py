"""Turns a request into what one endpoint understands: LangChain messages and parameters, in the
dialect learnt so far. Pure.

The same request and dialect always give the same bytes, and turns only append, so that prefix
caches hit.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

from agents.models.types import Action, Dialect, Message, Request, ToolSpec
from agents.schemas import Schema, object_of

WARMER = 0.6
_THOUGHT = {"type": "string", "maxLength": 160}
_FORM = "Answer with one JSON object that fits this JSON schema, and nothing else:\n"


@dataclass(frozen=True)
class Rendered:
    """`uses` names what the endpoint may object to."""

    messages: list[BaseMessage]
    tools: list[dict[str, Any]]
    response_format: dict[str, Any] | None
    temperature: float | None
    uses: frozenset[str]
    schema_text: str = ""


def render(request: Request, dialect: Dialect, temperature: float) -> Rendered:
    native = bool(request.tools) and dialect.tools
    schema = action_schema(request.tools) if request.tools and not native else request.schema
    text = schema_text(schema) if schema else ""
    constrained = bool(schema) and dialect.schema and text not in dialect.refused_schemas
    messages = list(request.messages)
    if request.tools and not native:
        messages = _with_tools(messages, request.tools)
    if schema and not constrained:
        messages = append_to_last(messages, _FORM + text)
    warmth = max(temperature, WARMER) if request.warmer else temperature
    uses = {name for name, used in _used(messages, dialect, native, constrained).items() if used}
    return Rendered(
        messages=to_langchain(messages, native=native, reasoning_field=dialect.reasoning_field),
        tools=[{"type": "function", "function": vars(tool)} for tool in request.tools if native],
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        if constrained
        else None,
        temperature=warmth if dialect.temperature else None,
        uses=frozenset(uses),
        schema_text=text,
    )


def _used(
    messages: Sequence[Message], dialect: Dialect, native: bool, constrained: bool
) -> dict[str, bool]:
    return {
        "tools": native,
        "schema": constrained,
        "temperature": dialect.temperature,
        "length_name": dialect.short_length_name,
        "reasoning": dialect.reasoning_field is not None
        and any(message.get("reasoning") for message in messages),
    }


def to_langchain(
    messages: Sequence[Message], *, native: bool, reasoning_field: str | None
) -> list[BaseMessage]:
    """Calls become native ones, with ids by their places, or lines of JSON; what they gave answers
    them in their order, in one turn where they are lines."""
    turned: list[BaseMessage] = []
    unanswered: list[str] = []
    for place, message in enumerate(messages):
        content = message["content"]
        match message["role"]:
            case "system":
                turned.append(SystemMessage(content))
            case "assistant":
                calls = message.get("calls", ()) if native else ()
                unanswered = [f"call_{place:06d}_{n}" for n in range(len(calls))]
                turned.append(_assistant(message, unanswered, reasoning_field))
            case "tool" if unanswered:
                turned.append(ToolMessage(content, tool_call_id=unanswered.pop(0)))
            case "tool" if place and messages[place - 1]["role"] == "tool":
                turned[-1] = HumanMessage(f"{turned[-1].text}\n\n{content}")
            case _:
                turned.append(HumanMessage(content))
    return turned


def _assistant(message: Message, ids: Sequence[str], reasoning_field: str | None) -> AIMessage:
    """A turn of the model's; its calls are native ones where they have ids."""
    calls, reasoning = message.get("calls", ()), message.get("reasoning")
    kwargs = {reasoning_field: reasoning} if reasoning_field and reasoning else {}
    if not ids:
        content = "\n".join(map(action_text, calls)) or message["content"]
        return AIMessage(content, additional_kwargs=kwargs)
    made = [
        ToolCall(name=action.tool, args=action.arguments, id=id)
        for id, action in zip(ids, calls, strict=True)
    ]
    return AIMessage(calls[0].thought, tool_calls=made, additional_kwargs=kwargs)


def action_text(action: Action) -> str:
    return json.dumps(
        {"thought": action.thought, "tool": action.tool, "arguments": action.arguments},
        ensure_ascii=False,
    )


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
    told = (
        "Tools you can call, one a turn:\n"
        + "\n".join(lines)
        + '\nAnswer with one JSON object {"thought": why, in a sentence, "tool": its name, '
        '"arguments": {…}}.'
    )
    first = messages[0] if messages else None
    if first and first["role"] == "system":
        return [Message(role="system", content=f"{first['content']}\n\n{told}"), *messages[1:]]
    return [Message(role="system", content=told), *messages]


def append_to_last(messages: Sequence[Message], text: str) -> list[Message]:
    """Add text to the last turn if it is the user's, else as a turn of its own; many chat templates
    want turns to alternate."""
    last = messages[-1] if messages else None
    if last and last["role"] == "user":
        return [*messages[:-1], Message(role="user", content=f"{last['content']}\n\n{text}")]
    return [*messages, Message(role="user", content=text)]
