"""The services of Compose that are Leadline's own, without an engine: their commands, environment and
health checks as they stand there, on a real PostgreSQL."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from evals.doubles.loopback import free_port
from evals.doubles.simulated_model import ModelServer
from evals.doubles.small_web import SmallWeb
from tests.acceptance.collector import Collector, collecting
from tests.acceptance.conftest import COMMAND, Leadline
from tests.acceptance.test_operating import ASKED, web

__all__ = ["web"]  # a fixture

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<must>:\?[^}]*)?(?::-(?P<otherwise>[^}]*))?\}")
SECRETS = {
    "LEADLINE_API_KEY": "a-key-of-some-length-0123",
    "POSTGRES_PASSWORD": "trusted",
    "SEARXNG_SECRET": "unused",
}
KEY = {"Authorization": f"Bearer {SECRETS['LEADLINE_API_KEY']}"}


class Service:
    """A service of the file, with what a test puts in the place of other containers and ports."""

    def __init__(self, name: str, given: Mapping[str, str], ports: Mapping[str, int]) -> None:
        self.about: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"][name]
        self.given = given
        self.ports = ports
        self.process: subprocess.Popen[bytes] | None = None

    def _here(self, text: str) -> str:
        for inside, here in self.ports.items():
            text = re.sub(rf"\b{inside}\b", str(here), text)
        return text

    def environment(self) -> dict[str, str]:
        def value(found: re.Match[str]) -> str:
            assert not found["must"] or found["name"] in SECRETS
            return SECRETS.get(found["name"], found["otherwise"] or "")

        told = {key: VARIABLE.sub(value, text) for key, text in self.about["environment"].items()}
        return {key: self._here(text) for key, text in told.items()} | self.given

    @contextmanager
    def running(self, log: Path) -> Iterator[None]:
        command = [self._here(part) for part in self.about["command"]]
        path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**self.environment(), "PATH": path, "HOME": os.environ["HOME"]}
        with log.open("wb") as written:
            self.process = subprocess.Popen(
                command, env=environment, stdout=written, stderr=written
            )
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def is_healthy(self) -> bool:
        _, python, *check = self.about["healthcheck"]["test"]
        assert python == "python"
        command = [sys.executable, *(self._here(part) for part in check)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def becomes_healthy(self, log: Path) -> None:
        until = time.monotonic() + 120
        while not self.is_healthy():
            assert self.process and self.process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.5)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as opened:
        yield opened


@pytest.fixture
def given(
    leadline: Leadline, model: ModelServer, web: SmallWeb, postgres_url: str, collector: Collector
) -> dict[str, str]:
    """Where the database, the model, the search and the collector of traces are here."""
    leadline.searches(web)
    own = {name: value for name, value in leadline.environment.items() if "LEADLINE_" in name}
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address}
    return {**own, **traced, "LEADLINE_DATABASE_URL": postgres_url}


def test_api_and_worker_run_as_compose_starts_them(
    given: dict[str, str], collector: Collector, tmp_path: Path
) -> None:
    port, watched = free_port(), free_port()
    # both watch at 9464, each in a container of its own
    api = Service("api", given, {"8321": port, "9464": free_port()})
    worker = Service("worker", given, {"9464": watched})
    logs = [tmp_path / "api.log", tmp_path / "worker.log"]
    url = f"http://127.0.0.1:{port}/v1/research"
    with api.running(logs[0]), worker.running(logs[1]), httpx.Client(headers=KEY) as client:
        api.becomes_healthy(logs[0])
        worker.becomes_healthy(logs[1])
        asked = client.post(url, json=ASKED)
        assert asked.status_code == 202, asked.text
        job = f"{url}/{asked.json()['id']}"
        until = time.monotonic() + 120
        while client.get(job).json()["status"] in ("queued", "running"):
            assert time.monotonic() < until, logs[1].read_text()
            time.sleep(0.2)
        assert client.get(job).json()["status"] == "completed", logs[1].read_text()
        scraped = httpx.get(f"http://127.0.0.1:{watched}/metrics").text
        assert 'leadline_jobs_ended_total{outcome="complete",tenant="default"} 1.0' in scraped
    assert not worker.is_healthy()
    (request,) = collector.named("POST /v1/research")
    (run,) = collector.named("invoke_workflow research")
    assert (run.trace, run.parent) == (request.trace, request.id)
    assert (request.service, run.service) == ("leadline-api", "leadline-worker")
    for line in logs[0].read_text().splitlines():
        json.loads(line)
    (done,) = [line for line in logs[1].read_text().splitlines() if "job completed" in line]
    assert json.loads(done)["request"] == asked.headers["X-Request-ID"]
