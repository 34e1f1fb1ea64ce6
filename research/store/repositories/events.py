"""The events of jobs, and what the newest of them tell."""

from typing import Any

import sqlalchemy
from sqlmodel import col, select

from research.domain import Event
from research.events import EventType
from research.store.repositories.base import Repository
from research.store.repositories.held import newest
from research.store.tables import EventRow, table_of

EVENTS = table_of(EventRow)


class Events(Repository):
    async def events(self, job_id: str, *, after: int = 0, limit: int = 500) -> list[Event]:
        query = select(EventRow).where(EventRow.job_id == job_id, EventRow.id > after)
        rows = await self.rows(query.order_by(col(EventRow.id)).limit(limit))
        return [Event(id=row.id, type=row.type, at=row.at, data=row.data) for row in rows]

    async def newest(self, job_id: str, type: EventType) -> dict[str, Any]:
        """The data of the job's newest event of this type; empty if there is none."""

        async def stored(job_id: str) -> dict[str, Any]:
            of_type = _data_of(job_id, type).order_by(EVENTS.c.id.desc()).limit(1)
            found = await self.column(of_type)
            return found[0] if found else {}

        return await self.find(job_id, newest(type), stored)

    async def asked(self, job_id: str) -> dict[str, Any]:
        """What the job asked of a person last; empty if it never did."""
        return await self.newest(job_id, "needs_input")

    async def waits_for(self, job_id: str) -> str:
        """What a waiting job waits for, in words."""
        asked = await self.asked(job_id)
        if asked.get("kind") == "plan":
            return "the approval of its plan"
        return "answers to " + " / ".join(asked.get("questions", ()))

    async def fallback_events(self, job_id: str) -> list[dict[str, Any]]:
        """What was told of each time that plain code took over a step, in order."""
        return await self.column(_data_of(job_id, "floor").order_by(EVENTS.c.id))

    async def capped(self, job_id: str) -> bool:
        """Whether the budget had no room for a step of the job."""
        return any(told.get("capped") for told in await self.fallback_events(job_id))

    async def fallbacks(self, job_id: str) -> list[str]:
        """The steps that plain code took over, each once, in order."""
        return list(dict.fromkeys(told["step"] for told in await self.fallback_events(job_id)))


def _data_of(job_id: str, type: EventType) -> sqlalchemy.Select[dict[str, Any]]:
    """What the job's events of a type tell."""
    mine = (EVENTS.c.job_id == job_id, EVENTS.c.type == type)
    return sqlalchemy.select(EVENTS.c.data).where(*mine)
