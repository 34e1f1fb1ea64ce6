"""`GET /v1/research/{id}/events`: a job's events as Server-Sent Events. Who reconnects names the
last event seen and misses nothing."""

import json
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from api.routes.given import FeedGiven, JobGiven, StoreGiven, StreamsGiven
from research.domain import Event
from research.errors import JobNotFound
from research.store.feed import Feed, Told
from research.store.repositories.jobs import ENDED

KEEP_ALIVE_SECONDS = 15
LEAVE_SECONDS = 2  # for a stream to end by itself when the service stops
RETRY_MILLISECONDS = (1_000, 3_000)  # until a client that was cut off comes back
PORTION = 32_768  # bytes
_LARGEST = 2**31 - 1  # of the database's integers
_EVENT = {
    "type": "object",
    "description": "One event of the stream; `data` is JSON: {id, type, at, data}",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
}
router = APIRouter(prefix="/v1/research", tags=["research"])


@router.get(
    "/{job_id}/events",
    response_class=Response,
    responses={
        200: {"description": "The events", "content": {"text/event-stream": {"schema": _EVENT}}},
        204: {"description": "There are no more"},
    },
)
async def events(
    job_id: str,
    job: JobGiven,
    store: StoreGiven,
    feed: FeedGiven,
    streams: StreamsGiven,
    last_event_id: Annotated[str, Header(pattern="^[0-9]{0,9}$")] = "",
    after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
) -> Response:
    """The events as they come; the stream ends with the job. Told where it stands after the end, it
    answers 204: do not come back."""
    if last_event_id:
        after = int(last_event_id)
    if (
        last_event_id
        and job.status in ENDED
        and not await store.events(job_id, after=after, limit=1)
    ):
        return Response(status_code=204)
    streams.check(job.tenant)
    return _Stream(_stream(feed, job_id, after), streams.held(job.tenant))


class _Stream(EventSourceResponse):
    """A stream that holds a place as long as it is sent."""

    def __init__(self, content: AsyncIterator[bytes], place: AbstractContextManager[None]) -> None:
        super().__init__(content, ping=KEEP_ALIVE_SECONDS, shutdown_grace_period=LEAVE_SECONDS)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


def as_sent(event: Event) -> bytes:
    """An event as it goes over the wire."""
    data = json.dumps(event.model_dump(mode="json"), ensure_ascii=False)
    return ServerSentEvent(data=data, id=str(event.id), event=event.type).encode()


async def _stream(feed: Feed[bytes], job_id: str, after: int) -> AsyncIterator[bytes]:
    # whoever loses us comes back after a moment of their own, not all at once
    yield ServerSentEvent(retry=random.randint(*RETRY_MILLISECONDS)).encode()
    with suppress(JobNotFound):  # deleted while it was followed
        async for fresh in feed.follow(job_id, after=after):
            for some in _portions(fresh):
                yield some


def _portions(fresh: Sequence[Told[bytes]]) -> Iterator[bytes]:
    """What is at hand, a few events at once, so that a client that reads slowly holds up little
    memory."""
    portion, size = [], 0
    for told in fresh:
        portion.append(told.form)
        size += len(told.form)
        if size > PORTION:
            yield b"".join(portion)
            portion, size = [], 0
    if portion:
        yield b"".join(portion)
