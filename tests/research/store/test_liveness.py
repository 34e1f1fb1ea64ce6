"""Who still works is told by one's own clock: the clocks of others may say what they want."""

import os
import subprocess
import sys
from datetime import timedelta

from research.domain import Job, now
from research.store.queue.liveness import Liveness, new_owner
from tests.research.crews import question

ELSEWHERE = "another machine:1:abcd"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def job(**fields: object) -> Job:
    made = {"id": "j", "question": question(), "created_at": now(), "status": "running"}
    return Job.model_validate({**made, "owner": ELSEWHERE, "heartbeat_at": now(), **fields})


def test_one_who_stands_still_is_gone_whatever_its_clock_says() -> None:
    for shift in (-3600, 0, 3600):
        clock = Clock()
        liveness = Liveness(clock)
        silent = job(heartbeat_at=now() + timedelta(seconds=shift))
        assert liveness.is_alive(silent, 15)
        clock.seconds += 14.9
        assert liveness.is_alive(silent, 15)
        clock.seconds += 0.2
        assert not liveness.is_alive(silent, 15)


def test_one_who_beats_lives_also_when_its_clock_goes_back() -> None:
    clock = Clock()
    liveness = Liveness(clock)
    for beat in range(10):
        clock.seconds += 10
        assert liveness.is_alive(job(heartbeat_at=now() - timedelta(seconds=30 * beat)), 15)


def test_a_process_of_this_machine_that_is_gone_is_not_waited_for() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(60)
    mine = new_owner()
    gone = mine.replace(f":{os.getpid()}:", f":{ended.pid}:")
    assert Liveness().is_alive(job(owner=mine), 15)
    assert not Liveness().is_alive(job(owner=gone), 15)
    assert Liveness().is_alive(job(owner=gone.replace("/", "/other"), heartbeat_at=None), 15)


def test_what_nobody_owns_or_does_not_run_is_free() -> None:
    assert not Liveness().is_alive(job(owner=None), 15)
    assert not Liveness().is_alive(job(status="needs_input"), 15)
