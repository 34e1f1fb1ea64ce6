"""The embedded model: llama.cpp on this machine, behind its own OpenAI-compatible server on
loopback.

One server a process, shared by all who use it and gone with the last. It runs as a child process,
as loading holds Python's global lock for seconds and would starve heartbeats, and as a fault in
native code must not take the jobs down. Not here: how it is set up (`llama_server.py`), where the
weights come from (`weights.py`).
"""

import asyncio
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from research.errors import ModelUnavailable, SettingsError
from research.process.child_environment import child_environment
from research.text.sentences import clip

READY_SECONDS = 180.0
SERVER = Path(__file__).with_name("llama_server.py")


class _Child:
    """The server's process. It ends when its standard input closes, so it cannot outlive us,
    however we end."""

    def __init__(self, weights: Path) -> None:
        """Load the weights and wait until the server is ready. Raises ModelUnavailable."""
        self.weights = weights
        self.key = secrets.token_urlsafe(32)
        self.users = 0
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=child_environment(),
            start_new_session=True,  # a Ctrl-C is ours to handle
        )
        threads = max(2, os.cpu_count() or 2)
        asked = {"weights": str(weights), "key": self.key, "threads": threads}
        address = self._answer(json.dumps(asked))
        if not address:
            reason = f"it ended while loading: {self.stop()}"
            mend = "Try again; if it stays, set LEADLINE_MODEL_BASE_URL to an endpoint of your own."
            raise ModelUnavailable(model="embedded", reason=reason, mend=mend)
        self.base_url = f"{address}/v1"

    def _answer(self, asked: str) -> str:
        """The line that it answers a line with; '' where it ends, or is ended for taking too
        long."""
        assert self._process.stdin and self._process.stdout
        watch = threading.Timer(READY_SECONDS, self._process.kill)
        watch.start()
        try:
            self._process.stdin.write(f"{asked}\n".encode())
            self._process.stdin.flush()
            return self._process.stdout.readline().decode().strip()
        except BrokenPipeError:
            return ""
        finally:
            watch.cancel()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> str:
        """End the process, which is asked first, by closing its input. What it said last."""
        assert self._process.stdin and self._process.stdout
        with suppress(BrokenPipeError):  # it may be gone already
            self._process.stdin.close()
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        with self._log:
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").split("\n")
        said = " ".join(line.strip() for line in lines[-4:] if line.strip())
        return clip(said, 400) or f"exit status {self._process.returncode}"


_lock = threading.Lock()
_running: _Child | None = None


def _acquire(weights: Path) -> _Child:
    global _running
    weights = weights.resolve()
    with _lock:
        if _running is None or not _running.alive or _running.weights != weights:
            _running = _Child(weights)  # one that ran before stops with its last user
        _running.users += 1
        return _running


def _release(child: _Child) -> None:
    global _running
    with _lock:
        child.users -= 1
        if child.users:
            return
        child.stop()
        if child is _running:
            _running = None


def _give_back(starting: "asyncio.Future[_Child]") -> None:
    if not starting.cancelled() and starting.exception() is None:
        _release(starting.result())


@asynccontextmanager
async def embedded_server(weights: Path) -> AsyncIterator[_Child]:
    """A share in this process's server, which tells its `base_url` and `key`. Raises
    ModelUnavailable where it does not start."""
    starting = asyncio.ensure_future(asyncio.to_thread(_acquire, weights))
    try:
        child = await asyncio.shield(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(_give_back)  # loading cannot be stopped half way
        raise
    try:
        yield child
    finally:
        await asyncio.to_thread(_release, child)


def require_llama() -> None:
    """Raise SettingsError, with the command that mends it, where llama.cpp is not installed."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise SettingsError(
            name="LEADLINE_MODEL",
            reason="no model is set, and the package of the embedded one (xllamacpp) is not "
            "installed",
            mend="Run `uv pip install 'leadline[local]'`, or set LEADLINE_MODEL and "
            "LEADLINE_MODEL_BASE_URL.",
        )
