"""What a run will probably take, told before it starts: calls, tokens, seconds, money, as a range
with its basis.

From earlier finished runs of the same effort, mode and model, where there are enough; else from the
effort's plan, between a run that finds its answer at once and one that uses every round. An
estimate binds nothing: the cap does (`budget.py`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from pydantic import BaseModel

from research.budget import cached_weight
from research.domain import BudgetLimits, Effort, Mode
from research.efforts import CHECKED_AT_ONCE, EffortPlan, efforts, limits_for
from research.settings import Price, Settings
from research.store.database import Store

ENOUGH = 3  # earlier runs
LOOKED_AT = 50
MEASURED = ("calls", "tokens", "usd", "seconds")  # as `Store.finished_usage` gives them
ANSWER_TOKENS = 400
PROMPT_TOKENS = 700
CALL_TOKENS = PROMPT_TOKENS + ANSWER_TOKENS
SENTENCES_AT_ONCE = 8  # of which a small model says whether they answer
WORDS_PER_SENTENCE = 20
TOKENS_PER_WORD = 1.5  # with the marks of what a sentence rests on
WORDS_PER_WRITING = 700  # of a report that is too long for one author
ONE_AUTHOR = 3_000  # words
JUDGED_TOKENS = 250  # a sentence with its quotes
SECONDS_PER_CALL = (2.0, 20.0)
EMBEDDED_SECONDS_PER_CALL = (5.0, 40.0)


class Range(BaseModel):
    low: float
    high: float

    def within(self, cap: float | None) -> "Range":
        most = math.inf if cap is None else cap
        return Range(low=min(self.low, most), high=min(self.high, most))


class Estimate(BaseModel):
    """`basis` says what it rests on; `usd` is None where no price is known. Never above the caps,
    which are hard."""

    effort: Effort
    mode: Mode
    basis: str
    runs: int
    calls: Range
    tokens: Range
    seconds: Range
    usd: Range | None

    @property
    def measured(self) -> bool:
        return self.runs >= ENOUGH


async def estimate(
    effort: Effort, mode: Mode, asked: BudgetLimits, settings: Settings, store: Store, model: str
) -> Estimate:
    """The estimate for a run with the model that most of its calls go to."""
    plan = efforts(settings)[effort]
    caps = limits_for(plan, asked)
    spent = await store.finished_usage(effort, mode, model, limit=LOOKED_AT)
    if len(spent) >= ENOUGH:
        found = dict(zip(MEASURED, map(_spread, zip(*spent, strict=True)), strict=True))
        basis = f"10th to 90th percentile of {len(spent)} finished runs here with {model}"
    else:
        found = _planned(plan, mode, settings, caps)
        basis = "the plan of this effort; not measured here yet"
    limits = caps.model_dump()
    capped: dict[str, Any] = {name: range.within(limits[name]) for name, range in found.items()}
    if settings.model_price is None and not settings.embedded():
        capped["usd"] = None
    return Estimate(effort=effort, mode=mode, basis=basis, runs=len(spent), **capped)


def _spread(values: Sequence[float]) -> Range:
    """10th and 90th percentile."""
    ordered, many = sorted(values), len(values)
    return Range(low=ordered[ceil(0.1 * many) - 1], high=ordered[ceil(0.9 * many) - 1])


def _planned(
    plan: EffortPlan, mode: Mode, settings: Settings, caps: BudgetLimits
) -> dict[str, Range]:
    """Between the shortest course of the run and the longest."""
    if settings.embedded():
        courses, paces, price = _embedded(plan, mode), EMBEDDED_SECONDS_PER_CALL, None
    else:
        courses = _shortest(plan), _longest(plan, mode, cached_weight(settings))
        paces, price = SECONDS_PER_CALL, settings.model_price
    judged = ceil(_batches(plan) / settings.calls_at_once)
    low, high = (
        {
            "calls": course.calls,
            "tokens": course.tokens,
            "seconds": (course.waits + judged) * pace,
            "usd": _usd(plan, course.calls, min(course.tokens, caps.tokens or math.inf), price),
        }
        for course, pace in zip(courses, paces, strict=True)
    )
    return {name: Range(low=low[name], high=high[name]) for name in MEASURED}


@dataclass(frozen=True)
class _Course:
    """What one course of a run with an endpoint model takes; `waits` are the calls that wait for
    one another, without the judge's of the whole report, which are made side by side."""

    calls: int
    waits: int
    tokens: float


