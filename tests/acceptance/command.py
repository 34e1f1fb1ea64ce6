"""`leadline` as processes: each forked from one that has everything imported, with an environment,
outputs and signals of its own.

Importing takes three times the processor time of a short run, so that it is done once for all
tests. The installed script is `COMMAND`. Not here: what is asked of it (`conftest.py`)."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import count
from multiprocessing.connection import wait
from pathlib import Path
from threading import Lock

COMMAND = Path(sys.executable).with_name("leadline")
IMPORTED = [
    *("alembic.command", "alembic.config", "sqlalchemy.dialects.sqlite.aiosqlite"),
    *(
        "api.cli",
        "api.jobs.serving",
        "agents.crew",
        "agents.tools",
        "research.run",
        "browser.library.library",
        "browser.surfer",
        "evals.cli",
    ),
    *("anyio._backends._asyncio", "httpcore2", "openai.resources.chat", "tests.acceptance.warm"),
]
Within = Callable[[], None]  # called in the new process before the command

forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(IMPORTED)
numbers = count(1)
# `start` and `exitcode` read exit statuses, of every process the first: a status read in two
# threads at once comes as 255
polling = Lock()


class Command:
    """One `leadline` at work, with what a test needs of `subprocess.Popen`."""

    def __init__(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        within: Within | None = None,
    ) -> None:
        self.arguments = arguments
        folder = Path(environment["LEADLINE_DATA_DIR"]).with_name("printed")
        folder.mkdir(exist_ok=True)
        number = next(numbers)
        self._out, self._err = (folder / f"{number}.{name}" for name in ("stdout", "stderr"))
        handed = (arguments, dict(environment), self._out, self._err, within)
        self._process = forks.Process(target=_run, args=handed, daemon=True)
        with polling:
            self._process.start()

    @property
    def returncode(self) -> int | None:
        """The exit status, the signal's number below zero; None while it runs."""
        with polling:
            return self._process.exitcode

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return _text(self._out)

    def send_signal(self, number: int) -> None:
        if self._process.pid is not None and self.returncode is None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 120) -> tuple[str, str]:
        """What it printed, once it has ended. Raises `TimeoutExpired`."""
        wait([self._process.sentinel], timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(
                list(self.arguments), timeout, output=self.stdout, stderr=_text(self._err)
            )
        return self.stdout, _text(self._err)

    def completed(self, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """The whole of it; killed when it takes longer."""
        try:
            out, err = self.communicate(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return subprocess.CompletedProcess(list(self.arguments), self.returncode or 0, out, err)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _run(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    out: Path,
    err: Path,
    within: Within | None,
) -> None:
    """The new process."""
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((out, 1), (err, 2)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = ["leadline", *arguments]
    from api.cli import main  # here: the tests' own process needs none of it

    if within is not None:
        within()
    try:
        main()
    finally:
        atexit._run_exitfuncs()  # a forked process would skip them
