"""What a run may spend, what it has spent, and what is reserved for its end. Tokens, money,
seconds, model calls.

Every HTTP call, retries and repairs too, is admitted before it is made: its prompt and its longest
answer are set aside until it is counted, so parallel calls cannot pass the cap together. Spending
lives in the `model_calls` rows; a resumed run starts from their sum. What "hard" means in each
unit: docs/decisions/0017; why tokens bind and calls do not: 0027. Not here: what a run will
probably take (`estimate.py`).
"""

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from research.domain import BudgetLimits
from research.domain.report import RoleUsage
from research.efforts import EMBEDDED_SHARES, Phase
from research.errors import BudgetExhausted
from research.settings import Settings
from research.store.tables import ModelCallRow

MARGIN = 1.25  # on what the prompts of a run really came to
LEAST_ANSWER = 400  # tokens; a shorter answer is of no use to any step
ALMOST = 0.9  # of a phase's share: what is left then is too little to begin something new
# of a cached prompt token, where no price is known: providers ask a tenth to a half
CACHED_WEIGHT = 0.25
# Of all prompt tokens, cached ones of an endpoint that caches what is shown again.
CACHES_FROM = 0.1
UNITS = {"calls": "model calls", "usd": "US dollars"}  # as a reader is told of them
WORTHWHILE = 0.5  # of that weight, below which more can be shown for the same tokens


def cached_weight(settings: Settings) -> float:
    """What a cached prompt token counts against a limit of tokens, as a part of an uncached one:
    its part of the price."""
    if settings.embedded():
        return 1.0
    price = settings.model_price
    if price is None or price.prompt <= 0:
        return CACHED_WEIGHT
    return min(1.0, max(0.0, price.cached / price.prompt))


def weighted_tokens(used: Any, cached_weight: float) -> Any:
    """Prompt and completion tokens, cached ones by their weight: of numbers or of columns."""
    return used.prompt_tokens - (1 - cached_weight) * used.cached_tokens + used.completion_tokens


@dataclass(frozen=True)
class Rates:
    """USD for one token of prompt and of answer, the dearest it can be."""

    prompt: float = 0.0
    completion: float = 0.0


@dataclass
class Admission:
    """One admitted call: the longest answer it may ask for, the seconds it may take.
    `prompt_tokens` is told when it is counted."""

    max_tokens: int
    seconds: float | None
    prompt_tokens: int = 0


