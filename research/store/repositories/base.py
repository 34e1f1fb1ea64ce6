"""What every repository works with: the engine, and the tenant whose eyes it is seen with."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, TypeVarTuple, overload

from sqlalchemy import Connection, Delete, Engine, Select, Update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import Session, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select as SelectOfTuples
from sqlmodel.sql.expression import SelectOfScalar

from research.domain import DEFAULT_TENANT
from research.store.queue.liveness import Liveness
from research.store.repositories.held import Held
from research.store.shield import shielded
from research.store.work import Work

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Row = TypeVar("Row", bound=SQLModel)


class Repository:
    """A database as one tenant sees it, or, with None, as the service itself does. The worker of a
    job has what it `held` of it."""

    engine: AsyncEngine
    work: Work
    tenant: str | None
    liveness: Liveness
    held: Held | None = None

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

    @shielded
    async def row(self, kind: type[Row], key: Any) -> Row | None:
        """The row of a table with this key."""
        async with self.session() as session:
            return await session.get(kind, key)

    async def find(self, job_id: str, name: str, stored: Callable[[str], Awaitable[T]]) -> T:
        """What is stored of a job, or what its worker was given by that name before."""
        if self.held is None or self.held.job_id != job_id:
            return await stored(job_id)
        return await self.held.find(name, lambda: stored(job_id))

    @overload
    async def rows(self, query: SelectOfScalar[T]) -> list[T]: ...

    @overload
    async def rows(self, query: SelectOfTuples[*Ts]) -> list[tuple[*Ts]]: ...

    async def rows(self, query: Any) -> list[Any]:
        """All that a query finds."""

        def found(engine: Engine) -> list[Any]:
            with Session(engine) as session:
                return list(session.exec(query))

        return await self.work.read(found)

    @shielded
    async def write(self, statement: Update | Delete) -> int:
        """Carry out one statement in a transaction of its own; gives how many rows it met."""
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount

    async def column(self, query: Select[T]) -> list[T]:
        """All that a query of one column finds."""
        return await self.reading(lambda connection: list(connection.execute(query).scalars()))

    async def reading(self, work: Callable[[Connection], T]) -> T:
        """What the work reads: for statements that do without objects."""

        def read(engine: Engine) -> T:
            with engine.connect() as connection:
                return work(connection)

        return await self.work.read(read)
