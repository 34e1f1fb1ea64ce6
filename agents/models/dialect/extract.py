"""Finds the answer in what a model wrote: without its thinking, JSON out of fences and prose, tool
calls written as text. Pure.

Nothing is guessed: what does not parse is None, and quotes, commas and brackets are never mended.
The one thing that is completed is a list that was cut off, by leaving its last, incomplete item
out.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

_THOUGHT = re.compile(r"<(think(?:ing)?)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THINK_MARK = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]+)\s*>(.*?)(?:</function>|\Z)", re.DOTALL)
# a bracket, a comma, a string, or the quote of a string that never ends
_JSON_PART = re.compile(r'[{}\[\],]|"(?:[^"\\]|\\.)*"|"', re.DOTALL)
_CHANNEL = re.compile(
    r"<\|channel\|>(\w+)[^<]*<\|message\|>(.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)",
    re.DOTALL,
)
_TRIES = 64  # openings tried in prose before it is held to have no JSON
_LONGEST_WHOLE = 1_000  # digits; Python reads thousands only when told to


def strip_think(text: str) -> tuple[str, str]:
    """Split a model's text into the answer and its thinking. What was never closed is all thinking.

    An answer that is JSON keeps its strings as they are: a page about such models may well speak of
    `<think>`.
    """
    text, channels = _final_channel(text)
    thoughts = [channels]
    if not _begins_json(text) and (mark := _THINK_MARK.search(text)) and "/" in mark[0]:
        text = mark[0].replace("/", "") + text  # the server left the first mark out
    while leading := _THOUGHT.match(text := text.lstrip()):
        thoughts.append(leading[2])
        text = text[leading.end() :]
    if not _begins_json(text):
        thoughts.extend(found[2] for found in _THOUGHT.finditer(text))
        text = _THOUGHT.sub("", text)
    stripped = (thought.strip() for thought in thoughts)
    return text.strip(), "\n".join(filter(None, stripped))


def _begins_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _final_channel(text: str) -> tuple[str, str]:
    """The answer of a text that still has the marks of Harmony's channels, and what stands in the
    others."""
    thought, unmarked, said = text.partition("assistantfinal")  # a server left the marks out
    if unmarked and thought.startswith("analysis"):
        return said, thought.removeprefix("analysis")
    if not text.lstrip().startswith(("<|channel|>", "<|start|>")):
        return text, ""
    told = _CHANNEL.findall(text)
    said = "".join(body for name, body in told if name == "final")
    return said, "".join(body for name, body in told if name != "final")


def find_json(text: str, *, truncated: bool = False) -> Any | None:
    """Find the JSON object or array in a text: all of it, else a fenced one (the last), else the
    longest object in prose, or of a text that was cut off what is complete."""
    fenced = [match[1] for match in _FENCE.finditer(text)]
    for candidate in (text, *reversed(fenced)):
        value = read_json(candidate)
        if isinstance(value, dict | list):
            return value
    return salvage_json(text) if truncated else _longest(text)


def read_json(text: str) -> Any | None:
    """Read a text that is one JSON value; None where it is none, and for `null`."""
    try:
        return _sound(json.loads(text, strict=False, parse_int=_whole))
    except (ValueError, RecursionError):
        return None


def _whole(digits: str) -> int | float:
    """A whole number; one of thousands of digits is infinite."""
    return int(digits) if len(digits) <= _LONGEST_WHOLE else float(digits)


def _longest(text: str) -> dict[str, Any] | None:
    """What opens is taken whole or not at all: an object within one that does not parse is no
    answer."""
    found: list[dict[str, Any]] = []
    longest = 0
    start = text.find("{")
    for _ in range(_TRIES):
        end = _closing(text, start) if start >= 0 else None
        if end is None:
            break
        value = read_json(text[start:end])
        if isinstance(value, dict) and end - start > longest:
            found.append(value)
            longest = end - start
        start = text.find("{", end)
    return found[-1] if found else None


def _structure(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The brackets and commas of JSON that stand outside of strings, with their places."""
    for found in _JSON_PART.finditer(text, start):
        if found[0] == '"':
            return
        if len(found[0]) == 1:
            yield found.start(), found[0]


