"""Reads what an endpoint gave back: an answer that fits its schema, or one action. Pure.

A `Flaw` says why it cannot be used and how to ask for a better one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents.models.dialect.extract import find_calls, find_json, strip_think
from agents.models.dialect.render import append_to_last, schema_text
from agents.models.dialect.repetition import find_repetition
from agents.models.types import Action, Answer, Message, Request, Text, ToolSpec
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
FILTERED = frozenset(  # finish reasons, in small letters
    {"content_filter", "refusal", "safety", "sensitive", "prohibited_content", "recitation"}
)


@dataclass(eq=False)
class Flaw(Exception):
    """An answer cannot be used. `text` is the answer to show back to the model, when that helps
    it, and `advice` what else to tell it."""

    reason: str
    kind: type[UnusableAnswer] = ModelOutputInvalid
    text: str = ""
    advice: str = ""

    @property
    def again(self) -> bool:
        """Whether the same is asked once more, since there is nothing to tell."""
        return self.kind in ASKED_AGAIN


def read_answer(answer: Answer, kind: type[M]) -> M:
    """Read an answer of the kind. Raises Flaw."""
    text, reasoning = _opened(answer)
    value = find_json(text, truncated=answer.truncated)
    try:
        found = kind.model_validate(value)
    except ValidationError as error:
        if value is not None and not answer.truncated:
            raise _unfit(error, text) from error
        missing = f"it holds no JSON object: {clip(text, 120)!r}"
        raise _nothing(answer, text, reasoning, missing) from error
    _refuse_circles(value)
    return found


def read_text(answer: Answer) -> Text:
    """Read a text: without its thinking, and without a fence around all of it. Raises Flaw for
    none."""
    text, reasoning = _opened(answer)
    fence, _, fenced = text.partition("\n")
    if fence.strip() in FENCES and fenced.endswith("\n```"):
        text = fenced.removesuffix("\n```").strip()
    _refuse_circles(text)
    if not text:
        raise _nothing(answer, text, reasoning)
    return Text(text=text, truncated=answer.truncated)


def read_actions(answer: Answer, tools: Sequence[ToolSpec], most: int) -> tuple[Action, ...]:
    """Read the calls of a turn: native calls, calls written as text, or a JSON object. The first
    `most` of them. Raises Flaw.

    A call of a tool that there is not, or whose arguments are no object, is left out where another
    call of the turn can be carried out."""
    text, reasoning = _opened(answer)
    schemas = {tool.name: tool.parameters for tool in tools}
    calls: Sequence[tuple[str, Mapping[str, Any] | None]] = answer.calls
    if not calls and not answer.truncated:
        calls = find_calls(text, schemas)
    if not calls:
        raise _nothing(answer, text, reasoning, "it calls no tool")
    named = [(_tool_of(name, schemas), arguments) for name, arguments in calls]
    actions = [
        Action("", name, dict(arguments))
        for name, arguments in named
        if name in schemas and arguments is not None
    ][:most]
    if not actions:
        raise _no_such_call(named[0][0], schemas, text)
    _refuse_circles([*(action.arguments for action in actions), text])
    first, *others = actions
    return replace(first, thought=_thought(text), reasoning=reasoning), *others


def _tool_of(called: str, schemas: Mapping[str, Any]) -> str:
    """The tool of this name; of a name with something around it (`functions.search`,
    `search<|channel|>…`) the only tool that is named in it."""
    if called in schemas:
        return called
    words = "".join(sign if sign.isalnum() or sign in "_-" else " " for sign in called)
    named = schemas.keys() & set(words.split())
    return named.pop() if len(named) == 1 else called


def _no_such_call(tool: str, schemas: Mapping[str, Any], text: str) -> Flaw:
    if tool in schemas:
        return Flaw(f"the arguments of {tool} are no JSON object", text=text)
    return Flaw(f"there is no tool {clip(tool, 60)!r}", text=text)


def _opened(answer: Answer) -> tuple[str, str]:
    """What an answer says and what was thought before. Raises Flaw for one that the model or a
    filter declined."""
    if answer.finish.lower() in FILTERED:
        raise Flaw(f"finish_reason {answer.finish!r}", ModelDeclined)
    if answer.refusal and not (answer.text.strip() or answer.calls):
        refusal = clip(" ".join(answer.refusal.split()), 200)
        raise Flaw(f"it said {refusal!r}", ModelDeclined)
    text, thought = strip_think(answer.text)
    return text, answer.reasoning or thought


def _thought(text: str) -> str:
    """What was said before the call."""
    value = find_json(text)
    if isinstance(value, dict) and isinstance(value.get("thought"), str):
        return str(value["thought"])
    said = text.partition("<tool_call>")[0].partition("<function=")[0].strip()
    return "" if said.startswith(("{", "[", "```")) else said


def _nothing(answer: Answer, text: str, reasoning: str, missing: str = "") -> Flaw:
    """Why there is nothing to read in an answer; `missing` where it says something else."""
    circle = find_repetition(text)
    if circle is None and answer.truncated:
        circle = find_repetition(reasoning)
    if circle:
        return Flaw(str(circle), ModelRepeating)
    if answer.truncated:
        began = "" if text else ", before an answer began"
        what = f"it was cut off at the length limit{began}"
        return Flaw(what, ModelSilent, advice="Answer much shorter.")
    if not text:
        what = "it only reasoned" if reasoning else "it is empty"
        why = f" (finish_reason {answer.finish!r})" if answer.finish else ""
        return Flaw(what + why, ModelSilent)
    return Flaw(missing, text=text)


def _unfit(error: ValidationError, text: str) -> Flaw:
    wrong = [
        f"{'.'.join(map(str, one['loc'])) or 'the answer'}: {one['msg']}"
        for one in error.errors(include_url=False)
    ]
    return Flaw(clip("; ".join(wrong[:5]), 500), text=text)


def _refuse_circles(value: Any) -> None:
    """Raise Flaw where a text in the value runs in circles."""
    if isinstance(value, str):
        if circle := find_repetition(value):
            raise Flaw(str(circle), ModelRepeating)
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            _refuse_circles(item)


def asked_again(request: Request, flaw: Flaw) -> Request:
    """The request once more after a flaw, which is told with what an answer looks like. What ran in
    circles is not shown again."""
    if flaw.again:
        return replace(request, warmer=True)
    told = f"The last answer cannot be used: {flaw.reason}."
    told = " ".join(filter(None, [told, flaw.advice, _form_of(request)]))
    if not flaw.text:
        return replace(request, messages=append_to_last(request.messages, told))
    wrong = Message(role="assistant", content=clip(flaw.text, SHOWN))
    mend = Message(role="user", content=told)
    return replace(request, messages=[*request.messages, wrong, mend])


def _form_of(request: Request) -> str:
    if request.tools:
        return f"Call one of: {', '.join(tool.name for tool in request.tools)}."
    if not request.schema:
        return "Answer with the whole text, and nothing else."
    return (
        f"Answer with the whole JSON object, and nothing else. It must fit this JSON "
        f"schema: {schema_text(request.schema)}"
    )
