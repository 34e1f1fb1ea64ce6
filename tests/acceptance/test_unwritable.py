"""A database that cannot be used: the service says so and waits, and goes on when it is back. As
processes, for what an operator would see of them."""

import os
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from evals.doubles.loopback import free_port
from evals.doubles.postgres import postgres_server
from tests.acceptance.conftest import COMMAND, Leadline

QUESTION = {"question": "How deep is the Kestrel Trench?", "effort": "quick"}
LOG_LINES = 30  # in the seconds that a database is away: one for each who finds out, now and then
# root without the rights that root has over files of others
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
as_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, to give rights up"
)


@dataclass(frozen=True)
class Serving:
    """`leadline serve` at work; `log` is what it has said."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    log: Path

    def ready(self, status: int, *, seconds: float = 60) -> str:
        """Wait until it is ready or not; gives why not."""
        until = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                answer = self.client.get("/readyz")
                if answer.status_code == status:
                    return str(answer.json().get("detail", ""))
            except httpx.ConnectError:
                answer = None
            assert time.monotonic() < until, (answer and answer.text, self.log.read_text())
            time.sleep(0.2)

    def ask(self) -> httpx.Response:
        return self.client.post("/v1/research", json=QUESTION)

    def lines(self) -> int:
        return len(self.log.read_text().splitlines())


@contextmanager
def serve(leadline: Leadline, tmp_path: Path, *before: str) -> Iterator[Serving]:
    port = free_port()
    log = tmp_path / "log"
    command = [*before, str(COMMAND), "serve", "--port", str(port)]
    with log.open("wb") as told:
        # through a pipe: what is written to files may be limited
        process = subprocess.Popen(command, env=leadline.environment, stderr=subprocess.PIPE)
        assert process.stderr is not None  # it is a pipe
        with process.stderr as said:
            copying = subprocess.Popen(["cat"], stdin=said, stdout=told)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield Serving(process, client, log)
    finally:
        process.kill()
        process.wait()
        copying.wait(10)


def refused(leadline: Leadline, *before: str) -> str:
    """What the command says that cannot start."""
    command = [*before, str(COMMAND), "serve", "--port", str(free_port())]
    done = subprocess.run(
        command, env=leadline.environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    return done.stderr


def test_a_full_disk_is_told_and_waited_out(leadline: Leadline, tmp_path: Path) -> None:
    with serve(leadline, tmp_path) as service:
        service.ready(200)
        limit = psutil.Process(service.process.pid).rlimit
        limit(resource.RLIMIT_FSIZE, (8_192, resource.RLIM_INFINITY))
        assert service.ready(503).startswith("The database cannot be written to: ")
        refusal = service.ask()
        assert refusal.status_code == 503 and refusal.json()["code"] == "store_unreadable"
        assert service.client.get("/healthz").status_code == 200
        limit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        service.ready(200)
        assert service.ask().status_code == 202
    assert "Traceback" not in service.log.read_text()


@as_root
def test_a_job_whose_database_cannot_be_written_is_not_tried_without_end(
    leadline: Leadline, tmp_path: Path
) -> None:
    data = Path(leadline.environment["LEADLINE_DATA_DIR"])
    database = data / "leadline.db"
    with serve(leadline, tmp_path) as service:
        service.ready(200)
        leadline.environment["LEADLINE_WORKERS"] = "1"
        assert service.ask().status_code == 202
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE jobs SET status = 'queued', owner = NULL, finished_at = NULL")
        connection.commit()
    data.chmod(0o777)
    database.chmod(0o444)
    os.chown(database, 65534, 65534)
    with serve(leadline, tmp_path, *UNPRIVILEGED) as service:
        assert "readonly" in service.ready(503)
        before = service.lines()
        time.sleep(5)
        assert service.lines() - before < LOG_LINES
        assert psutil.Process(service.process.pid).cpu_percent(2.0) < 50
    assert "Traceback" not in service.log.read_text()


def test_a_server_that_goes_and_comes_back(leadline: Leadline, tmp_path: Path) -> None:
    with postgres_server() as server:
        leadline.environment["LEADLINE_DATABASE_URL"] = server.url()
        with serve(leadline, tmp_path) as service:
            service.ready(200)
            server.stop()
            assert "does not answer" in service.ready(503)
            before = service.lines()
            assert service.ask().status_code == 503
            time.sleep(5)
            assert service.lines() - before < LOG_LINES
            server.start()
            service.ready(200)
            assert service.ask().status_code == 202
    assert "Traceback" not in service.log.read_text()


@as_root
def test_folders_that_cannot_be_used_are_told(leadline: Leadline, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    os.chown(closed, 65534, 65534)
    leadline.environment["LEADLINE_DATA_DIR"] = str(closed)
    assert "Permission denied" in refused(leadline, *UNPRIVILEGED)
    leadline.environment["LEADLINE_DATA_DIR"] = str(closed / "within")
    assert "Permission denied" in refused(leadline, *UNPRIVILEGED)
    file = tmp_path / "file"
    file.write_text("no folder")
    leadline.environment["LEADLINE_DATA_DIR"] = str(file)
    assert "exists" in refused(leadline) or "Not a directory" in refused(leadline)


def test_a_schema_of_a_newer_version_is_told(leadline: Leadline) -> None:
    assert leadline.run("report", "list").returncode == 0
    database = Path(leadline.environment["LEADLINE_DATA_DIR"]) / "leadline.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert "does not know" in refused(leadline) and "newer version" in refused(leadline)
