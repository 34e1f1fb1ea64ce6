"""Libraries that a tenant lets others read. Whose they are, and whether they are private, does not
change. Enforced where a library is looked up (`Store.library`)."""

from sqlmodel import col, delete, select

from research.access.keys import tenant_named
from research.domain import now
from research.errors import LibraryError
from research.store.database import Store
from research.store.shield import shielded
from research.store.tables import GrantRow, LibraryRow


@shielded
async def grant(store: Store, name: str, tenant: str) -> None:
    """Let a tenant read a library of the store's own tenant. Raises `LibraryError`,
    `InputRejected`."""
    library = await _own(store, name)
    row = GrantRow(library_id=library.id, tenant=tenant_named(tenant), created_at=now())
    async with store.session() as session:
        await session.merge(row)


async def revoke(store: Store, name: str, tenant: str) -> None:
    """Let a tenant read the library no longer; a run that reads it is told so at its next look.
    Raises `LibraryError`."""
    library = await _own(store, name)
    same = (col(GrantRow.library_id) == library.id, col(GrantRow.tenant) == tenant)
    if await store.write(delete(GrantRow).where(*same)) != 1:
        raise LibraryError(library=name, reason=f"it is not shared with {tenant}")


async def granted_to(store: Store, library: LibraryRow) -> list[str]:
    """The tenants that may read a library beside its own."""
    query = select(GrantRow.tenant).where(GrantRow.library_id == library.id)
    return await store.rows(query.order_by(GrantRow.tenant))


async def _own(store: Store, name: str) -> LibraryRow:
    library = await store.library(name)
    if library is None or library.tenant != store.acting_tenant:
        raise LibraryError(
            library=name,
            reason=f"the tenant {store.acting_tenant} has none of that name",
            mend="`leadline library list --tenant` shows those there are.",
        )
    return library
