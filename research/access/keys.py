"""API keys: a public id to find the row by, and a secret of 256 random bits of which only the
SHA-256 is stored. A secret that cannot be guessed needs no slow hash.

Not here: the single key of `LEADLINE_API_KEY`, which is no row (`api/guarding/access.py`).
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_hex, token_urlsafe
from string import ascii_lowercase, digits

from sqlmodel import col, select, update

from research.domain import Caller, Scope, now
from research.errors import InputRejected, KeyNotFound
from research.store.database import Store
from research.store.shield import shielded
from research.store.tables import KeyRow, SessionRow

MARK = "ll"
USE_NOTED_EVERY = timedelta(minutes=1)
ID_BYTES, SECRET_BYTES = 6, 32
_KEY = re.compile(rf"{MARK}_([0-9a-f]{{12}})_([\w-]{{43}})", re.ASCII)
TENANT_SIGNS = frozenset(f"{ascii_lowercase}{digits}-")


def tenant_named(name: str) -> str:
    """The name, if a tenant may have it. Raises `InputRejected`."""
    if not (0 < len(name) < 64 and TENANT_SIGNS.issuperset(name) and name.strip("-") == name):
        raise InputRejected(
            field="tenant",
            reason="a tenant is named by 1 to 63 of a-z, 0-9 and - (not at either end)",
        )
    return name


@shielded
async def create_key(
    store: Store,
    name: str,
    *,
    tenant: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None = None,
) -> str:
    """Make a key and return it: it is never shown again. Raises `InputRejected`."""
    key_id, secret = token_hex(ID_BYTES), token_urlsafe(SECRET_BYTES)
    row = KeyRow(
        id=key_id,
        tenant=tenant_named(tenant),
        name=name,
        secret_sha256=_digest(secret),
        scopes=sorted(set(scopes)),
        created_at=now(),
        expires_at=expires_at,
    )
    async with store.session() as session:
        session.add(row)
    return f"{MARK}_{key_id}_{secret}"


async def all_keys(store: Store) -> list[KeyRow]:
    """Oldest first, also those that are revoked or have expired."""
    return await store.rows(select(KeyRow).order_by(col(KeyRow.created_at)))


async def any_key(store: Store) -> bool:
    """Whether a key was ever made."""
    return bool(await store.rows(select(KeyRow.id).limit(1)))


async def revoke_key(store: Store, key_id: str) -> None:
    """From now on the key lets nobody in, nor does a sign-in made with it. Raises `KeyNotFound`."""
    same = (col(KeyRow.id) == key_id, col(KeyRow.revoked_at).is_(None))
    if await store.write(update(KeyRow).where(*same).values(revoked_at=now())) != 1:
        raise KeyNotFound(key_id=key_id)


async def caller_by_key(store: Store, given: str) -> Caller | None:
    """Whose key this is; None for one that is unknown, revoked or expired. An id that exists is
    answered like one that does not: a comparison of digests is made either way."""
    found = _KEY.fullmatch(given)
    if found is None:
        return None
    key_id, secret = found.groups()
    row = await store.row(KeyRow, key_id)
    stored = row.secret_sha256 if row else _digest("")
    if not hmac.compare_digest(stored, _digest(secret)) or row is None or not is_valid(row):
        return None
    if row.used_at is None or now() - row.used_at > USE_NOTED_EVERY:
        await store.write(update(KeyRow).where(col(KeyRow.id) == key_id).values(used_at=now()))
    return caller_of(row, row.id)


def is_valid(row: KeyRow) -> bool:
    """Whether the key is neither revoked nor expired."""
    return row.revoked_at is None and (row.expires_at is None or now() < row.expires_at)


def caller_of(row: KeyRow | SessionRow, key_id: str | None) -> Caller:
    shared = row.model_dump(include={"tenant", "scopes", "name"})
    return Caller.model_validate(shared | {"key_id": key_id})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
