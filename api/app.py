"""The HTTP application: the API under `/v1`, the viewer at `/`, health. Everything it needs is
handed in.

Not here: binding and TLS (`leadline serve`, a proxy), the running of jobs (`jobs.py` with the
runner handed in).
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api import problems
from api.gate import Gate
from api.jobs import Runner, Worker
from api.routes import computed, events, research, results
from api.viewer import pages, reference
from api.viewer.render import STATIC
from research.errors import StoreUnreadable
from research.settings import LOOPBACK, Settings
from research.store.database import Store
from research.store.feed import Feed


def create_app(
    settings: Settings,
    store: Store,
    runner: Runner | None = None,
    *,
    hosts: frozenset[str] | None = LOOPBACK,
) -> FastAPI:
    """Make the application. With a `runner` it works on jobs itself; `hosts` are the names it
    answers to, None for any."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.feed = await stack.enter_async_context(Feed(store, events.as_sent))
            if runner is not None:
                worker = Worker(store, settings, runner)
                app.state.worker = await stack.enter_async_context(worker)
            yield

    app = FastAPI(title="Leadline", version="1", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.store, app.state.settings, app.state.worker = store, settings, None
    key = settings.api_key.get_secret_value() if settings.api_key else None
    app.add_middleware(Gate, hosts=hosts, key=key or None)
    problems.install(app)
    for router in (
        research.router,
        results.router,
        computed.router,
        events.router,
        pages.router,
        reference.router,
    ):
        app.include_router(router)
    _add_health(app, store)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _add_health(app: FastAPI, store: Store) -> None:
    @app.get("/healthz", tags=["health"])
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["health"])
    async def readyz() -> JSONResponse:
        """The database answers, and the worker, if there is one, looks for work."""
        worker: Worker | None = app.state.worker
        try:
            async with store.session() as session:
                await (await session.connection()).execute(text("SELECT 1 FROM jobs LIMIT 1"))
        except (SQLAlchemyError, StoreUnreadable):
            return problems.problem(503, "not_ready", "The database does not answer.")
        if worker is not None and not worker.alive:
            return problems.problem(503, "not_ready", "The worker has stopped; the log says why.")
        return JSONResponse({"status": "ready", "worker": worker is not None})
