"""Programs that try to get out of the sandbox, for real."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents import sandbox
from agents.sandbox import Limits, Ran

pytestmark = pytest.mark.skipif(bool(sandbox.missing()), reason="the sandbox's programs are not installed")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp())  # pytest's own folders are closed to `nobody`
    yield made
    shutil.rmtree(made)


def python(folder: Path, code: str, limits: Limits | None = None) -> Ran:
    return asyncio.run(sandbox.run(folder, ["/usr/bin/python3", "-I", "-c", code], limits))


def test_a_program_runs_and_its_exit_code_and_output_come_back(folder: Path) -> None:
    ran = python(folder, "import sys; print(6 * 7); print('odd', file=sys.stderr); open('a.txt', 'w').write('kept'); sys.exit(3)")
    assert (ran.exit_code, ran.stdout, ran.stderr, ran.stopped) == (3, "42\n", "odd\n", None)
    assert sandbox.read_back(folder, "a.txt", 100) == b"kept"


def test_no_network_not_even_the_hosts_loopback(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = python(folder, f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
    assert ran.exit_code and "Error" in ran.stderr


def test_secrets_of_the_environment_and_the_hosts_processes_are_not_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_MODEL_API_KEY", "sk-hidden")
    code = "import os, glob; print(dict(os.environ)); [print(open(p, 'rb').read()) for p in glob.glob('/proc/[0-9]*/environ')]"
    ran = python(folder, code)
    assert ran.exit_code == 0 and "HOME" in ran.stdout and "sk-hidden" not in ran.stdout


@pytest.mark.parametrize("path", ["/usr/x", "/etc/x", "/x", sys.prefix + "/x"])
def test_nothing_is_written_outside(folder: Path, path: str) -> None:
    ran = python(folder, f"open({path!r}, 'w').write('x')")
    assert ran.exit_code and "Error" in ran.stderr and not Path(path).exists()


def test_the_hosts_files_are_not_there(folder: Path) -> None:
    hidden = folder.parent / (folder.name + ".secret")
    hidden.write_text("secret")
    try:
        ran = python(folder, f"import os; print(os.path.exists({str(hidden)!r}), os.path.exists('/root'), os.path.exists('/etc/passwd'))")
    finally:
        hidden.unlink()
    assert ran.stdout == "False False False\n"


def test_a_link_left_behind_is_not_followed(folder: Path) -> None:
    ran = python(folder, "import os; os.symlink('/etc/passwd', 'l'); os.mkfifo('p'); os.mkdir('d')")
    assert ran.exit_code == 0
    assert [sandbox.read_back(folder, name, 10_000) for name in ("l", "p", "d", "../x", "..")] == [None] * 5


def test_memory_and_processes_are_limited(folder: Path) -> None:
    assert "MemoryError" in python(folder, "x = bytearray(3 << 30)").stderr
    ran = python(
        folder,
        "import os, time\nfor n in range(500):\n    if os.fork() == 0: time.sleep(30); os._exit(0)",
        Limits(seconds=10, processes=40),
    )
    assert "BlockingIOError" in ran.stderr


def test_a_full_folder_ends_the_run(folder: Path) -> None:
    small = Limits(seconds=20, folder_files=100, folder_size=4 << 20)
    many = "import time\nfor n in range(300): open(str(n), 'w')\ntime.sleep(15)"
    assert python(folder, many, small).stopped == "folder"


def test_endless_output_keeps_its_tail_and_endless_runs_leave_no_children(folder: Path) -> None:
    ran = python(folder, "import os\nif os.fork() == 0: os.setsid()\nwhile True: print('y' * 999)", Limits(seconds=1, output=5000))
    assert ran.stopped == "time" and len(ran.stdout) == 5000 and ran.seconds < 5


def test_no_new_namespaces_and_no_mounts(folder: Path) -> None:
    code = "import subprocess\n"
    code += "for c in (['unshare', '-U', 'true'], ['mount', '-t', 'tmpfs', 'x', '/mnt']): print(subprocess.run(c).returncode != 0)"
    assert python(folder, code).stdout == "True\nTrue\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is made nobody")
def test_root_becomes_nobody(folder: Path) -> None:
    python(folder, "open('mine', 'w')")
    assert (folder / "mine").stat().st_uid == sandbox.NOBODY
