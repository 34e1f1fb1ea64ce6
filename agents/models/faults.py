"""Names what went wrong with a call: whether to try again, to give way in the dialect, or which
error to raise. Pure.

Status codes come first, words second; words only where servers agree on no code (context length,
unsupported parameters).
"""

import math
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from json import JSONDecodeError

import openai
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelConnectionError,
    ModelInvalidRequestError,
    ModelTimeoutError,
)
from langchain_core.exceptions import ModelError as LangChainModelError

from agents.models.dialect.completion import NotACompletion
from research.domain import now
from research.errors import ContextOverflow, ModelError, ModelRefused, ModelUnavailable
from research.secrets.redaction import redact
from research.text.sentences import clean_text, clip

CALL_ERRORS = (openai.OpenAIError, LangChainModelError, NotACompletion, JSONDecodeError)

# in small letters, with blanks for underscores and hyphens
_OVERFLOW = (
    r"context ?(?:length|size|window)|(?:maximum|available|exceeds?(?: the)?) context"
    r"|(?:prompt|input)(?: is)? too long|too many tokens|reduce the length"
)
_QUOTA = r"insufficient (?:quota|balance|credit|funds)|quota exceeded|billing"
_OBJECTIONS = {
    "length_name": r"max completion tokens",
    "temperature": r"temperature",
    "reasoning": r"reasoning",
    "tools": r"tools|tool (?:choice|call|use)|function call",
    "schema": r"response ?format|json (?:schema|object|mode)|grammar|structured output|guided",
}
_MAY_BE_DIALECT = frozenset({400, 404, 405, 422, 500, 501})
_TRANSIENT = frozenset({408, 409, 425, 429})


@dataclass(frozen=True)
class Fault:
    """What went wrong with a call. `kind` is the error that it comes to, `objects_to` the used
    feature the endpoint may have meant, `wait` the seconds it asked for."""

    reason: str
    kind: type[ModelError] = ModelRefused
    status: int | None = None
    timeout: bool = False
    wait: float | None = None
    objects_to: str = ""

    @property
    def transient(self) -> bool:
        return self.kind is ModelUnavailable


LATE = Fault("no answer in time", ModelUnavailable, timeout=True)


def find_fault(error: Exception, uses: frozenset[str] = frozenset()) -> Fault:
    reason, status = _reason(error), _status(error)
    may_overflow = status in (400, 422, 500) or isinstance(error, NotACompletion)
    overflows = isinstance(error, ContextOverflowError) or status == 413
    if overflows or (may_overflow and _says(reason, _OVERFLOW)):
        return Fault(reason, ContextOverflow, status)
    if isinstance(error, openai.APITimeoutError | ModelTimeoutError):
        return LATE
    if isinstance(error, openai.APIConnectionError | ModelConnectionError):
        return Fault(f"no connection ({_root(error)})", ModelUnavailable)
    if isinstance(error, JSONDecodeError):
        return Fault("the answer is no JSON", ModelUnavailable, status=200)
    return Fault(
        f"{status} {reason}" if status else reason,
        ModelUnavailable if _is_transient(error, status, reason) else ModelRefused,
        status,
        wait=_retry_after(error),
        objects_to=_objection(reason, uses) if status in _MAY_BE_DIALECT else "",
    )


def _objection(reason: str, uses: frozenset[str]) -> str:
    """The used feature that an endpoint objects to; '' where it names none."""
    named = (name for name, words in _OBJECTIONS.items() if _says(reason, words))
    return next((name for name in named if name in uses), "")


def _says(reason: str, words: str) -> bool:
    said = reason.lower().replace("_", " ").replace("-", " ")
    return re.search(words, said) is not None


def _is_transient(error: Exception, status: int | None, reason: str) -> bool:
    if status == 429:
        return not _says(reason, _QUOTA)
    if status is not None:
        return status >= 500 or status in _TRANSIENT
    return isinstance(error, NotACompletion) or getattr(error, "is_retryable", False)


def _status(error: Exception) -> int | None:
    """The status of HTTP, by the name that the clients of all providers have for it."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status
    return 400 if isinstance(error, ModelInvalidRequestError) else None


def _reason(error: Exception) -> str:
    """What the endpoint said of itself, on one line: the message in its body and the kind of error,
    else the body."""
    told = getattr(error, "body", None)
    if isinstance(told, dict):
        told = told.get("error", told)
    said, kind = (told.get("message"), told.get("type")) if isinstance(told, dict) else ("", "")
    if not said and isinstance(error, openai.APIStatusError):
        said = error.response.text
    reason = clip(redact(str(said or error)), 400)
    return clip(_line(f"{reason} ({kind})" if kind and isinstance(kind, str) else reason), 500)


def _root(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return clip(_line(str(error)) or type(error).__name__, 200)


def _line(text: str) -> str:
    """What was said, on one line and fit to be stored: without secrets, which some endpoints
    repeat."""
    return " ".join(clean_text(redact(text)).split())


def _retry_after(error: Exception) -> float | None:
    """Seconds the endpoint asks to wait: a number or an HTTP date, also in milliseconds as OpenAI
    tells it."""
    if not isinstance(error, openai.APIStatusError):
        return None
    headers = error.response.headers
    milliseconds, told = headers.get("retry-after-ms"), headers.get("retry-after", "")
    try:
        wait = float(milliseconds) / 1000 if milliseconds else _seconds(told)
    except (ValueError, TypeError, OverflowError):
        return None
    return wait if 0 <= wait < math.inf else None


def _seconds(told: str) -> float:
    try:
        return float(told)
    except ValueError:
        return max(0.0, (parsedate_to_datetime(told) - now()).total_seconds())
