"""The HTTP server: uvicorn, which lets go of clients that no longer take what they are sent, and
ends event streams before it stops. Its connections are bounded (`connections.py`).

Not here: what is served (`api/app.py`), under which settings (`api/jobs/serving.py`).
"""

import socket
from collections.abc import Callable
from typing import Any, cast

import uvicorn

from api.http.connections import BACKLOG, HEADER_LIMIT, Connections

SEND_MILLISECONDS = 30_000  # for a client to take anything of what it is sent


def bound(config: uvicorn.Config, connections: Connections) -> None:
    """Have a server's connections be these."""
    config.http = cast(Any, connections.protocol)
    config.ws = "none"
    config.backlog = BACKLOG
    config.h11_max_incomplete_event_size = HEADER_LIMIT


class Server(uvicorn.Server):
    """`leave` is called when the server has been told to stop: what it wakes is still sent."""

    def __init__(
        self,
        config: uvicorn.Config,
        leave: Callable[[], None],
        connections: Connections | None = None,
    ) -> None:
        bound(config, connections or Connections())
        super().__init__(config)
        self._leave = leave

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        # The system cuts off a client that has stopped reading: a response that waits for it would
        # otherwise be held, with its connection, for as long as the client likes.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            for listening in (sock for server in self.servers for sock in server.sockets):
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_MILLISECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leave()
        await super().shutdown(sockets=sockets)
