"""What becomes of jobs when everything around them fails: `python -m evals.bench.storm` prints what
it does and, last, one JSON object.

`leadline serve` and three `leadline worker` are processes of their own on a PostgreSQL of their
own. Sixty jobs run on a model of loopback that answers by rule. Every few seconds a worker is
killed with -9 and another started in its place; one is frozen for longer than a worker may be
silent, and woken; PostgreSQL is restarted once. Then it is calm until all have ended, within a
bound.

`lost`: jobs that have not completed. `doubled`: jobs that ended or were reported more than once.
`events_missing`: numbers that are missing in the events of a job, or are there twice.
`repeated_steps`: steps that were taken again and were not told as in flight when the job was taken
over; `in_flight`: those that were. `takeover_s`: the seconds from the death of a worker to the
moment another went on with its job, median and most. Of these, `with_room_s` are those during
which a worker was ready and had room for another job: what is missing is the time in which all
were full, or only starting, since there are more jobs than places and the bench itself takes its
time to start a worker in a dead one's place.

Not here: what it costs when nothing fails (`orchestration.py`)."""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from evals.bench.orchestration import NAMES, PER_RUN, servers
from evals.bench.viewers import LEADLINE, free_port, service_environment, until_ready
from evals.doubles.postgres import PostgresServer, postgres_server
from evals.errors import EvalError
from research.events import FINAL

WORKERS = 3
AT_ONCE = 8  # jobs of one worker
LATENCY = 0.5
FROZEN_SECONDS = 25.0
LOOK_SECONDS = 0.25  # between looks for room
ENDED = ("completed", "failed", "cancelled")
Row = dict[str, Any]


@dataclass
class Death:
    """When a worker died or was frozen, by the wall clock, and the jobs it had."""

    at: float
    jobs: tuple[str, ...]


@dataclass
class Worker:
    """A process that takes jobs; it is `ready` once it has said so at its port."""

    process: subprocess.Popen[bytes]
    port: int
    ready: bool = False

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_ready(self) -> bool:
        if not self.ready:
            with suppress(httpx.TransportError):
                address = f"http://127.0.0.1:{self.port}/readyz"
                self.ready = httpx.get(address, timeout=1).is_success
        return self.ready


