"""`leadline serve` where 1,024 files may be open, and clients that send half of a request."""

import resource
import signal
import socket
import time
from contextlib import ExitStack

import httpx

from evals.doubles.loopback import free_port
from tests.acceptance.conftest import Leadline
from tests.acceptance.test_resume import served

CLIENTS = 1_050
HALF = b"POST /v1/research HTTP/1.1\r\nHost: localhost\r\nContent-Le"


def few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, 1_024))


def test_half_sent_requests_hold_up_nobody(leadline: Leadline) -> None:
    port = free_port()
    process = served(leadline, port, few_files)
    base = f"http://127.0.0.1:{port}"
    took = []
    try:
        with ExitStack() as stack:
            for number in range(CLIENTS):
                sock = stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
                sock.sendall(HALF)
                if number % 150 == 0 or number == CLIENTS - 1:
                    began = time.monotonic()
                    assert httpx.get(f"{base}/healthz", timeout=20).status_code == 200
                    took.append(time.monotonic() - began)
            assert httpx.get(f"{base}/v1/research", timeout=20).json()["items"] == []
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate()
    assert sorted(took)[len(took) // 2] < 2, took
    assert len(log) < 10_000 and "Too many open files" not in log
