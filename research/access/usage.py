"""What tenants use, by day: counted in the transaction that stores a job or a model call, so that
it is exact and stays when jobs are deleted. Not here: what they may use (`quotas.py`)."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlmodel import col, select

from research.domain import now
from research.store.database import Store
from research.store.tables import UsageRow, inserting, table_of

DAYS = 31
COUNTED = ("jobs", "prompt_tokens", "cached_tokens", "completion_tokens", "usd")
_USAGE = table_of(UsageRow)


def today() -> str:
    """The day that is counted now, in UTC."""
    return now().date().isoformat()


def count(connection: Connection, /, tenant: str, **used: float) -> None:
    """Add to what a tenant used today: any of `COUNTED`, or nothing. Its row of the day stays
    locked until the transaction ends."""
    row = UsageRow.model_validate({"tenant": tenant, "day": today(), **used})
    connection.execute(_adding(connection.dialect.name), row.model_dump())


@cache
def _adding(dialect: str) -> Any:
    """The statement that adds to what a tenant used on a day."""
    statement = inserting(UsageRow, dialect)
    added = {name: _USAGE.c[name] + statement.excluded[name] for name in COUNTED}
    return statement.on_conflict_do_update(index_elements=["tenant", "day"], set_=added)


async def last_days(store: Store, days: int = DAYS) -> Sequence[UsageRow]:
    """What every tenant used on each of so many days, today and the newest first."""
    first = now().date() - timedelta(days=days - 1)
    query = (
        select(UsageRow)
        .where(UsageRow.day >= first.isoformat())
        .order_by(col(UsageRow.day).desc(), UsageRow.tenant)
    )
    return await store.rows(query)
