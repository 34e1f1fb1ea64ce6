"""What every repository works with: the engine, and the tenant whose eyes it is seen with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from research.domain import DEFAULT_TENANT
from research.store.queue.liveness import Liveness


class Repository:
    """A database as one tenant sees it, or, with None, as the service itself does."""

    engine: AsyncEngine
    tenant: str | None
    liveness: Liveness

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def acting_tenant(self) -> str:
        """Whose new jobs and libraries will be."""
        return self.tenant or DEFAULT_TENANT

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction, committed at the end of the block."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session
