"""Reads what an endpoint gave back: an answer that fits its schema, or one action. Pure.

A `Flaw` says why it cannot be used and how to ask for a better one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents.models.dialect.extract import (
    as_call,
    find_calls,
    find_json,
    salvage_json,
    strip_think,
    whole_json,
)
from agents.models.dialect.render import append_to_last
from agents.models.dialect.repetition import find_repetition
from agents.models.types import Action, Answer, Message, Reply, ToolSpec
from research.errors import (
    ModelDeclined,
    ModelOutputInvalid,
    ModelRepeating,
    ModelSilent,
    UnusableAnswer,
)
from research.text.sentences import clip

M = TypeVar("M", bound=BaseModel)
FENCES = ("```", "```markdown", "```md")
ASKED_AGAIN = (ModelRepeating, ModelDeclined)  # of these there is nothing to tell the model
SHOWN = 2000  # characters of a wrong answer that are shown back to the model


class Flaw(Exception):
    """An answer cannot be used. `text` is the answer to show back to the model, when that helps it;
    `again` asks the same once more, since there is nothing to tell."""

    def __init__(
        self,
        reason: str,
        kind: type[UnusableAnswer] = ModelOutputInvalid,
        *,
        advice: str = "",
        text: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.advice = advice
        self.text = text

    @property
    def again(self) -> bool:
        return self.kind in ASKED_AGAIN

    def as_error(self, model: str) -> UnusableAnswer:
        return self.kind(model=model, reason=self.reason)


def read_answer(answer: Answer, kind: type[M]) -> Reply[M]:
    """Read an answer of the kind. Raises Flaw."""
    text, reasoning = _opened(answer)
    value = whole_json(text)
    if value is None:
        value = salvage_json(text) if answer.truncated else find_json(text)
    if value is None:
        raise _no_json(answer, text, reasoning)
    try:
        found = kind.model_validate(value)
    except ValidationError as error:
        if answer.truncated:
            raise _no_json(answer, text, reasoning) from error
        raise _unfit(error, text) from error
    _refuse_circles(value)
    return Reply(answer=found, reasoning=reasoning, truncated=answer.truncated)


def read_text(answer: Answer) -> Reply[str]:
    """Read a text: without its thinking, and without a fence around all of it. Raises Flaw for
    none."""
    text, reasoning = _opened(answer)
    fence, _, fenced = text.strip().partition("\n")
    if fence.strip() in FENCES and fenced.endswith("\n```"):
        text = fenced.removesuffix("\n```")
    _refuse_circles(text)
    if not text.strip():
        raise _no_json(answer, "", reasoning)
    return Reply(answer=text.strip(), reasoning=reasoning, truncated=answer.truncated)


def read_actions(answer: Answer, tools: Sequence[ToolSpec], most: int) -> tuple[Action, ...]:
    """Read the calls of a turn: native calls, calls written as text, or a JSON object. The first
    `most` of them. Raises Flaw.

    A call of a tool that there is not, or whose arguments are no object, is left out where another
    call of the turn can be carried out."""
    text, reasoning = _opened(answer)
    schemas = {tool.name: tool.parameters for tool in tools}
    value = find_json(text)
    calls: list[tuple[str, Mapping[str, Any] | None]] = list(answer.calls)
    if answer.truncated and not calls:
        raise _no_json(answer, text, reasoning)
    if not calls:
        calls = [*find_calls(text, schemas), *filter(None, [as_call(value)])]
    if not calls:
        raise _no_call(text) if text else _no_json(answer, text, reasoning)
    named = [(_tool_of(name, schemas), arguments) for name, arguments in calls]
    known = [
        (name, dict(arguments))
        for name, arguments in named
        if name in schemas and arguments is not None
    ][:most]
    if not known:
        raise _no_such_call(calls[0][0], named[0][0], schemas, text)
    _refuse_circles([*(arguments for _, arguments in known), text])
    first, *others = (Action("", name, arguments) for name, arguments in known)
    return replace(first, thought=_thought(value, text), reasoning=reasoning), *others


def _tool_of(called: str, schemas: Mapping[str, Any]) -> str:
    """The tool of this name; of a name with something around it (`functions.search`,
    `search<|channel|>…`) the only tool that is named in it."""
    if called in schemas:
        return called
    words = "".join(sign if sign.isalnum() or sign in "_-" else " " for sign in called).split()
    named = schemas.keys() & set(words)
    return named.pop() if len(named) == 1 else called


def _no_such_call(called: str, tool: str, schemas: Mapping[str, Any], text: str) -> Flaw:
    if tool in schemas:
        told = f"the arguments of {tool} are no JSON object"
        return Flaw(told, advice=f"In it, {told}.", text=text)
    return Flaw(
        f"there is no tool {clip(called, 60)!r}",
        advice=f"The tools are: {', '.join(schemas)}.",
        text=text,
    )


def _opened(answer: Answer) -> tuple[str, str]:
    """What an answer says and what was thought before. Raises Flaw for one that was declined."""
    if answer.declined:
        raise Flaw(answer.declined, ModelDeclined)
    text, thought = strip_think(answer.text)
    return text, answer.reasoning or thought


def _thought(value: object, text: str) -> str:
    """What was said before the call."""
    if isinstance(value, dict) and isinstance(value.get("thought"), str):
        return str(value["thought"])
    said = text.partition("<tool_call>")[0].partition("<function=")[0].strip()
    return "" if said.startswith(("{", "[", "```")) else said


def _no_call(text: str) -> Flaw:
    if circle := find_repetition(text):
        return Flaw(str(circle), ModelRepeating)
    return Flaw("it calls no tool", advice="Call exactly one tool.", text=text)


def _no_json(answer: Answer, text: str, reasoning: str) -> Flaw:
    if circle := find_repetition(text) or (
        find_repetition(reasoning) if answer.truncated else None
    ):
        return Flaw(str(circle), ModelRepeating)
    if answer.truncated:
        what = "it was cut off at the length limit" + ("" if text else ", before an answer began")
        return Flaw(
            what,
            ModelSilent,
            advice="The last answer was cut off at the length limit. Answer much shorter.",
        )
    if not text:
        what = "it only reasoned" if reasoning else "it is empty"
        why = f" (finish_reason {answer.finish!r})" if answer.finish else ""
        return Flaw(what + why, ModelSilent, advice="The last answer was empty.")
    return Flaw(
        f"it holds no JSON object: {clip(text, 120)!r}",
        advice="It holds no JSON object.",
        text=text,
    )


def _unfit(error: ValidationError, text: str) -> Flaw:
    wrong = [
        f"{'.'.join(map(str, one['loc'])) or 'the answer'}: {one['msg']}"
        for one in error.errors(include_url=False)
    ]
    told = clip("; ".join(wrong[:5]), 500)
    return Flaw(told, advice=f"It does not fit the schema: {told}.", text=text)


def _refuse_circles(value: Any) -> None:
    for text in _strings(value):
        if circle := find_repetition(text):
            raise Flaw(str(circle), ModelRepeating)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def ask_again(messages: Sequence[Message], flaw: Flaw, form: str) -> list[Message]:
    """The turns that ask once more after a flaw; `form` says what an answer looks like. What ran in
    circles is not shown again."""
    if flaw.again:
        return list(messages)
    if not flaw.text:
        return append_to_last(messages, f"{flaw.advice} {form}")
    wrong = Message(role="assistant", content=clip(flaw.text, SHOWN))
    mend = f"That cannot be used. {flaw.advice} {form}"
    return [*messages, wrong, Message(role="user", content=mend)]
