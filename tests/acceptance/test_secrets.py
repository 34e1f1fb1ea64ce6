"""Endpoints that repeat the key they were sent, in errors and in answers: nothing that the command
prints, logs or stores holds it."""

import base64
import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from evals.doubles.loopback import Answering, listening, send
from evals.doubles.simulated_model import completion
from tests.acceptance.conftest import Leadline, prepared

QUESTION = "What is the depth of the Kestrel Trench?"
KEY = "sk-leak-0123456789"
PASSWORD = "word-of-passage-77"
PAIR = base64.b64encode(f"me:{PASSWORD}".encode()).decode()


def stored(leadline: Leadline) -> bytes:
    """All that the command left in its data folder."""
    folder = Path(leadline.environment["LEADLINE_DATA_DIR"])
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def refusing(status: int) -> Answering:
    def answer(to: BaseHTTPRequestHandler) -> None:
        given = to.headers.get("Authorization", "")
        body = {"error": {"message": f"Incorrect API key provided: {given!r}", "type": given}}
        send(to, status, json.dumps(body).encode())

    return answer


def repeating(to: BaseHTTPRequestHandler) -> None:
    """A sound completion that says nothing but the key."""
    given = to.headers.get("Authorization", "")
    send(to, 200, completion({"role": "assistant", "content": json.dumps({"answer": given})}))


@pytest.mark.parametrize("answer", [refusing(401), repeating])
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:{}/v1", f"http://me:{PASSWORD}@127.0.0.1:{{}}/v1"]
)
def test_a_key_that_the_endpoint_repeats(answer: Answering, address: str, tmp_path: Path) -> None:
    with listening(answer) as port:
        leadline = prepared(tmp_path, address.format(port), LEADLINE_MODEL_API_KEY=KEY)
        done = leadline.ask(QUESTION)
        job_id = done.stdout.split()[0]
        shown = leadline.run("resume", job_id)
        examined = leadline.run("doctor")
    said = "".join(one.stdout + one.stderr for one in (done, shown, examined))
    kept = stored(leadline)
    assert b"Kestrel" in kept and "127.0.0.1" in said
    for secret in (KEY, PASSWORD, PAIR):
        assert secret not in said and secret.encode() not in kept


def test_a_key_with_the_end_of_a_line_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    leadline = prepared(tmp_path, "http://127.0.0.1:9/v1", LEADLINE_MODEL_API_KEY=f"{KEY}\r")
    for command in (("ask", QUESTION, "--no-web"), ("doctor",), ("serve", "--port", "0")):
        done = leadline.run(*command)
        assert done.returncode == 1 and KEY not in done.stdout + done.stderr
        assert "LEADLINE_MODEL_API_KEY" in done.stderr and "Traceback" not in done.stderr
