"""Run a program that a model wrote, in bubblewrap, without holding up the event loop.

Covers: no network (nor the host's loopback), a read-only system, one work folder, an empty
environment, own process tree that dies with the run, no new privileges, system calls filtered
(`seccomp.py`), limits of memory and processor time (each process), number of processes, size of one
file, bytes, files and depth of the folder (`folder.py`), wall-clock time and kept output. As root
the program runs as `nobody`: bubblewrap makes the mounts as root, so that an interpreter in root's
home folder can be used, and the user is dropped inside.

Does not cover: kernel bugs; the folder's quota is looked at every fifth of a second, so a fast
writer passes it by what it writes in that time; memory in sum over all processes (/tmp and /dev/shm
are bounded each); as root the count of processes is shared with the host's other processes of
`nobody`.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from agents.tools.sandbox import seccomp
from agents.tools.sandbox.folder import passes
from research.text.sentences import clean_text

NOBODY = 65534
GLANCE = 0.2  # seconds between looks at the work folder
# Process 1 inside keeps bubblewrap's user, so it may be killed when bubblewrap dies, and all others
# with it. Bubblewrap reaps this one.
FIRST = ("/bin/sh", "-c", '"$@"; exit $?', "first")
PYTHON_HOME = "/opt/python"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
TRIAL = f"""
import importlib.util, os
packages = ("numpy", "pandas", "matplotlib", "sympy")
print("lacks", *[name for name in packages if importlib.util.find_spec(name) is None])
print("user", os.getuid() == {NOBODY} and not os.access("/etc/passwd", os.F_OK))
"""


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


LIMITS = Limits()
_AS_ROOT = """
    --unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try
    --cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP
"""
_AS_USER = f"""
    --unshare-all --unshare-user --disable-userns --uid {NOBODY} --gid {NOBODY} --cap-drop ALL
"""
_DROP_ROOT = f"""
    /usr/bin/setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --bounding-set=-all
    --inh-caps=-all --no-new-privs
"""
_AROUND = f"""
    --as-pid-1 --die-with-parent --new-session --clearenv --hostname sandbox
    --perms 0755 --dir /opt --perms 0755 --dir /etc
    --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64
    --ro-bind-try /etc/fonts /etc/fonts --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache
    --ro-bind-try /etc/alternatives /etc/alternatives --proc /proc --dev /dev
    --perms 1777 --size 67108864 --tmpfs /dev/shm --remount-ro /dev
    --perms 1777 --size 134217728 --tmpfs /tmp
    --setenv PATH /usr/bin --setenv HOME /job --setenv MPLBACKEND Agg
    --setenv MPLCONFIGDIR /tmp/mpl --setenv OPENBLAS_NUM_THREADS 1 --setenv LANG C.UTF-8
    --setenv PYTHONDONTWRITEBYTECODE 1 --setenv LD_LIBRARY_PATH {PYTHON_HOME}/lib
"""


def command(folder: Path, program: list[str], limits: Limits, filter: int) -> list[str]:
    """Give the whole command that runs the program in its sandbox; `filter` is the open file of the
    system calls' filter."""
    root = os.geteuid() == 0
    around = f"bwrap {_AS_ROOT if root else _AS_USER} --seccomp {filter} {_AROUND}"
    inside = (
        f"{_DROP_ROOT if root else ''} /usr/bin/env --chdir=/job /usr/bin/prlimit "
        f"--as={limits.memory} --cpu={int(limits.seconds) + 1} --nproc={limits.processes} "
        f"--fsize={limits.file_size} --nofile=256 --core=0 --"
    )
    binds = [*_bound_python(), "--bind", str(folder), "/job", "--remount-ro", "/", "--"]
    return [*around.split(), *binds, *FIRST, *inside.split(), *program]


def python() -> str:
    """Where the interpreter is in the sandbox: the one we run on."""
    return f"{PYTHON_HOME}/bin/python{sys.version_info.major}.{sys.version_info.minor}"


def _bound_python() -> list[str]:
    """What makes our interpreter and its packages readable inside, at fixed places."""
    home = str(Path(sys.base_prefix).resolve())
    paths = sysconfig.get_paths()
    folders = dict.fromkeys(str(Path(paths[name]).resolve()) for name in ("purelib", "platlib"))
    packages = {f"/opt/packages{number}": folder for number, folder in enumerate(folders)}
    binds: list[str] = []
    for place, folder in {PYTHON_HOME: home, **packages}.items():
        binds += ["--ro-bind", folder, place]
    return [*binds, "--setenv", "PYTHONPATH", ":".join(packages)]


