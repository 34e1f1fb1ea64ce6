"""`/v1/usage`: what each tenant used, by day; for operators."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.messages.answers import Page, UsageAnswer
from api.routes.given import WholeStoreGiven
from research.access.usage import DAYS, last_days

router = APIRouter(prefix="/v1", tags=["operations"])


@router.get("/usage")
async def usage(
    store: WholeStoreGiven,
    days: Annotated[int, Query(ge=1, le=366, description="today and those before it")] = DAYS,
) -> Page[UsageAnswer]:
    """Jobs, tokens and USD of each tenant on each day (UTC), the newest first. Needs a key with the
    scope `admin`."""
    return Page(items=[UsageAnswer.of(row) for row in await last_days(store, days)])
