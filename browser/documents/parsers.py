"""The processes that parse documents, so that neither the event loop nor its threads wait for a
parser.

A document that takes too long has its process killed, one that brings it down is `broken`; either
way nothing else is lost and the next document gets a new process. Measured: an executor of the
standard library imports the main module anew in each process and loses all documents under way with
one of them. Not here: what a process does (`parsing.py`).
"""

import asyncio
import atexit
import os
import queue
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from browser.documents.kinds import PLAIN, media_type_of
from browser.documents.parsing import Parsed, parse, receive, send
from browser.net.fetch import Fetched
from research.errors import ReadingError

SECONDS = 20.0
START_SECONDS = 120.0  # on a clock, that a process may take to import its parsers
PATIENCE = 3
SHORT = 200_000  # bytes of plain text that are read in this process
PROCESSES = max(2, min(4, os.cpu_count() or 2))
_HOME = Path(__file__).parent.parent.parent


class _Process:
    def __init__(self) -> None:
        command = [sys.executable, "-c", "from browser.documents.parsing import main; main()"]
        # What reads hostile bytes is told no key.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")
        }
        environment["OPENBLAS_NUM_THREADS"] = "1"  # each of its threads reserves address space
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_HOME, env=environment
        )
        assert (
            self._process.stdin is not None and self._process.stdout is not None
        )  # both are pipes
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._ready = False

    def ask(self, request: dict[str, Any], seconds: float) -> Parsed | ReadingError:
        """Blocking; `seconds` of a processor, or `PATIENCE` times as many on a clock, for a machine
        may be busy with other things. Raises `TimeoutError`, and `EOFError` or `OSError` when the
        process has ended."""
        if not self._ready:
            self._answer(START_SECONDS)
            self._ready = True
        before = self._worked()
        send(self._requests, request)
        for _ in range(PATIENCE):
            with suppress(TimeoutError):
                answer: Parsed | ReadingError = self._answer(seconds)
                return answer
            if self._worked() - before >= seconds:
                break
        raise TimeoutError

    def _answer(self, seconds: float) -> Any:
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise TimeoutError
        return receive(self._answers)

    def _worked(self) -> float:
        """The seconds of a processor that the process has used."""
        try:
            used = psutil.Process(self._process.pid).cpu_times()
        except psutil.NoSuchProcess as error:
            raise EOFError from error
        return float(used.user + used.system)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._answers.close()
        try:
            self._requests.close()
        except OSError:
            return  # what was still to be written has no reader any more


class Parsers:
    """Up to so many processes, each started when it is first needed. They end with this process, or
    by `close`."""

    def __init__(self, processes: int = PROCESSES, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        # Threads of its own: names are resolved by those that asyncio shares out.
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="parsers")
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()

    async def parse(self, fetched: Fetched, *, name: str) -> Parsed:
        """Short plain text is read here, where little can go wrong and a process takes a second to
        start; all else in a process. Raises `ReadingError`."""
        given = fetched.body, name, fetched.media_type
        if len(fetched.body) <= SHORT and media_type_of(*given) == PLAIN:
            return await asyncio.to_thread(
                parse,
                fetched.body,
                name=name,
                url=fetched.url,
                media_type=fetched.media_type,
                charset=fetched.charset,
            )
        request = {
            "raw": fetched.body,
            "name": name,
            "url": fetched.url,
            "media_type": fetched.media_type,
            "charset": fetched.charset,
        }
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._parse, request)

    def _parse(self, request: dict[str, Any]) -> Parsed:
        url = str(request["url"])
        process = self._take()
        try:
            answer = process.ask(request, self._seconds)
        except TimeoutError as error:
            process.end()
            raise ReadingError(
                url=url,
                kind="timeout",
                reason=f"the document cannot be read within {self._seconds:g} s",
            ) from error
        except (EOFError, OSError) as error:
            process.end()
            raise ReadingError(
                url=url, kind="broken", reason="reading the document ended its process"
            ) from error
        self._idle.put(process)
        if isinstance(answer, ReadingError):
            raise answer
        return answer

    def _take(self) -> _Process:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return _Process()

    def close(self) -> None:
        """End the idle processes; the next document starts new ones."""
        while True:
            try:
                self._idle.get_nowait().end()
            except queue.Empty:
                return


PARSERS = Parsers()  # of this process: starting one takes most of a second
atexit.register(PARSERS.close)
