"""What the orchestration costs beside the model: `python -m evals.bench.orchestration` prints a
table and one JSON object.

A model on loopback answers every call by rule after a fixed time, a small web answers every page
after another. A standard run of several rounds with parallel agents is timed against its critical
path: the heaviest chain of calls and pages that waited for one another, so the barrier at the end
of a round is in it. Then many runs go at once in one worker, or in several beside each other, each
a process: their throughput against runs that would take no time beside their critical path, and
the memory of a worker with its child processes.

The servers are processes of their own. Not here: what a real model takes (`run_cost.py`)."""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import statistics
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
from pydantic import SecretStr

from agents.crew import assemble
from evals.doubles.loopback import listening, send
from evals.doubles.simulated_model import KEY, ModelServer, serving
from evals.errors import EvalError
from research.crew import Crew
from research.domain import Job, Question, SourceChoice, new_id, now
from research.domain.report import Report
from research.process.garbage import collect_rarely
from research.process.interpreter import switch_often
from research.run import run_job
from research.settings import Settings
from research.store.database import Store

PER_RUN = 3  # harbours a run asks for; no two runs ask for the same, as no two askers' questions do
# pages on each harbour, each at an address of its own; those of a run's harbours share them
PER_NAME = 6
NAMES = tuple(
    name + first + second
    for first in "bdfklmnprst"
    for second in "aeiou"
    for name in ("Alba", "Corvo", "Estero")
)  # 55 runs' harbours
LATENCY = 3.0
VERIFIED = 8  # claims of a run
FOLLOW_UPS = (
    "Who kept the lighthouse of {} harbour in 1920?",
    "When was the channel of {} harbour dredged?",
)
Interval = tuple[float, float, float]  # begun, ended, and the seconds that it had to take


