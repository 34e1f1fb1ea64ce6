"""A small web on loopback, byte by byte, so that it can misbehave in every way; and documents made
on the spot."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from browser.net.fetch import FetchLimits
from research.settings import Settings

ARTICLE = (
    "<html><head><title>{title}</title></head><body><nav>Home | About</nav><article><h1>{title}</h1>"
    "<p>The lighthouse at {title} was first lit in 1871 and stands 48 metres above the sea. It was automated in 1988.</p>"
    "<p>Its lamp was built in Paris and can be seen from 22 nautical miles on a clear night, the keepers wrote.</p>"
    "<p>Some 14,000 visitors climb the stairs each year, and the tower is closed from November until March.</p>"
    "</article></body></html>"
)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


Handler = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def response(
    body: bytes | str = b"",
    *,
    status: int = 200,
    kind: str = "text/html; charset=utf-8",
    **headers: str,
) -> bytes:
    raw = body.encode() if isinstance(body, str) else body
    fields = {"Content-Type": kind, "Content-Length": str(len(raw)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + raw


@dataclass
class Web:
    """`pages` maps a path to raw responses (one for each request, the last one again and again) or
    to a handler."""

    port: int = 0
    pages: dict[str, list[bytes] | Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str, *responses: bytes) -> str:
        self.pages[path] = list(responses)
        return self.url(path)

    def article(self, path: str, title: str = "Skerry Point") -> str:
        return self.page(path, response(ARTICLE.format(title=title)))

    def handle(self, path: str, handler: Handler) -> str:
        self.pages[path] = handler
        return self.url(path)

    def count(self, path: str) -> int:
        return sum(1 for asked in self.asked if asked.path == path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.strip().split("\r\n")
            method, target, _ = line.split(" ")
            parts = urlsplit(target)
            headers = {
                name.lower(): value.strip()
                for name, _, value in (one.partition(":") for one in fields)
            }
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            asked = Asked(method, parts.path, query, headers)
            self.asked.append(asked)
            await self._answer(asked, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        found = self.pages.get(asked.path)
        if callable(found):
            await found(asked, writer)
            return
        if found is None:
            writer.write(response("<h1>Not found</h1>", status=404))
        else:
            writer.write(found.pop(0) if len(found) > 1 else found[0])
        await writer.drain()


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    site = Web()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    yield site
    server.close()
    await server.wait_closed()


@pytest.fixture
async def searxng(web: Web) -> str:
    """A search server in SearXNG's format; `web.results` is not needed: it finds every article the
    web serves, best first."""
    found = [
        {
            "url": web.article("/skerry", "Skerry Point"),
            "title": "Skerry Point",
            "content": "A lighthouse of 1871.",
        },
        {
            "url": web.article("/brandon", "Brandon Head"),
            "title": "Brandon Head",
            "content": "Another lighthouse.",
        },
    ]

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        payload = {"query": asked.query.get("q"), "results": found, "unresponsive_engines": []}
        writer.write(response(json.dumps(payload), kind="application/json"))
        await writer.drain()

    web.handle("/search", answer)
    return web.url("")


@pytest.fixture
def settings(tmp_path: Path, web: Web) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        allow_hosts=(f"127.0.0.1:{web.port}",),
        search=("searxng",),
    )


@pytest.fixture
def quick() -> FetchLimits:
    """Limits small enough for a test to reach."""
    return FetchLimits(
        total=1.5,
        connect=0.5,
        read=0.5,
        size=200_000,
        ratio_floor=50_000,
        backoff=0.02,
        longest_wait=0.3,
        delay=0.0,
    )