@dataclass
class Budget:
    """`shares` are the parts of tokens, money and seconds, `kept` the calls, that each phase leaves
    to those after it; `phase` is where the run stands. A cached prompt token counts `cached_weight`
    tokens; what is reserved for the end shrinks to `cached_reserve` of itself once the endpoint was
    seen to cache, for the end shows the same evidence again and again."""

    limits: BudgetLimits
    shares: Mapping[Phase, float] = field(default_factory=lambda: EMBEDDED_SHARES)
    kept: Mapping[Phase, int] = field(default_factory=dict)
    cached_weight: float = 1.0
    cached_reserve: float = 1.0
    spent: RoleUsage = field(default_factory=RoleUsage)
    by_role: dict[str, RoleUsage] = field(default_factory=dict)
    by_task: dict[str, RoleUsage] = field(default_factory=dict)
    longest_prompts: dict[str, int] = field(default_factory=dict)
    earlier_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)
    phase: Phase = "research"
    _held: Counter[str] = field(default_factory=Counter)
    _worst_ratio: float | None = None

    def seconds(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.started

    @property
    def spent_tokens(self) -> float:
        """What the limit of tokens is compared with."""
        return float(weighted_tokens(self.spent, self.cached_weight))

    @property
    def caches(self) -> bool:
        """Whether what is shown again was seen to cost much less."""
        spent = self.spent
        much = spent.cached_tokens > CACHES_FROM * spent.prompt_tokens
        return much and self.cached_weight < WORTHWHILE

    def share(self, phase: Phase) -> float:
        """The part of tokens and money that is spent at most by the end of a phase."""
        reserve = 1 - self.shares[phase]
        return 1 - reserve * (self.cached_reserve if self.caches else 1.0)

    def add(self, row: ModelCallRow) -> None:
        used, task = _usage(row), row.task_id
        self.spent = total([self.spent, used])
        self.by_role[row.role] = total([self.by_role.get(row.role, RoleUsage()), used])
        self.by_task[task] = total([self.by_task.get(task, RoleUsage()), used])
        longest = self.longest_prompts.get(task, 0)
        self.longest_prompts[task] = max(longest, row.prompt_tokens)

    def of(self, phase: Phase) -> "Share":
        """The meter of calls that another phase than the present one pays for."""
        return Share(self, phase)

    @contextmanager
    def admit(
        self, bound: int, max_tokens: int, rates: Rates = Rates(), phase: Phase | None = None
    ) -> Iterator[Admission]:
        """Set one call aside until it is counted: a prompt of at most `bound` tokens and its
        answer, cut to what is left where that is still of use. Another `phase` than the present one
        may pay for it. Raises `BudgetExhausted` when it does not fit.

        The caller counts the call (`add`) right after the block, before anything else can be
        admitted."""
        phase = phase or self.phase
        calls = self.spent.model_calls + self._held["calls"] + self.kept.get(phase, 0)
        if self.limits.calls is not None and calls >= self.limits.calls:
            raise self._exhausted("calls")
        seconds = self.seconds_left(phase)
        ratio = 1.0 if self._worst_ratio is None else self._worst_ratio * MARGIN
        prompt = math.ceil(bound * ratio)
        longest = self._longest_answer(prompt, max_tokens, rates, phase)
        usd = prompt * rates.prompt + longest * rates.completion
        held = {"calls": 1, "tokens": prompt + longest, "usd": usd}
        admission = Admission(longest, seconds)
        self._held.update(held)
        try:
            yield admission
        finally:
            self._held.subtract(held)
            if admission.prompt_tokens and bound:
                self._worst_ratio = max(self._worst_ratio or 0.0, admission.prompt_tokens / bound)

    def seconds_left(self, phase: Phase | None = None) -> float | None:
        """The seconds that the phase may still take; None is no cap. Raises `BudgetExhausted` when
        there are none."""
        left = self._cap("seconds", phase or self.phase) - self.seconds()
        if left <= 0:
            raise self._exhausted("seconds")
        return None if left == math.inf else left

    def _longest_answer(self, prompt: int, max_tokens: int, rates: Rates, phase: Phase) -> int:
        """The longest answer, `max_tokens` at most, that tokens and money have room for."""
        least = min(max_tokens, max(LEAST_ANSWER, max_tokens // 4))
        tokens = self._room("tokens", phase) - prompt
        if tokens < least:
            raise self._exhausted("tokens")
        money = self._room("usd", phase) - prompt * rates.prompt
        if money < least * rates.completion or money <= 0 < rates.prompt:
            raise self._exhausted("usd")
        affordable = money / rates.completion if rates.completion else math.inf
        return int(min(max_tokens, tokens, affordable))

    def _exhausted(self, unit: str) -> BudgetExhausted:
        return BudgetExhausted(limit=getattr(self.limits, unit), unit=UNITS.get(unit, unit))

    def _cap(self, unit: str, phase: Phase) -> float:
        """What may be spent by the end of a phase; infinite where there is no cap."""
        limit = getattr(self.limits, unit)
        share = self.shares[phase] if unit == "seconds" else self.share(phase)
        return math.inf if limit is None else float(limit * share)

    def _room(self, unit: str, phase: Phase) -> float:
        """What a phase may still spend, without what is set aside."""
        return self._cap(unit, phase) - self._used()[unit] - self._held[unit]

    def allows(self, phase: Phase) -> bool:
        """Whether a phase still has tokens, money and seconds to spend: one more agent's worth of
        them."""
        used = self._used()
        shared = ("tokens", "usd", "seconds")
        return all(used[unit] < ALMOST * self._cap(unit, phase) for unit in shared)

    def room(self, phase: Phase) -> int | None:
        """The tokens that a phase still has; None is no cap."""
        room = self._room("tokens", phase)
        return None if room == math.inf else max(0, int(room))

    def left(self) -> dict[str, float]:
        """What is left of each cap there is."""
        used, caps = self._used(), self.limits.model_dump(exclude_none=True)
        used |= {"tokens": math.ceil(used["tokens"]), "seconds": round(used["seconds"], 1)}
        return {unit: max(0, cap - used[unit]) for unit, cap in caps.items()}

    def _used(self) -> dict[str, float]:
        spent = self.spent
        return {
            "calls": spent.model_calls,
            "tokens": self.spent_tokens,
            "usd": spent.usd,
            "seconds": self.seconds(),
        }


@dataclass(frozen=True)
class Share:
    """The budget as the meter of one phase."""

    budget: Budget
    phase: Phase

    def admit(
        self, bound: int, max_tokens: int, rates: Rates = Rates()
    ) -> AbstractContextManager[Admission]:
        return self.budget.admit(bound, max_tokens, rates, self.phase)

    def seconds_left(self) -> float | None:
        return self.budget.seconds_left(self.phase)


def total(usages: Iterable[RoleUsage]) -> RoleUsage:
    every = list(usages)
    return RoleUsage(
        **{name: sum(getattr(one, name) for one in every) for name in RoleUsage.model_fields}
    )


def _usage(row: ModelCallRow) -> RoleUsage:
    return RoleUsage(model_calls=1, **row.model_dump(include=set(RoleUsage.model_fields)))
