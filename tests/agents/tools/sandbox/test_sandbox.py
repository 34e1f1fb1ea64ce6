"""Programs that try to get out of the sandbox, for real."""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import research
from agents.tools.sandbox import sandbox
from agents.tools.sandbox.folder import remove, work_folder
from agents.tools.sandbox.sandbox import Limits, Ran

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
pytestmark = pytest.mark.skipif(
    sandbox.ready() is not None, reason=f"no program runs in the sandbox here: {sandbox.ready()}"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp())  # pytest's own folders are closed to `nobody`
    yield made
    shutil.rmtree(made)


def python(folder: Path, code: str, limits: Limits = sandbox.LIMITS) -> Ran:
    return asyncio.run(sandbox.run(folder, [sandbox.python(), "-c", code], limits))


def test_a_program_runs_and_its_exit_code_and_output_come_back(folder: Path) -> None:
    ran = python(
        folder,
        "import sys; print(6 * 7); print('odd', file=sys.stderr); open('a.txt', 'w').write('kept'); sys.exit(3)",
    )
    assert (ran.exit_code, ran.stdout, ran.stderr, ran.stopped) == (3, "42\n", "odd\n", None)
    assert sandbox.read_back(folder, "a.txt", 100) == b"kept"


def test_no_network_not_even_the_hosts_loopback(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = python(folder, f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
    assert ran.exit_code and "Error" in ran.stderr


def test_secrets_of_the_environment_and_the_hosts_processes_are_not_seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_MODEL_API_KEY", "sk-hidden")
    code = (
        "import os, glob; print(dict(os.environ))\n"
        "for p in glob.glob('/proc/[0-9]*/environ'):\n"
        "    try: print(open(p, 'rb').read())\n"
        "    except PermissionError: print('closed')\n"
        "print('processes', len(glob.glob('/proc/[0-9]*')))"
    )
    ran = python(folder, code)
    assert ran.exit_code == 0 and "HOME" in ran.stdout and "sk-hidden" not in ran.stdout
    assert ran.stdout.splitlines()[-1] == "processes 2"  # the first and the program


@pytest.mark.parametrize("path", ["/usr/x", "/etc/x", "/x", sys.prefix + "/x"])
def test_nothing_is_written_outside(folder: Path, path: str) -> None:
    ran = python(folder, f"open({path!r}, 'w').write('x')")
    assert ran.exit_code and "Error" in ran.stderr and not Path(path).exists()


def test_the_hosts_files_are_not_there(folder: Path) -> None:
    hidden = folder.parent / (folder.name + ".secret")
    hidden.write_text("secret")
    try:
        ran = python(
            folder,
            f"import os; print(os.path.exists({str(hidden)!r}), os.path.exists('/root'), os.path.exists('/etc/passwd'))",
        )
    finally:
        hidden.unlink()
    assert ran.stdout == "False False False\n"


def test_a_link_left_behind_is_not_followed(folder: Path) -> None:
    ran = python(folder, "import os; os.symlink('/etc/passwd', 'l'); os.mkfifo('p'); os.mkdir('d')")
    assert ran.exit_code == 0
    assert [sandbox.read_back(folder, name, 10_000) for name in ("l", "p", "d", "../x", "..")] == [
        None
    ] * 5


def test_memory_and_processes_are_limited(folder: Path) -> None:
    assert "MemoryError" in python(folder, "x = bytearray(3 << 30)").stderr
    ran = python(
        folder,
        "import os, time\nfor n in range(500):\n    if os.fork() == 0: time.sleep(30); os._exit(0)",
        Limits(seconds=10, processes=40),
    )
    assert "BlockingIOError" in ran.stderr


@pytest.mark.parametrize(
    "code",
    [
        "for n in range(300): open(str(n), 'w')",
        "f = open('big', 'wb')\nfor n in range(8): f.write(bytes(1 << 20)); f.flush()",
    ],
)
def test_too_many_files_or_bytes_end_the_run(folder: Path, code: str) -> None:
    small = Limits(seconds=20, folder_files=100, folder_size=4 << 20)
    assert python(folder, code + "\nimport time; time.sleep(15)", small).stopped == "folder"


@pytest.mark.parametrize("place", ["/dev/shm", "/tmp"])
def test_memory_that_looks_like_files_is_bounded(folder: Path, place: str) -> None:
    ran = python(folder, f"for n in range(3): open(f'{place}/{{n}}', 'wb').write(bytes(90 << 20))")
    assert "No space left on device" in ran.stderr


def running(marker: str) -> list[psutil.Process]:
    return [
        p
        for p in psutil.process_iter(["cmdline"])
        if marker in " ".join(p.info["cmdline"] or []) and p.status() != "zombie"
    ]


def test_endless_output_keeps_its_tail_and_endless_runs_leave_no_children(folder: Path) -> None:
    marker = f"marker-{folder.name}"
    code = f"import os\n'{marker}'\nif os.fork() == 0: os.setsid()\nwhile True: print('y' * 999)"
    ran = python(folder, code, Limits(seconds=1, output=5000))
    assert ran.stopped == "time" and len(ran.stdout) == 5000
    assert running(marker) == []


@pytest.fixture
def orphans_are_ours() -> Iterator[None]:
    """What a run leaves behind becomes a child of the tests' process, as otherwise of the first."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


@pytest.mark.usefixtures("orphans_are_ours")
def test_a_run_leaves_no_process_unreaped(folder: Path) -> None:
    before = children()
    python(folder, "import os, time\nif os.fork() == 0: time.sleep(99)")
    python(folder, "import time; time.sleep(99)", Limits(seconds=0.5))
    until(lambda: children() <= before)


def test_a_run_does_not_outlive_a_service_that_is_killed(folder: Path) -> None:
    marker = f"marker-{folder.name}"
    service = (
        "import asyncio, pathlib, sys; from agents.tools.sandbox import sandbox\n"
        "asyncio.run(sandbox.run(pathlib.Path(sys.argv[1]), [sandbox.python(), '-c', sys.argv[2]]))"
    )
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            service,
            str(folder),
            f"'{marker}'; import time; open('up', 'w'); time.sleep(600)",
        ]
    )
    try:
        until(lambda: (folder / "up").exists())
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
        until(lambda: running(marker) == [])
    finally:
        started.kill()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.05)


def test_no_new_namespaces_and_no_mounts(folder: Path) -> None:
    code = "import subprocess\n"
    code += "for c in (['unshare', '-U', 'true'], ['mount', '-t', 'tmpfs', 'x', '/mnt']): print(subprocess.run(c).returncode != 0)"
    assert python(folder, code).stdout == "True\nTrue\n"


@pytest.mark.parametrize(
    "call", ["ptrace(0, 0, 0, 0)", "unshare(0x400)", "syscall(250, 0, 0, 0)", "syscall(425, 1, 0)"]
)
def test_calls_that_the_kernel_would_allow_are_refused_by_the_filter(
    folder: Path, call: str
) -> None:
    code = f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.{call}, ctypes.get_errno())"
    assert python(folder, code).stdout == "-1 1\n"


@pytest.mark.parametrize("family", [3, 16, 17, 38, 40])
def test_only_sockets_of_ip_and_unix_are_made(folder: Path, family: int) -> None:
    assert (
        "PermissionError"
        in python(folder, f"import socket; socket.socket({family}, socket.SOCK_DGRAM)").stderr
    )
    assert python(folder, "import socket; socket.socket(); socket.socketpair()").exit_code == 0


def test_names_are_not_resolved(folder: Path) -> None:
    assert (
        "gaierror" in python(folder, "import socket; socket.getaddrinfo('example.org', 80)").stderr
    )


def test_no_way_back_to_root(folder: Path) -> None:
    status = python(
        folder,
        "import os; print(os.getuid(), os.getgid(), os.getgroups()); print(open('/proc/self/status').read())",
    ).stdout
    assert status.splitlines()[0].startswith(f"{sandbox.NOBODY} {sandbox.NOBODY} ")
    assert (
        "NoNewPrivs:\t1" in status
        and "CapPrm:\t" + "0" * 16 in status
        and "CapBnd:\t" + "0" * 16 in status
    )
    assert "Error" in python(folder, "import os; os.setuid(0)").stderr


def test_numpy_pandas_matplotlib_and_sympy_work(folder: Path) -> None:
    code = (
        "import numpy as np, pandas as pd, sympy\nimport matplotlib.pyplot as plt\n"
        "plt.plot(pd.Series(np.arange(4)) ** 2); plt.savefig('a.png'); print(sympy.integrate('x', ('x', 0, 2)))"
    )
    ran = python(folder, code)
    assert ran.stdout == "2\n", ran.stderr
    assert (sandbox.read_back(folder, "a.png", 1 << 20) or b"").startswith(b"\x89PNG")


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("python3", path="/usr/bin") is None,
    reason="root tries it as another user",
)
def test_a_normal_user_has_the_same_walls(folder: Path) -> None:
    """The system's Python stands in for a user's own; our packages are lent to it for the service's
    side alone."""
    program = "import os, time; print(os.getuid(), os.access('/root', 0))\nfor n in range(99):\n    if os.fork() == 0: time.sleep(9); os._exit(0)"
    service = (
        "import asyncio, pathlib, sys, tempfile; from agents.tools.sandbox import sandbox\n"
        "made = pathlib.Path(tempfile.mkdtemp())\n"
        "ran = asyncio.run(sandbox.run(made, [sandbox.python(), '-c', sys.argv[1]], sandbox.Limits(seconds=20, processes=30)))\n"
        "print(ran.stdout, ran.stderr, ran.stopped); made.rmdir()"
    )
    paths = f"{Path(research.__file__).parent.parent}:{Path(psutil.__file__).parent.parent}"
    user = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "env",
        f"PYTHONPATH={paths}",
        "PYTHONDONTWRITEBYTECODE=1",
    ]
    done = subprocess.run(
        [*user, "/usr/bin/python3", "-c", service, program],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
        check=False,
    )
    if "ModuleNotFoundError" in done.stderr or "SyntaxError" in done.stderr:
        pytest.skip("the system's Python cannot run the service's side")
    assert f"{sandbox.NOBODY} False" in done.stdout, done.stderr
    assert "BlockingIOError" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is made nobody")
def test_root_becomes_nobody(folder: Path) -> None:
    python(folder, "open('mine', 'w')")
    assert (folder / "mine").stat().st_uid == sandbox.NOBODY


NESTED = """
import os
for n in range(1500):
    os.mkdir('d' * 100); os.chdir('d' * 100)
open('deepest', 'w').write('x')
"""


async def test_folders_nested_too_deep_for_a_path_are_removed() -> None:
    async with work_folder() as made:
        ran = await sandbox.run(made, [sandbox.python(), "-c", NESTED], Limits(seconds=30))
        assert ran.exit_code == 0 or ran.stopped == "folder", ran.stderr
        assert (made / ("d" * 100)).is_dir()
    assert not made.exists()


def test_folders_nested_too_deep_end_the_run(folder: Path) -> None:
    ran = python(folder, NESTED + "import time; time.sleep(20)", Limits(seconds=30))
    remove(folder)
    folder.mkdir()  # the fixture's own end
    assert ran.stopped == "folder"


CLOSED = """
import os, time
os.makedirs('a/b')
for n in range(8): open(f'a/b/{n}', 'wb').write(bytes(1 << 20))
os.chmod('a/b', 0); os.chmod('a', 0)
time.sleep(15)
"""


def test_a_closed_folder_hides_nothing_from_the_quota(folder: Path) -> None:
    ran = python(folder, CLOSED, Limits(seconds=14, folder_size=4 << 20))
    assert ran.stopped == "folder"


def test_what_closed_folders_hide_is_removed_by_another_user_than_root(folder: Path) -> None:
    """The same looks and the same removal as a user whom modes bind."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from agents.tools.sandbox.folder import passes, remove\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "made = Path(sys.argv[1], 'own'); made.mkdir(); (made / 'a/b').mkdir(parents=True)\n"
        "(made / 'a/b/c').write_bytes(bytes(1 << 20))\n"
        "(made / 'a/b').chmod(0); (made / 'a').chmod(0)\n"
        "print(passes(made, size=1 << 30, files=1000)); remove(made); print(made.exists())"
    )
    folder.chmod(0o777)
    ran = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout == "True\nFalse\n", ran.stderr


def test_a_link_is_removed_and_not_followed(folder: Path) -> None:
    made = folder / "own"
    (made / "deep/x").mkdir(parents=True)
    (made / "l").symlink_to(folder)
    (folder / "kept").touch()
    remove(made)
    assert not made.exists() and (folder / "kept").exists()
