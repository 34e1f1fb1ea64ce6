"""What an OpenAI-compatible endpoint sent, made sound: the one place where an odd body becomes a
completion or a `NotACompletion` that says what it is instead. Pure.

What a server adds, leaves out or spells its own way is let through as long as an answer can be told
from it: text in parts, arguments as objects, calls in the form of 2023, choices that are null,
counts that are no counts. Not here: what the answer says (`reading.py`), and whether to try again
(`faults.py`).
"""

import json
from typing import Annotated, Any, TypeVar

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    Field,
    NonNegativeInt,
    ValidationError,
    WrapValidator,
)
from pydantic import ValidatorFunctionWrapHandler as Handler

from agents.models.dialect.extract import read_arguments, read_json
from agents.models.types import Answer, Tokens
from research.text.sentences import clip

REASONING_FIELDS = ("reasoning", "reasoning_content")
# finish reasons
FAILED = frozenset({"error", "abort", "network_error", "insufficient_system_resource"})
SHOWN = 200  # characters of what came instead

T = TypeVar("T")


class NotACompletion(Exception):
    """An endpoint answered 200 with something that is no chat completion; `status_code` is
    the one that stands in it."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status_code = status


def _or_none(value: object, handler: Handler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Lenient = Annotated[T | None, WrapValidator(_or_none)]  # None for what does not fit


def _text(content: object) -> str:
    """The text of a message: as it is, of parts those that are text, of an object its JSON."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return json.dumps(content, ensure_ascii=False)
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


class _Function(BaseModel):
    name: str
    arguments: Annotated[dict[str, Any] | None, BeforeValidator(read_arguments)] = {}


class _Call(BaseModel):
    function: _Function


class _Message(BaseModel):
    content: Annotated[str, BeforeValidator(_text)] = ""
    reasoning: Lenient[str] = None
    reasoning_content: Lenient[str] = None
    refusal: Lenient[str] = None
    tool_calls: Lenient[list[Lenient[_Call]]] = None
    function_call: Lenient[_Function] = None

    def functions(self) -> list[_Function]:
        called = [call.function for call in self.tool_calls or () if call]
        return called or ([self.function_call] if self.function_call else [])


class _Choice(BaseModel):
    message: _Message
    finish_reason: Lenient[str] = None
    error: Any = None


class _Usage(BaseModel):
    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt
    cached: Lenient[NonNegativeInt] = Field(
        default=None,
        validation_alias=AliasChoices(
            AliasPath("prompt_tokens_details", "cached_tokens"),
            "prompt_cache_hit_tokens",
            "cached_tokens",
        ),
    )

    def counted(self) -> Tokens:
        return Tokens(self.prompt_tokens, self.cached or 0, self.completion_tokens)


class _Completion(BaseModel):
    choices: Lenient[list[Lenient[_Choice]]] = None
    usage: Lenient[_Usage] = None
    error: Any = None


def read_completion(body: bytes) -> Answer:
    """The answer of the first choice that has a message. Raises `NotACompletion`."""
    text = body.decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith(("data:", "event:")):
        raise NotACompletion("it answers with a stream of events, which was not asked for")
    value = read_json(text)
    if not isinstance(value, dict):
        is_json = value is not None or text.strip() == "null"
        raise NotACompletion(f"the answer is no JSON{' object' if is_json else ''}: {_shown(text)}")
    told = _Completion.model_validate(value)
    choice = next(filter(None, told.choices or ()), None)
    if error := told.error or (choice and choice.error):
        raise _failed(error)
    if choice is None:
        raise NotACompletion(f"the answer has no choices: {_shown(text)}")
    if choice.finish_reason in FAILED:
        raise NotACompletion(f"the answer broke off (finish_reason {choice.finish_reason!r})")
    return _answer(choice, told.usage)


def _shown(text: str) -> str:
    return repr(clip(" ".join(text.split()), SHOWN))


def _failed(error: object) -> NotACompletion:
    """The error that stands in an answer, with its code where that is a status of HTTP."""
    told = error if isinstance(error, dict) else {"message": error}
    code = str(told.get("code") or "")
    said = f"an error in the answer: {clip(str(told.get('message') or told), SHOWN)}"
    if len(code) == 3 and code.isdecimal() and "100" <= code < "600":
        return NotACompletion(said, int(code))
    return NotACompletion(f"{said} ({code})" if code else said)


def _answer(choice: _Choice, usage: _Usage | None) -> Answer:
    message = choice.message
    field = next((name for name in REASONING_FIELDS if getattr(message, name)), None)
    return Answer(
        text=message.content,
        reasoning=getattr(message, field) if field else "",
        reasoning_field=field,
        calls=tuple((one.name, one.arguments) for one in message.functions()),
        refusal=message.refusal or "",
        finish=choice.finish_reason or "",
        tokens=usage.counted() if usage else None,
    )
