"""Whether the queue moves: a job that waits while nobody works on anything waits for a worker that
is not there.

Watched by this process's own clock, as `liveness.py` watches workers. Not here: what is done about
it (an operator's)."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import col, func, select

from research.store.database import Store
from research.store.queue.at_once import WORKED_ON
from research.store.queue.dispatch import WAITS
from research.store.shield import shielded
from research.store.tables import JobRow

STILL_SECONDS = 60.0  # that a job waits, and nobody works on any, until the queue stands still
SEEN_SECONDS = 30.0  # between two looks, at most, for what lies between them to be told by both
TRUSTED_SECONDS = 2.0  # what was found, however often one asks


@dataclass(frozen=True)
class QueueState:
    """How many jobs wait and how many are worked on; `still` are the seconds for which one has
    been seen to wait while none was worked on."""

    waiting: int
    worked_on: int
    still: float

    @property
    def moves(self) -> bool:
        return self.still < STILL_SECONDS


class QueueWatch:
    """What one process has seen of the queue."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._oldest: str | None = None
        self._since = 0.0
        self._found: tuple[float, QueueState] | None = None

    async def look(self, store: Store) -> QueueState:
        """Raises SQLAlchemy's errors and `StoreUnreadable`."""
        if self._found is None or self._clock() - self._found[0] >= TRUSTED_SECONDS:
            waiting, oldest, worked_on = await _counted(store)
            still = self._still(None if worked_on else oldest)
            self._found = self._clock(), QueueState(waiting, worked_on, still)
        return self._found[1]

    def _still(self, oldest: str | None) -> float:
        """For how long this job has waited, None where none does or work goes on."""
        unseen = self._found is None or self._clock() - self._found[0] > SEEN_SECONDS
        if oldest is None or oldest != self._oldest or unseen:
            self._oldest, self._since = oldest, self._clock()
        return self._clock() - self._since


@shielded
async def _counted(store: Store) -> tuple[int, str | None, int]:
    """How many jobs wait, the one that was asked for first, how many are worked on."""
    first = select(JobRow.id).where(WAITS).order_by(col(JobRow.created_at), col(JobRow.id)).limit(1)
    async with store.session() as session:
        waiting = (await session.exec(select(func.count()).where(WAITS))).one()
        oldest = (await session.exec(first)).first()
        worked_on = (await session.exec(select(func.count()).where(WORKED_ON))).one()
    return waiting, oldest, worked_on
