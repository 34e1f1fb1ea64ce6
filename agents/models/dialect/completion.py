"""What an OpenAI-compatible endpoint sent, made sound: the one place where an odd body becomes a
completion or a `NotACompletion` that says what it is instead. Pure.

What a server adds, leaves out or spells its own way is let through as long as an answer can be told
from it: text in parts, arguments as objects, calls in the form of 2023, choices that are null,
counts that are no counts. Not here: what the answer says (`reading.py`), and whether to try again
(`faults.py`).
"""

import json
from typing import Annotated, Any, Literal, TypeVar

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.messages.tool import invalid_tool_call
from pydantic import BaseModel, BeforeValidator, NonNegativeInt, ValidationError, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Handler

from agents.models.dialect.extract import read_json
from research.text.sentences import clip

REASONING_FIELDS: tuple[Literal["reasoning"], Literal["reasoning_content"]] = (
    "reasoning",
    "reasoning_content",
)
# finish reasons
FAILED = frozenset({"error", "abort", "network_error", "insufficient_system_resource"})
_SHOWN = 200  # characters of what came instead

T = TypeVar("T")


class NotACompletion(Exception):
    """An endpoint answered 200 with something that is no chat completion; `status` is the error
    code inside it."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


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
    if isinstance(content, list):
        return "".join(part if isinstance(part, str) else _text_of_part(part) for part in content)
    return json.dumps(content, ensure_ascii=False) if isinstance(content, dict) else ""


def _text_of_part(part: object) -> str:
    text = part.get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _arguments(told: object) -> dict[str, Any] | None:
    """Arguments as an object, or as its JSON, also in JSON once more; none at all are an empty
    object."""
    if told is None or (isinstance(told, str) and told.strip() in ("", "null")):
        return {}
    for _ in range(2):
        told = read_json(told) if isinstance(told, str) else told
    return told if isinstance(told, dict) else None


class _Function(BaseModel):
    name: str
    arguments: Annotated[dict[str, Any] | None, BeforeValidator(_arguments)] = {}


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


class _Cached(BaseModel):
    cached_tokens: Lenient[NonNegativeInt] = None


class _Usage(BaseModel):
    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt
    prompt_tokens_details: Lenient[_Cached] = None
    prompt_cache_hit_tokens: Lenient[NonNegativeInt] = None
    cached_tokens: Lenient[NonNegativeInt] = None

    def counted(self) -> UsageMetadata:
        cached = self.prompt_tokens_details and self.prompt_tokens_details.cached_tokens
        return UsageMetadata(
            input_tokens=self.prompt_tokens,
            output_tokens=self.completion_tokens,
            total_tokens=self.prompt_tokens + self.completion_tokens,
            input_token_details=InputTokenDetails(
                cache_read=cached or self.prompt_cache_hit_tokens or self.cached_tokens or 0
            ),
        )


class _Completion(BaseModel):
    choices: Lenient[list[Lenient[_Choice]]] = None
    usage: Lenient[_Usage] = None
    error: Any = None


def read_completion(body: bytes) -> AIMessage:
    """The message of the first choice that has one. Raises `NotACompletion`."""
    text = body.decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith(("data:", "event:")):
        raise NotACompletion("it answers with a stream of events, which was not asked for")
    value = read_json(text)
    if not isinstance(value, dict):
        what = (
            "the answer is no JSON"
            if value is None and text.strip() != "null"
            else "the answer is no JSON object"
        )
        raise NotACompletion(f"{what}: {clip(' '.join(text.split()), _SHOWN)!r}")
    told = _Completion.model_validate(value)
    choice = next((one for one in told.choices or () if one), None)
    if error := told.error or (choice and choice.error):
        raise _failed(error)
    if choice is None:
        raise NotACompletion(f"the answer has no choices: {clip(' '.join(text.split()), _SHOWN)!r}")
    if choice.finish_reason in FAILED:
        raise NotACompletion(f"the answer broke off (finish_reason {choice.finish_reason!r})")
    return _message(choice, told.usage)


def _failed(error: object) -> NotACompletion:
    """The error that stands in an answer, with its code where that is a status of HTTP."""
    told = error if isinstance(error, dict) else {"message": error}
    code = str(told.get("code") or "")
    is_status = len(code) == 3 and code.isdecimal() and "100" <= code < "600"
    status = int(code) if is_status else None
    said = clip(str(told.get("message") or told), _SHOWN)
    return NotACompletion(
        f"an error in the answer: {said}{f' ({code})' if code and not status else ''}", status
    )


def _message(choice: _Choice, usage: _Usage | None) -> AIMessage:
    message = choice.message
    functions = list(enumerate(message.functions(), 1))
    told = {
        name: given for name in (*REASONING_FIELDS, "refusal") if (given := getattr(message, name))
    }
    return AIMessage(
        content=message.content,
        additional_kwargs=told,
        tool_calls=[
            ToolCall(name=one.name, args=one.arguments, id=f"c{n}")
            for n, one in functions
            if one.arguments is not None
        ],
        invalid_tool_calls=[
            invalid_tool_call(name=one.name, id=f"c{n}", error="the arguments are no JSON object")
            for n, one in functions
            if one.arguments is None
        ],
        usage_metadata=usage.counted() if usage else None,
        response_metadata={"finish_reason": choice.finish_reason},
    )
