"""Turns a request into what one endpoint understands: LangChain messages and parameters, in the
dialect learnt so far. Pure.

The same request and dialect always give the same bytes, and turns only append, so that prefix
caches hit.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agents.models.types import Action, Dialect, Message, Request, Schema, ToolSpec

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
        tools=[_function(tool) for tool in request.tools] if native else [],
        response_format=_response_format(schema) if schema and constrained else None,
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
    """Actions become native calls with ids by their place, those of one turn in one message before
    their results; or JSON, each call with its result. An observation answers the call before it."""
    turned: list[BaseMessage] = []
    for place, message in _calls_first(messages) if native else enumerate(messages):
        content = message["content"]
        match message["role"]:
            case "system":
                turned.append(SystemMessage(content))
            case "assistant":
                made = _assistant(message, place, native, reasoning_field)
                if native and place and _one_turn(message, messages[place - 1]):
                    turned[-1] = _joined(turned[-1], made)
                else:
                    turned.append(made)
            case "tool" if native and place and "action" in messages[place - 1]:
                turned.append(ToolMessage(content, tool_call_id=_call_id(place - 1)))
            case _:
                turned.append(HumanMessage(content))
    return turned


def _calls_first(messages: Sequence[Message]) -> Iterator[tuple[int, Message]]:
    """The messages with their places, in each turn the calls before the results."""
    own: list[tuple[int, Message]] = []
    for place, message in enumerate(messages):
        if own and not _one_turn(message, own[0][1]):
            yield from sorted(own, key=_is_result)
            own = []
        own.append((place, message))
    yield from sorted(own, key=_is_result)


def _is_result(placed: tuple[int, Message]) -> bool:
    return placed[1]["role"] == "tool"


def _one_turn(message: Message, other: Message) -> bool:
    return "turn" in message and message["turn"] == other.get("turn")


def _joined(first: BaseMessage, made: AIMessage) -> AIMessage:
    """One message with the calls of both: the thought and the reasoning of a turn stand with its
    first call."""
    assert isinstance(first, AIMessage)  # the calls of a turn follow each other
    return first.model_copy(update={"tool_calls": [*first.tool_calls, *made.tool_calls]})


def _assistant(
    message: Message, place: int, native: bool, reasoning_field: str | None
) -> AIMessage:
    action = message.get("action")
    content = message["content"]
    kwargs = (
        {reasoning_field: message["reasoning"]}
        if reasoning_field and message.get("reasoning")
        else {}
    )
    if action is None:
        return AIMessage(content, additional_kwargs=kwargs)
    if not native:
        return AIMessage(action_text(action), additional_kwargs=kwargs)
    call = {
        "name": action.tool,
        "args": action.arguments,
        "id": _call_id(place),
        "type": "tool_call",
    }
    return AIMessage(action.thought, tool_calls=[call], additional_kwargs=kwargs)


def _call_id(place: int) -> str:
    return f"call_{place:06d}"


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
        properties = {"thought": _THOUGHT, "tool": {"const": tool.name}, "arguments": parameters}
        forms.append(
            {
                "type": "object",
                "properties": properties,
                "required": ["thought", "tool", "arguments"],
                "additionalProperties": False,
            }
        )
    return {"anyOf": forms, **({"$defs": definitions} if definitions else {})}


def schema_text(schema: Schema) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def _response_format(schema: Schema) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _function(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


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
