"""A port of its own for operators: health, readiness and metrics of one process, without a key.

For workers, which have no other port, and for scrapers that should not hold the API's key. It is
bound to this machine unless `LEADLINE_METRICS_HOST` says otherwise; the numbers tell how much each
tenant uses, so that it belongs on a private network.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.http.connections import Connections
from api.http.server import bound
from api.jobs.worker import Worker
from api.observing.metrics import Metrics
from api.routes import operations
from research.errors import SettingsError
from research.settings import LOOPBACK, Settings
from research.store.database import Store
from research.store.queue.progress import QueueWatch

CONNECTIONS = 64  # of scrapers and health checks, at once


class _Server(uvicorn.Server):
    """Leaves the signals of the process to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def operations_port(
    settings: Settings, store: Store, metrics: Metrics, worker: Worker | None = None
) -> AsyncIterator[None]:
    """Serve the port while the block runs, if the settings name one. Raises `SettingsError` for one
    that is taken."""
    if settings.metrics_port is None:
        yield
        return
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.store, app.state.metrics, app.state.worker = store, metrics, worker
    app.state.queue = QueueWatch()
    if settings.metrics_host in LOOPBACK:  # no page in a browser of this machine gets at it
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=sorted(LOOPBACK))
    app.include_router(operations.router)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="off"
    )
    bound(config, Connections(most=CONNECTIONS))
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[_bound(settings)]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _bound(settings: Settings) -> socket.socket:
    host, port = settings.metrics_host, settings.metrics_port or 0
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            name="LEADLINE_METRICS_PORT",
            reason=f"{host}:{port} cannot be bound: {error.strerror}",
            mend="Choose a port that is free, and an address of this machine.",
        ) from error
