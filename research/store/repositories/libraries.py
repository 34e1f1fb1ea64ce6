"""Private libraries and their documents, by name: a tenant's own, and those that others
let it read."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import col, delete, select, update
from sqlmodel.sql.expression import SelectOfScalar

from research.domain import new_id, now
from research.errors import LibraryError
from research.store.repositories.base import Repository
from research.store.shield import shielded
from research.store.tables import DocumentRow, GrantRow, LibraryRow, placing, table_of


class Libraries(Repository):
    async def library(self, name: str) -> LibraryRow | None:
        """The tenant's library of that name; as `owner/name`, one that another tenant lets it
        read."""
        own = (LibraryRow.tenant == self.acting_tenant, LibraryRow.name == name)
        owner, _, shared = name.partition("/")
        granted = (
            LibraryRow.tenant == owner,
            LibraryRow.name == shared,
            col(LibraryRow.id).in_(self._granted()),
        )
        for where in (own, granted):
            if found := await self.rows(select(LibraryRow).where(*where)):
                return found[0]
        return None

    def _granted(self) -> SelectOfScalar[str]:
        return select(GrantRow.library_id).where(GrantRow.tenant == self.acting_tenant)

    def name_of(self, library: LibraryRow) -> str:
        """What the tenant calls a library."""
        if library.tenant == self.acting_tenant:
            return library.name
        return f"{library.tenant}/{library.name}"

    async def libraries(self) -> list[tuple[LibraryRow, int]]:
        """Each library that the tenant may read, with the number of its readable documents; its
        own first."""
        own = col(LibraryRow.tenant) == self.acting_tenant
        query = (
            select(LibraryRow, func.count(col(DocumentRow.snapshot_id)))
            .join(DocumentRow, col(DocumentRow.library_id) == LibraryRow.id, isouter=True)
            .where(own | col(LibraryRow.id).in_(self._granted()))
            .group_by(*table_of(LibraryRow).columns)
            .order_by(own.desc(), LibraryRow.tenant, LibraryRow.name)
        )
        return await self.rows(query)

    @shielded
    async def put_library(self, name: str, *, path: str | None, private: bool = True) -> LibraryRow:
        """Make the library, or point the one of that name at `path`. Raises `LibraryError` for one
        of another tenant."""
        found = await self.library(name)
        if found is not None and found.tenant != self.acting_tenant:
            raise LibraryError(library=name, reason="it is another tenant's, to read only")
        row = found or LibraryRow(
            id=new_id(), tenant=self.acting_tenant, name=name, created_at=now()
        )
        row.path, row.private = path, private
        async with self.session() as session:
            return await session.merge(row)

    async def documents(self, library_id: str) -> list[DocumentRow]:
        """Without their links, which take more room than all else."""
        query = select(DocumentRow).where(DocumentRow.library_id == library_id)
        # SQLModel types columns as what they hold
        without_links = defer(DocumentRow.links, raiseload=True)  # type: ignore[arg-type]
        return await self.rows(query.options(without_links).order_by(DocumentRow.path))

    @shielded
    async def put_documents(
        self, library_id: str, changed: Sequence[DocumentRow], removed: Sequence[str] = ()
    ) -> None:
        """Write changed documents and forget removed ones, in one transaction; the library's
        revision rises if anything changed."""
        if not changed and not removed:
            return
        mine = col(DocumentRow.library_id) == library_id
        risen = update(LibraryRow).where(col(LibraryRow.id) == library_id)
        async with self.engine.begin() as connection:
            held = await connection.execute(risen.values(revision=LibraryRow.revision + 1))
            if held.rowcount != 1:
                raise LibraryError(library=library_id, reason="it does not exist")
            if changed:
                rows = [document.model_dump() for document in changed]
                await connection.execute(placing(DocumentRow, connection.dialect.name), rows)
            gone = col(DocumentRow.path).in_(removed)
            await connection.execute(delete(DocumentRow).where(mine, gone))
