"""What many viewers of running jobs see, and what they cost who asks meanwhile:
`python -m evals.bench.viewers --viewers 300` prints a table and one JSON object.

The service is a process of its own, on SQLite with its worker inside, on PostgreSQL with a worker
beside it. Ten jobs, begun one after another, run on a model of loopback that answers by rule; the
viewers share them out and
read their event streams, and every third one leaves half way and comes back with the number of the
last event it has. Meanwhile further questions are posted, four a second. Told are the events that a
viewer missed or had twice, the seconds from an event's time to its arrival at a viewer who was
there, and the seconds that a `POST /v1/research` took: all of them, and those asked once the
viewers had come (`post_settled_p99_s`).

Viewers, model and pages share the processors with the service. Not here: what browsers do."""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from evals.bench.orchestration import NAMES, PER_RUN, servers
from evals.errors import EvalError
from research.events import FINAL
from research.settings import Settings

JOBS = 10
LATENCY = 2.0
ARRIVING = 5.0  # seconds within which the viewers come
POSTS_EVERY = 0.25  # seconds
LEADLINE = Path(sys.executable).with_name("leadline")


@dataclass
class Viewer:
    """What one viewer has seen."""

    job_id: str
    ids: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    async def watch(
        self, port: int, *, comes_after: float = 0.0, leaves_after: int | None = None
    ) -> None:
        """Read the stream to the job's end; one that leaves comes back for the rest."""
        await asyncio.sleep(comes_after)
        if leaves_after is not None:
            await self._read(port, leaves_after)
        ended = False
        while not ended:
            ended = await self._read(port, None)
            await asyncio.sleep(0.0 if ended else 1.0)  # cut off: as a browser, come back

    async def _read(self, port: int, most: int | None) -> bool:
        """Read until so many events have come; tells whether the job has ended."""
        arrived = time.time()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            last = f"Last-Event-ID: {self.ids[-1]}\r\n" if self.ids else ""
            path = f"/v1/research/{self.job_id}/events"
            writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{last}\r\n".encode())
            status = (await reader.readline()).split()
            if status[1:2] == [b"204"]:
                return True
            async for event in _events(reader):
                at = datetime.fromisoformat(event["at"]).timestamp()
                if at > arrived:
                    self.delays.append(time.time() - at)
                self.ids.append(event["id"])
                if most is not None and len(self.ids) >= most:
                    return False
                if event["type"] in FINAL:
                    return True
            return False
        finally:
            writer.close()


