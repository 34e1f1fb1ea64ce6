"""`GET /v1/research/{id}/events`: a job's events as Server-Sent Events. Who reconnects names the
last event seen and misses nothing."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.follow import follow
from api.routes.given import StoreGiven
from research.errors import InputRejected
from research.store.database import ENDED, Store

KEEP_ALIVE_SECONDS = 15
_LARGEST = 2**31 - 1  # of the database's integers
router = APIRouter(prefix="/v1/research", tags=["research"])


@router.get("/{job_id}/events")
async def events(
    job_id: str,
    store: StoreGiven,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
) -> Response:
    """The events as they come; the stream ends with the job. Told where it stands after the end, it
    answers 204: do not come back."""
    if last_event_id:
        after = _number(last_event_id)
    job = await store.job(job_id)
    if (
        last_event_id
        and job.status in ENDED
        and not await store.events(job_id, after=after, limit=1)
    ):
        return Response(status_code=204)
    return EventSourceResponse(_stream(store, job_id, after), ping=KEEP_ALIVE_SECONDS)


def _number(last_event_id: str) -> int:
    plain = (
        last_event_id.isascii()
        and last_event_id.isdigit()
        and len(last_event_id) <= len(str(_LARGEST))
    )
    if not plain or int(last_event_id) > _LARGEST:
        raise InputRejected(field="Last-Event-ID", reason="it is not the number of an event")
    return int(last_event_id)


async def _stream(store: Store, job_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    async for event in follow(store, job_id, after=after):
        data = json.dumps(event.model_dump(mode="json"), ensure_ascii=False)
        yield ServerSentEvent(data=data, id=str(event.id), event=event.type)
