"""Connections that send nothing, or only a part of a request, hold up nobody else.

There are as many connections as the system's open files allow, less a reserve. A request's headers,
then its body, have a time in which they must have come. When all places are taken, the connection
that has waited longest without a whole request makes room for a new one; only if every one of them
is being answered, the new one is refused. Not here: clients that do not read their answers
(`server.py`), the size of bodies (`api/guarding/gate.py`), how many requests one client may make.
"""

import asyncio
import logging
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.problems import problem

if sys.platform != "win32":
    import resource

MOST = 2_048  # connections
BACKLOG = 128  # connections that the system holds for us, and that are taken at once
RESERVED = 512  # open files for the database, models, pages, browsers and the backlog
FILES = MOST + RESERVED
HEADER_LIMIT = 32 << 10  # bytes
_TOLD_EVERY = 60.0  # seconds
_log = structlog.get_logger("leadline.api")

# What every junk request would be told to, for as long as somebody likes to send them.
_http_log = logging.getLogger("leadline.http")
_http_log.setLevel(logging.ERROR)


def room() -> int:
    """How many connections there may be: raises this process's limit of open files as far as it
    may, and leaves a reserve."""
    if sys.platform == "win32":
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return MOST if soft == resource.RLIM_INFINITY else max(16, min(MOST, soft - RESERVED))


@dataclass
class Connections:
    """The connections of one server. `header_seconds` and `body_seconds` are for the whole of
    them."""

    most: int = field(default_factory=room)
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    _open: int = 0
    _waiting: "OrderedDict[Connection, None]" = field(default_factory=OrderedDict)
    _told_at: float = -_TOLD_EVERY

    def protocol(self, **of_server: Any) -> "Connection":
        """Make the protocol of a new connection; uvicorn calls this."""
        return Connection(self, **of_server)

    def admit(self, connection: "Connection") -> bool:
        """Count a connection in, if need be in place of the one that has waited longest."""
        full = self._open >= self.most
        if full:
            self._tell_full()
        if full and self._waiting:
            oldest, _ = self._waiting.popitem(last=False)
            oldest.give_up()
        elif full:
            return False
        self._open += 1
        self._waiting[connection] = None
        return True

    def answering(self, connection: "Connection") -> None:
        self._waiting.pop(connection, None)

    def waiting(self, connection: "Connection") -> None:
        self._waiting[connection] = None

    def gone(self, connection: "Connection") -> None:
        self._open -= 1
        self._waiting.pop(connection, None)

    def _tell_full(self) -> None:
        if time.monotonic() - self._told_at >= _TOLD_EVERY:
            self._told_at = time.monotonic()
            _log.warning("all places for connections are taken", most=self.most)


class Connection(H11Protocol):
    """One connection: it waits for a request, then for the rest of it, then answers."""

    def __init__(self, connections: Connections, **of_server: Any) -> None:
        super().__init__(**of_server)
        self.logger = _http_log
        self._all = connections
        self._admitted = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._admitted = self._all.admit(self)
        if self._admitted:
            self._wait(self._all.header_seconds)
        else:
            full = "All connections are taken."
            self._answer_briefly(HTTPStatus.SERVICE_UNAVAILABLE, full, "retry-after: 5\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._admitted:
            self._admitted = False
            self._all.gone(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._admitted and not self.transport.is_closing():
            super().data_received(data)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is None or self.cycle.response_complete:
            return
        if not self.cycle.more_body:
            self._stop_waiting()
            self._all.answering(self)
        elif self.cycle is not before:
            self._wait(self._all.body_seconds)

    def on_response_complete(self) -> None:
        if self._admitted:
            self._all.waiting(self)
            self._wait(self._all.header_seconds)
        super().on_response_complete()

    def give_up(self) -> None:
        """End a connection that has sent no whole request."""
        self._stop_waiting()
        self.transport.abort()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._too_late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if self.cycle is not None and self.cycle.response_started:
            self.transport.close()  # nothing is owed to it
        else:
            self._answer_briefly(HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time.")

    def send_400_response(self, msg: str) -> None:
        self._answer_briefly(HTTPStatus.BAD_REQUEST, msg)

    def _answer_briefly(self, status: HTTPStatus, detail: str, more: str = "") -> None:
        """Answer without the application, with a problem document, and hang up."""
        response = problem(status, status.phrase.lower().replace(" ", "_"), detail)
        head = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
        line = f"HTTP/1.1 {status} {status.phrase}\r\n"
        whole = f"{line}{head}{more}connection: close\r\n\r\n"
        self.transport.write(whole.encode() + bytes(response.body))
        self.conn.send_failed()
        if self.cycle is not None:
            self.cycle.disconnected = True
        self.transport.close()
