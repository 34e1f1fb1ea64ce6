"""What each effort means: how many rounds, agents and turns a run has, how much it reads, how long
its report is, and how much of its budget is reserved for the end.

The numbers stand in `efforts.toml`. Not here: what was spent (`budget.py`).
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from research.domain import BudgetLimits, Effort
from research.settings import Settings

Phase = Literal["research", "outline", "write", "check"]
CHECKED_AT_ONCE = 12
LEAST_CALLS = 5
SHORT_REPORT = 400  # words
CALLS_OF_A_TURN = 2  # whose passages a turn shows, however many calls it has
RESULTS_OF_AN_AGENT = 5
# Of what is reserved for the end, what it takes where an endpoint caches (measured: 163,000 and
# 165,000 of 280,000 tokens; 256,000 where 60 documents were cited).
CACHED_RESERVE = 0.8
LEAST_SECONDS = 5.0
# of a run that is written and judged by a model
LEAST = BudgetLimits(calls=10, tokens=15_000, seconds=LEAST_SECONDS)
# The part of every limit that the embedded model spends at most by the end of a phase.
EMBEDDED_SHARES: Mapping[Phase, float] = {
    "research": 0.8,
    "outline": 0.85,
    "write": 0.95,
    "check": 1.0,
}
# How much of the closing reserve is spent at most by the end of a phase, and the fewest calls that
# are left to the phases after it.
INTO_RESERVE: Mapping[Phase, float] = {"research": 0.0, "outline": 0.4, "write": 0.65, "check": 1.0}
CLOSING_CALLS: Mapping[Phase, int] = {"research": 4, "outline": 3, "write": 2, "check": 0}


@dataclass(frozen=True)
class EffortPlan:
    """How hard a run tries. `lines` are the numbered sentences an agent is shown at once, of at
    most so many `documents`, `passage_tokens` their size. `words` is the length of report that is
    aimed at. `closing_tokens` are what outline, writing, judging and one repair take within
    `limits`, reserved before research spends. Both are 0 for the embedded model, which does none of
    these."""

    rounds: int
    tasks: int
    turns: int
    passage_tokens: int
    limits: BudgetLimits
    lines: int = 400
    documents: int = 40
    claims: int = 400
    words: int = 0
    closing_tokens: int = 0

    @property
    def short(self) -> bool:
        """Whether its reports are so short that they are planned as they are written: no outline,
        no edit, few claims."""
        return self.words <= SHORT_REPORT

    @property
    def turn_tokens(self) -> int:
        """What the calls of one turn of an agent show together, at most."""
        return CALLS_OF_A_TURN * self.passage_tokens

    @property
    def agent_tokens(self) -> int:
        """The fewest tokens with which an agent is sent out: some results of tools and the summary
        of them."""
        return RESULTS_OF_AN_AGENT * self.passage_tokens

    def shares(self) -> Mapping[Phase, float]:
        """The part of tokens, money and seconds that is spent at most by the end of a phase.

        The reserve grows and shrinks with the limit that was asked for, so that it is the same part
        of any limit; half at most."""
        if not self.closing_tokens:
            return EMBEDDED_SHARES
        closing = min(0.5, self.closing_tokens / (self.limits.tokens or math.inf))
        return {phase: 1 - closing * (1 - into) for phase, into in INTO_RESERVE.items()}

    def kept_calls(self, limits: BudgetLimits) -> Mapping[Phase, int]:
        """The model calls that each phase leaves to those after it."""
        if limits.calls is None or not self.closing_tokens:
            return {}
        return {
            phase: max(CLOSING_CALLS[phase], limits.calls - round(limits.calls * share))
            for phase, share in self.shares().items()
        }

    def least(self) -> BudgetLimits:
        """The smallest budget with which a run can plan, look, sum up, write and check at all; a
        smaller one is refused at the door."""
        if self.closing_tokens:
            return LEAST
        return BudgetLimits(
            calls=LEAST_CALLS,
            tokens=LEAST_CALLS * (self.passage_tokens // 2 + 500),
            seconds=LEAST_SECONDS,
        )


_PLANS = TypeAdapter(Mapping[str, Mapping[Effort, EffortPlan]]).validate_python(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
)
EFFORTS, EMBEDDED_EFFORTS = _PLANS["endpoint"], _PLANS["embedded"]


def efforts(settings: Settings) -> Mapping[Effort, EffortPlan]:
    """What the efforts mean to the model of these settings."""
    return EMBEDDED_EFFORTS if settings.embedded() else EFFORTS


def limits_for(plan: EffortPlan, asked: BudgetLimits) -> BudgetLimits:
    """The caps asked for, and the plan's own where none is asked."""
    own = plan.limits.model_dump()
    return BudgetLimits(**{**own, **asked.model_dump(exclude_none=True)})
