"""What goes to a model and what comes back, without a word about the wire.

Not here: how an endpoint is spoken to (`endpoint.py`), how an answer is read (`reading.py`).
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, NotRequired, Protocol, TypedDict

from pydantic import BaseModel

from agents.schemas import Schema
from research.budget import Admission, Rates

WINDOW = 128_000  # tokens that a model sees at once, where nobody told
CUT_OFF = frozenset({"length", "max_tokens"})  # finish reasons, in small letters


@dataclass(frozen=True)
class ToolSpec:
    """A tool as a model sees it; `parameters` is the JSON schema of its arguments, an object."""

    name: str
    description: str
    parameters: Schema


@dataclass(frozen=True)
class Action:
    """What a model decided to do: one tool call and the thought before it. `reasoning` is what the
    endpoint told apart from it."""

    thought: str
    tool: str
    arguments: dict[str, Any]
    reasoning: str = ""


class Message(TypedDict):
    """One turn. An assistant turn may carry the `calls` it made together and the `reasoning` before
    them; a `tool` turn for each, in their order, tells what it gave. `turn` counts the turns of an
    agent. Each dialect renders them its own way: as native tool calls or as JSON and a user
    turn."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    reasoning: NotRequired[str]
    calls: NotRequired[tuple[Action, ...]]
    turn: NotRequired[int]


@dataclass(frozen=True)
class CallUsage:
    """What one HTTP call took. `prompt_tokens` include `cached_tokens`; `error` is None when an
    answer came."""

    model: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    usd: float
    seconds: float
    error: str | None


OnCall = Callable[[CallUsage], Awaitable[None]]


class Meter(Protocol):
    """What a run may still spend: asked before each HTTP call, retries and repairs too. Both raise
    `BudgetExhausted`."""

    def admit(
        self, bound: int, max_tokens: int, rates: Rates
    ) -> AbstractContextManager[Admission]: ...
    def seconds_left(self) -> float | None: ...


class Unmetered:
    """No cap: for probes and judges outside a run."""

    @contextmanager
    def admit(self, bound: int, max_tokens: int, rates: Rates) -> Iterator[Admission]:
        yield Admission(max_tokens, None)

    def seconds_left(self) -> float | None:
        return None


UNMETERED = Unmetered()


class Text(BaseModel):
    """A text that a model wrote; `truncated` if it was cut off at its longest."""

    text: str
    truncated: bool = False


@dataclass(frozen=True)
class Request:
    """One request, whatever the dialect: an answer that fits `schema`, or a call of one of `tools`.

    `on_call` is told of each HTTP call that it takes. `warmer` asks for another answer than the
    last one, where temperature 0 would give the same again.
    """

    messages: Sequence[Message]
    max_tokens: int
    on_call: OnCall
    schema: Schema | None = None
    tools: tuple[ToolSpec, ...] = ()
    warmer: bool = False
    meter: Meter = UNMETERED


class Tokens(NamedTuple):
    """What a call took, as the endpoint counts; `prompt` includes `cached`."""

    prompt: int
    cached: int
    completion: int


@dataclass(frozen=True)
class Answer:
    """What an endpoint gave back, unread. `calls` are native tool calls: name and arguments, None
    where these are no object. `reasoning_field` is the name the endpoint has for it, `refusal` what
    the model said instead of an answer, `finish` why it ended; `tokens` is None where the endpoint
    does not count."""

    text: str
    reasoning: str = ""
    reasoning_field: str | None = None
    calls: tuple[tuple[str, Mapping[str, Any] | None], ...] = ()
    refusal: str = ""
    finish: str = ""
    tokens: Tokens | None = None

    @property
    def truncated(self) -> bool:
        return self.finish.lower() in CUT_OFF


@dataclass
class Dialect:
    """What was learnt of one model at one endpoint: what of `schema`, `tools`, `temperature`,
    `length_name` (the short one) and `reasoning` it objected to, and what it answered well. It only
    ever gives way, so a request is tried finitely often."""

    given_up: set[str] = field(default_factory=set)
    refused_schemas: set[str] = field(default_factory=set)
    reasoning_field: str | None = None
    schema_worked: bool = False
    tools_worked: bool = False


class Port(Protocol):
    """Where requests go: an endpoint, or a script. `label` is the model and where it is."""

    name: str
    label: str
    embedded: bool
    dialect: Dialect

    async def call(self, request: Request) -> Answer: ...
