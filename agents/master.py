"""The Master Agent: plans, routes each round to search or verify, and says when to write. It has no search tool and sees no page.

Its limits are code's: as many tasks and rounds as the effort allows, no task twice, claims are verified before they are written up, and
a quarter of the calls at most goes into that. The floor of planning is the question itself. What it decides in the first round and in
later ones depends on its model: `master_full.py`, and `master_brief.py` for the small one in this process."""

from collections.abc import Sequence

from agents import master_brief, master_full
from agents.asked import known_beside, said_beside
from agents.models import Models
from agents.routing import search_tasks
from research.crew import Run
from research.errors import BudgetExhausted, SearchFailed
from research.types import Ledger, Plan


async def plan(run: Run, models: Models, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()) -> Plan:
    """What to do in this round. A spent budget plans nothing more: the run writes up what it has. Raises `SearchFailed`."""
    try:
        if last is None:
            return await _first(run, models, ledger, notes)
        return await _next(run, models, ledger, last, round, notes)
    except BudgetExhausted as error:
        before = last or Plan()
        answered = bool(ledger.claims) and (bool(ledger.answers) or before.answered)
        return before.model_copy(update={"tasks": (), "done": True, "answered": answered, "reason": str(error)})


async def _first(run: Run, models: Models, ledger: Ledger, notes: Sequence[str]) -> Plan:
    embedded = models.role("master").embedded
    question = run.question.text
    if run.job.mode == "react":
        return Plan(brief=question, must_contain=(question,), tasks=search_tasks([question], 1))
    beside = said_beside(run.question, notes)
    if embedded:
        return await master_brief.first(run, models, beside, len(notes))
    return await master_full.first(run, models, beside + known_beside(run.question, ledger), len(notes))


async def _next(run: Run, models: Models, ledger: Ledger, last: Plan, round: int, notes: Sequence[str]) -> Plan:
    if ledger.failures and not (ledger.pages or ledger.dead_ends):  # no search was answered, not even with nothing
        return _after_outage(run, ledger, last, round)
    if run.job.mode == "react":
        return last.model_copy(update={"tasks": (), "done": True, "answered": bool(ledger.answers), "reason": "one agent, one loop"})
    later = master_brief.later if models.role("master").embedded else master_full.later
    return await later(run, models, ledger, last, round, said_beside(run.question, notes), len(notes))


def _after_outage(run: Run, ledger: Ledger, last: Plan, round: int) -> Plan:
    """Nothing could be searched at all: that is an error, no lack of evidence. Whoever takes the job up again searches again, once."""
    with run.budget.admit(1, 1):  # what a spent budget cut short is no outage
        pass
    if last.fence == run.job.fence:
        raise SearchFailed(reason="; ".join(ledger.failures))
    queries = {task.goal: task.queries for task in last.tasks}
    return last.model_copy(update={"tasks": search_tasks([task.goal for task in last.tasks], round, queries)})
