"""A question whose answer nobody wrote down: it is computed from two quoted figures, with its
program and a chart."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from agents.tools.sandbox import sandbox
from evals.doubles.loopback import free_port
from tests.acceptance.conftest import Leadline
from tests.acceptance.test_resume import served

pytestmark = pytest.mark.skipif(
    sandbox.ready() is not None, reason=f"no program runs in the sandbox here: {sandbox.ready()}"
)
QUESTION = "What is the mean depth of the Kestrel Trench?"


@contextmanager
def service(leadline: Leadline) -> Iterator[httpx.Client]:
    """`leadline serve` on the data of the command."""
    port = free_port()
    process = served(leadline, port)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            assert client.get("/readyz").status_code == 200
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


def test_the_answer_is_computed_and_its_program_and_chart_can_be_looked_at(
    leadline: Leadline,
) -> None:
    leadline.grow()
    done = leadline.run(
        "ask",
        QUESTION,
        "--library",
        str(leadline.library),
        "--no-web",
        "--effort",
        "standard",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert "7465.0 metres" in report["markdown"]
    with service(leadline) as client:
        own = f"/v1/research/{report['id']}"
        ledger = client.get(f"{own}/claims").json()
        (claim,) = [claim for claim in ledger["claims"] if claim["runs"]]
        assert claim["text"] == "mean depth of the Kestrel Trench = 7465.0 metres"
        assert {
            number
            for quote in claim["evidence"]
            for number in ("7,420", "7,510")
            if number in quote["quote"]
        } == {"7,420", "7,510"}
        run = client.get(f"{own}/runs/{claim['runs'][0]['run_id']}").json()
        assert client.get(f"{own}/runs").json()["items"] == [run]
        assert "RESULT mean depth" in run["stdout"] and set(run["given"]) == set(run["inputs"])
        assert run["code_sha256"] == claim["runs"][0]["code_sha256"]
        (drawing,) = ledger["drawings"]
        (file,) = run["files"]
        assert (drawing["id"], drawing["sha256"]) == (file["id"], file["sha256"])
        picture = client.get(file["link"])
        assert (
            picture.content.startswith(b"\x89PNG")
            and picture.headers["content-type"] == "image/png"
        )
        assert picture.headers["x-content-type-options"] == "nosniff"
        work = client.get(f"/research/{report['id']}/work").text
        assert (
            "RESULT mean depth of the Kestrel Trench = 7465.0 metres" in work
            and file["link"] in work
        )


def test_without_a_sandbox_nothing_is_computed_and_this_is_told(
    leadline: Leadline, tmp_path: Path
) -> None:
    leadline.grow()
    nowhere = tmp_path / "packages" / "pyseccomp"
    nowhere.mkdir(parents=True)
    (nowhere / "__init__.py").write_text("raise ImportError('taken away')")
    leadline.environment["PYTHONPATH"] = os.fspath(nowhere.parent)
    done = leadline.script(
        "ask",
        QUESTION,
        "--library",
        str(leadline.library),
        "--no-web",
        "--effort",
        "standard",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    assert "7465" not in json.loads(done.stdout)["markdown"]
    assert done.stderr.count("Nothing can be computed") == 1
    assert "leadline[compute]" in leadline.script("doctor").stdout
