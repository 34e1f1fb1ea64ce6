"""How the tokens of research are shared out: what the agents of a round may use, and how many of
them that pays for."""

from research.crew import Run
from research.domain import Plan

FOR_OUTLINE = 0.15  # of research's tokens that are left for what the outline asks for
# of what research has that the agents of a round may use, where another may follow
FIRST_ROUND = 0.75
VERIFYING = 0.25  # of the tokens that are spent, at most
TOO_FEW = "too few tokens are left for another search"


def shared_out(run: Run, made: Plan) -> Plan:
    """The plan, with what each of its agents may use of the tokens that research has left."""
    room = _room(run, made.round)
    if room is None or not made.tasks:
        return made
    tasks = made.tasks[: most_tasks(run, made.round)]
    if not tasks:
        return made.replace(tasks=(), done=True, capped=True, reason=TOO_FEW)
    each = room // len(tasks)
    return made.replace(tasks=tuple(one.replace(tokens=each) for one in tasks))


def most_tasks(run: Run, round: int, *, deciding: bool = False) -> int:
    """How many agents a round can pay for, the Master's own decision about them too where that is
    still to come; a small budget has one at least in the first."""
    room = _room(run, round)
    if room is None:
        return run.effort.tasks
    before = run.budget.by_role.get("master")
    if deciding and before:
        room -= 2 * (before.prompt_tokens + before.completion_tokens) // before.model_calls
    least = 1 if round <= 1 else 0
    return min(run.effort.tasks, max(room // run.effort.agent_tokens, least))


def may_verify(run: Run) -> bool:
    """Whether verify agents have used less than their share so far."""
    by_role = run.budget.by_role
    spent = {role: usage.prompt_tokens + usage.completion_tokens for role, usage in by_role.items()}
    return spent.get("verify", 0) <= VERIFYING * sum(spent.values())


def _room(run: Run, round: int) -> int | None:
    """The tokens that the agents of a round may use; None is no cap. Something is left for what the
    outline will ask for, if that leaves enough for an agent or another round has been."""
    room = run.budget.room("research")
    if room is None:
        return None
    least = run.effort.agent_tokens
    spare = room - _for_outline(run)
    if spare > least or round > 1:
        room = spare
    part = int(room * FIRST_ROUND)
    if round < run.effort.rounds and part > least:
        return part
    return max(0, room)


def _for_outline(run: Run) -> int:
    """The tokens that are kept for one more search, where there is an outline to ask for it."""
    if run.effort.short or run.job.mode == "react":
        return 0
    cap = run.budget.limits.tokens or 0
    return int(cap * run.budget.share("research") * FOR_OUTLINE)
