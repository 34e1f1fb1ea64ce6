"""`leadline serve` told to stop: streams end by themselves and say when to come back, a request that
is under way is answered, and whoever was watching misses nothing of the job that goes on."""

import json
import signal
import socket
from pathlib import Path

from tests.acceptance.conftest import Leadline, ModelServer
from tests.acceptance.test_unwritable import QUESTION, serve

PATIENCE = 60


def test_streams_end_and_requests_under_way_are_answered(
    leadline: Leadline, model: ModelServer, tmp_path: Path
) -> None:
    model.delay = 1.0
    with serve(leadline, tmp_path) as service:
        service.ready(200)
        job_id = service.ask().json()["id"]
        asking = _half_asked(service.client.base_url.port or 0)
        path = f"/v1/research/{job_id}/events"
        with service.client.stream("GET", path) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("retry: ")
            seen = [next(lines) for _ in range(6)]
            service.process.send_signal(signal.SIGTERM)
            asking.sendall(_BODY[10:])
            seen += list(lines)  # to its end: a stream that is torn off would raise
        assert asking.recv(65_536).startswith(b"HTTP/1.1 202")
        asking.close()
        assert service.process.wait(PATIENCE) == 0
    assert "Traceback" not in service.log.read_text()
    first = _ids(seen)
    with serve(leadline, tmp_path) as service:
        service.ready(200)
        with service.client.stream(
            "GET", path, headers={"Last-Event-ID": str(first[-1])}, timeout=PATIENCE
        ) as again:
            rest = _ids(list(again.iter_lines()))
    assert first + rest == list(range(1, rest[-1] + 1))


_BODY = json.dumps(QUESTION).encode()


def _half_asked(port: int) -> socket.socket:
    """A question of which a part has been sent."""
    asking = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    head = (
        "POST /v1/research HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\n\r\n"
    )
    asking.sendall(head.encode() + _BODY[:10])
    return asking


def _ids(lines: list[str]) -> list[int]:
    return [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]
