"""The rules of the rounds: which claims are worth verifying and by whom, what is met, when the work ends. Pure.

A model judges and proposes; what it may not do is decided here: verify more than its share of the calls, send an agent for each claim,
check a claim twice, call a part met by a claim that was refuted, or go on when nothing new comes. Not here: what may be asked
(`goals.py`), and the asking of a model (`master.py`)."""

from collections.abc import Iterable, Mapping, Sequence

from research.budget import Budget, EffortPlan
from research.text import clip
from research.types import Claim, Ledger, Plan, Task

BATCH = 8  # claims a verify agent is given at once
SHARE = 4  # verification takes at most one call in so many
JUDGINGS = 2  # calls that an agent's claims are judged in, at most
SHOWN = 160  # characters of a claim in a verify agent's goal


def unverified(ledger: Ledger) -> list[Claim]:
    """The claims that no verify agent has looked at."""
    return [claim for claim in ledger.claims if not claim.reason]


def asked_so_far(last: Plan, ledger: Ledger) -> tuple[str, ...]:
    """What every earlier task of the run was sent to find."""
    goals = (task.goal for task in last.tasks if task.role == "search")
    return tuple(dict.fromkeys([*last.asked, *goals, *ledger.queries]))


def by_risk(claims: Iterable[Claim]) -> list[Claim]:
    """The riskiest first: those with most of a figure, one source alone that says it, one that says otherwise; then the most relevant."""
    return sorted(claims, key=lambda claim: (-sum(risks(claim)), *(not risk for risk in risks(claim)), -claim.relevance))


def risks(claim: Claim) -> tuple[bool, bool, bool]:
    return any(char.isdigit() for char in claim.text), claim.documents < 2, claim.verdict == "contested"


def judgings(turns: int) -> int:
    """How many calls the claims of a verify agent are judged in; an agent of one turn has one."""
    return min(turns, JUDGINGS)


def verify_room(budget: Budget, turns: int) -> int:
    """How many verify agents the verifiers' share of the calls still has room for: each takes a call a turn and those to judge."""
    if budget.limits.calls is None:
        return BATCH
    spent = budget.by_role["verify"].model_calls if "verify" in budget.by_role else 0
    return max(0, (budget.limits.calls // SHARE - spent) // (turns + judgings(turns)))


def batches(claims: Sequence[Claim], most: int) -> list[list[Claim]]:
    """The claims in at most so many batches, those of a page together, the page with the riskiest claim first. What does not fit waits."""
    pages: dict[str, list[Claim]] = {}
    for claim in by_risk(claims):
        pages.setdefault(claim.evidence[0].snapshot_id if claim.evidence else "", []).append(claim)
    made: list[list[Claim]] = []
    for own in pages.values():
        if not made or len(made[-1]) + len(own) > BATCH:
            made.append([])
        made[-1].extend(own[:BATCH])
    return [batch for batch in made if batch][:most]


def verify_tasks(batched: Sequence[Sequence[Claim]], round: int) -> tuple[Task, ...]:
    return tuple(
        Task(
            id=f"r{round}v{i}",
            role="verify",
            goal="\n".join(f"- {clip(claim.text, SHOWN)}" for claim in batch),
            claims=tuple(claim.id for claim in batch),
        )
        for i, batch in enumerate(batched, 1)
    )


def search_tasks(goals: Sequence[str], round: int, queries: Mapping[str, Sequence[str]] | None = None) -> tuple[Task, ...]:
    """A task for each goal, with the queries to start from."""
    started = queries or {}
    return tuple(Task(id=f"r{round}s{i}", role="search", goal=g, queries=tuple(started.get(g, ()))) for i, g in enumerate(goals, 1))


def shares(most: int, searching: int, verifying: int) -> tuple[int, int]:
    """How many search and verify agents go out together, at most so many in all. Where both are wanted, each gets one if there are two."""
    searching, verifying = min(searching, most), min(verifying, most)
    if searching and verifying:
        searching = max(1, min(searching, most - 1))
    return searching, min(verifying, most - searching)


def seen_so_far(ledger: Ledger, documents: int) -> tuple[int, ...]:
    """What would change if a round brought anything: claims, verdicts, conflicts, documents read."""
    disputed = len(ledger.contradictions) + sum(claim.verdict in ("contested", "refuted") for claim in ledger.claims)
    return len(ledger.claims), len(ledger.claims) - len(unverified(ledger)), disputed, documents


def still_met(must_contain: Sequence[str], met: Mapping[str, Sequence[str]], ledger: Ledger) -> dict[str, tuple[str, ...]]:
    """The parts that are met, by the claims that meet them; a claim that does not hold, or that nobody knows, meets nothing."""
    standing = {claim.id for claim in ledger.claims if claim.holds}
    held = {part: tuple(dict.fromkeys(id for id in met.get(part, ()) if id in standing)) for part in must_contain}
    return {part: ids for part, ids in held.items() if ids}


def verified(met: Mapping[str, Sequence[str]], ledger: Ledger) -> bool:
    """Whether every part is met by a claim that somebody looked at and nobody disputes."""
    sound = {claim.id for claim in ledger.claims if claim.reason and claim.verdict in ("supported", "partial")}
    return all(any(id in sound for id in ids) for ids in met.values())


def last_round(effort: EffortPlan) -> int:
    """The last round that sends anybody out: one after the last search, to verify what that brought."""
    return effort.rounds + 1
