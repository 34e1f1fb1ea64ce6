"""Parse documents in processes of their own, so that neither the event loop nor its threads wait for a parser.

A document that takes too long or too much is its own failure: the process has its own clocks and its memory is bounded. A
process that dies is replaced, and what was in its hands is tried once more. Not here: the parsers (`documents.py`).
"""

import asyncio
import hashlib
import multiprocessing
import os
import resource
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import FrameType
from typing import Any

from browser.documents import Document, read_document
from browser.fetch import Fetched
from browser.parts import snapshot_of
from research.errors import ReadingError
from research.types import Snapshot

SECONDS = 20.0  # of wall time; a parser in C code that does not look up is killed after twice as much CPU time
MEMORY = 4_000_000_000  # address space, of which a parser uses a small part
NICENESS = 5
PROCESSES = max(2, min(4, os.cpu_count() or 2))


@dataclass(frozen=True)
class Parsed:
    document: Document
    snapshot: Snapshot
    raw_sha256: str


def parse(raw: bytes, *, name: str, url: str, media_type: str, charset: str | None = None) -> Parsed:
    """Read a document; blocking. Raises `ReadingError`."""
    try:
        document = read_document(raw, name=name, url=url, media_type=media_type, charset=charset)
        return Parsed(document, snapshot_of(document.page), hashlib.sha256(raw).hexdigest())
    except RecursionError as error:
        raise ReadingError(url=url, kind="broken", reason="the document is nested too deeply") from error
    except MemoryError as error:
        raise ReadingError(url=url, kind="too_large", reason="reading it takes too much memory") from error


class Parsers:
    """A pool of processes, started when first needed; it lasts as long as this process."""

    def __init__(self, processes: int = PROCESSES, *, seconds: float = SECONDS) -> None:
        self._processes, self._seconds = processes, seconds
        self._pool: ProcessPoolExecutor | None = None
        self._starting = threading.Lock()

    async def parse(self, fetched: Fetched, *, name: str) -> Parsed:
        """Raises `ReadingError`."""
        about = {"name": name, "url": fetched.url, "media_type": fetched.media_type, "charset": fetched.charset}
        for _ in range(2):
            pool = self._pool if self._pool is not None else await asyncio.to_thread(self._start)
            try:
                return await asyncio.get_running_loop().run_in_executor(pool, _in_time, self._seconds, fetched.body, about)
            except BrokenProcessPool:
                self._drop(pool)
        raise ReadingError(url=fetched.url, kind="broken", reason="reading it ended its process, twice")

    def _start(self) -> ProcessPoolExecutor:
        with self._starting:
            if self._pool is None:
                pool = ProcessPoolExecutor(self._processes, multiprocessing.get_context("spawn"), initializer=_begin)
                # All processes at once and here: starting one takes longer than the event loop may be kept.
                for started in [pool.submit(os.getpid) for _ in range(self._processes)]:
                    started.result()
                self._pool = pool
            return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        if self._pool is pool:
            self._pool = None
        pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the processes; the next document starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()


PARSERS = Parsers()  # of this process: starting one costs a second


def _begin() -> None:
    """Set up a process of the pool: it yields to others, and ends with its parent however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _too_late)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _too_late(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _in_time(seconds: float, raw: bytes, about: dict[str, Any]) -> Parsed:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, 2 * seconds)  # nobody handles its signal: the process ends
    try:
        return parse(raw, **about)
    except TimeoutError as error:
        reason = f"the document cannot be read within {seconds:g} s"
        raise ReadingError(url=str(about["url"]), kind="timeout", reason=reason) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
