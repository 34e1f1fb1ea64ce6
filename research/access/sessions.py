"""Sign-ins of the viewer: a random token in a cookie, of which the database knows a digest.

A session ends when it is closed, when it expires, when the key that it was opened with is revoked,
and, since the digest is keyed with it, when `LEADLINE_API_KEY` changes. What holds for one is asked
at each request: one that an identity provider vouched for lasts no longer than such sessions do
now, whenever it was opened. Not here: cookies (`api/guarding/access.py`).
"""

import hashlib
import hmac
from datetime import timedelta
from secrets import token_urlsafe

from sqlmodel import col, delete

from research.access.keys import caller_of, is_valid
from research.domain import Caller, now
from research.store.database import Store
from research.store.shield import shielded
from research.store.tables import KeyRow, SessionRow

LASTS = timedelta(days=30)
# who leaves a provider is known here when they sign in next
LASTS_BY_PROVIDER = timedelta(hours=12)


@shielded
async def open_session(store: Store, caller: Caller, pepper: str, lasts: timedelta = LASTS) -> str:
    """The token of a new session. Sessions that have expired are forgotten."""
    token = token_urlsafe(32)
    row = SessionRow(
        id=_digest(token, pepper),
        tenant=caller.tenant,
        key_id=caller.key_id,
        name=caller.name,
        scopes=sorted(caller.scopes),
        created_at=now(),
        expires_at=now() + lasts,
    )
    async with store.session() as session:
        await session.exec(delete(SessionRow).where(col(SessionRow.expires_at) < now()))
        session.add(row)
    return token


async def caller_by_session(store: Store, token: str, pepper: str) -> Caller | None:
    """Who signed in with this token; None when the session has ended or never was."""
    row = await store.row(SessionRow, _digest(token, pepper))
    if row is None or row.expires_at < now():
        return None
    if _is_by_provider(row) and row.created_at + LASTS_BY_PROVIDER < now():
        return None
    if row.key_id is None:
        return caller_of(row, None)
    key = await store.row(KeyRow, row.key_id)
    return caller_of(key, key.id) if key and is_valid(key) else None


def _is_by_provider(row: SessionRow) -> bool:
    """The other sign-in without a key of its own is that with `LEADLINE_API_KEY`, which may do
    all; nobody is made an operator by a provider."""
    return row.key_id is None and "admin" not in row.scopes


async def close_session(store: Store, token: str, pepper: str) -> None:
    await store.write(delete(SessionRow).where(col(SessionRow.id) == _digest(token, pepper)))


def _digest(token: str, pepper: str) -> str:
    return hmac.new(pepper.encode(), token.encode(errors="replace"), hashlib.sha256).hexdigest()
