"""One place calls go to: its limit, its retries, what was learnt of its dialect, and the count of
every call.

Each HTTP call is told to `on_call`, failed ones too; a call that a cancellation cut off is not. Not
here: reading an answer.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from opentelemetry.trace import Span, SpanKind

from agents.models.compatible import CompatibleChat
from agents.models.dialect.completion import REASONING_FIELDS
from agents.models.dialect.render import Rendered, render
from agents.models.faults import CALL_ERRORS, LATE, Fault, find_fault
from agents.models.types import Answer, CallUsage, Dialect, Request
from research.budget import Admission, Rates
from research.errors import ModelUnavailable
from research.secrets.redaction import values_without_secrets, without_secrets
from research.settings import Price
from research.text.sentences import clip, estimate_tokens, token_bound
from research.tracing import mark_failed, span

MILLION = 1_000_000
MOST_TOKENS = 10 * MILLION  # that a server may tell of one call; no model sees more
CUT_OFF = frozenset({"length", "max_tokens"})  # finish reasons, in small letters
FILTERED = frozenset(
    {"content_filter", "refusal", "safety", "sensitive", "prohibited_content", "recitation"}
)
Open = Callable[[], Awaitable[BaseChatModel]]


@dataclass(frozen=True)
class Patience:
    """How long a failing endpoint is waited for: seconds before each new try, and the longest
    Retry-After that is obeyed.

    A call that timed out has waited long enough already and is tried once more only.
    """

    delays: tuple[float, ...] = (0.5, 2.0, 5.0)
    longest: float = 60.0
    timeouts: int = 1


@dataclass
class Gate:
    """What all models of one endpoint share: how many calls at once, and a pause it asked for."""

    limit: asyncio.Semaphore
    closed_until: float = 0.0

    async def passed(self, longest: float | None) -> None:
        """Wait until it is open, `longest` seconds at most."""
        end = math.inf if longest is None else time.monotonic() + longest
        while (wait := min(self.closed_until, end) - time.monotonic()) > 0:  # noqa: ASYNC110 - time is what is waited for
            await asyncio.sleep(wait)

    def close_for(self, seconds: float) -> None:
        self.closed_until = max(self.closed_until, time.monotonic() + seconds)


@dataclass
class Endpoint:
    """A model at an endpoint. `open` makes its chat model, at first use; `label` is the model and
    where it is, for errors; `provider` and `host` name the same in traces."""

    name: str
    label: str
    open: Open
    gate: Gate
    provider: str = "openai"
    host: str = ""
    temperature: float = 0.0
    price: Price | None = None
    seconds: float | None = None  # a whole call, from its first byte to its last
    embedded: bool = False
    dialect: Dialect = field(default_factory=Dialect)
    patience: Patience = Patience()

    async def call(self, request: Request) -> Answer:
        """Make the calls it takes to get one answer. Raises ModelUnavailable, ModelRefused,
        ContextOverflow or `BudgetExhausted`."""
        chat = await self.open()
        failures: list[Fault] = []
        while True:
            rendered = render(request, self.dialect, self.temperature)
            outcome = await self._once(chat, rendered, request)
            if isinstance(outcome, Answer):
                self.dialect.schema_worked |= rendered.response_format is not None
                return outcome
            if self._gives_way(outcome, rendered):
                continue
            failures.append(outcome)
            await self._wait(failures, request.meter.seconds_left())

    async def _once(
        self, chat: BaseChatModel, rendered: Rendered, request: Request
    ) -> Answer | Fault:
        async with self.gate.limit:
            await self.gate.passed(request.meter.seconds_left())
            bound, rates = _bound(rendered), self._rates()
            with (
                request.meter.admit(bound, request.max_tokens, rates) as admission,
                self._span(rendered, admission) as current,
            ):
                outcome, usage = await self._called(chat, rendered, admission)
                _tell_span(current, outcome, usage)
        await request.on_call(usage)  # nothing is awaited between the admission's end and the count
        return outcome

    def _span(self, rendered: Rendered, admission: Admission) -> AbstractContextManager[Span]:
        attributes: dict[str, str | int | float] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": self.name,
            "gen_ai.request.max_tokens": admission.max_tokens,
            "server.address": self.host,
        }
        if rendered.temperature is not None:
            attributes["gen_ai.request.temperature"] = rendered.temperature
        return span(f"chat {self.name}", attributes, kind=SpanKind.CLIENT)

    async def _called(
        self, chat: BaseChatModel, rendered: Rendered, admission: Admission
    ) -> tuple[Answer | Fault, CallUsage]:
        """One HTTP call, cut off where its time or the run's ends. Bytes that drip would keep the
        client's own timeout waiting."""
        started = time.monotonic()
        left = [seconds for seconds in (admission.seconds, self.seconds) if seconds is not None]
        try:
            async with asyncio.timeout(min(left, default=None)):
                message = await _invoke(chat, rendered, admission.max_tokens)
        except TimeoutError:
            fault = LATE
        except CALL_ERRORS as error:
            fault = find_fault(error, rendered.uses)
        else:
            counted = _tokens(message, rendered)
            admission.prompt_tokens = counted[0]
            return self._answer(message), self._usage(counted, started)
        return fault, self._usage((0, 0, 0), started, fault.reason)

    def _rates(self) -> Rates:
        if self.price is None:
            return Rates()
        return Rates(
            max(self.price.prompt, self.price.cached) / MILLION, self.price.completion / MILLION
        )

    def _usage(
        self, tokens: tuple[int, int, int], started: float, error: str | None = None
    ) -> CallUsage:
        prompt, cached, completion = tokens
        usd = 0.0
        if self.price:
            fresh = self.price.prompt * (prompt - cached) + self.price.cached * cached
            usd = (fresh + self.price.completion * completion) / MILLION
        seconds = time.monotonic() - started
        return CallUsage(self.name, prompt, cached, completion, usd, seconds, error)

    def _answer(self, message: AIMessage) -> Answer:
        told, more = message.response_metadata, message.additional_kwargs
        field = next((name for name in REASONING_FIELDS if more.get(name)), None)
        self.dialect.reasoning_field = self.dialect.reasoning_field or field
        finish = str(told.get("finish_reason") or told.get("stop_reason") or "")
        calls = [
            (call["name"], values_without_secrets(call["args"])) for call in message.tool_calls
        ]
        broken = [(call["name"] or "", None) for call in message.invalid_tool_calls]
        return Answer(
            text=without_secrets(message.text),
            reasoning=values_without_secrets(more[field]) if field else "",
            calls=(*calls, *broken),
            truncated=finish.lower() in CUT_OFF,
            declined=_declined(message, finish),
            finish=finish,
        )

    def _gives_way(self, fault: Fault, rendered: Rendered) -> bool:
        """Drop from the dialect what the endpoint objects to, the first of it. False when there is
        nothing left to give."""
        dialect = self.dialect
        for objection in fault.objects_to:
            match objection:
                case "length_name":
                    dialect.short_length_name = False
                case "temperature":
                    dialect.temperature = False
                case "reasoning":
                    dialect.reasoning_field = None
                case "tools":
                    dialect.tools = False
                case "schema" if dialect.schema_worked:
                    dialect.refused_schemas.add(rendered.schema_text)
                case "schema":
                    dialect.schema = False
            return True
        return False

    async def _wait(self, failures: list[Fault], left: float | None) -> None:
        """Wait before the next try, or raise what the failures come to."""
        fault, tries = failures[-1], len(failures)
        timeouts = sum(failure.timeout for failure in failures)
        if (
            not fault.transient
            or tries > len(self.patience.delays)
            or timeouts > self.patience.timeouts
        ):
            raise fault.as_error(self.label)
        wait = self.patience.delays[tries - 1] if fault.wait is None else fault.wait
        if wait > self.patience.longest:
            raise ModelUnavailable(
                model=self.label, reason=f"{fault.reason}; it asks to wait {wait:.0f} s"
            )
        if fault.wait is not None:
            self.gate.close_for(wait)
        await asyncio.sleep(wait if left is None else min(wait, left))


