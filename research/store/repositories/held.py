"""What the worker of a job has read back of it: nobody else adds to the job while it is its own,
and each turn of an agent asks for the same again.

Not here: texts, which never change and are kept for all jobs (`snapshots.py`)."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from research.domain import Observation
from research.events import EventType
from research.process.lru_cache import LruCache

T = TypeVar("T")
READ = "readings"
ROOM = 500_000  # characters, about
OTHER = 10_000  # what is no observation counts as so many


class Held:
    """Kept by name, until the job's records say that something by that name is written."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self._kept: LruCache[str, Any] = LruCache(ROOM, _size)
        self._written = 0

    async def find(self, name: str, stored: Callable[[], Awaitable[T]]) -> T:
        for kept in self._kept.found([name]).values():
            found: T = kept
            return found
        written = self._written
        found = await stored()
        if written == self._written:  # else it may be older than what was written meanwhile
            self._kept.keep({name: found})
        return found

    def forget(self, *names: str) -> None:
        self._kept.forget(names)
        self._written += 1


def observed(id: str) -> str:
    """The name of an observation."""
    return f"observation {id}"


def newest(type: EventType) -> str:
    """The name of the newest event of a type."""
    return f"newest {type}"


def _size(kept: object) -> int:
    return len(kept.text) if isinstance(kept, Observation) else OTHER
