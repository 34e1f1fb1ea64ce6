"""A model endpoint that misbehaves on command: at which steps, how often and how. The rest it answers by rule, as `model_server` does."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from evals.simulated_model import ModelServer


@dataclass
class Faulty(ModelServer):
    """`fault` misbehaves for the first `times` calls of `step` ('' is any step)."""

    fault: Callable[[BaseHTTPRequestHandler], None] | None = None
    step: str = ""
    times: int = 10_000
    calls: list[str] = field(default_factory=list)
    counting: threading.Lock = field(default_factory=threading.Lock)

    def misbehaves(self, step: str) -> bool:
        with self.counting:
            self.calls.append(step)
            if self.fault is None or self.times <= 0 or (self.step and step != self.step):
                return False
            self.times -= 1
            return True


def told(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of this status and body."""

    def fault(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in ({"Content_Type": "application/json", "Content_Length": str(len(body))} | headers).items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(body)

    return fault


def said(content: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A sound completion with this text."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    reply = {"id": "r", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return told(200, json.dumps(reply).encode())


def reset(to: BaseHTTPRequestHandler) -> None:
    """Tear the connection down with a reset."""
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    to.close_connection = True
    to.connection.close()


def cut(to: BaseHTTPRequestHandler) -> None:
    """Promise more than is sent."""
    told(200, b'{"id": "r", "choices": [{"index": 0, "mess', Content_Length="5000")(to)
    to.close_connection = True


def silent(to: BaseHTTPRequestHandler) -> None:
    """Not a byte."""
    time.sleep(30)


def drip(to: BaseHTTPRequestHandler) -> None:
    """A byte now and then, so that no read ever times out."""
    told(200, b"", Content_Length="100000")(to)
    for _ in range(300):
        to.wfile.write(b" ")
        to.wfile.flush()
        time.sleep(0.1)


def huge(to: BaseHTTPRequestHandler) -> None:
    """A body without an end in sight."""
    told(200, b"", Content_Length=str(4 << 30))(to)
    piece = b" " * (1 << 20)
    for _ in range(4 << 10):
        to.wfile.write(piece)


@contextmanager
def faulty(server: Faulty) -> Iterator[Faulty]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            step, message = server.answer(body)
            with suppress(OSError):  # whoever asked may be gone
                if server.misbehaves(step):
                    assert server.fault is not None
                    server.fault(self)
                    return
                said_well(self, message)
                server.asked.append(step)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            with suppress(OSError, ValueError):
                super().handle()

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A torn connection is what was asked for."""

    listener = Quiet(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_port}/v1"
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def said_well(to: BaseHTTPRequestHandler, message: dict[str, Any]) -> None:
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if message.get("tool_calls") else "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    reply = {"id": "r", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    told(200, json.dumps(reply).encode())(to)
