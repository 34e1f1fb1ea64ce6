"""The rules of the rounds: which claims are not verified yet, which of them first, and whether
there are calls left for it. Pure.

Not here: what may be asked (`goals.py`), and the asking of a model (`master.py`)."""

from collections.abc import Iterable, Mapping, Sequence

from research.budget import Budget
from research.domain import Claim, Ledger, Plan, Task

ENOUGH = 8  # verify agents, where no cap counts calls
SHARE = 4  # verification takes at most one call in so many
SHOWN = 160  # characters of a claim in a verify agent's goal


def unverified(ledger: Ledger) -> list[Claim]:
    """The claims that no verify agent has looked at."""
    return [claim for claim in ledger.claims if not claim.reason]


def asked_so_far(last: Plan, ledger: Ledger) -> tuple[str, ...]:
    """What every earlier task of the run was sent to find."""
    goals = (task.goal for task in last.tasks if task.role == "search")
    return tuple(dict.fromkeys([*last.asked, *goals, *ledger.queries]))


def by_risk(claims: Iterable[Claim]) -> list[Claim]:
    """The riskiest first: those with most of a figure, one source alone that says it, one that says
    otherwise; then the most relevant."""
    return sorted(
        claims,
        key=lambda claim: (
            -sum(risks(claim)),
            *(not risk for risk in risks(claim)),
            -claim.relevance,
        ),
    )


def risks(claim: Claim) -> tuple[bool, bool, bool]:
    return (
        any(char.isdigit() for char in claim.text),
        claim.documents < 2,
        claim.verdict == "contested",
    )


def verify_room(budget: Budget, turns: int) -> int:
    """How many verify agents the verifiers' share of the calls still has room for: each takes a
    call a turn and one or two to compare."""
    if budget.limits.calls is None:
        return ENOUGH
    spent = budget.by_role["verify"].model_calls if "verify" in budget.by_role else 0
    return max(0, (budget.limits.calls // SHARE - spent) // (turns + min(turns, 2)))


def search_tasks(
    goals: Sequence[str], round: int, queries: Mapping[str, Sequence[str]] | None = None
) -> tuple[Task, ...]:
    """A task for each goal, with the queries to start from."""
    started = queries or {}
    return tuple(
        Task(id=f"r{round}s{i}", role="search", goal=g, queries=tuple(started.get(g, ())))
        for i, g in enumerate(goals, 1)
    )
