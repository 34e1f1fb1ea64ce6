"""Who a request comes from and whether it may do what it asks: API keys, the single key of
`LEADLINE_API_KEY`, and sign-ins of the viewer.

Where there is no key at all, the service answers this machine only, and everybody there is the
default tenant. Once a key was made, one is needed. Not here: the other checks of the gate
(`gate.py`), and which rows a tenant sees (`research/store`).
"""

import hmac
import time
from datetime import timedelta

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from research.access import sessions
from research.access.keys import any_key, caller_by_key
from research.domain import Caller, Scope
from research.errors import KeyRequired, ScopeMissing
from research.settings import Settings
from research.store.database import Store

COOKIE = "leadline_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOK_SECONDS = 1.0  # until the first key that was made locks each process
_ADMIN_PATHS = ("/v1/usage", "/usage", "/metrics")


class Access:
    """The locks of one service. `open_here` tells that it may answer without a key while there is
    none."""

    def __init__(self, settings: Settings, store: Store, *, open_here: bool) -> None:
        self._store = store
        self._key = settings.api_key.get_secret_value() if settings.api_key else ""
        self._locked = bool(self._key) or not open_here
        self._looked = -LOOK_SECONDS

    async def caller(self, headers: Headers) -> Caller:
        """Who asks. Raises `KeyRequired`."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        caller = await self.by_key(given.strip()) if scheme.lower() == "bearer" else None
        if caller is None and (token := cookie(headers)):
            caller = await sessions.caller_by_session(self._store, token, self._key)
        if caller is not None:
            return caller
        if await self._is_locked():
            raise KeyRequired()
        return Caller()

    async def by_key(self, given: str) -> Caller | None:
        """Whose key this is."""
        if self._key and same(given, self._key):
            return Caller(name="LEADLINE_API_KEY")
        return await caller_by_key(self._store, given)

    async def sign_in(self, given: str) -> str | None:
        """The token of a session opened with a key; None for a wrong one, '' where none is
        needed."""
        caller = await self.by_key(given)
        if caller is not None:
            return await self.open_session(caller)
        return None if await self._is_locked() else ""

    async def open_session(self, caller: Caller, lasts: timedelta = sessions.LASTS) -> str:
        return await sessions.open_session(self._store, caller, self._key, lasts)

    async def sign_out(self, headers: Headers) -> None:
        await sessions.close_session(self._store, cookie(headers), self._key)

    async def _is_locked(self) -> bool:
        """A key that was made locks the service for good, also when it is revoked or expires; it
        is looked for once a second, not at each request. Until a look has ended everybody looks:
        nobody comes in on one that is under way, or that failed."""
        if not self._locked and time.monotonic() - self._looked >= LOOK_SECONDS:
            found = await any_key(self._store)
            self._looked, self._locked = time.monotonic(), self._locked or found
        return self._locked


def admit(caller: Caller, method: str, path: str) -> None:
    """Raises `ScopeMissing` for what the caller may not do."""
    scope = scope_of(method, path)
    if scope not in caller.scopes:
        raise ScopeMissing(scope=scope)


def scope_of(method: str, path: str) -> Scope:
    """What a caller needs for a request."""
    reads = method in SAFE_METHODS
    if path.startswith(_ADMIN_PATHS):
        return "admin"
    if path.startswith("/v1/libraries"):
        return "libraries:read" if reads else "libraries:write"
    return "research:read" if reads else "research:write"


def same(given: str, secret: str) -> bool:
    """Compare without telling by the time taken how much agrees."""
    return hmac.compare_digest(given.encode(errors="replace"), secret.encode())


def cookie(headers: Headers) -> str:
    """The token of the session; empty without one. Cookies that others on this host have set may
    be of any form, and do not matter."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