def _closing(text: str, start: int) -> int | None:
    """Where what opens at `start` ends, one past its closing bracket."""
    depth = 0
    for position, sign in _structure(text, start):
        depth += (sign in "{[") - (sign in "}]")
        if depth == 0 and sign != ",":
            return position + 1
    return None


def _sound(value: Any) -> Any:
    """The value as it can be stored anywhere: no NUL and no lone surrogates, which JSON can spell,
    no NaN and no infinity."""
    if isinstance(value, str):
        if not value.isascii():
            value = value.encode("utf-8", "ignore").decode("utf-8")
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_sound(item) for item in value]
    if isinstance(value, dict):
        return {_sound(key): _sound(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def salvage_json(text: str) -> Any | None:
    """Read JSON that was cut off: the innermost list that still has a complete item ends after it,
    all else is closed.

    None when no list had a complete item. Values are never cut: each one in the result was
    complete.
    """
    start = min(len(text.partition(sign)[0]) for sign in "{[")
    cut = _last_item(text[start:])
    if cut is None:
        return None
    end, closing = cut
    return read_json(text[start:][:end] + closing)


def _last_item(text: str) -> tuple[int, str] | None:
    """Where the last complete container, string or literal in a list ends, and the brackets that
    close what is open there."""
    stack: list[str] = []
    cut: tuple[int, str] | None = None
    for position, sign in _structure(text, 0):
        if sign in "{[":
            stack.append("}" if sign == "{" else "]")
        elif sign in "}]":
            if not stack or stack.pop() != sign:
                return cut
            if not stack:
                return position + 1, ""
            if stack[-1] == "]":
                cut = position + 1, "".join(reversed(stack))
        elif stack and stack[-1] == "]":
            cut = position, "".join(reversed(stack))
    return cut


def find_calls(
    text: str, schemas: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    """Read tool calls a model wrote as text: `<function=NAME><parameter=K>V</parameter></function>`
    or JSON, in `<tool_call>` or alone.

    `schemas` are the parameters' JSON schemas by tool: a value is text unless its schema says
    otherwise.
    """
    if marked := _FUNCTION.findall(text):
        return [(name, _parameters(body, schemas.get(name, {}))) for name, body in marked]
    bodies = text.split("<tool_call>")[1:] or [text]
    calls = (as_call(find_json(body.partition("</tool_call>")[0])) for body in bodies)
    return [call for call in calls if call]


def _parameters(body: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Each `<parameter=NAME>…</parameter>`; one that is not closed ends where the next begins."""
    properties, given = schema.get("properties", {}), {}
    for part in body.split("<parameter=")[1:]:
        name, opened, rest = part.partition(">")
        if opened:
            value, _, _ = rest.partition("</parameter>")
            given[name.strip()] = _typed(value, properties.get(name.strip(), {}))
    return given


def as_call(value: object) -> tuple[str, dict[str, Any]] | None:
    """Read a JSON value as a call: `{tool | name, arguments | parameters}`."""
    if not isinstance(value, dict):
        return None
    name = value.get("tool", value.get("name"))
    arguments = read_arguments(value.get("arguments", value.get("parameters")))
    return (name, arguments) if isinstance(name, str) and arguments is not None else None


def read_arguments(told: object) -> dict[str, Any] | None:
    """Arguments as an object, or as its JSON, also in JSON once more; none at all are an empty
    object."""
    if told is None or (isinstance(told, str) and told.strip() in ("", "null")):
        return {}
    for _ in range(2):
        told = read_json(told) if isinstance(told, str) else told
    return told if isinstance(told, dict) else None


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    text = value.removeprefix("\n").removesuffix("\n")
    if schema.get("type") == "string":
        return text
    parsed = read_json(text)
    is_none = parsed is None and text.strip() != "null"
    is_untyped = isinstance(parsed, int | float) and "type" not in schema
    return text if is_none or is_untyped else parsed
