"""How often a key may ask: so many requests in any second, minute or hour (`LEADLINE_RATE_LIMIT`).

Counted in memory, so each process of a service allows as many. Not here: what a tenant may use a
day, which is exact over all processes (`research/access/quotas.py`).
"""

import time
from collections.abc import Mapping
from math import ceil

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import problem_of
from research.domain import Caller
from research.errors import TooManyRequests


class RateLimited:
    """ASGI middleware behind the gate. `limit` as in `600/minute`; what needs no key is not
    counted."""

    def __init__(self, app: ASGIApp, *, limit: str) -> None:
        self._app = app
        self._told = limit
        self._limit = parse(limit)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller | None = scope.get("state", {}).get("caller")
        if scope["type"] != "http" or caller is None:
            await self._app(scope, receive, send)
            return
        who = _counted_as(caller, scope)
        allowed = await self._window.hit(self._limit, who)
        stats = await self._window.get_window_stats(self._limit, who)
        wait = max(1, ceil(stats.reset_time - time.time()))
        told = {"limit": self._limit.amount, "remaining": stats.remaining, "reset": wait}
        send = _with_headers(send, told)
        if allowed:
            await self._app(scope, receive, send)
        else:
            refusal = problem_of(TooManyRequests(limit=self._told, wait=wait))
            await refusal(scope, receive, send)


def _counted_as(caller: Caller, scope: Scope) -> str:
    """A key, or who has signed in otherwise; where no key is needed, an address."""
    address = scope["client"][0] if scope.get("client") else ""
    return caller.key_id or f"{caller.tenant} {caller.name or address}"


def _with_headers(send: Send, told: Mapping[str, int]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in told.items():
                headers[f"RateLimit-{name.capitalize()}"] = str(value)
        await send(message)

    return sending
