"""Whether the owner of a job still works, told without comparing clocks.

A process watches the beats of others by its own clock, which never goes back: an owner whose row
has stood still for long enough is gone. Of an owner on this machine, the process itself is looked
for. Not here: taking the job (`Store.take`), which raises the fence that keeps a woken owner out.
"""

import os
import socket
import time
from collections.abc import Callable, Collection
from datetime import datetime
from functools import cache
from pathlib import Path
from secrets import token_hex

import psutil

from research.domain import Job

Beat = tuple[str, int, datetime | None]


@cache
def _machine() -> str:
    """The machine, and the space in it in which a process number means a process: two containers of
    one host have the same name at times."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        space = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{space}"


def new_owner() -> str:
    """A name for one who takes jobs in this process."""
    return f"{_machine()}:{os.getpid()}:{token_hex(4)}"


PROCESS = new_owner()


class Liveness:
    """What one process has seen of the owners of jobs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[Beat, float]] = {}

    def is_alive(self, job: Job, stale_seconds: float) -> bool:
        """Whether the job has an owner who works on it, as far as can be seen: one who is seen for
        the first time is given the time to show it."""
        if job.status != "running" or job.owner is None or _is_gone(job.owner):
            self._seen.pop(job.id, None)
            return False
        beat = (job.owner, job.fence, job.heartbeat_at)
        seen, since = self._seen.get(job.id, (None, 0.0))
        if seen != beat:
            since = self._clock()
            self._seen[job.id] = (beat, since)
        return self._clock() - since < stale_seconds

    def forget_all_but(self, running: Collection[str]) -> None:
        """Forget the jobs that do not run any more."""
        self._seen = {id: seen for id, seen in self._seen.items() if id in running}


def _is_gone(owner: str) -> bool:
    """Whether the owner was a process of this machine that there is no more."""
    machine, pid, _ = owner.rsplit(":", 2)
    return machine == _machine() and not psutil.pid_exists(int(pid))
