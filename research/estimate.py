"""What a run will probably take, told before it starts: calls, tokens, seconds, money, as a range with its basis.

From earlier finished runs of the same effort, mode and model, where there are enough; else from the effort's plan, between a run that
finds its answer at once and one that uses every round. An estimate binds nothing: the cap does (`budget.py`).
"""

from collections.abc import Sequence
from math import ceil

from pydantic import BaseModel

from research.budget import CHECKED_AT_ONCE, EFFORTS, EffortPlan, limits_for
from research.settings import Settings
from research.store import Store
from research.types import BudgetLimits, Effort, Mode

ENOUGH = 3  # earlier runs
LOOKED_AT = 50
ANSWER_TOKENS = 400
PROMPT_TOKENS = 700
SENTENCES_AT_ONCE = 40  # that a document's answer is read from
VERIFYING = 4  # one call in so many may verify
ANALYSES = 2
SECONDS_PER_CALL = (2.0, 20.0)
EMBEDDED_SECONDS_PER_CALL = (5.0, 40.0)


class Range(BaseModel):
    low: float
    high: float


class Estimate(BaseModel):
    """`basis` says what it rests on; `usd` is None where no price is known. Never above the caps, which are hard."""

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


async def estimate(effort: Effort, mode: Mode, asked: BudgetLimits, settings: Settings, store: Store, model: str) -> Estimate:
    """The estimate for a run with the model that most of its calls go to."""
    spent = await store.finished_usage(effort, mode, model, limit=LOOKED_AT)
    known = settings.model_price is not None or settings.embedded()
    if len(spent) >= ENOUGH:
        calls, tokens, usd, seconds = ([float(run[i]) for run in spent] for i in range(4))
        found = {"calls": _spread(calls), "tokens": _spread(tokens), "seconds": _spread(seconds), "usd": _spread(usd)}
        basis = f"10th to 90th percentile of {len(spent)} finished runs here with {model}"
    else:
        found = _planned(effort, mode, settings)
        basis = "the plan of this effort; not measured here yet"
    capped = _capped(found, limits_for(effort, asked))
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
    return Range(low=ordered[ceil(0.1 * len(ordered)) - 1], high=ordered[ceil(0.9 * len(ordered)) - 1])


def _planned(effort: Effort, mode: Mode, settings: Settings) -> dict[str, Range]:
    plan = EFFORTS[effort]
    tasks = 1 if mode == "react" else plan.tasks
    low = 2 + (0 if settings.embedded() else tasks) + tasks + 1
    high = _most_calls(plan, mode, embedded=settings.embedded())
    size = (PROMPT_TOKENS + ANSWER_TOKENS, PROMPT_TOKENS + plan.passage_tokens + ANSWER_TOKENS)
    pace = EMBEDDED_SECONDS_PER_CALL if settings.embedded() else SECONDS_PER_CALL
    price = None if settings.embedded() else settings.model_price
    each = [((n - ANSWER_TOKENS) * price.prompt + ANSWER_TOKENS * price.completion) / 1e6 if price else 0.0 for n in size]
    return {
        "calls": Range(low=low, high=high),
        "tokens": Range(low=low * size[0], high=high * size[1]),
        "seconds": Range(low=low * pace[0] / tasks, high=high * pace[1] / tasks),
        "usd": Range(low=low * each[0], high=high * each[1]),
    }


def _most_calls(plan: EffortPlan, mode: Mode, *, embedded: bool) -> int:
    """The calls of a run that uses every round and turn there is, and gets each answer at once.

    The small Master decides after each search, of which there are two at least, the second of the least effort by one agent, and sends
    one verify agent (`agents/master_brief.py`); then the whole question is answered, and what differs compared, once more. The large
    one decides in a last round too, and its verify agents have a share of the calls (`agents/routing.py`)."""
    turns = max(2, plan.turns * plan.rounds) if mode == "react" else plan.turns
    agent = turns + ceil(turns * plan.lines / SENTENCES_AT_ONCE)
    closing = 1 + ceil(plan.claims / CHECKED_AT_ONCE) + (0 if embedded else ANALYSES)
    if mode == "react":
        return agent + 2 + closing  # once the whole question is answered, and once what differs is compared
    agents = plan.rounds * plan.tasks
    if embedded:
        return 1 + (agents + (plan.rounds == 1)) * agent + max(2, plan.rounds) + turns + 3 + closing
    return 1 + agents * agent + plan.rounds + 1 + (plan.limits.calls or 0) // VERIFYING + closing


def _capped(found: dict[str, Range], caps: BudgetLimits) -> dict[str, Range]:
    limits = caps.model_dump()
    return {
        name: Range(low=min(r.low, limits[name]), high=min(r.high, limits[name])) if limits[name] is not None else r
        for name, r in found.items()
    }


def told(found: Estimate) -> str:
    """The estimate on one line."""
    parts = [f"{_span(found.calls)} calls", f"{_span(found.tokens)} tokens", f"{_span(found.seconds)} s"]
    if found.usd is not None and found.usd.high:
        parts.append(f"${found.usd.low:.4f} to ${found.usd.high:.4f}")
    return f"Estimate ({found.effort}, {found.mode}): {', '.join(parts)}. Basis: {found.basis}."


def _span(r: Range) -> str:
    return f"{r.low:,.0f} to {r.high:,.0f}"
