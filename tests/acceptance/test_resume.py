"""kill -9 at any moment, and the run goes on from its last step: nothing already paid for is paid again but the step in flight."""

import json
import signal
import threading
import time
from collections import Counter
from typing import Any

import httpx
import pytest

from evals.simulated_model import ModelServer
from tests.acceptance.command import Command
from tests.acceptance.conftest import Leadline

QUESTION = "What is the depth of the Kestrel Trench?"


def kill_at(model: ModelServer, step: str, process: Command) -> threading.Event:
    """Kill the process as soon as the model is asked for this step."""
    killed = threading.Event()

    def on_call(asked: str) -> None:
        if asked == step and not killed.is_set():
            killed.set()
            process.send_signal(signal.SIGKILL)

    model.on_call = on_call
    return killed


@pytest.mark.parametrize("step", ["plan", "act", "summary", "analyse", "write", "check"])
def test_ask_killed_and_resumed_repeats_only_the_step_in_flight(leadline: Leadline, model: ModelServer, step: str) -> None:
    whole = leadline.report(QUESTION)
    alone = Counter(model.asked)
    model.asked.clear()
    model.delay = 0.3
    process = leadline.start("ask", QUESTION, "--library", str(leadline.library), "--no-web", "--effort", "quick")
    killed = kill_at(model, step, process)
    output, _ = process.communicate(timeout=60)
    assert killed.is_set()
    assert process.returncode == -signal.SIGKILL
    time.sleep(0.5)  # the call that was in flight ends at the endpoint
    model.delay = 0
    resumed = leadline.run("resume", output.split()[0], "--json")
    assert resumed.returncode == 0, resumed.stderr
    report = json.loads(resumed.stdout)
    assert [s["text"] for s in report["answer"]] == [s["text"] for s in whole["answer"]]
    repeated = Counter(model.asked) - alone
    assert sum(repeated.values()) <= 1, repeated


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str, ready: Any, seconds: float = 30) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            answer = httpx.get(url, timeout=5)
            if answer.status_code == 200 and ready(answer.json()):
                found: dict[str, Any] = answer.json()
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not get there in {seconds} s")


def test_serve_killed_and_started_again_goes_on_with_its_jobs(leadline: Leadline, model: ModelServer) -> None:
    assert leadline.run("library", "add", "trenches", str(leadline.library)).returncode == 0
    port = str(free_port())
    base = f"http://127.0.0.1:{port}"
    model.delay = 0.3
    process = leadline.start("serve", "--port", port)
    wait_for(f"{base}/readyz", lambda body: True)
    killed = kill_at(model, "summary", process)
    asked = {"question": QUESTION, "effort": "quick", "sources": {"libraries": ["trenches"]}}
    made = httpx.post(f"{base}/v1/research", json=asked)
    assert made.status_code == 202, made.text
    process.communicate(timeout=60)
    assert killed.is_set()
    model.delay = 0
    again = leadline.start("serve", "--port", port)
    try:
        job = made.json()["id"]
        ended = wait_for(f"{base}/v1/research/{job}", lambda body: body["status"] in ("completed", "failed"), 60)
        assert ended["status"] == "completed"
        report = httpx.get(f"{base}/v1/research/{job}/report", headers={"Accept": "application/json"}).json()
        assert report["status"] == "complete"
        assert Counter(model.asked)["plan"] == 1
        assert Counter(model.asked)["summary"] <= 2
    finally:
        again.send_signal(signal.SIGTERM)
        again.communicate(timeout=30)
