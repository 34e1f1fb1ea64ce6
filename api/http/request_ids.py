"""A name for each request, and what is told and counted of it.

A bug is answered here, outside of all else, so that it too has a name and is counted.

The name is the caller's `X-Request-ID` where it is a plain one, else a new one. It is in the
answer, in every line that is logged, and in the job that the request asked for. Plain ASGI, before
the gate, so that refusals are told and counted too.
"""

import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.http import problems
from api.http.headers import secured
from research.domain import new_id

HEADER = "x-request-id"
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _QUIET_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
_log = structlog.get_logger("leadline.requests")


class RequestIds:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        name = given if _PLAIN.fullmatch(given) else new_id()
        began, status = time.monotonic(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        with bound_contextvars(request=name):
            try:
                await self._app(scope, receive, named)
            except ClientDisconnect:
                pass  # it has gone before it sent its body: nobody waits for an answer
            except Exception as error:  # noqa: BLE001 # a bug: told under the request's name
                _log.error("request stopped by a bug", path=scope["path"], exc_info=error)
                if not status:  # else the answer stays cut off, and the client sees that
                    await problems.bug()(scope, receive, secured(named))
                status = 500
            finally:
                seconds = time.monotonic() - began
                _tell(scope, status, seconds)
                _count(scope, status, seconds)


def _count(scope: Scope, status: int, seconds: float) -> None:
    """Count a request by the pattern of its route: there are few of them, and many paths."""
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = getattr(scope.get("route"), "path", "none")
    scope["app"].state.metrics.requests.labels(method, route, status).observe(seconds)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """One line a request; what only looks, and went well, is told at the level `debug`."""
    quiet = scope["method"] in _QUIET_METHODS and status < 500
    tell = _log.debug if quiet else _log.info
    tell(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        seconds=round(seconds, 3),
    )
