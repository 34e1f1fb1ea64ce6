"""The gate before every route: who may come in, by which name, from which site, with how large a
body. Plain ASGI, before any parsing.

The checks, in order: the Host header names this service (against DNS rebinding); a request that
changes something comes from our own pages or from no page at all (against cross-site requests); the
body is small; `/v1` and the viewer need the key, if there is one. Not here: TLS, rate limits,
users: a proxy in front does those.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_of
from research.errors import KeyRequired, OriginRefused, RequestRefused, RequestTooLarge

BODY_LIMIT = 256 * 1024
COOKIE = "leadline_session"
COOKIE_SECONDS = 30 * 24 * 3600
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_PATHS = ("/static/", "/healthz", "/readyz", "/sign-in", "/docs", "/openapi.json")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]/@\s]+)(?::\d{1,5})?")
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src "
    "'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Gate:
    """ASGI middleware. `hosts` are the names it answers to, None for any; `key` is needed when it
    is not None."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str] | None, key: str | None) -> None:
        self._app = app
        self._hosts = hosts
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        try:
            self._check_host(scope)
            _check_origin(scope)
            receive = await _small_body(scope, receive)
            self._check_key(scope)
        except RequestRefused as error:
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

    def _check_key(self, scope: Scope) -> None:
        if self._key is None or scope["path"].startswith(_OPEN_PATHS):
            return
        request = Request(scope)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(given.strip(), self._key):
            return
        if not session_valid(_cookie(request.headers.get("cookie", "")), self._key):
            raise KeyRequired()


def same(given: str, secret: str) -> bool:
    """Compare without telling by the time taken how much agrees."""
    return hmac.compare_digest(given.encode(errors="replace"), secret.encode())


def new_session(key: str, *, at: float | None = None) -> str:
    """The viewer's cookie: when it was issued, and a proof that the key was known. The key cannot
    be had from it."""
    issued = str(int(time.time() if at is None else at))
    return f"{issued}.{_seal(issued, key)}"


def session_valid(cookie: str, key: str) -> bool:
    issued, _, seal = cookie.partition(".")
    if not (
        issued.isascii()
        and issued.isdigit()
        and len(issued) <= 12
        and same(seal, _seal(issued, key))
    ):
        return False
    return 0 <= time.time() - int(issued) + 60 <= COOKIE_SECONDS


def _seal(issued: str, key: str) -> str:
    return hmac.new(
        key.encode(), f"leadline viewer session {issued}".encode(), hashlib.sha256
    ).hexdigest()


def _cookie(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _check_origin(scope: Scope) -> None:
    """Browsers say where a request comes from; what is not a browser says nothing and needs the
    key, if there is one."""
    if scope["method"] in _SAFE_METHODS:
        return
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
    foreign = (
        origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    )
    if foreign or site not in ("same-origin", "none"):
        raise OriginRefused(reason=f"it comes from another site, {origin or site}")


async def _small_body(scope: Scope, receive: Receive) -> Receive:
    """Read the body, whole, before anything parses it. Raises `RequestTooLarge` at the first byte
    too many."""
    length = Headers(scope=scope).get("content-length", "")
    if length.isdigit() and int(length) > BODY_LIMIT:
        raise RequestTooLarge(limit=BODY_LIMIT)
    if scope["method"] in _SAFE_METHODS:
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


def _refusal(scope: Scope, error: RequestRefused) -> Response:
    """A problem document; a person who opens a page without the key is sent to where it is asked
    for."""
    page = scope["method"] == "GET" and not scope["path"].startswith("/v1/")
    if isinstance(error, KeyRequired) and page:
        return RedirectResponse("/sign-in", status_code=303)
    response = problem_of(error)
    if isinstance(error, RequestTooLarge):
        response.headers["connection"] = "close"
    return response


def _with_headers(send: Callable[[Message], Awaitable[None]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
