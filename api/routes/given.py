"""What every route is given: who asks, the store as that tenant sees it, the feed of events, the
settings, and a way to wake the worker. Kept on the application, made by `create_app`."""

from typing import Annotated, Any

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


def _of_app(name: str) -> Any:
    """What `create_app` put on the application under a name."""

    async def given(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(given)


WholeStoreGiven = Annotated[Store, _of_app("store")]  # of all tenants: for operators
SettingsGiven = Annotated[Settings, _of_app("settings")]
WorkerGiven = Annotated[Worker | None, _of_app("worker")]
FeedGiven = Annotated[Feed[bytes], _of_app("feed")]
AccessGiven = Annotated[Access, _of_app("access")]
AttemptsGiven = Annotated[Attempts, _of_app("attempts")]
StreamsGiven = Annotated[Streams, _of_app("streams")]
QueueGiven = Annotated[QueueWatch, _of_app("queue")]
ProgressesGiven = Annotated[Progresses, _of_app("progresses")]


async def _store(store: WholeStoreGiven, caller: CallerGiven) -> Store:
    return store.of(caller.tenant)


StoreGiven = Annotated[Store, Depends(_store)]


async def own_job(request: Request) -> Job | None:
    """Every path that names a job is of the caller's tenant. Raises `JobNotFound`, the same for a
    job of another tenant as for one that there is not."""
    job_id = request.path_params.get("job_id")
    if job_id is None:
        return None
    caller = await _caller(request)
    store: Store = request.app.state.store
    return await store.of(caller.tenant).job(job_id)


JobGiven = Annotated[Job, Depends(own_job)]  # on a path that names one: looked up once
