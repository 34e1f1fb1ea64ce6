"""What every route is given: who asks, the store as that tenant sees it, the feed of events, the
settings, and a way to wake the worker. Kept on the application, made by `create_app`."""

from typing import Annotated

from fastapi import Depends, Request

from api.guarding.access import Access
from api.guarding.attempts import Attempts
from api.guarding.streams import Streams
from api.jobs.worker import Worker
from api.messages.follow import Progresses
from research.domain import Caller, Job
from research.errors import KeyRequired
from research.settings import Settings
from research.store.database import Store
from research.store.feed import Feed
from research.store.queue.progress import QueueWatch


async def _caller(request: Request) -> Caller:
    """Whom the gate let in. Raises `KeyRequired` on a path that it leaves open to everybody."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise KeyRequired()
    return caller


CallerGiven = Annotated[Caller, Depends(_caller)]


async def _whole_store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def _store(request: Request, caller: CallerGiven) -> Store:
    store: Store = request.app.state.store
    return store.of(caller.tenant)


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _worker(request: Request) -> Worker | None:
    worker: Worker | None = request.app.state.worker
    return worker


async def _feed(request: Request) -> Feed[bytes]:
    feed: Feed[bytes] = request.app.state.feed
    return feed


async def _attempts(request: Request) -> Attempts:
    attempts: Attempts = request.app.state.attempts
    return attempts


async def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


FeedGiven = Annotated[Feed[bytes], Depends(_feed)]
WholeStoreGiven = Annotated[Store, Depends(_whole_store)]  # of all tenants: for operators
StoreGiven = Annotated[Store, Depends(_store)]
SettingsGiven = Annotated[Settings, Depends(_settings)]
WorkerGiven = Annotated[Worker | None, Depends(_worker)]
AccessGiven = Annotated[Access, Depends(_access)]
AttemptsGiven = Annotated[Attempts, Depends(_attempts)]


async def _progresses(request: Request) -> Progresses:
    progresses: Progresses = request.app.state.progresses
    return progresses


async def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


async def _queue(request: Request) -> QueueWatch:
    queue: QueueWatch = request.app.state.queue
    return queue


StreamsGiven = Annotated[Streams, Depends(_streams)]
QueueGiven = Annotated[QueueWatch, Depends(_queue)]
ProgressesGiven = Annotated[Progresses, Depends(_progresses)]


async def own_job(request: Request) -> Job | None:
    """Every path that names a job is of the caller's tenant. Raises `JobNotFound`, the same for a
    job of another tenant as for one that there is not."""
    job_id = request.path_params.get("job_id")
    if job_id is None:
        return None
    store = await _store(request, await _caller(request))
    return await store.job(job_id)


JobGiven = Annotated[Job, Depends(own_job)]  # on a path that names one: looked up once
