"""The work folder of one run: made, looked at while a program writes in it, and removed with all
that was left in it.

A program may nest folders deeper than a path or Python's stack can hold, and close them to us. Not
here: reading files back (`sandbox.py`).
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import structlog

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
    """Remove a folder in which nothing runs any more. Folders within folders are moved up first, so
    that no path gets long; what still cannot be removed is told in the log."""
    try:
        _flatten(folder)
        shutil.rmtree(folder)
    except OSError as error:
        _log.error("a work folder is left behind", folder=str(folder), reason=str(error))


def _flatten(folder: Path) -> None:
    """Bring all folders that are in a folder directly below it."""
    free = (up for number in count() if not os.path.lexists(up := folder / f".moved-{number}"))
    waiting = _open_folders(folder)
    while waiting:
        for inner in _open_folders(waiting.pop()):
            waiting.append(inner.rename(next(free)))


def _open_folders(folder: Path) -> list[Path]:
    """The folders in a folder, opened to us where they were closed."""
    folder.chmod(0o700)
    with os.scandir(folder) as entries:
        found = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    for one in found:
        one.chmod(0o700)  # a folder that is moved must be writable itself
    return found