async def _events(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    while line := await reader.readline():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


@dataclass(frozen=True)
class Post:
    """A question that was posted so many seconds after the first viewer came, and what it took."""

    after: float
    seconds: float


@dataclass
class Trial:
    viewers: list[Viewer]
    stored: dict[str, int]  # events of each job
    posts: list[Post]
    seconds: float

    def metrics(self) -> dict[str, float | None]:
        posts = [post.seconds for post in self.posts]
        settled = [post.seconds for post in self.posts if post.after > ARRIVING + 1.0]
        delays = [delay for viewer in self.viewers for delay in viewer.delays]
        seen = [(set(viewer.ids), len(viewer.ids), viewer) for viewer in self.viewers]
        missed = sum(
            len(set(range(1, self.stored[viewer.job_id] + 1)) - ids) for ids, _, viewer in seen
        )
        return {
            "missed": missed,
            "doubled": sum(count - len(ids) for ids, count, _ in seen),
            "events": sum(self.stored.values()),
            "delivered": sum(count for _, count, _ in seen),
            "delivery_p50_s": round(statistics.median(delays), 3),
            "delivery_p99_s": round(percentile(delays, 0.99), 3),
            "posts": len(posts),
            "post_p50_s": round(statistics.median(posts), 3),
            "post_p99_s": round(percentile(posts, 0.99), 3),
            "post_settled_p99_s": round(percentile(settled, 0.99), 3) if settled else None,
            "seconds": round(self.seconds, 1),
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def trial(port: int, viewers: int, apart: float) -> Trial:
    """Jobs that begin so many seconds apart; the viewers come after the last one, within
    `ARRIVING` seconds, as those would come back who were cut off at once."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        jobs = []
        for number in range(JOBS):
            jobs.append(await _ask(client, number))
            await asyncio.sleep(apart)
        begun = time.monotonic()
        watching = [Viewer(jobs[number % JOBS]) for number in range(viewers)]
        posting = asyncio.create_task(_post(client))
        await asyncio.gather(
            *(
                viewer.watch(
                    port,
                    comes_after=number / viewers * ARRIVING,
                    leaves_after=20 if number % 3 == 0 else None,
                )
                for number, viewer in enumerate(watching)
            )
        )
        seconds = time.monotonic() - begun
        posting.cancel()
        posts = await posting
        stored = {job_id: await _count(port, job_id) for job_id in jobs}
        return Trial(watching, stored, posts, seconds)


async def _ask(client: httpx.AsyncClient, number: int) -> str:
    first = PER_RUN * number
    one, other, third = (NAMES[(first + n) % len(NAMES)] for n in range(PER_RUN))
    question = f"How deep are the harbours {one}, {other} and {third}?"
    asked = {"question": question, "effort": "standard", "clarify": "never"}
    answer = await client.post("/v1/research", json=asked)
    answer.raise_for_status()
    return str(answer.json()["id"])


async def _post(client: httpx.AsyncClient) -> list[Post]:
    """Ask four questions a second until cancelled."""
    posts: list[Post] = []
    began = time.monotonic()
    try:
        while True:
            started = time.monotonic()
            await _ask(client, JOBS + len(posts))
            took = time.monotonic() - started
            posts.append(Post(started - began, took))
            await asyncio.sleep(max(0.0, POSTS_EVERY - took))
    except asyncio.CancelledError:
        return posts


async def _count(port: int, job_id: str) -> int:
    after = Viewer(job_id)
    await after.watch(port)
    return len(after.ids)


@contextmanager
def service(settings: Settings, database_url: str | None) -> Iterator[int]:
    """`leadline serve`, with a `leadline worker` beside it on PostgreSQL; gives its port."""
    environment = service_environment(settings)
    if database_url:
        environment["LEADLINE_DATABASE_URL"] = database_url
    port = free_port()
    log = settings.data_dir / "log"
    with ExitStack() as stack:
        serve = ("serve", "--port", str(port))
        serving = stack.enter_context(_process(*serve, environment=environment, log=log))
        until_ready(port, serving, log)
        if database_url:
            stack.enter_context(_process("worker", environment=environment, log=log))
        yield port


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until_ready(port: int, serving: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the service answers. Raises `EvalError`."""
    until = time.monotonic() + 60
    while serving.poll() is None and time.monotonic() < until:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return
        time.sleep(0.2)
    raise EvalError(reason=f"the service does not start: {log.read_text(errors='replace')[-500:]}")


def service_environment(settings: Settings) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")}
    key = settings.model_api_key.get_secret_value() if settings.model_api_key else ""
    told = {
        "DATA_DIR": settings.data_dir,
        "CACHE_DIR": settings.cache_dir,
        "MODEL": settings.model,
        "MODEL_BASE_URL": settings.model_base_url,
        "MODEL_API_KEY": key,
        "MODEL_CONCURRENCY": settings.calls_at_once,
        "SEARCH": ",".join(settings.search),
        "SEARXNG_URL": settings.searxng_url,
        "ALLOW_HOSTS": ",".join(settings.allow_hosts),
        "WORKERS": JOBS,
    }
    return own | {f"LEADLINE_{name}": str(value) for name, value in told.items()}


@contextmanager
def _process(
    *arguments: str, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as told:
        process = subprocess.Popen(
            [LEADLINE, *arguments], env=environment, stdout=told, stderr=told
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--viewers", type=int, default=300)
    asked.add_argument("--latency", type=float, default=LATENCY, help="seconds a model call takes")
    asked.add_argument("--apart", type=float, default=1.0, help="seconds between the jobs' starts")
    asked.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    options = asked.parse_args()
    metrics: dict[str, dict[str, float | None]] = {}
    for database in options.database or ("sqlite", "postgres"):
        load = os.getloadavg()[0]
        with ExitStack() as stack:
            settings, _ = stack.enter_context(servers(options.latency, 0.3))
            url = stack.enter_context(_postgres()) if database == "postgres" else None
            port = stack.enter_context(service(settings, url))
            told = asyncio.run(trial(port, options.viewers, options.apart))
        metrics[database] = {"load_before": round(load, 1), **told.metrics()}
        for name, value in metrics[database].items():
            sys.stdout.write(f"{database:10}{name:20}{value}\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps({"viewers": options.viewers, "metrics": metrics}) + "\n")


@contextmanager
def _postgres() -> Iterator[str]:
    from evals.doubles.postgres import postgres_server

    with postgres_server() as server:
        yield server.url()


if __name__ == "__main__":
    main()