async def run(folder: Path, program: list[str], limits: Limits = LIMITS) -> Ran:
    """Run a program in a folder made for it alone. Raises as `seccomp.program` does, and OSError
    when bubblewrap is missing."""
    _give(folder)
    began = time.monotonic()
    with seccomp.handle() as filter:
        process = await asyncio.create_subprocess_exec(
            *command(folder, program, limits, filter),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT,
            start_new_session=True,
            pass_fds=(filter,),
        )
    assert process.stdout is not None and process.stderr is not None
    tails = [
        asyncio.create_task(_tail(pipe, limits.output)) for pipe in (process.stdout, process.stderr)
    ]
    try:
        stopped = await _watch(process, folder, limits, began)
    finally:
        await _end(process)
    stdout, stderr = await asyncio.gather(*tails)
    return Ran(process.returncode or 0, stdout, stderr, time.monotonic() - began, stopped)


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the run: the program first, with which all its children go, so that bubblewrap still
    reaps it; then bubblewrap."""
    if process.returncode is None:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children():
                child.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _watch(
    process: asyncio.subprocess.Process, folder: Path, limits: Limits, began: float
) -> str | None:
    """Wait for the end; tell which limit was passed first."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GLANCE):
                await process.wait()
                return None
        if time.monotonic() - began > limits.seconds:
            return "time"
        if await asyncio.to_thread(passes, folder, limits.folder_size, limits.folder_files):
            return "folder"


async def _tail(pipe: asyncio.StreamReader, keep: int) -> str:
    """Read to the end and keep the last bytes, as text."""
    kept = b""
    while part := await pipe.read(1 << 16):
        kept = (kept + part)[-keep:]
    return clean_text(kept.decode("utf-8", "replace"))


def read_back(folder: Path, name: str, most: int) -> bytes | None:
    """Read a regular file that a run left at the folder's top; None for links, devices, pipes and
    what is larger than `most`."""
    if "/" in name:
        return None
    try:
        with open(folder / name, "rb", opener=_unfollowed) as file:
            about = os.fstat(file.fileno())
            fits = stat.S_ISREG(about.st_mode) and about.st_size <= most
            return file.read(most) if fits else None
    except OSError:
        return None


def _unfollowed(path: str, flags: int) -> int:
    """Open what stands there itself, and without waiting for who writes to it."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


@dataclass(frozen=True)
class Unready:
    """Why no program can be run here, and what mends it."""

    reason: str
    mend: str


@cache
def ready() -> Unready | None:
    """Try the sandbox once in this process: None if programs run in it and cannot leave it. Blocks
    for a fraction of a second."""
    needed = ["bwrap", "prlimit", *(["setpriv"] if os.geteuid() == 0 else [])]
    absent = [name for name in needed if shutil.which(name, path=ENVIRONMENT["PATH"]) is None]
    if absent:
        return Unready(f"{', '.join(absent)} not found", "apt-get install bubblewrap util-linux")
    try:
        seccomp.program()
    except ImportError:
        return Unready("pyseccomp is not installed", "pip install 'leadline[compute]'")
    except (OSError, RuntimeError) as error:
        return Unready(f"system calls cannot be filtered: {error}", "apt-get install libseccomp2")
    return _tried()


def _tried() -> Unready | None:
    with tempfile.TemporaryDirectory() as name, seccomp.handle() as filter:
        folder = Path(name)
        _give(folder)
        try:
            done = subprocess.run(
                command(folder, [python(), "-c", TRIAL], LIMITS, filter),
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                timeout=20,
                pass_fds=(filter,),
                check=False,
            )
        except subprocess.TimeoutExpired:
            mend = "Free the machine's processors, then start again."
            return Unready("the sandbox does not answer", mend)
    if done.returncode or "user True" not in done.stdout:
        told = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        mend = "Allow user namespaces (in a container: as its host documents)."
        return Unready(f"bubblewrap cannot close its sandbox: {told}", mend)
    lacks = done.stdout.splitlines()[0].split()[1:]
    if lacks:
        return Unready(f"{', '.join(lacks)} not installed", "pip install 'leadline[compute]'")
    return None
