"""Run a program that a model wrote, in bubblewrap, without holding up the event loop.

Covers: no network (nor the host's loopback), a read-only system, one work folder, an empty environment, own process tree that dies with
the run, no new privileges or user namespaces, limits of memory and processor time (each process), number of processes, size of one file,
bytes and files of the folder, wall-clock time and kept output. As root the program runs as `nobody`.

Does not cover: kernel bugs; system calls are not filtered (no seccomp), so keyctl, bpf and ptrace of its own children meet only the
kernel's own checks; the folder's quota is looked at every fifth of a second, so a fast writer passes it by what it writes in that time;
memory in sum over all processes, /dev/shm included; as a normal user the count of processes is shared with that user's others. An
interpreter outside /usr is not bound: numpy and pandas are there only when the system's Python has them.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import time
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
GLANCE = 0.2  # seconds between looks at the work folder


@dataclass(frozen=True)
class Limits:
    """What one run may use; sizes in bytes."""

    seconds: float = 60
    memory: int = 1 << 30
    processes: int = 64
    file_size: int = 100 << 20
    folder_size: int = 256 << 20
    folder_files: int = 2000
    output: int = 64 << 10


@dataclass(frozen=True)
class Ran:
    """How a run ended: `stopped` is `time` or `folder` when it was ended from outside."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    stopped: str | None = None


def command(folder: Path, program: list[str], limits: Limits) -> list[str]:
    """Give the whole command that runs the program in its sandbox."""
    drop = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs --inh-caps=-all".split() if os.geteuid() == 0 else []
    cpu = int(limits.seconds) + 1
    limit = (
        f"prlimit --as={limits.memory} --cpu={cpu} --nproc={limits.processes} --fsize={limits.file_size} --nofile=256 --core=0 -- "
        "bwrap --unshare-all --unshare-user --disable-userns --die-with-parent --new-session --clearenv --cap-drop ALL "
        "--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --ro-bind-try /etc/fonts /etc/fonts "
        "--ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /etc/alternatives /etc/alternatives --proc /proc --dev /dev "
        f"--size 134217728 --tmpfs /tmp --uid {NOBODY} --gid {NOBODY} --hostname sandbox --setenv PATH /usr/bin --setenv HOME /job "
        "--setenv MPLBACKEND Agg --setenv MPLCONFIGDIR /tmp/mpl --setenv OPENBLAS_NUM_THREADS 1 --setenv LANG C.UTF-8"
    ).split()
    return [*drop, *limit, "--bind", str(folder), "/job", "--remount-ro", "/", "--chdir", "/job", *program]


async def run(folder: Path, program: list[str], limits: Limits | None = None) -> Ran:
    """Run a program in a folder made for it alone. Raises OSError when the sandbox's own programs are missing."""
    limits = limits or Limits()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command(folder, program, limits),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    tails = [asyncio.create_task(_tail(pipe, limits.output)) for pipe in (process.stdout, process.stderr)]
    try:
        stopped = await _watch(process, folder, limits, began)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    stdout, stderr = await asyncio.gather(*tails)
    return Ran(process.returncode or 0, stdout, stderr, time.monotonic() - began, stopped)


async def _watch(process: asyncio.subprocess.Process, folder: Path, limits: Limits, began: float) -> str | None:
    """Wait for the end; tell which limit was passed first."""
    while True:
        try:
            await asyncio.wait_for(process.wait(), GLANCE)
        except TimeoutError:
            if time.monotonic() - began > limits.seconds:
                return "time"
            if await asyncio.to_thread(_over, folder, limits):
                return "folder"
        else:
            return None


def _over(folder: Path, limits: Limits) -> bool:
    size = files = 0
    for at, folders, names in os.walk(folder, followlinks=False):
        for name in (*folders, *names):
            files += 1
            with contextlib.suppress(FileNotFoundError):
                size += Path(at, name).lstat().st_blocks * 512
            if files > limits.folder_files or size > limits.folder_size:
                return True
    return False


async def _tail(pipe: asyncio.StreamReader, keep: int) -> str:
    """Read to the end and keep the last bytes."""
    kept = b""
    while part := await pipe.read(1 << 16):
        kept = (kept + part)[-keep:]
    return kept.decode("utf-8", "replace")


def read_back(folder: Path, name: str, most: int) -> bytes | None:
    """Read a regular file that a run left at the folder's top; None for links, devices, pipes and what is larger than `most`."""
    if "/" in name or name in {"", ".", ".."}:
        return None
    try:
        handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode) or about.st_size > most:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(most)


def missing() -> list[str]:
    """Name the programs the sandbox needs that are not here."""
    needed = ["bwrap", "prlimit", *(["setpriv"] if os.geteuid() == 0 else [])]
    return [name for name in needed if shutil.which(name) is None]
