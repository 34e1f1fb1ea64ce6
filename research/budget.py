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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

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
    _held_calls: int = 0
    _held_tokens: int = 0
    _held_usd: float = 0.0
    _worst_ratio: float | None = None

    def seconds(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.started

    @property
    def spent_tokens(self) -> float:
        """What the limit of tokens is compared with."""
        return self.weighed(self.spent)

    def weighed(self, spent: RoleUsage) -> float:
        """Prompt and completion tokens, cached ones by their weight."""
        cached = (1 - self.cached_weight) * spent.cached_tokens
        return spent.prompt_tokens - cached + spent.completion_tokens

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
        self._check_calls(phase)
        seconds = self.seconds_left(phase)
        prompt = math.ceil(
            bound * (1.0 if self._worst_ratio is None else self._worst_ratio * MARGIN)
        )
        longest = self._longest_answer(prompt, max_tokens, rates, phase)
        usd = prompt * rates.prompt + longest * rates.completion
        admission = Admission(longest, seconds)
        self._hold(1, prompt + longest, usd)
        try:
            yield admission
        finally:
            self._hold(-1, -prompt - longest, -usd)
            if admission.prompt_tokens and bound:
                self._worst_ratio = max(self._worst_ratio or 0.0, admission.prompt_tokens / bound)

    def seconds_left(self, phase: Phase | None = None) -> float | None:
        """The seconds that the phase may still take; None is no cap. Raises `BudgetExhausted` when
        there are none."""
        if self.limits.seconds is None:
            return None
        left = self.limits.seconds * self.shares[phase or self.phase] - self.seconds()
        if left <= 0:
            raise BudgetExhausted(limit=self.limits.seconds, unit="seconds")
        return left

    def _check_calls(self, phase: Phase) -> None:
        if self.limits.calls is None:
            return
        kept = self.kept.get(phase, 0)
        if self.spent.model_calls + self._held_calls + 1 > self.limits.calls - kept:
            raise BudgetExhausted(limit=self.limits.calls, unit="model calls")

    def _longest_answer(self, prompt: int, max_tokens: int, rates: Rates, phase: Phase) -> int:
        """The longest answer, `max_tokens` at most, that tokens and money have room for."""
        spent, limits, share = self.spent, self.limits, self.share(phase)
        least = min(max_tokens, max(LEAST_ANSWER, max_tokens // 4))
        longest = max_tokens
        if limits.tokens is not None:
            room = limits.tokens * share - self.spent_tokens - self._held_tokens - prompt
            if room < least:
                raise BudgetExhausted(limit=limits.tokens, unit="tokens")
            longest = min(longest, int(room))
        if limits.usd is not None:
            money = limits.usd * share - spent.usd - self._held_usd - prompt * rates.prompt
            if money < least * rates.completion or money <= 0 < rates.prompt:
                raise BudgetExhausted(limit=limits.usd, unit="US dollars")
            longest = min(longest, int(money / rates.completion)) if rates.completion else longest
        return longest

    def _hold(self, calls: int, tokens: int, usd: float) -> None:
        self._held_calls += calls
        self._held_tokens += tokens
        self._held_usd += usd

    def allows(self, phase: Phase) -> bool:
        """Whether a phase still has tokens, money and seconds to spend: one more agent's worth of
        them."""
        used = self._used()
        caps = self.limits.model_dump(exclude={"calls"}, exclude_none=True)
        shares = dict.fromkeys(caps, self.share(phase)) | {"seconds": self.shares[phase]}
        return all(used[unit] < cap * shares[unit] * ALMOST for unit, cap in caps.items())

    def room(self, phase: Phase) -> int | None:
        """The tokens that a phase still has; None is no cap."""
        cap = self.limits.tokens
        return (
            None
            if cap is None
            else max(0, int(cap * self.share(phase) - self.spent_tokens - self._held_tokens))
        )

    def left(self) -> dict[str, float]:
        """What is left of each cap there is."""
        used, caps = self._used(), self.limits.model_dump(exclude_none=True)
        return {unit: max(0, cap - used[unit]) for unit, cap in caps.items()}

    def _used(self) -> dict[str, float]:
        spent = self.spent
        return {
            "calls": spent.model_calls,
            "tokens": math.ceil(self.spent_tokens),
            "usd": spent.usd,
            "seconds": round(self.seconds(), 1),
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
