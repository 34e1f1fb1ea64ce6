"""The work folder of one run: made, looked at while a program writes in it, and removed with all
that was left in it.

A program may nest folders deeper than a path or Python's stack can hold, and close them to us. Not
here: reading files back (`sandbox.py`).
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from research.text.sentences import clip

DEEPEST = 32  # folders in each other

_log = structlog.get_logger("leadline.sandbox")


@asynccontextmanager
async def work_folder() -> AsyncIterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="leadline-run-"))
    try:
        yield folder
    finally:
        await asyncio.shield(asyncio.to_thread(remove, folder))


def passes(folder: Path, size: int, files: int) -> bool:
    """Whether a folder holds more than so many bytes or files, is too deep, or is closed to us at
    some place: what cannot be counted counts as too much."""
    waiting = [(folder, 1)]
    while waiting:
        at, depth = waiting.pop()
        try:
            with os.scandir(at) as entries:
                for entry in entries:
                    files -= 1
                    with suppress(FileNotFoundError):
                        size -= entry.stat(follow_symlinks=False).st_blocks * 512
                    if files < 0 or size < 0:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((Path(entry.path), depth + 1))
        except (FileNotFoundError, NotADirectoryError):
            continue  # it was removed meanwhile
        except OSError:
            return True
        if depth > DEEPEST:
            return True
    return False


def remove(folder: Path) -> None:
    """Remove a folder in which nothing runs any more, with the system's own tools, which go deeper
    than a path or Python's stack. What cannot be removed is told in the log."""
    _carry_out("chmod", "-R", "u+rwx", "--", str(folder))
    removed = _carry_out("rm", "-rf", "--", str(folder))
    if removed.returncode:
        reason = clip(removed.stderr, 500)
        _log.error("a work folder is left behind", folder=str(folder), reason=reason)


def _carry_out(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
