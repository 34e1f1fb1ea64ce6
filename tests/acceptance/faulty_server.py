"""What an endpoint, a search server or a page does when it misbehaves, and a model endpoint that
does so on command: at which steps and how often. The rest it answers by rule, as any simulated
model does."""

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from evals.doubles.loopback import Answering, send
from evals.doubles.simulated_model import ModelServer, completion


@dataclass
class Faulty(ModelServer):
    """`fault` misbehaves for the first `times` calls of `step` ('' is any step). `calls` are all
    that were made."""

    fault: Answering | None = None
    step: str = ""
    times: int = 10_000
    calls: list[str] = field(default_factory=list)
    counting: threading.Lock = field(default_factory=threading.Lock)

    def fault_at(self, step: str) -> Answering | None:
        with self.counting:
            self.calls.append(step)
            if self.fault is None or self.times <= 0 or (self.step and step != self.step):
                return None
            self.times -= 1
            return self.fault


def told(status: int, body: bytes, **headers: str) -> Answering:
    """An answer of this status and body."""
    return lambda to: send(to, status, body, **headers)


def said(content: str) -> Answering:
    """A sound completion with this text."""
    return told(200, completion({"role": "assistant", "content": content}))


def reset(to: BaseHTTPRequestHandler) -> None:
    """Tear the connection down with a reset."""
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    to.close_connection = True
    to.connection.close()


def cut(to: BaseHTTPRequestHandler) -> None:
    """Promise more than is sent."""
    send(to, 200, b'{"id": "r", "choices": [{"index": 0, "mess', Content_Length="5000")
    to.close_connection = True


def silent(to: BaseHTTPRequestHandler) -> None:
    """Not a byte."""
    time.sleep(30)


def drip(to: BaseHTTPRequestHandler) -> None:
    """A byte now and then, so that no read ever times out."""
    send(to, 200, b"", Content_Length="100000", Content_Type="text/html")
    for _ in range(300):
        to.wfile.write(b" ")
        to.wfile.flush()
        time.sleep(0.1)


def huge(to: BaseHTTPRequestHandler) -> None:
    """A body without an end in sight."""
    send(to, 200, b"", Content_Length=str(4 << 30))
    piece = b" " * (1 << 20)
    for _ in range(4 << 10):
        to.wfile.write(piece)


def odd(content: str | None = None, *, finish: str = "stop", **message: object) -> Answering:
    """An answer of this content that ends for this reason, with more in its message."""
    given = {"role": "assistant", "content": content, **message}
    body = json.loads(completion(given))
    body["choices"][0]["finish_reason"] = finish
    return told(200, json.dumps(body).encode())
