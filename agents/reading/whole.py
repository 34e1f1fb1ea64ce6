"""Sources that are small are read whole, by code: where a run has no web and its libraries fit what
its models can see, there is nothing to search for.

Not here: when that is done (`agents/loop/turn.py`).
"""

from agents.models import Models
from agents.reading.choosing import whole_of
from agents.reading.opening import open_pages, record, seconds
from agents.reading.passages import line_of, text_of
from browser.surfer import Surfer
from research.crew import Run
from research.domain import Observation, Role, Step, Task
from research.errors import ToolError
from research.store.documents import documents

COMPUTE = (
    "That is all there is: nothing is left to search for or to open. Where the question needs what "
    "no sentence says but the rows of a table do (counts, sums, shares, medians; by year, place, "
    "reason or status; without rows that must not count), compute it with `shell` over all rows of "
    "that table, named as ranges, and print each result with its name, unit and base. Then finish."
)
READERS: tuple[Role, ...] = ("search", "summary", "writer")


def smallest_window(models: Models) -> int:
    """The tokens that the smallest model sees at once of those that read what was found."""
    return min(models.role(role).window for role in READERS)


def whole_room(run: Run, window: int) -> int:
    """The tokens up to which sources are read whole: a third of the window, an eighth of what the
    run may use."""
    tokens = run.budget.limits.tokens
    return window // 3 if tokens is None else min(window // 3, tokens // 8)


async def fits_whole(run: Run, surfer: Surfer, window: int) -> bool:
    """Whether the run has no web, and all that its libraries hold is small enough to be read
    whole."""
    return await surfer.whole(whole_room(run, window)) is not None


async def read_all(run: Run, surfer: Surfer, task: Task, step: Step, window: int) -> Observation:
    """Read all that the run's libraries hold, and show all of it. Raises `ToolError` where it does
    not fit."""
    urls = await surfer.whole(whole_room(run, window))
    if urls is None:
        raise ToolError(
            tool=step.tool, reason="the sources are too large to be read whole: search them"
        )
    pages, unread = await open_pages(surfer, urls, seconds(run))
    unread += await surfer.unread()
    readings = await record(run, task, pages)
    known = await documents(run.store, run.job)
    read = {reading.document for reading in readings}
    shown = {one.number: whole_of(one) for one in known if one.number in read}
    lines = tuple(line_of(one, index) for one in known for index in shown.get(one.number, ()))
    of = f"{len(read)} documents of {', '.join(surfer.libraries)}"
    return Observation(
        text=f"This run has no web. All of its sources follow, whole: "
        f"{of}.\n\n{text_of(known, shown)}\n\n{COMPUTE}",
        lines=lines,
        readings=tuple(reading.id for reading in readings),
        failures=tuple(str(error) for error in unread),
        unread={error.url: error.kind for error in unread},
    )
