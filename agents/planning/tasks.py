"""The tasks that the Master gives to agents, as it made them: code caps them and leaves out what
was sent before."""

from collections.abc import Sequence

from agents.guarding.untrusted_text import on_one_line
from agents.schemas import Form
from research.domain import Ledger, Task
from research.text.sentences import clip

CHECKED = 10  # claims that one verify agent is sent to check
LONGEST = 2_500  # characters of a goal


class Sought(Form):
    goal: str
    queries: tuple[str, ...] = ()


def search_tasks(
    proposed: Sequence[Sought], round: int, asked: Sequence[str], most: int
) -> tuple[Task, ...]:
    """The tasks as they were proposed, at most so many; none that was sent before in the same
    words."""
    before = {_bare(goal) for goal in asked}
    tasks: list[Task] = []
    for one in proposed:
        goal = clip(" ".join(one.goal.split()), LONGEST)
        if goal and _bare(goal) not in before:
            before.add(_bare(goal))
            queries = tuple(
                clip(on_one_line(query), 200) for query in one.queries if query.strip()
            )[:6]
            tasks.append(
                Task(id=f"r{round}s{len(tasks) + 1}", role="search", goal=goal, queries=queries)
            )
    return tuple(tasks[:most])


def verify_tasks(ledger: Ledger, wanted: Sequence[str], round: int) -> tuple[Task, ...]:
    """Claims that nobody has looked at, some to an agent."""
    known = ledger.by_id()
    fresh = [
        known[id]
        for id in dict.fromkeys(wanted)
        if id in known and not known[id].reason and known[id].evidence
    ]
    batches = [fresh[start : start + CHECKED] for start in range(0, len(fresh), CHECKED)]
    return tuple(
        Task(
            id=f"r{round}v{n}",
            role="verify",
            goal="\n".join(f"- {claim.id} {clip(claim.text, 240)}" for claim in batch),
            claims=tuple(claim.id for claim in batch),
        )
        for n, batch in enumerate(batches, 1)
    )


def _bare(goal: str) -> str:
    return " ".join(goal.lower().split())