def _tell_span(current: Span, outcome: Answer | Fault, usage: CallUsage) -> None:
    """What a trace tells of a call: counts and how it ended, nothing of what was said."""
    if isinstance(outcome, Fault):
        mark_failed(current, "timeout" if outcome.timeout else str(outcome.status or "no_answer"))
        return
    current.set_attributes(
        {
            "gen_ai.usage.input_tokens": usage.prompt_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
            "gen_ai.usage.output_tokens": usage.completion_tokens,
            "gen_ai.response.finish_reasons": [outcome.finish],
            "leadline.usd": usage.usd,
        }
    )


async def _invoke(chat: BaseChatModel, rendered: Rendered, max_tokens: int) -> AIMessage:
    params: dict[str, Any] = {"max_tokens": max_tokens}
    if isinstance(chat, CompatibleChat):
        params["short_length_name"] = "length_name" in rendered.uses
        if rendered.temperature is not None:
            params["temperature"] = rendered.temperature
        if rendered.response_format:
            # in the extra body, since as a parameter the client would raise on an answer that was
            # cut off
            params["extra_body"] = {"response_format": rendered.response_format}
        if rendered.tools:
            params["tools"] = rendered.tools
        return await chat.complete(rendered.messages, **params)
    able = chat.bind_tools(rendered.tools) if rendered.tools else chat
    return await able.ainvoke(rendered.messages, **params)


def _tokens(message: AIMessage, rendered: Rendered) -> tuple[int, int, int]:
    """Prompt, cached and completion tokens; estimated where the endpoint does not tell."""
    usage = message.usage_metadata
    if (
        usage
        and 0 < usage["input_tokens"] <= MOST_TOKENS
        and 0 <= usage["output_tokens"] <= MOST_TOKENS
    ):
        cached = min(max(0, _cached(usage)), usage["input_tokens"])
        return usage["input_tokens"], cached, usage["output_tokens"]
    prompt = sum(estimate_tokens(turn.text) for turn in rendered.messages) + estimate_tokens(
        str(rendered.tools or "")
    )
    thought = "".join(str(message.additional_kwargs.get(name, "")) for name in REASONING_FIELDS)
    return prompt, 0, estimate_tokens(message.text + thought + str(message.tool_calls or ""))


def _bound(rendered: Rendered) -> int:
    """More prompt tokens than the call has: its turns, tools and schema, and what a template puts
    around each turn."""
    form = [*rendered.tools, *([rendered.schema_text] if rendered.response_format else [])]
    return sum(token_bound(turn.text) for turn in rendered.messages) + sum(
        token_bound(str(part)) for part in form
    )


def _cached(usage: UsageMetadata) -> int:
    """Tokens read from a cache; the tier of a service may stand before the name."""
    details = usage.get("input_token_details", {})
    counts = (count for name, count in details.items() if name.endswith("cache_read"))
    return next((count for count in counts if isinstance(count, int)), 0)


def _declined(message: AIMessage, finish: str) -> str:
    """How the model or a filter declined to answer; '' where neither did."""
    if finish.lower() in FILTERED:
        return f"finish_reason {finish!r}"
    refusal = message.additional_kwargs.get("refusal")
    if not refusal or message.text.strip() or message.tool_calls:
        return ""
    return f"it said {clip(' '.join(str(refusal).split()), 200)!r}"
