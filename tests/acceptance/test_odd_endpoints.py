"""A model that answers nothing of use, in the command and in the service: told as the model's
failure, never as missing evidence; what was read and found is kept, and nothing is tried without
end."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from evals.doubles.loopback import Answering, free_port
from evals.doubles.simulated_model import serving
from research.reporting.words import WORDS
from tests.acceptance.conftest import Leadline, prepared
from tests.acceptance.faulty_server import Faulty, odd
from tests.acceptance.test_resume import reaches, served

QUESTION = "What is the depth of the Kestrel Trench?"
NO_EVIDENCE = WORDS["en"]["insufficient_evidence"]
USELESS: dict[str, tuple[Answering, str]] = {
    "a filter": (odd(finish="content_filter"), "declined"),
    "a refusal": (odd(refusal="I cannot help with trenches."), "declined"),
    "only reasoning": (odd("", reasoning_content='{"answer": 3}'), "no answer"),
    "nothing": (odd(""), "no answer"),
    "cut off": (odd('{"answer', finish="length"), "no answer"),
}


@pytest.mark.parametrize("kind", USELESS)
def test_a_model_that_never_answers_is_what_failed(kind: str, tmp_path: Path) -> None:
    fault, how = USELESS[kind]
    with serving(Faulty(fault=fault)) as server:
        leadline = prepared(tmp_path, server.url)
        done = leadline.ask(QUESTION, "--json")
        shown = leadline.run("report", "show", done.stderr.split()[0])
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert (
        f"The model m at {server.url} gave no usable answer to" in done.stderr
        and "LEADLINE_MODEL" in done.stderr
    )
    report = json.loads(done.stdout)
    assert report["status"] == "partial" and "7,420 metres" in report["markdown"]
    assert how in report["limitations"][0] and "m at 127.0.0.1" in report["limitations"][0]
    assert NO_EVIDENCE not in shown.stdout and "trenches" not in shown.stdout


def test_an_answer_that_breaks_off_is_an_endpoint_that_fails(tmp_path: Path) -> None:
    with serving(Faulty(fault=odd("The", finish="error"), step="summary")) as server:
        leadline = prepared(tmp_path, server.url)
        failed = leadline.ask(QUESTION)
        server.fault = None
        resumed = leadline.run("resume", failed.stdout.split()[0], "--json")
    assert (
        failed.returncode == 1
        and f"m at {server.url} cannot be used: the answer broke off" in failed.stderr
    )
    assert resumed.returncode == 0 and json.loads(resumed.stdout)["status"] == "complete"


def test_a_step_that_fails_is_told_in_a_report_that_stands(tmp_path: Path) -> None:
    with serving(Faulty(fault=odd(finish="content_filter"), step="plan")) as server:
        done = prepared(tmp_path, server.url).ask(QUESTION, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "complete" and report["floors"] == ["plan_first"]
    assert "to 1 of " in report["limitations"][0] and "declined" in report["limitations"][0]


def test_nothing_found_by_a_model_that_fails_is_no_missing_evidence(tmp_path: Path) -> None:
    """The sources answer nothing, and so does the model: nobody can tell which it was."""
    with serving(Faulty(fault=odd(finish="content_filter"))) as server:
        leadline = prepared(tmp_path, server.url)
        for file in leadline.library.iterdir():
            file.unlink()
        (leadline.library / "fish.txt").write_text(
            "Herring is eaten with onions.\n", encoding="utf-8"
        )
        done = leadline.ask("西班牙国王是谁？")
    assert done.returncode in (1, 3) and NO_EVIDENCE not in done.stdout + done.stderr
    assert (
        "gave no usable answer to" in done.stderr
        and WORDS["zh"]["insufficient_evidence"] not in done.stdout
    )


def test_a_writer_that_declines_in_prose_is_no_missing_evidence(tmp_path: Path) -> None:
    with serving(
        Faulty(fault=odd("I am sorry, but I cannot help with that."), step="write")
    ) as server:
        done = prepared(tmp_path, server.url).ask(QUESTION, "--json")
    assert done.returncode == 3 and "nothing that the model m wrote of it stands" in done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "partial" and NO_EVIDENCE not in report["markdown"]
    assert report["limitations"][0] == WORDS["en"]["nothing_written"]


@contextmanager
def service(leadline: Leadline, port: int) -> Iterator[str]:
    """`leadline serve` with the library *sea*; the address of its research."""
    process = served(leadline, port)
    try:
        yield f"http://127.0.0.1:{port}/v1/research"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


def test_the_service_tells_it_typed_and_tries_nothing_again(tmp_path: Path) -> None:
    asked = {"question": QUESTION, "effort": "quick", "sources": {"libraries": ["sea"]}}
    with serving(Faulty(fault=odd(finish="content_filter"))) as server:
        leadline = prepared(tmp_path, server.url, LEADLINE_STALE_SECONDS="0.6")
        assert leadline.run("library", "add", "sea", str(leadline.library)).returncode == 0
        with service(leadline, free_port()) as base:
            declined = reaches(
                f"{base}/{httpx.post(base, json=asked, timeout=60).json()['id']}", "completed"
            )
            page = httpx.get(base.replace("/v1", "") + f"/{declined['id']}", timeout=60).text
            server.fault = odd("The", finish="error")
            job_id = httpx.post(base, json=asked, timeout=60).json()["id"]
            failed = reaches(f"{base}/{job_id}", "failed")
        calls = len(server.calls)
        with service(leadline, free_port()) as base:  # a worker that begins anew takes up neither
            time.sleep(2)
            again = httpx.get(f"{base}/{job_id}", timeout=60).json()
        assert len(server.calls) == calls
    assert (
        declined["error"]["code"] == "model_unreliable"
        and server.url in declined["error"]["message"]
    )
    assert declined["error"]["message"].split(":")[0] in page and "gave no usable answer" in page
    assert (
        failed["error"]["code"] == "model_unavailable" and server.url in failed["error"]["message"]
    )
    assert (
        (failed["status"], failed["attempts"])
        == ("failed", 1)
        == (again["status"], again["attempts"])
    )
