"""The gate before every route: who may come in, by which name, from which site, with how large a
body. Plain ASGI, before any parsing.

The checks, in order: the Host header names this service (against DNS rebinding); a request that
changes something comes from our own pages or from no page at all (against cross-site requests); who
asks may do so (`access.py`); the body is small, and read only then. Not here: TLS, which is a
proxy's.
"""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.guarding.access import SAFE_METHODS, Access, admit, cookie
from api.http.headers import secured
from api.http.negotiate import weighted
from api.http.problems import problem_of, tell_failure
from research.errors import (
    KeyRequired,
    LeadlineError,
    OriginRefused,
    RequestTooLarge,
)

BODY_LIMIT = 256 * 1024
_OPEN_PATHS = ("/static/", "/healthz", "/readyz", "/sign-in", "/sign-out")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]/@\s]+)(?::\d{1,5})?")


class Gate:
    """ASGI middleware. `hosts` are the names it answers to, None for any. What comes after it
    finds the `Caller` in the request's state."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str] | None, access: Access) -> None:
        self._app = app
        self._hosts = hosts
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = secured(send)
        try:
            self._check_host(scope)
            _check_origin(scope)
            await self._check_caller(scope)
            receive = await _small_body(scope, receive)
        except LeadlineError as error:
            tell_failure(error)
            await _refusal(scope, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_host(self, scope: Scope) -> None:
        host = Headers(scope=scope).get("host", "")
        match = _HOST.fullmatch(host)
        name = match["name"].strip("[]").lower() if match else ""
        if not name or (self._hosts is not None and name not in self._hosts):
            raise OriginRefused(
                reason=f"this service does not go by the name {name or host!r}",
                mend="Use http://127.0.0.1; to serve other names, set LEADLINE_API_KEY and "
                "start `leadline serve --host 0.0.0.0`.",
            )

    async def _check_caller(self, scope: Scope) -> None:
        if scope["path"].startswith(_OPEN_PATHS):
            return
        caller = await self._access.caller(Headers(scope=scope))
        admit(caller, scope["method"], scope["path"])
        scope.setdefault("state", {})["caller"] = caller


def _check_origin(scope: Scope) -> None:
    """Browsers say where a request comes from. What says nothing is no browser of today, and is not
    let in by a cookie."""
    if scope["method"] in SAFE_METHODS:
        return
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    foreign = origin is not None and not _is_at(origin, headers.get("host", ""))
    if foreign or site not in (None, "same-origin", "none"):
        raise OriginRefused(reason=f"it comes from another site, {origin or site}")
    by_cookie = cookie(headers) and "authorization" not in headers
    if by_cookie and origin is None and site is None:
        raise OriginRefused(
            reason="it is signed in by a cookie and does not say which site it comes from",
            mend="Send a key in the Authorization header, or an Origin header.",
        )


def _is_at(origin: str, host: str) -> bool:
    """Whether an origin is that of a host; one that cannot be read is not."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


async def _small_body(scope: Scope, receive: Receive) -> Receive:
    """Read the body, whole, before anything parses it. Raises `RequestTooLarge` at the first byte
    too many."""
    length = Headers(scope=scope).get("content-length", "")
    if length.isdigit() and int(length) > BODY_LIMIT:
        raise RequestTooLarge(limit=BODY_LIMIT)
    if scope["method"] in SAFE_METHODS:
        return receive
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return _replay([message], receive)
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            raise RequestTooLarge(limit=BODY_LIMIT)
    return _replay([{"type": "http.request", "body": body, "more_body": False}], receive)


def _replay(messages: list[Message], receive: Receive) -> Receive:
    async def replayed() -> Message:
        return messages.pop(0) if messages else await receive()

    return replayed


def _refusal(scope: Scope, error: LeadlineError) -> Response:
    """A problem document; a person who opens a page without the key is sent to where it is asked
    for."""
    if isinstance(error, KeyRequired) and _wants_page(scope):
        return RedirectResponse("/sign-in", status_code=303)
    response = problem_of(error)
    if isinstance(error, RequestTooLarge):
        response.headers["connection"] = "close"
    return response


def _wants_page(scope: Scope) -> bool:
    """Whether a browser opens a page: it names HTML, which scrapers and other programs do not."""
    if scope["method"] != "GET" or scope["path"].startswith("/v1/"):
        return False
    accepted = weighted(Headers(scope=scope).get("accept", ""))
    return any(name == "text/html" and weight > 0 for name, weight in accepted)
