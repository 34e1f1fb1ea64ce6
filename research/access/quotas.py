"""What a tenant may use a day (UTC): jobs, tokens, USD.

A job is admitted in the transaction that stores it. It reserves the most that it may use, and what
jobs that have not ended may still use counts as used: however many are asked for at once, a tenant
never passes its quota. Tokens are counted as the caps of a job count them. Not here: limits on
requests (`api/guarding/rate.py`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from research.access.keys import tenant_named
from research.access.usage import count, today
from research.budget import cached_weight, weighted_tokens
from research.domain import Job, now
from research.efforts import efforts, limits_for
from research.errors import QuotaExceeded
from research.settings import Settings
from research.store.database import Store
from research.store.repositories.jobs import ENDED
from research.store.shield import shielded
from research.store.tables import JobRow, ModelCallRow, QuotaRow, ReservationRow, UsageRow

UNITS = ("jobs", "tokens", "USD")


@dataclass(frozen=True)
class Amounts:
    """Jobs, tokens and USD; None is no bound."""

    jobs: int | None = None
    tokens: float | None = None
    usd: float | None = None


class Admission:
    """Admits one job, new or resumed, within the transaction that queues it."""

    def __init__(self, job: Job, settings: Settings) -> None:
        self._job = job
        self._settings = settings

    async def new(self, session: AsyncSession) -> None:
        """Count the job, reserve what it may use. Raises `QuotaExceeded`."""
        await (await session.connection()).run_sync(count, self._job.tenant, jobs=1)
        tokens, usd = most_of(self._job, self._settings)
        session.add(ReservationRow(job_id=self._job.id, tokens=tokens, usd=usd))
        await session.flush()
        await self._check(session)

    async def again(self, session: AsyncSession) -> None:
        """Hold what a job that had ended may still use. Raises `QuotaExceeded`."""
        await (await session.connection()).run_sync(count, self._job.tenant)  # holds the row
        await self._check(session)

    async def _check(self, session: AsyncSession) -> None:
        tenant = self._job.tenant
        allowed = await _allowed(session, tenant, self._settings)
        if allowed == Amounts():
            return
        taken = await _taken(session, tenant, cached_weight(self._settings))
        for unit, bound, amount in zip(UNITS, vars(allowed).values(), taken, strict=True):
            if bound is not None and amount > bound:
                raise QuotaExceeded(
                    tenant=tenant,
                    unit=unit,
                    bound=f"{bound:,.10g}",
                    taken=f"{amount:,.10g}",
                    wait=seconds_left(),
                )


def most_of(job: Job, settings: Settings) -> tuple[int, float]:
    """The most tokens and USD that a job may use. Without a cap on money, what its tokens cost were
    they all as dear as the dearest."""
    limits = limits_for(efforts(settings)[job.effort], job.budget)
    tokens = limits.tokens or 0
    price = settings.model_price
    dearest = tokens * max(price.prompt, price.completion) / 1e6 if price else 0.0
    return tokens, dearest if limits.usd is None else min(dearest or limits.usd, limits.usd)


def seconds_left() -> int:
    """Until the next day begins, in UTC."""
    tomorrow = datetime.combine(now().date() + timedelta(days=1), time(), tzinfo=UTC)
    return max(1, round((tomorrow - now()).total_seconds()))


@shielded
async def set_quota(store: Store, tenant: str, allowed: Amounts | None) -> None:
    """Give a tenant a quota of its own; with None it has that of the settings again. Raises
    `InputRejected`."""
    tenant = tenant_named(tenant)
    async with store.session() as session:
        if allowed is None:
            await session.exec(delete(QuotaRow).where(col(QuotaRow.tenant) == tenant))
        else:
            await session.merge(QuotaRow(tenant=tenant, **vars(allowed)))


async def _allowed(session: AsyncSession, tenant: str, settings: Settings) -> Amounts:
    row = await session.get(QuotaRow, tenant)
    if row is not None:
        return Amounts(row.jobs, row.tokens, row.usd)
    return Amounts(settings.quota_jobs, settings.quota_tokens, settings.quota_usd)


async def _taken(session: AsyncSession, tenant: str, weight: float) -> tuple[int, float, float]:
    """The jobs, tokens and USD that the tenant used today, and what its jobs that have not ended
    may still use."""
    day = today()
    row = await session.get(UsageRow, (tenant, day), populate_existing=True)
    used = row or UsageRow(tenant=tenant, day=day)  # the day may have begun this moment
    tokens, usd = await _held(session, tenant, weight)
    return used.jobs, tokens + weighted_tokens(used, weight), usd + used.usd


async def _held(session: AsyncSession, tenant: str, weight: float) -> tuple[float, float]:
    """The tokens and USD that the tenant's jobs that have not ended may still use."""
    reserved, call = ReservationRow, ModelCallRow
    used = func.coalesce(func.sum(weighted_tokens(call, weight)), 0)
    paid = func.coalesce(func.sum(call.usd), 0)
    query = (
        select(reserved.tokens - used, reserved.usd - paid)
        .join(JobRow, col(JobRow.id) == reserved.job_id)
        .join(call, col(call.job_id) == reserved.job_id, isouter=True)
        .where(JobRow.tenant == tenant, col(JobRow.status).not_in(ENDED))
        .group_by(col(reserved.job_id))
    )
    rows = (await session.exec(query)).all()
    tokens_left = sum(max(0.0, float(tokens)) for tokens, _ in rows)
    return tokens_left, sum(max(0.0, float(usd)) for _, usd in rows)