def _shortest(plan: EffortPlan) -> _Course:
    """A small library that is read whole: planned (or looked at by one agent), summed up, outlined,
    written, judged, and once repaired and judged again."""
    writings = _writings(plan)
    calls = 2 + 1 + writings + _batches(plan) + 2
    shown = 1 + 1 + writings  # to the summary, the outline and each author
    judged = _sentences(plan) + CHECKED_AT_ONCE
    text = judged * JUDGED_TOKENS + plan.words * TOKENS_PER_WORD
    return _Course(
        calls=calls,
        waits=2 + 1 + min(2, writings) + 2,
        tokens=calls * CALL_TOKENS + shown * plan.passage_tokens + text,
    )


def _longest(plan: EffortPlan, mode: Mode, cached_weight: float) -> _Course:
    """Every round and turn there is, the one round of searches that the outline may send, after
    which it is made anew, and two repairs. An agent is shown new passages each turn, reads those of
    earlier turns from the cache, and is summed up from all of them."""
    routings, rounds, tasks, turns = plan.rounds, plan.rounds + 1, plan.tasks, plan.turns
    if mode == "react":
        routings, rounds, tasks, turns = 0, 2, 1, max(2, plan.turns * plan.rounds)
    research = routings + rounds * tasks * (turns + 1)
    shown = rounds * tasks * (2 * turns + cached_weight * turns * (turns - 1) / 2)
    return _Course(
        calls=research + 2 + _writings(plan) + _batches(plan) + 4,
        waits=routings + rounds * (turns + 1) + 2 + min(2, _writings(plan)) + 4,
        tokens=research * CALL_TOKENS + shown * plan.passage_tokens + plan.closing_tokens,
    )


def _writings(plan: EffortPlan) -> int:
    """One author for the whole, or one a section; and one edit, but of a short report."""
    authors = 1 if plan.words <= ONE_AUTHOR else ceil(plan.words / WORDS_PER_WRITING)
    return authors + (not plan.short)


def _sentences(plan: EffortPlan) -> int:
    return ceil(plan.words / WORDS_PER_SENTENCE)


def _batches(plan: EffortPlan) -> int:
    """The calls in which the judge sees a report."""
    return ceil(_sentences(plan) / CHECKED_AT_ONCE)


def _usd(plan: EffortPlan, calls: int, tokens: float, price: Price | None) -> float:
    """What so many tokens cost; cached ones are counted by their part of the price already."""
    if price is None:
        return 0.0
    answers = min(calls * ANSWER_TOKENS + plan.words * TOKENS_PER_WORD, tokens)
    return ((tokens - answers) * price.prompt + answers * price.completion) / 1e6


def _embedded(plan: EffortPlan, mode: Mode) -> tuple[_Course, _Course]:
    """One plan, and each search's sentences in as few calls as they fit in; the one agent of react
    mode has no plan."""
    tasks, planned = (1, 0) if mode == "react" else (plan.tasks, 1)
    least, most = planned + 1, planned + tasks * ceil(plan.lines / SENTENCES_AT_ONCE)
    longest = CALL_TOKENS + plan.passage_tokens
    return _Course(least, least, least * CALL_TOKENS), _Course(most, most, most * longest)


def told(found: Estimate) -> str:
    """The estimate on one line."""
    parts = [
        f"{_span(found.calls)} calls",
        f"{_span(found.tokens)} tokens",
        f"{_span(found.seconds)} s",
    ]
    if found.usd is not None and found.usd.high:
        parts.append(f"${found.usd.low:.4f} to ${found.usd.high:.4f}")
    return f"Estimate ({found.effort}, {found.mode}): {', '.join(parts)}. Basis: {found.basis}."


def _span(r: Range) -> str:
    return f"{r.low:,.0f} to {r.high:,.0f}"