@dataclass
class Storm:
    """The service, its workers and its database, and what is done to them. `room` tells moments, by
    the wall clock, from each of which on there was room for another job, or was not."""

    server: PostgresServer
    environment: Mapping[str, str]
    log: Path
    workers: list[Worker] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    room: list[tuple[float, bool]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        own = {**self.environment, **environment}
        with self.log.open("ab") as told:
            return subprocess.Popen([LEADLINE, *arguments], env=own, stdout=told, stderr=told)

    def worker(self) -> Worker:
        port = free_port()
        return Worker(self.start("worker", LEADLINE_METRICS_PORT=str(port)), port)

    def busy(self) -> list[Worker]:
        """The workers that have jobs: one that only starts is not worth a blow."""
        query = "SELECT DISTINCT owner FROM jobs WHERE status = 'running' AND owner IS NOT NULL"
        pids = {row["owner"].rsplit(":", 2)[1] for row in self.rows(query)}
        return [worker for worker in self.workers if str(worker.pid) in pids]

    def kill(self, victim: Worker) -> None:
        """Kill a worker and start another in its place."""
        place = self.workers.index(victim)
        self._mark(victim)
        victim.process.kill()
        victim.process.wait()
        self.workers[place] = self.worker()
        _say(f"killed worker {victim.pid}, which had {len(self.deaths[-1].jobs)} jobs")

    def freeze(self, worker: Worker) -> None:
        self._mark(worker)
        worker.process.send_signal(signal.SIGSTOP)
        _say(f"froze worker {worker.pid}, which had {len(self.deaths[-1].jobs)} jobs")

    def restart_database(self) -> None:
        self.server.stop()
        self.server.start()
        _say("restarted PostgreSQL")

    def rows(self, query: str, *values: object) -> list[Row]:
        with psycopg.connect(self.server.url(), row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def left(self) -> int:
        query = "SELECT count(*) AS n FROM jobs WHERE NOT status = ANY(%s)"
        return int(self.rows(query, list(ENDED))[0]["n"])

    def watch_room(self) -> None:
        """Look again and again whether a worker has room, until the storm is over."""
        while not self.over.wait(LOOK_SECONDS):
            try:
                has_room = self._has_room()
            except psycopg.OperationalError:  # it is being restarted: nobody can take a job
                has_room = False
            self.room.append((time.time(), has_room))

    def _has_room(self) -> bool:
        query = "SELECT owner FROM jobs WHERE status = 'running' AND owner IS NOT NULL"
        taken = Counter(row["owner"].rsplit(":", 2)[1] for row in self.rows(query))
        ready = [worker for worker in list(self.workers) if worker.is_ready()]
        return any(taken[str(worker.pid)] < AT_ONCE for worker in ready)

    def close(self) -> None:
        self.over.set()
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()

    def _mark(self, worker: Worker) -> None:
        """Remember which jobs the worker has at this moment."""
        query = "SELECT id FROM jobs WHERE status = 'running' AND owner LIKE %s"
        rows = self.rows(query, f"%:{worker.pid}:%")
        self.deaths.append(Death(time.time(), tuple(row["id"] for row in rows)))


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


@contextmanager
def storm_of(
    database: PostgresServer, environment: Mapping[str, str], log: Path
) -> Iterator[Storm]:
    told = {"DATABASE_URL": database.url(), "WORKERS": str(AT_ONCE)}
    own = {**environment, **{f"LEADLINE_{name}": value for name, value in told.items()}}
    storm = Storm(database, own, log)
    try:
        yield storm
    finally:
        storm.close()


def ask(port: int, jobs: int) -> None:
    """Post the questions. Raises `EvalError` when one is refused."""
    for number in range(jobs):
        names = [NAMES[(PER_RUN * number + n) % len(NAMES)] for n in range(PER_RUN)]
        question = f"How deep are the harbours {names[0]}, {names[1]} and {names[2]}?"
        body = {"question": question, "effort": "quick"}
        answer = httpx.post(f"http://127.0.0.1:{port}/v1/research", json=body, timeout=60)
        if not answer.is_success:
            raise EvalError(reason=f"a question was refused: {answer.text[:200]}")


def rage(storm: Storm, *, every: float, seconds: float) -> None:
    """Kill workers one after another; freeze one and restart the database in between."""
    began = time.monotonic()
    frozen: Worker | None = None
    thaw = 0.0
    rest = ["freeze", "restart"]
    while time.monotonic() - began < seconds and storm.left():
        time.sleep(every)
        passed = time.monotonic() - began
        busy = storm.busy()
        if rest and rest[0] == "freeze" and passed > seconds / 5 and busy:
            rest.pop(0)
            frozen, thaw = busy[0], passed + FROZEN_SECONDS
            storm.workers.remove(frozen)
            storm.freeze(frozen)
        elif rest and rest[0] == "restart" and passed > seconds / 2:
            rest.pop(0)
            storm.restart_database()
        elif busy:
            storm.kill(random.choice(busy))
        if frozen is not None and passed > thaw:
            _wake(storm, frozen)
            frozen = None
    if frozen is not None:
        time.sleep(max(0.0, thaw - (time.monotonic() - began)))
        _wake(storm, frozen)
    if "restart" in rest:
        storm.restart_database()


def _wake(storm: Storm, worker: Worker) -> None:
    worker.process.send_signal(signal.SIGCONT)
    storm.workers.append(worker)
    _say(f"woke worker {worker.pid}")


def calm(storm: Storm, until: float) -> None:
    """Wait until all jobs have ended, or the bound is reached."""
    while time.monotonic() < until and (left := storm.left()):
        _say(f"{left} jobs have not ended")
        time.sleep(5)


def metrics_of(storm: Storm) -> dict[str, Any]:
    jobs = storm.rows("SELECT id, status FROM jobs")
    reports = storm.rows("SELECT job_id FROM reports")
    events: dict[str, list[Row]] = {row["id"]: [] for row in jobs}
    for event in storm.rows("SELECT job_id, id, type, at, data FROM events ORDER BY job_id, id"):
        events[event["job_id"]].append(event)
    repeated = [_repeated(of_job) for of_job in events.values()]
    waits = list(_takeovers(storm.deaths, events))
    took = sorted(until - since for since, until in waits)
    with_room = sorted(_seconds_with_room(storm.room, since, until) for since, until in waits)
    return {
        "jobs": len(jobs),
        "kills": len(storm.deaths),
        "lost": sum(row["status"] != "completed" for row in jobs),
        "doubled": sum(
            sum(event["type"] in FINAL for event in of_job) > 1 for of_job in events.values()
        )
        + len(reports)
        - len({row["job_id"] for row in reports}),
        "events_missing": sum(_missing(of_job) for of_job in events.values()),
        "repeated_steps": sum(unforeseen for unforeseen, _ in repeated),
        "in_flight": sum(told for _, told in repeated),
        "takeovers": len(took),
        "takeover_s": round(statistics.median(took), 1) if took else None,
        "takeover_max_s": round(took[-1], 1) if took else None,
        "with_room_s": round(statistics.median(with_room), 1) if took else None,
        "with_room_max_s": round(with_room[-1], 1) if took else None,
    }


def _missing(events: Sequence[Row]) -> int:
    """How many numbers are missing or come twice."""
    ids = [event["id"] for event in events]
    return sum(there != number for number, there in enumerate(ids, 1))


def _repeated(events: Sequence[Row]) -> tuple[int, int]:
    """The steps of a job that were taken again: those nobody told of, those that were told as in
    flight."""
    taken: set[tuple[str, ...]] = set()
    in_flight: set[str] = set()
    unforeseen = told = 0
    plan: Row = {}
    for event in events:
        if event["type"] == "job.resumed":
            in_flight = set(event["data"].get("in_flight", ()))
        if event["type"] == "plan":
            plan = event["data"]
        step, node = _step(event, plan)
        if step in taken and node:
            told += node in in_flight
            unforeseen += node not in in_flight
        taken.add(step)
    return unforeseen, told


def _step(event: Row, plan: Row) -> tuple[tuple[str, ...], str]:
    """What step an event tells of, and the node of the graph that took it; no node for an event
    that tells of none. Claims are told of by the outline when the newest plan sends nobody, else
    when a round is merged."""
    data, kind = event["data"], event["type"]
    match kind:
        case "agent.step":
            return (kind, data["task_id"], str(data["index"])), f"{data['task_id']} act"
        case "agent.finished":
            return (kind, data["task_id"]), f"{data['task_id']} summarise"
        case "agent.started":
            return (kind, data["task_id"]), f"{data['task_id']} think"
        case "plan":
            return (kind, str(data["round"])), "plan"
        case "claims":
            return (kind, str(plan["round"])), "merge" if plan["tasks"] else "outline"
        case "checked":
            return (kind,), "check"
        case "writing":
            return (kind,), "write"
        case _:
            return (kind, str(event["id"])), ""


def _takeovers(
    deaths: Sequence[Death], events: Mapping[str, Sequence[Row]]
) -> Iterator[tuple[float, float]]:
    """When each job lost its worker, and when it went on."""
    for death in deaths:
        for job_id in death.jobs:
            later = (
                _instant(event["at"])
                for event in events[job_id]
                if event["type"] == "job.resumed" and _instant(event["at"]) > death.at
            )
            if (first := next(later, None)) is not None:
                yield death.at, first


def _seconds_with_room(room: Sequence[tuple[float, bool]], since: float, until: float) -> float:
    """How many of these seconds there was room for a job."""
    return sum(
        max(0.0, min(end, until) - max(begin, since))
        for (begin, there), (end, _) in pairwise(room)
        if there
    )


def _instant(at: datetime) -> float:
    return at.timestamp()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--jobs", type=int, default=60)
    asked.add_argument("--every", type=float, default=7.0, help="seconds between two blows")
    asked.add_argument("--seconds", type=float, default=100.0, help="of storm, at most")
    asked.add_argument("--within", type=float, default=290.0, help="seconds in all")
    asked.add_argument("--latency", type=float, default=LATENCY, help="seconds a model call takes")
    asked.add_argument("--log", type=Path, help="a file for what the processes logged")
    options = asked.parse_args()
    until = time.monotonic() + options.within
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        settings, _ = stack.enter_context(servers(options.latency, 0.1))
        database = stack.enter_context(postgres_server("max_connections=300"))
        log = settings.data_dir / "log"
        environment = service_environment(settings)
        storm = stack.enter_context(storm_of(database, environment, log))
        port = free_port()
        serving = storm.start("serve", "--port", str(port))
        stack.callback(serving.kill)
        until_ready(port, serving, log)
        storm.workers = [storm.worker() for _ in range(WORKERS)]
        threading.Thread(target=storm.watch_room, daemon=True).start()
        ask(port, options.jobs)
        _say(f"asked {options.jobs} questions")
        rage(storm, every=options.every, seconds=options.seconds)
        calm(storm, until)
        metrics = metrics_of(storm)
        if options.log is not None:
            options.log.write_bytes(log.read_bytes())
    figures = {"load_before": round(load, 1), **metrics}
    for name, value in figures.items():
        sys.stdout.write(f"{name:20}{value}\n")
    sys.stdout.write(json.dumps({"metrics": figures}) + "\n")


if __name__ == "__main__":
    main()
