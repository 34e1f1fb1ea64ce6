"""What the Master decides: the tasks it sends agents on, or that the work is done."""

from research.domain.base import AgentRole, Noun


class Task(Noun):
    """What one agent is sent to do; `claims` are ids a verify agent checks, `tokens` what it may
    use with its summary, 0 for the run's even share."""

    id: str
    role: AgentRole
    goal: str
    queries: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    tokens: int = 0


class Plan(Noun):
    """The Master's decision: what to do next, or that it is done. `answered` tells whether what is
    known answers the question, `answer` how in short, where that stands in the claims; `met` the
    parts of `must_contain` that are met and by which claims, `asked` what earlier rounds were sent
    to find. What was `known` when it was made and how many notes were `heard` tell the next round
    what is new; `round` counts without those that an outage took, and `fence` is the job's when its
    agents were sent out. `capped` is whether a cap of the budget ended the work."""

    brief: str = ""
    must_contain: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    done: bool = False
    answered: bool = False
    answer: str = ""
    reason: str = ""
    met: dict[str, tuple[str, ...]] = {}
    capped: bool = False
    asked: tuple[str, ...] = ()
    known: tuple[int, ...] = ()
    heard: int = 0
    round: int = 0
    fence: int = 0