class Researcher(ModelServer):
    """A model that plans three searches, has the claims verified beside two further searches, then
    writes."""

    def answer(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        names = set(schema.get("properties", {}))
        prompt = "\n".join(str(message.get("content") or "") for message in body["messages"])
        asked = (
            [name for name in NAMES if name in re.findall(r"Question: (.+)", prompt)[-1]]
            if "Question: " in prompt
            else []
        )
        if "must_contain" in names:
            goals = [f"How deep is {name} harbour?" for name in asked]
            tasks = [
                {"goal": goal, "queries": [f"{name} harbour depth"]}
                for goal, name in zip(goals, asked, strict=True)
            ]
            return "plan", _said(
                {"brief": "Harbours compared.", "must_contain": goals, "tasks": tasks}
            )
        step, message = super().answer(body)
        if step == "route":
            return step, _said(_routed(json.loads(message["content"]), prompt, asked))
        return step, message


def _routed(decision: dict[str, Any], prompt: str, asked: Sequence[str]) -> dict[str, Any]:
    """The decision with two further searches and claims to verify in one round, then none."""
    fresh = [form.format(asked[0]) for form in FOLLOW_UPS if form.format(asked[0]) not in prompt]
    return {
        **decision,
        "next": "go_on" if fresh else "write",
        "search": [{"goal": goal, "queries": [goal]} for goal in fresh],
        "verify": decision["verify"][:VERIFIED] if fresh else [],
    }


def _said(answer: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": json.dumps(answer)}


def harbour_page(site: int, name: str) -> str:
    facts = (
        f"{name} harbour is {30 + NAMES.index(name)} metres deep at low water.",
        f"The keeper of the lighthouse of {name} harbour in 1920 was called Osk.",
        f"The channel of {name} harbour was dredged in {1931 + NAMES.index(name)}.",
    )
    filler = (
        f"The office of {name} keeps record {site}.{n} of the boats that came and went in "
        f"rough weather."
        for n in range(60)
    )
    text = "".join(f"<p>{sentence}</p>" for sentence in (*facts, *filler))
    title = f"{name} harbour, record {site}"
    return (
        f"<!doctype html><html "
        f"lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"
    )


def serve(latency: float, page_delay: float, pipe: Connection) -> None:
    """A child process: tells the model's address and the web's port, then at each `None` what it
    served since."""
    served: list[Interval] = []

    def web(to: BaseHTTPRequestHandler) -> None:
        url = urlsplit(to.path)
        if url.path == "/search":
            words = parse_qs(url.query).get("q", [""])[0]
            port = to.server.server_address[1]  # type: ignore[index]  # it listens on an address with a port
            data = json.dumps({"results": _found(words, int(port)), "unresponsive_engines": []})
            return send(to, 200, data.encode())
        name = url.path.strip("/").split("-")[0].capitalize()
        if name not in NAMES:
            return send(to, 404, b"", Content_Type="text/plain")
        begun = time.monotonic()
        time.sleep(page_delay)
        served.append((begun, time.monotonic(), page_delay))
        page = harbour_page(int(url.path.rsplit("-", 1)[1]), name)
        return send(to, 200, page.encode(), Content_Type="text/html; charset=utf-8")

    model = Researcher(
        delay=latency,
        on_answer=lambda came, answered: served.append((came, answered, latency)),
    )
    with listening(web, host="0.0.0.0", keep_alive=True) as port, serving(model):
        pipe.send((model.url, port))
        while pipe.recv() is None:
            pipe.send(list(served))
            served.clear()


def _found(words: str, port: int) -> list[dict[str, str]]:
    asked = [name for name in NAMES if name in words]
    return [
        {
            "url": f"http://{_host(name, site)}:{port}/{name.lower()}-{site}",
            "title": f"{name} harbour, record {site}",
            "content": "",
        }
        for name in asked
        for site in range(PER_NAME)
    ]


def _host(name: str, site: int) -> str:
    return f"127.0.{NAMES.index(name) // PER_RUN}.{2 + site}"


@contextmanager
def servers(latency: float, page_delay: float) -> Iterator[tuple[Settings, Connection]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(latency, page_delay, theirs), daemon=True
    )
    process.start()
    try:
        url, port = ours.recv()
        with tempfile.TemporaryDirectory() as folder:
            yield (
                Settings(
                    data_dir=Path(folder),
                    cache_dir=Path(folder),
                    model="simulated",
                    model_base_url=url,
                    model_api_key=SecretStr(KEY),
                    model_concurrency=400,
                    search=("searxng",),
                    searxng_url=f"http://127.0.0.1:{port}",
                    allow_hosts=(
                        f"127.0.0.1:{port}",
                        *sorted(
                            {f"{_host(name, n)}:{port}" for name in NAMES for n in range(PER_NAME)}
                        ),
                    ),
                ),
                ours,
            )
    finally:
        process.kill()
        process.join()


def critical_path(served: Sequence[Interval]) -> float:
    """The seconds of the heaviest chain of answers of which each began after the one before had
    ended (weighted interval scheduling)."""
    by_end = sorted(served, key=lambda one: one[1])
    ends = [end for _, end, _ in by_end]
    heaviest = [0.0]
    for begun, _, seconds in by_end:
        heaviest.append(max(heaviest[-1], heaviest[bisect_right(ends, begun)] + seconds))
    return heaviest[-1]


async def one_run(store: Store, crew: Crew, settings: Settings, first: int) -> Report:
    asked = [NAMES[(PER_RUN * first + n) % len(NAMES)] for n in range(PER_RUN)]
    text = f"How deep are the harbours {asked[0]}, {asked[1]} and {asked[2]}?"
    question = Question(
        text=text, language="en", today=now().date(), sources=SourceChoice(web=True)
    )
    job = await store.create_job(
        Job(id=new_id(), question=question, effort="standard", created_at=now())
    )
    return await run_job(
        await store.take(job.id, stale_seconds=settings.stale_seconds), crew, store, settings
    )


async def single(
    settings: Settings, log: Connection, runs: int
) -> list[tuple[float, float, Report]]:
    """Runs one after another: wall time, critical path and report of each."""
    told = []
    async with Store.open(settings.database) as store, assemble(settings, store) as crew:
        await one_run(store, crew, settings, 0)  # what is loaded once is loaded
        for number in range(runs):
            _served(log)
            started = time.monotonic()
            report = await one_run(store, crew, settings, number)
            told.append((time.monotonic() - started, critical_path(_served(log)), report))
            sys.stderr.write(
                f"run {number + 1}: {told[-1][0]:.1f} s, critical path {told[-1][1]:.1f} s\n"
            )
    return told


@dataclass(frozen=True)
class Together:
    """What runs that went at once in one worker took: seconds from the start of the first to the
    end of the last by a clock that all processes share, processor seconds of the worker itself, and
    bytes with its child processes: before, and at most."""

    began: float
    ended: float
    processor: float
    memory_before: float
    memory: float


async def together(settings: Settings, worker: int, runs: int, start: Barrier) -> Together:
    """Runs at once in this process, once every worker is ready."""
    most = 0.0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, await asyncio.to_thread(_memory))
            await asyncio.sleep(1.0)

    async def one(number: int) -> None:
        await one_run(store, crew, settings, number)
        ended.append(time.monotonic())
        sys.stderr.write(f"{len(ended)} of {runs} ended after {ended[-1] - began:.1f} s\n")

    ended: list[float] = []
    async with Store.open(settings.database) as store, assemble(settings, store) as crew:
        await one_run(store, crew, settings, 0)  # what is loaded once is loaded
        before = await asyncio.to_thread(_memory)
        await asyncio.to_thread(start.wait)
        watching = asyncio.create_task(watch())
        began, used = time.monotonic(), time.process_time()
        await asyncio.gather(*(one(worker * runs + number) for number in range(runs)))
        used = time.process_time() - used
        watching.cancel()
    return Together(began, max(ended), used, before, most)


def _worker(settings: Settings, number: int, runs: int, start: Barrier, told: Connection) -> None:
    """A child process: a worker with caches of its own, as on a machine of its own."""
    collect_rarely()  # as `leadline worker` does
    switch_often()
    own = settings.model_copy(update={"cache_dir": settings.data_dir / f"worker-{number}"})
    told.send(asyncio.run(together(own, number, runs, start)))


def workers(settings: Settings, count: int, runs: int) -> list[Together]:
    """Runs at once in each of several workers. Raises `EvalError` when one of them dies."""
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(count)
    processes: list[tuple[SpawnProcess, Connection]] = []
    for number in range(count):
        ours, theirs = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_worker, args=(settings, number, runs, start, theirs))
        process.start()
        theirs.close()
        processes.append((process, ours))
    try:
        return [ours.recv() for _, ours in processes]
    except EOFError as error:
        raise EvalError(reason="a worker died before its runs had ended") from error
    finally:
        for process, _ in processes:
            process.kill()
            process.join()


