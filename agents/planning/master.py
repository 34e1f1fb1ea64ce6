"""The Master Agent of a model that can judge: what a good answer must contain, whom to send, and
each round what is still missing. It reads claims, never a page.

Its tasks go out as it made them, and code never puts one of its own in their place. Not here: the
agents' work (`agents/loop/turn.py`), what the outline asks for (`agents/writing/outline.py`)."""

from collections.abc import Sequence

from agents.models import Models
from agents.planning.opening import first
from agents.planning.routing import later
from agents.planning.sharing import shared_out
from agents.planning.sources import Situation, Sources
from research.crew import Run
from research.domain import Ledger, Plan
from research.errors import BudgetExhausted


async def plan(
    run: Run,
    models: Models,
    ledger: Ledger,
    last: Plan | None,
    round: int,
    notes: Sequence[str],
    sources: Sources,
) -> Plan:
    """What to do in this round. A spent budget plans nothing more: the run writes up what it has.
    Raises `SearchFailed` where nothing could be searched at all."""
    at = Situation(run, models, ledger, notes, sources)
    try:
        made = await first(at) if last is None else await later(at, last, round)
        return shared_out(run, made)
    except BudgetExhausted as error:
        before = last or Plan(brief=run.question.text, must_contain=(run.question.text,))
        return before.replace(tasks=(), done=True, capped=True, reason=str(error))
