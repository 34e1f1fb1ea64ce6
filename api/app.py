"""The HTTP application: the API under `/v1`, the viewer at `/`, health. Everything it needs is
handed in.

Not here: binding and TLS (`leadline serve`, a proxy), the running of jobs (`api/jobs/` with the
runner handed in).
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.sessions import SessionMiddleware

from api.guarding.access import Access
from api.guarding.attempts import Attempts
from api.guarding.gate import Gate
from api.guarding.oidc import STATE_COOKIE, STATE_SECONDS, Oidc
from api.guarding.rate import RateLimited
from api.guarding.streams import Streams
from api.http import openapi, problems
from api.http.connections import room
from api.http.request_ids import RequestIds
from api.jobs.queueing import Runner
from api.jobs.worker import Worker
from api.messages.follow import Progresses
from api.observing.metrics import Metrics, watching
from api.observing.operations import operations_port
from api.observing.telemetry import REQUESTS
from api.routes import computed, events, operations, research, results, usage
from api.routes.given import own_job
from api.viewer import oidc, pages, reference
from api.viewer.render import STATIC
from research.settings import LOOPBACK, Settings
from research.store.database import Store
from research.store.feed import Feed
from research.store.queue.progress import QueueWatch

ROUTERS = (
    research.router,
    results.router,
    computed.router,
    events.router,
    usage.router,
    pages.router,
    reference.router,
    operations.router,
)


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
            await stack.enter_async_context(watching(store, app.state.metrics))
            if runner is not None:
                worker = Worker(store, settings, runner)
                app.state.worker = await stack.enter_async_context(worker)
            port = operations_port(settings, store, app.state.metrics, app.state.worker)
            await stack.enter_async_context(port)
            yield

    app = FastAPI(
        title="Leadline",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry=REQUESTS,
        dependencies=[Depends(own_job)],
    )
    app.state.store, app.state.settings, app.state.worker = store, settings, None
    app.state.metrics = Metrics()
    app.state.oidc = Oidc(settings) if settings.oidc_issuer else None
    open_here = hosts is not None and app.state.oidc is None
    app.state.access = Access(settings, store, open_here=open_here)
    app.state.attempts = Attempts()
    app.state.progresses, app.state.queue = Progresses(), QueueWatch()
    app.state.streams = Streams(room())
    _guard(app, settings, hosts)
    problems.install(app, page=pages.problem)
    openapi.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _guard(app: FastAPI, settings: Settings, hosts: frozenset[str] | None) -> None:
    """What stands before every route; what is added last stands first."""
    if settings.rate_limit is not None:
        app.add_middleware(RateLimited, limit=settings.rate_limit)
    if app.state.oidc is not None:
        app.include_router(oidc.router)
        app.add_middleware(
            SessionMiddleware,
            secret_key=app.state.oidc.state_key,
            session_cookie=STATE_COOKIE,
            max_age=STATE_SECONDS,
            path="/sign-in",
            same_site="lax",
            https_only=app.state.oidc.is_secure,
        )
    app.add_middleware(Gate, hosts=hosts, access=app.state.access)
    app.add_middleware(RequestIds)
