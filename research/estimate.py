"""What a run will probably take, told before it starts: calls, tokens, seconds, money, as a range
with its basis.

From earlier finished runs of the same effort, mode and model, where there are enough; else from the
effort's plan, between a run that finds its answer at once and one that uses every round. An
estimate binds nothing: the cap does (`budget.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from pydantic import BaseModel

from research.budget import cached_weight
from research.domain import BudgetLimits, Effort, Mode
from research.efforts import CHECKED_AT_ONCE, EffortPlan, efforts, limits_for
from research.settings import Settings
from research.store.database import Store

ENOUGH = 3  # earlier runs
LOOKED_AT = 50
ANSWER_TOKENS = 400
PROMPT_TOKENS = 700
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
    known = settings.model_price is not None or settings.embedded()
    if len(spent) >= ENOUGH:
        calls, tokens, usd, seconds = ([float(run[i]) for run in spent] for i in range(4))
        found = {
            "calls": _spread(calls),
            "tokens": _spread(tokens),
            "seconds": _spread(seconds),
            "usd": _spread(usd),
        }
        basis = f"10th to 90th percentile of {len(spent)} finished runs here with {model}"
    else:
        found = _planned(plan, mode, settings, caps)
        basis = "the plan of this effort; not measured here yet"
    capped = _capped(found, caps)
    return Estimate(
        effort=effort,
        mode=mode,
        basis=basis,
        runs=len(spent),
        calls=capped["calls"],
        tokens=capped["tokens"],
        seconds=capped["seconds"],
        usd=capped["usd"] if known else None,
    )


def _spread(values: Sequence[float]) -> Range:
    """10th and 90th percentile."""
    ordered = sorted(values)
    return Range(
        low=ordered[ceil(0.1 * len(ordered)) - 1], high=ordered[ceil(0.9 * len(ordered)) - 1]
    )


def _planned(
    plan: EffortPlan, mode: Mode, settings: Settings, caps: BudgetLimits
) -> dict[str, Range]:
    if settings.embedded():
        return _planned_embedded(plan, mode)
    low, high = _shortest(plan, mode), _longest(plan, mode)
    weight, at_once = cached_weight(settings), settings.calls_at_once
    tokens = _capped({"tokens": Range(low=low.tokens(weight), high=high.tokens(weight))}, caps)[
        "tokens"
    ]
    return {
        "calls": Range(low=low.calls, high=high.calls),
        "tokens": tokens,
        "seconds": Range(
            low=low.steps(at_once) * SECONDS_PER_CALL[0],
            high=high.steps(at_once) * SECONDS_PER_CALL[1],
        ),
        "usd": Range(low=_usd(low, tokens.low, settings), high=_usd(high, tokens.high, settings)),
    }


@dataclass(frozen=True)
class _Course:
    """One course that a run with an endpoint model may take. `routings` are the Master's calls, its
    first plan among them; an agent has a call a turn and is summed up in one; what the judge did
    not hold is repaired and judged again so many times."""

    plan: EffortPlan
    rounds: int
    agents: int
    turns: int
    routings: int
    repairs: int
    outlines: int = 1
    closing_tokens: int = 0  # where they are known; else they are counted up

    @property
    def writings(self) -> int:
        """One author for the whole, or one a section; and one edit, but of a short report."""
        words = self.plan.words
        return (1 if words <= ONE_AUTHOR else ceil(words / WORDS_PER_WRITING)) + (
            not self.plan.short
        )

    @property
    def sentences(self) -> int:
        return ceil(self.plan.words / WORDS_PER_SENTENCE)

    @property
    def judgings(self) -> int:
        return ceil(self.sentences / CHECKED_AT_ONCE)

    @property
    def closing(self) -> int:
        """The calls from the outline on."""
        return self.outlines + self.writings + self.judgings + 2 * self.repairs

    @property
    def calls(self) -> int:
        return self.routings + self.agents * (self.turns + 1) + self.closing

    @property
    def answer_tokens(self) -> float:
        return self.calls * ANSWER_TOKENS + self.plan.words * TOKENS_PER_WORD

    def steps(self, at_once: int) -> int:
        """The calls one after the other: agents of a round run side by side, so do authors, and
        batches of the judge as many at once."""
        writing = min(2, self.writings)
        judging = ceil(self.judgings / at_once) + 2 * self.repairs
        return self.routings + self.rounds * (self.turns + 1) + self.outlines + writing + judging

    def tokens(self, cached_weight: float) -> float:
        """An agent is shown new passages each turn, reads those of earlier turns from the cache,
        and is summed up from all of them."""
        again = cached_weight * self.turns * (self.turns - 1) / 2
        passages = (
            self.agents * (self.turns + again + max(1, self.turns)) * self.plan.passage_tokens
        )
        research = (self.calls - self.closing) * (PROMPT_TOKENS + ANSWER_TOKENS) + passages
        return research + (self.closing_tokens or self._counted_closing())

    def _counted_closing(self) -> float:
        """The outline and each author see the passages of one turn, the judge and the repair their
        sentences."""
        seen = (self.outlines + self.writings) * self.plan.passage_tokens
        judged = (self.sentences + self.repairs * CHECKED_AT_ONCE) * JUDGED_TOKENS
        return (
            self.closing * (PROMPT_TOKENS + ANSWER_TOKENS)
            + seen
            + judged
            + self.plan.words * TOKENS_PER_WORD
        )


def _shortest(plan: EffortPlan, mode: Mode) -> _Course:
    """A small library that is read whole: planned, summed up and written, with no turn of an agent
    and nothing for the Master to decide after it. The one agent of react mode takes one turn, and
    no Master is asked."""
    if mode == "react":
        return _Course(plan, rounds=1, agents=1, turns=1, routings=0, repairs=1)
    return _Course(plan, rounds=1, agents=1, turns=0, routings=1, repairs=1)


def _longest(plan: EffortPlan, mode: Mode) -> _Course:
    """Every round and turn there is, and the one round of searches that the outline may send, after
    which it is made anew."""
    closing = {"repairs": 2, "outlines": 2, "closing_tokens": plan.closing_tokens}
    if mode == "react":
        turns = max(2, plan.turns * plan.rounds)
        return _Course(plan, rounds=2, agents=2, turns=turns, routings=0, **closing)
    rounds = plan.rounds + 1
    return _Course(
        plan, rounds, agents=rounds * plan.tasks, turns=plan.turns, routings=plan.rounds, **closing
    )


def _usd(course: _Course, tokens: float, settings: Settings) -> float:
    """What so many tokens cost; cached ones are counted by their part of the price already."""
    price = settings.model_price
    if price is None:
        return 0.0
    answers = min(course.answer_tokens, tokens)
    return ((tokens - answers) * price.prompt + answers * price.completion) / 1e6


def _planned_embedded(plan: EffortPlan, mode: Mode) -> dict[str, Range]:
    """One plan, and each search's sentences in as few calls as they fit in; the one agent of react
    mode has no plan."""
    tasks, planned = (1, 0) if mode == "react" else (plan.tasks, 1)
    low, high = planned + 1, planned + tasks * ceil(plan.lines / SENTENCES_AT_ONCE)
    size = (PROMPT_TOKENS + ANSWER_TOKENS, PROMPT_TOKENS + plan.passage_tokens + ANSWER_TOKENS)
    pace = EMBEDDED_SECONDS_PER_CALL
    return {
        "calls": Range(low=low, high=high),
        "tokens": Range(low=low * size[0], high=high * size[1]),
        "seconds": Range(low=low * pace[0], high=high * pace[1]),
        "usd": Range(low=0.0, high=0.0),
    }


def _capped(found: dict[str, Range], caps: BudgetLimits) -> dict[str, Range]:
    limits = caps.model_dump()
    return {
        name: Range(low=min(r.low, limits[name]), high=min(r.high, limits[name]))
        if limits[name] is not None
        else r
        for name, r in found.items()
    }


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
