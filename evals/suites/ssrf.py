"""The suite *ssrf*: whether the reader can be made to connect to an address it has no business
with.

Each private or metadata address is tried in four forms: as a URL, behind a redirect, as what a name
resolves to (at once, beside a public address, and only at a second look), and from inside Chromium.
A case is refused if the error says so and no connection was even attempted. The public addresses
and names are controls; they are only judged. Nothing but loopback is ever connected to: the network
the reader is given refuses the rest. Not here: cases about other matters than addresses (decoding,
headers), and those that only tell metadata from other private addresses.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpcore

from browser.net.fetch import Fetcher, FetchLimits
from browser.net.guard import Guard
from browser.net.render import Renderer, find_chromium
from evals.errors import DataInvalid
from evals.graders.scores import Metric, Outcome, mean
from research.domain.report import Usage
from research.errors import ReadingError

FILE = "ssrf_cases.json"
PRIVATE = """test_private_ips_detected test_ipv4_mapped_ipv6_private
test_cloud_metadata_ips_detected
test_ipv4_mapped_ipv6_metadata_detected test_nat64_metadata_detected test_6to4_metadata_detected
test_transition_form_metadata_detected
test_transition_address_metadata_url_blocked_with_allow_local""".split()
PUBLIC = "test_public_ips_allowed test_ipv4_mapped_ipv6_public test_allowed_protocols".split()
SCHEMES = "test_blocked_protocols"
INSIDE = (".internal", ".local", ".localhost")
SOMEWHERE = "93.184.215.14"  # what names of the controls resolve to; never connected to
NAME = "rebound.example"
LIMITS = FetchLimits(total=5.0, attempts=1, delay=0.0, per_host=16)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Cases:
    """URLs: those that must be refused for their address, those that must for their form, and the
    controls."""

    private: tuple[str, ...]
    malformed: tuple[str, ...]
    public: tuple[str, ...]


def read_cases(path: Path) -> Cases:
    """Raises `DataInvalid`."""
    file = path / FILE if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        groups = {
            name: [_first(case) for case in data["parametrized"][name]["cases"]]
            for name in (*PRIVATE, *PUBLIC, SCHEMES)
        }
        literals = [str(url) for url in data["url_literals"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataInvalid(
            line=1, path=file, reason=f"it is not the JSON of these cases: {error!r}"
        ) from error
    private = [_as_url(case) for name in PRIVATE for case in groups[name]]
    malformed = list(groups[SCHEMES])
    public = [_as_url(case) for name in PUBLIC for case in groups[name]]
    hosts = {urlsplit(url).hostname for url in private}
    for url in literals:
        _kind(url, hosts, private, malformed, public).append(url)
    return Cases(*(tuple(dict.fromkeys(urls)) for urls in (private, malformed, public)))


def _first(case: Any) -> str:
    return str(case[0] if isinstance(case, list) else case)


def _as_url(case: str) -> str:
    return case if "://" in case else f"http://[{case}]/" if ":" in case else f"http://{case}/"


def _kind(
    url: str,
    private_hosts: set[str | None],
    private: list[str],
    malformed: list[str],
    public: list[str],
) -> list[str]:
    """Which list a literal URL belongs to, told without the guard that is on trial."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return malformed
    if parts.hostname in private_hosts or parts.hostname.endswith(INSIDE):
        return private
    try:
        return public if ip_address(parts.hostname).is_global else private
    except ValueError:
        return public


