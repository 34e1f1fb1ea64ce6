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
moment another went on with its job, median and most.

Not here: what it costs when nothing fails (`orchestration.py`)."""

import argparse
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from evals.bench.orchestration import NAMES, PER_RUN, servers
from evals.bench.viewers import LEADLINE, service_environment, until_ready
from evals.doubles.postgres import PostgresServer, postgres_server
from research.errors import EvalError
from research.events import FINAL

WORKERS = 3
AT_ONCE = 8  # jobs of one worker
LATENCY = 0.5
FROZEN_SECONDS = 25.0
ENDED = ("completed", "failed", "cancelled")
Row = dict[str, Any]


@dataclass
class Death:
    """When a worker died or was frozen, by the wall clock, and the jobs it had."""

    at: float
    jobs: tuple[str, ...]


@dataclass
class Storm:
    """The service, its workers and its database, and what is done to them."""

    server: PostgresServer
    environment: Mapping[str, str]
    log: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as told:
            return subprocess.Popen(
                [LEADLINE, *arguments], env=dict(self.environment), stdout=told, stderr=told
            )

    def busy(self) -> list[subprocess.Popen[bytes]]:
        """The workers that have jobs: one that only starts is not worth a blow."""
        query = "SELECT DISTINCT owner FROM jobs WHERE status = 'running' AND owner IS NOT NULL"
        pids = {row["owner"].rsplit(":", 2)[1] for row in self.rows(query)}
        return [worker for worker in self.workers if str(worker.pid) in pids]

    def kill(self, victim: subprocess.Popen[bytes]) -> None:
        """Kill a worker and start another in its place."""
        place = self.workers.index(victim)
        self._mark(victim)
        victim.kill()
        victim.wait()
        self.workers[place] = self.start("worker")
        _say(f"killed worker {victim.pid}, which had {len(self.deaths[-1].jobs)} jobs")

    def freeze(self, worker: subprocess.Popen[bytes]) -> None:
        self._mark(worker)
        worker.send_signal(signal.SIGSTOP)
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

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()

    def _mark(self, worker: subprocess.Popen[bytes]) -> None:
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
    frozen: subprocess.Popen[bytes] | None = None
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


def _wake(storm: Storm, worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGCONT)
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
    took = sorted(_takeovers(storm.deaths, events))
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
    for event in events:
        if event["type"] == "job.resumed":
            in_flight = set(event["data"].get("in_flight", ()))
        step, node = _step(event)
        if step in taken and node:
            told += node in in_flight
            unforeseen += node not in in_flight
        taken.add(step)
    return unforeseen, told


def _step(event: Row) -> tuple[tuple[str, ...], str]:
    """What step an event tells of, and the node of the graph that took it; no node for an event
    that tells of none."""
    data, kind = event["data"], event["type"]
    match kind:
        case "agent.step":
            return (kind, data["task_id"], str(data["index"])), f"{data['task_id']} act"
        case "agent.finished":
            return (kind, data["task_id"]), f"{data['task_id']} summarise"
        case "agent.started":
            return (kind, data["task_id"]), f"{data['task_id']} think"
        case "checked":
            return (kind,), "check"
        case "writing":
            return (kind,), "write"
        case _:
            return (kind, str(event["id"])), ""


def _takeovers(deaths: Sequence[Death], events: Mapping[str, Sequence[Row]]) -> Iterator[float]:
    """Seconds from each death to the moment that a job of the dead went on."""
    for death in deaths:
        for job_id in death.jobs:
            later = (
                _instant(event["at"])
                for event in events[job_id]
                if event["type"] == "job.resumed" and _instant(event["at"]) > death.at
            )
            if (first := next(later, None)) is not None:
                yield first - death.at


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
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        serving = storm.start("serve", "--port", str(port))
        stack.callback(serving.kill)
        until_ready(port, serving, log)
        storm.workers = [storm.start("worker") for _ in range(WORKERS)]
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
