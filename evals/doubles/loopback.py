"""A small HTTP server on loopback in threads of its own, for what pretends to be a service
elsewhere: a model, a web.

Whoever asks may be gone or torn off at any time. Not here: what is answered (`simulated_model.py`,
`small_web.py`)."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answering = Callable[[BaseHTTPRequestHandler], None]


def free_port() -> int:
    """A port below those that connections are given, so that none takes it before a server does,
    nor while one that comes back is away."""
    for port in random.sample(range(15_000, 30_000), 100):
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


@contextmanager
def listening(
    answer: Answering, *, host: str = "127.0.0.1", port: int = 0, keep_alive: bool = False
) -> Iterator[int]:
    """Answer every request until the block ends; gives the port, a free one if none is named.
    Requests still being answered are left to their threads. With `keep_alive` a connection serves
    many requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if keep_alive else "HTTP/1.0"

        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET

        def handle(self) -> None:
            with suppress(
                OSError, ValueError
            ):  # a torn connection, also a file of it that is closed
                super().handle()

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 256

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A torn connection is nothing to tell of."""

    server = Server((host, port or free_port()), Handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(to: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """An answer of this status and body; an underscore in a header's name is a hyphen."""
    to.send_response(status)
    for name, value in (
        {"Content_Type": "application/json", "Content_Length": str(len(body))} | headers
    ).items():
        to.send_header(name.replace("_", "-"), value)
    to.end_headers()
    to.wfile.write(body)