class Network(httpcore.AsyncNetworkBackend):
    """Connects to one port of loopback and to nothing else; what else was attempted is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpcore.AnyIOBackend()
        self.attempted: list[str] = []

    async def connect_tcp(
        self, host: str, port: int, *rest: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        if (host, port) == ("127.0.0.1", self._port):
            return await self._inner.connect_tcp(host, port, *rest, **options)
        self.attempted.append(host)
        raise httpcore.ConnectError("not part of this suite")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class Watched(Guard):
    """A guard that keeps what it let through, so that a hole shows even where the connection then
    fails."""

    def __init__(self, *rest: Any, **options: Any) -> None:
        super().__init__(*rest, **options)
        self.let_through: list[str] = []

    async def addresses(self, host: str, port: int) -> list[str]:
        found = await super().addresses(host, port)
        self.let_through.extend(found)
        return found


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """`/to?u=` redirects to u; `/script?u=` goes there by script and asks for it in every other way
    a page can."""
    line = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ")[1]
    parts = urlsplit(line)
    target = parse_qs(parts.query).get("u", [""])[0]
    if parts.path == "/to":
        writer.write(
            f"HTTP/1.1 302 X\r\nLocation: {target}\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
    else:
        there = json.dumps(target)
        body = (
            f"<body><iframe src={there}></iframe>"
            f"<script>fetch({there}).catch(() => 0); location.href = {there}</script>"
        ).encode()
        writer.write(
            b"HTTP/1.1 200 X\r\nContent-Type: text/html\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
    await writer.drain()
    writer.close()


@asynccontextmanager
async def _server() -> AsyncIterator[int]:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def run(cases: Cases, *, browser: bool, tell: Tell) -> Outcome:
    """Try every case in every form. Without Chromium the in-browser form is ungraded."""
    started = time.monotonic()
    inside = browser and find_chromium() is not None
    async with _server() as port:
        refused: dict[str, list[bool] | None] = {
            "direct": [
                await _fetched(url, url, port) for url in (*cases.private, *cases.malformed)
            ],
            "redirected": [
                await _fetched(f"http://127.0.0.1:{port}/to?u={quote(url, safe='')}", url, port)
                for url in cases.private
            ],
            "rebound": [await _rebound(url, port) for url in cases.private],
            "in_browser": await _in_browser(cases.private, port) if inside else None,
        }
    allowed = [await _allowed(url) for url in cases.public]
    for form, results in refused.items():
        for url, held in zip((*cases.private, *cases.malformed), results or [], strict=False):
            if not held:
                tell(f"NOT REFUSED {form}: {url}")
    for url, held in zip(cases.public, allowed, strict=True):
        if not held:
            tell(f"not allowed: {url}")
    metrics = {
        f"refused.{form}": mean(list(map(float, results))) if results else Metric(None)
        for form, results in refused.items()
    }
    metrics["allowed.public"] = mean(list(map(float, allowed)))
    n = len(cases.private) + len(cases.malformed) + len(cases.public)
    usage = Usage(seconds=round(time.monotonic() - started, 2))
    return Outcome("ssrf", "leadline", n, 0 if inside else len(cases.private), metrics, usage)


async def _fetched(url: str, target: str, port: int) -> bool:
    """Whether fetching is refused for the target's address, and nothing was connected to but
    loopback's one port."""
    network = Network(port)
    async with Fetcher(
        Guard([f"127.0.0.1:{port}"], resolver=_resolver([SOMEWHERE])),
        limits=LIMITS,
        robots=False,
        network=network,
    ) as fetcher:
        try:
            await fetcher.fetch(url)
        except ReadingError as error:
            return error.kind == "forbidden_address" and not network.attempted
    return False


def _resolver(*answers: Sequence[str]) -> Callable[[str, int], Any]:
    """Gives the answers in turn, the last one again and again."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return list(left.pop(0) if len(left) > 1 else left[0])

    return resolve


async def _rebound(url: str, port: int) -> bool:
    """Whether a name never leads to the address: told at once, beside a public one, or only when
    asked again."""
    host = urlsplit(url).hostname or ""
    try:
        address = str(ip_address(host))
    except ValueError:
        return await _fetched(
            url, url, port
        )  # a name, not an address: it is refused before it is resolved
    held = []
    for answers in ([[address]], [[SOMEWHERE, address]], [[SOMEWHERE], [address]]):
        network = Network(port)
        async with Fetcher(
            Guard(resolver=_resolver(*answers)), limits=LIMITS, robots=False, network=network
        ) as fetcher:
            try:
                await fetcher.fetch(f"http://{NAME}/")
            except ReadingError as error:
                pinned = network.attempted == [SOMEWHERE] and len(answers) == 2
                held.append(pinned or (error.kind == "forbidden_address" and not network.attempted))
    return held == [True, True, True]


async def _in_browser(urls: Sequence[str], port: int) -> list[bool]:
    """Whether a page inside Chromium cannot get there by redirect, script, frame or request."""
    here = f"127.0.0.1:{port}"

    async def held(renderer: Renderer, path: str, url: str) -> bool:
        try:
            await renderer.render(f"http://{here}/{path}?u={quote(url, safe='')}")
        except ReadingError as error:
            return error.kind == "forbidden_address"
        return False

    guard = Watched([here])
    async with Renderer(guard) as renderer:
        tried = await asyncio.gather(
            *(held(renderer, path, url) for url in urls for path in ("to", "script"))
        )
    if set(guard.let_through) - {"127.0.0.1"}:
        return [False] * len(urls)
    return [to and script for to, script in zip(tried[::2], tried[1::2], strict=True)]


async def _allowed(url: str) -> bool:
    """Whether the guard lets a public URL through; a judgement, no connection."""
    guard = Guard(resolver=_resolver([SOMEWHERE]))
    parts = urlsplit(url)
    try:
        guard.check_url(url)
        await guard.addresses(parts.hostname or "", parts.port or 80)
    except ReadingError:
        return False
    return True