def _served(log: Connection) -> list[Interval]:
    log.send(None)
    served: list[Interval] = log.recv()
    return served


def _memory() -> float:
    """Bytes of this process and its children: shared pages once (PSS)."""
    here = psutil.Process()
    total = 0
    for process in (here, *here.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total


@contextmanager
def _on(database: str, latency: float, page_delay: float) -> Iterator[tuple[Settings, Connection]]:
    """The servers, with settings for an empty database of this kind."""
    with ExitStack() as stack:
        settings, log = stack.enter_context(servers(latency, page_delay))
        if database == "postgres":
            from evals.doubles.postgres import postgres_server  # here: it belongs to an extra

            url = stack.enter_context(postgres_server()).url()
            settings = settings.model_copy(update={"database_url": url})
        yield settings, log


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--latency", type=float, default=LATENCY, help="seconds a model call takes")
    asked.add_argument("--page-delay", type=float, default=0.3, help="seconds a page takes")
    asked.add_argument("--runs", type=int, default=5, help="runs one after another")
    asked.add_argument("--together", type=int, default=50, help="runs at once in each worker")
    asked.add_argument("--workers", type=int, default=1, help="workers beside each other")
    asked.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = asked.parse_args()
    collect_rarely()  # as `leadline serve` does
    switch_often()
    load = os.getloadavg()[0]
    with _on(options.database, options.latency, options.page_delay) as (settings, log):
        told = asyncio.run(single(settings, log, options.runs))
    with _on(options.database, options.latency, options.page_delay) as (settings, _):
        at_once = workers(settings, options.workers, options.together)
    figures = {
        "database": options.database,
        "latency": options.latency,
        "load_before": round(load, 1),
        "load_at_end": round(os.getloadavg()[0], 1),
        **_one_after_another(told),
        **_at_once(at_once, options.together, statistics.median(path for _, path, _ in told)),
    }
    for name, value in figures.items():
        sys.stdout.write(f"{name:28}{value}\n")
    sys.stdout.write(json.dumps(figures) + "\n")


def _one_after_another(told: Sequence[tuple[float, float, Report]]) -> dict[str, Any]:
    ratios = [wall / own for wall, own, _ in told]
    usage = told[-1][2].usage
    return {
        "model_calls": usage.model_calls,
        "pages_read": usage.pages_read,
        "critical_path_seconds": round(statistics.median(path for _, path, _ in told), 1),
        "wall_to_critical_path": round(statistics.median(ratios), 3),
        "worst_ratio": round(max(ratios), 3),
    }


def _at_once(told: Sequence[Together], runs: int, path: float) -> dict[str, Any]:
    seconds = max(one.ended for one in told) - min(one.began for one in told)
    grown = sum(one.memory - one.memory_before for one in told)
    return {
        "workers": len(told),
        "together": runs,
        "together_seconds": round(seconds, 1),
        "of_ideal_throughput": round(path / seconds, 3),
        "runs_a_minute": round(60 * runs * len(told) / seconds, 1),
        "memory_mb": round(max(one.memory for one in told) / 1e6),
        "memory_mb_a_run": round(grown / 1e6 / runs / len(told), 1),
        "processor_seconds_a_run": round(sum(one.processor for one in told) / runs / len(told), 3),
    }


if __name__ == "__main__":
    main()
