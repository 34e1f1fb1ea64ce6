"""One place calls go to: its limit, its retries, what was learnt of its dialect, and the count of
every call.

Each HTTP call is told to `on_call`, failed ones too; a call that a cancellation cut off is not. Not
here: reading an answer.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from opentelemetry.trace import Span, SpanKind

from agents.models.chats import Chat
from agents.models.dialect.render import Rendered, render
from agents.models.faults import CALL_ERRORS, LATE, Fault, find_fault
from agents.models.types import Answer, CallUsage, Dialect, Request, Tokens
from research.budget import Admission, Rates
from research.errors import ModelUnavailable
from research.secrets.redaction import values_without_secrets, without_secrets
from research.settings import Price
from research.text.sentences import estimate_tokens, token_bound
from research.tracing import mark_failed, span

DELAYS = (0.5, 2.0, 5.0)  # seconds before each new try at a failing endpoint
LONGEST = 60.0  # seconds that an endpoint may ask to wait
TIMEOUTS = 1  # that are tried again: such a call has waited long enough already
MILLION = 1_000_000
MOST_TOKENS = 10 * MILLION  # that a server may tell of one call; no model sees more
FREE = Price(prompt=0, cached=0, completion=0)


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
    """A model at an endpoint. `open` makes the way to call it, at first use; `label` is the model
    and where it is, for errors; `provider` and `host` name the same in traces."""

    name: str
    label: str
    open: Callable[[], Awaitable[Chat]]
    gate: Gate
    provider: str
    host: str
    temperature: float
    price: Price
    seconds: float  # a whole call, from its first byte to its last
    embedded: bool = False
    dialect: Dialect = field(default_factory=Dialect)
    delays: Sequence[float] = DELAYS
    chat: Chat | None = None
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(self, request: Request) -> Answer:
        """Make the calls it takes to get one answer. Raises ModelUnavailable, ModelRefused,
        ContextOverflow or `BudgetExhausted`."""
        async with self.opening:
            chat = self.chat = self.chat or await self.open()
        failures: list[Fault] = []
        while True:
            rendered = render(request, self.dialect, self.temperature)
            outcome = await self._once(chat, rendered, request)
            if isinstance(outcome, Answer):
                self._learn(outcome, rendered)
                return outcome
            if self._gives_way(outcome, rendered):
                continue
            failures.append(outcome)
            await self._wait(failures, request.meter.seconds_left())

    async def _once(self, chat: Chat, rendered: Rendered, request: Request) -> Answer | Fault:
        """One HTTP call, admitted, traced and told to `on_call`."""
        async with self.gate.limit:
            await self.gate.passed(request.meter.seconds_left())
            bound = _bound(rendered)
            with (
                request.meter.admit(bound, request.max_tokens, self._rates()) as admitted,
                self._span(rendered, admitted) as current,
            ):
                started = time.monotonic()
                outcome = await self._called(chat, rendered, admitted)
                usage = self._usage(outcome, rendered, time.monotonic() - started)
                admitted.prompt_tokens = usage.prompt_tokens
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
        if "temperature" in rendered.parameters:
            attributes["gen_ai.request.temperature"] = rendered.parameters["temperature"]
        return span(f"chat {self.name}", attributes, kind=SpanKind.CLIENT)

    async def _called(self, chat: Chat, rendered: Rendered, admission: Admission) -> Answer | Fault:
        """One HTTP call, cut off where its time or the run's ends. Bytes that drip would keep the
        client's own timeout waiting."""
        left = math.inf if admission.seconds is None else admission.seconds
        try:
            async with asyncio.timeout(min(left, self.seconds)):
                answer = await chat(rendered, admission.max_tokens)
        except TimeoutError:
            return LATE
        except CALL_ERRORS as error:
            return find_fault(error, rendered.uses)
        calls = [(name, values_without_secrets(arguments)) for name, arguments in answer.calls]
        return replace(
            answer,
            text=without_secrets(answer.text),
            reasoning=without_secrets(answer.reasoning),
            calls=tuple(calls),
        )

    def _rates(self) -> Rates:
        dearest = max(self.price.prompt, self.price.cached)
        return Rates(dearest / MILLION, self.price.completion / MILLION)

    def _usage(self, outcome: Answer | Fault, rendered: Rendered, seconds: float) -> CallUsage:
        if isinstance(outcome, Fault):
            return CallUsage(self.name, 0, 0, 0, 0.0, seconds, outcome.reason)
        prompt, cached, completion = _tokens(outcome, rendered)
        fresh = self.price.prompt * (prompt - cached) + self.price.cached * cached
        usd = (fresh + self.price.completion * completion) / MILLION
        return CallUsage(self.name, prompt, cached, completion, usd, seconds, None)

    def _learn(self, answer: Answer, rendered: Rendered) -> None:
        self.dialect.schema_worked |= "schema" in rendered.uses
        self.dialect.reasoning_field = self.dialect.reasoning_field or answer.reasoning_field

    def _gives_way(self, fault: Fault, rendered: Rendered) -> bool:
        """Drop from the dialect what the endpoint objects to. False when it objects to nothing."""
        objection = fault.objects_to
        if objection == "schema" and self.dialect.schema_worked:
            self.dialect.refused_schemas.add(rendered.schema_text)
        elif objection:
            self.dialect.given_up.add(objection)
        return bool(objection)

    async def _wait(self, failures: list[Fault], left: float | None) -> None:
        """Wait before the next try, or raise what the failures come to."""
        fault = failures[-1]
        late = sum(failure.timeout for failure in failures) > TIMEOUTS
        if not fault.transient or late or len(failures) > len(self.delays):
            raise fault.kind(model=self.label, reason=fault.reason)
        wait = fault.wait
        if wait is None:
            wait = self.delays[len(failures) - 1]
        elif wait > LONGEST:
            reason = f"{fault.reason}; it asks to wait {wait:.0f} s"
            raise ModelUnavailable(model=self.label, reason=reason)
        else:
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


def _tokens(answer: Answer, rendered: Rendered) -> Tokens:
    """What a call took; estimated where the endpoint does not tell."""
    told = answer.tokens
    if told and told.prompt and max(told.prompt, told.completion) <= MOST_TOKENS:
        return told._replace(cached=min(told.cached, told.prompt))
    prompt = sum(map(estimate_tokens, rendered.texts))
    said = answer.text + answer.reasoning + str(answer.calls or "")
    return Tokens(prompt, 0, estimate_tokens(said))


def _bound(rendered: Rendered) -> int:
    """More prompt tokens than the call has: its turns, tools and schema, and what a template puts
    around each turn."""
    form = [rendered.schema_text] if rendered.schema_text else []
    return sum(map(token_bound, [*rendered.texts, *form]))
