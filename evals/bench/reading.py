"""What opening pages costs on this machine: `python -m evals.bench.reading` prints one JSON object.

200 pages of a small web on loopback, each answered after 200 ms, are opened, extracted and stored,
beside a plain loop of fetching and trafilatura over the same pages in the same run; meanwhile a
task measures how late the event loop is. Then 20 pages that their scripts build are rendered in one
Chromium, and the memory of its processes is measured.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import trafilatura

from browser.net.render import chromium_memory, find_chromium
from browser.opener import Opener
from browser.surfer import Surfer
from browser.types import Opened
from evals.doubles.loopback import listening, send
from research.domain import SourceChoice
from research.process.garbage import collect_rarely
from research.settings import Settings
from research.store.database import Store
from research.store.repositories.snapshots import add_snapshots

HOSTS = 20  # addresses of loopback that stand for as many sites
PAGES = 200
APPS = 20
TICK = 0.005
WORDS = """harbour lighthouse survey sounding depth chart keeper vessel current channel lantern
island coast office record tide pilot mariner station buoy signal lens engine archive report
winter summer council bridge tunnel quarry railway""".split()
SHELL = """<html><head><title>Page {n}</title></head><body><div id="root"></div><script>
document.getElementById('root').innerHTML = '<article><h1>Page {n}</h1>'
+ Array.from({{length: 60}}, (_, i) =>
`<p>Sounding ${{i}} of page {n} was taken at ${{i * 7}} metres by a boat of the survey in rough `
+ `weather, and written down.</p>`).join('')
+ '</article>';</script></body></html>"""


def article(n: int) -> str:
    """A page of about 30 KB: an article between a menu, links and a footer."""
    draw = random.Random(n)
    sentences = [
        " ".join(draw.choices(WORDS, k=14)).capitalize() + f" in {1800 + draw.randrange(220)}."
        for _ in range(160)
    ]
    paragraphs = "".join(
        f"<p>{' '.join(sentences[i : i + 4])}</p>" for i in range(0, len(sentences), 4)
    )
    menu = "".join(
        f'<li><a href="/section/{i}">{draw.choice(WORDS)} {i}</a></li>' for i in range(60)
    )
    rows = "".join(
        f"<tr><td>{draw.choice(WORDS)}</td><td>{draw.randrange(9000)}</td></tr>" for _ in range(20)
    )
    return (
        f"<!doctype html><html lang=en><head><title>Record "
        f"{n}</title></head><body><nav><ul>{menu}</ul>"
        f"</nav><main><article><h1>Record "
        f"{n}</h1>{paragraphs}<table>{rows}</table></article></main><aside><ul>{menu}</ul></aside>"
        f"<footer><p>All rights reserved by the harbour office.</p></footer></body></html>"
    )


def serve(latency: float, port: Connection) -> None:
    """A child process: articles come after `latency` seconds."""
    pages = {f"/page/{n}": article(n).encode() for n in range(PAGES)} | {
        f"/app/{n}": SHELL.format(n=n).encode() for n in range(APPS)
    }

    def answer(to: BaseHTTPRequestHandler) -> None:
        body = pages.get(to.path)
        if body is not None and to.path.startswith("/page"):
            time.sleep(latency)
        send(
            to,
            200 if body is not None else 404,
            body or b"",
            Content_Type="text/html; charset=utf-8",
        )

    with listening(answer, host="0.0.0.0", keep_alive=True) as at:
        port.send(at)
        threading.Event().wait()


@contextmanager
def web(latency: float) -> Iterator[int]:
    """The small web, in a process of its own: its port."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(latency, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


@asynccontextmanager
async def lag() -> AsyncIterator[list[float]]:
    """How late the event loop woke a task that sleeps, in seconds, each time."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            late.append(time.perf_counter() - before - TICK)

    task = asyncio.create_task(tick())
    try:
        yield late
    finally:
        task.cancel()


def plain_loop(urls: list[str]) -> float:
    """Seconds of one page after the other, fetched and extracted by trafilatura alone."""
    started = time.perf_counter()
    with httpx.Client(trust_env=False) as client:
        for url in urls:
            if not trafilatura.extract(client.get(url).text):
                raise RuntimeError(f"nothing was extracted from {url}")
    return time.perf_counter() - started


async def open_all(settings: Settings, urls: list[str]) -> dict[str, Any]:
    """Open, extract and store the pages as a run does."""
    async with (
        Store.open(settings.database) as store,
        Surfer(settings, store, SourceChoice(web=True), providers=[]) as surfer,
        lag() as late,
    ):
        started = time.perf_counter()
        results = await surfer.open(urls)
        opened = time.perf_counter()
        read = [(page.page, page.snapshot) for page in results if isinstance(page, Opened)]
        async with store.engine.begin() as connection:
            await connection.run_sync(add_snapshots, read)
        seconds = time.perf_counter() - started
    failed = [str(result) for result in results if not isinstance(result, Opened)]
    if failed:
        raise RuntimeError(f"{len(failed)} pages were not read: {failed[0]}")
    return {
        "seconds": seconds,
        "store_seconds": time.perf_counter() - opened,
        "worst_lag_ms": 1000 * max(late),
        "ticks_over_50_ms": sum(one > 0.05 for one in late),
    }


async def render_all(settings: Settings, urls: list[str]) -> dict[str, Any]:
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, await asyncio.to_thread(chromium_memory))
            await asyncio.sleep(0.1)

    async with Opener(settings) as opener:
        watcher = asyncio.create_task(watch())
        started = time.perf_counter()
        pages = await asyncio.gather(*(opener.open(url) for url in urls))
        seconds = time.perf_counter() - started
        watcher.cancel()
    if {page.via for page in pages} != {"browser"}:
        raise RuntimeError("a page was not rendered")
    return {
        "rendered": len(pages),
        "render_seconds": round(seconds, 1),
        "chromium_mb": round(most / 1e6),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pages", type=int, default=PAGES, choices=range(1, PAGES + 1), metavar="N")
    asked.add_argument("--latency", type=float, default=0.2)
    options = asked.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, web(options.latency) as port:
        hosts = [f"127.0.0.{1 + n}:{port}" for n in range(HOSTS)]
        settings = Settings(data_dir=Path(folder), cache_dir=Path(folder), allow_hosts=tuple(hosts))
        urls = [f"http://{hosts[n % HOSTS]}/page/{n}" for n in range(options.pages)]
        sequential = plain_loop(urls)
        collect_rarely()  # as `leadline serve` does
        told = asyncio.run(open_all(settings, urls))
        again = asyncio.run(open_all(settings, urls))
        figures: dict[str, Any] = {
            "pages": len(urls),
            "sequential_seconds": round(sequential, 1),
            "seconds": round(told["seconds"], 1),
            "times_faster": round(sequential / told["seconds"], 1),
            "pages_per_s": round(len(urls) / told["seconds"], 1),
            "worst_lag_ms": round(told["worst_lag_ms"], 1),
            "ticks_over_50_ms": told["ticks_over_50_ms"],
            "of_them_storing": round(told["store_seconds"], 1),
            "again_seconds": round(again["seconds"], 1),
        }
        if find_chromium():
            figures |= asyncio.run(
                render_all(settings, [f"http://{hosts[n % HOSTS]}/app/{n}" for n in range(APPS)])
            )
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
