"""What a run may spend, what it has spent, and the share that is kept for the writer. Tokens, money, seconds, model calls.

A call is admitted before it is made: its prompt and its longest answer are set aside until it is counted, so parallel calls cannot
pass the cap together. Spending lives in the `model_calls` rows; a resumed run starts from their sum.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from research.errors import BudgetExhausted
from research.report import RoleUsage
from research.tables import ModelCallRow
from research.types import BudgetLimits, Effort, Role


@dataclass(frozen=True)
class EffortPlan:
    """How hard a run tries. `lines` are the numbered sentences an agent is shown at once, of at most so many `documents`,
    `passage_tokens` their size."""

    rounds: int
    tasks: int
    turns: int
    lines: int
    documents: int
    passage_tokens: int
    claims: int
    pairs: int
    limits: BudgetLimits
    reserved_calls: int


EFFORTS: Mapping[Effort, EffortPlan] = {
    "quick": EffortPlan(
        rounds=1,
        tasks=2,
        turns=1,
        lines=16,
        documents=8,
        passage_tokens=560,
        claims=12,
        pairs=4,
        limits=BudgetLimits(calls=14, tokens=12_000, seconds=900),
        reserved_calls=2,
    ),
    "standard": EffortPlan(
        rounds=3,
        tasks=3,
        turns=3,
        lines=40,
        documents=15,
        passage_tokens=3_000,
        claims=40,
        pairs=12,
        limits=BudgetLimits(calls=40, tokens=400_000, seconds=3_600),
        reserved_calls=4,
    ),
    "deep": EffortPlan(
        rounds=6,
        tasks=5,
        turns=6,
        lines=80,
        documents=26,
        passage_tokens=8_000,
        claims=120,
        pairs=30,
        limits=BudgetLimits(calls=150, tokens=3_000_000, seconds=14_400),
        reserved_calls=8,
    ),
}
CLOSING: frozenset[Role] = frozenset({"writer"})


def limits_for(effort: Effort, asked: BudgetLimits) -> BudgetLimits:
    """The caps asked for, and the effort's own where none is asked."""
    own = EFFORTS[effort].limits.model_dump()
    return BudgetLimits(**{**own, **asked.model_dump(exclude_none=True)})


@dataclass
class Budget:
    limits: BudgetLimits
    reserved_calls: int = 0
    by_role: dict[str, RoleUsage] = field(default_factory=dict)
    earlier_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)
    _held_calls: int = 0
    _held_tokens: int = 0

    def seconds(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.started

    @property
    def spent(self) -> RoleUsage:
        return total(self.by_role.values())

    def add(self, row: ModelCallRow) -> None:
        self.by_role[row.role] = total([self.by_role.get(row.role, RoleUsage()), _usage(row)])

    @contextmanager
    def admit(self, role: Role, tokens: int) -> Iterator[None]:
        """Set aside one call of at most `tokens` prompt and answer tokens. Raises `BudgetExhausted` when it does not fit.

        Roles that close a run may use the writer's reserve; time does not stop them, so that every run ends in an answer."""
        closing = role in CLOSING
        spent, limits = self.spent, self.limits
        kept = 0 if closing else self.reserved_calls
        share = 1.0 if closing else 0.8
        if limits.calls is not None and spent.model_calls + self._held_calls + 1 > limits.calls - kept:
            raise BudgetExhausted(limit=limits.calls, unit="model calls")
        used = spent.prompt_tokens + spent.completion_tokens + self._held_tokens + tokens
        if limits.tokens is not None and used > limits.tokens * share:
            raise BudgetExhausted(limit=limits.tokens, unit="tokens")
        if limits.usd is not None and spent.usd >= limits.usd * share:
            raise BudgetExhausted(limit=limits.usd, unit="US dollars")
        if limits.seconds is not None and self.seconds() > limits.seconds * (1.25 if closing else share):
            raise BudgetExhausted(limit=limits.seconds, unit="seconds")
        self._held_calls += 1
        self._held_tokens += tokens
        try:
            yield
        finally:
            self._held_calls -= 1
            self._held_tokens -= tokens

    def left(self) -> dict[str, float]:
        """What is left of each cap there is."""
        spent, limits = self.spent, self.limits
        used = {
            "calls": spent.model_calls,
            "tokens": spent.prompt_tokens + spent.completion_tokens,
            "usd": spent.usd,
            "seconds": round(self.seconds(), 1),
        }
        return {unit: max(0, cap - used[unit]) for unit, cap in limits.model_dump(exclude_none=True).items()}


def total(usages: Iterable[RoleUsage]) -> RoleUsage:
    summed = RoleUsage().model_dump()
    for usage in usages:
        for name, value in usage.model_dump(include=set(summed)).items():
            summed[name] += value
    return RoleUsage(**summed)


def usage_by_role(rows: Iterable[ModelCallRow]) -> dict[str, RoleUsage]:
    summed: dict[str, RoleUsage] = {}
    for row in rows:
        summed[row.role] = total([summed.get(row.role, RoleUsage()), _usage(row)])
    return summed


def _usage(row: ModelCallRow) -> RoleUsage:
    return RoleUsage(
        model_calls=1,
        prompt_tokens=row.prompt_tokens,
        cached_tokens=row.cached_tokens,
        completion_tokens=row.completion_tokens,
        usd=row.usd,
    )
