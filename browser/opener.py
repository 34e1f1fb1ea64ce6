"""Open one URL of the web: fetched, parsed, rendered where its scripts build it, and refused where
it is no page to read.

Shared by the runs of a process, so that hosts are asked with courtesy and Chromium is started once
whoever asks. Not here: what a run may read (`surfer.py`), libraries.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from browser.documents.parsers import PARSERS, Parsers
from browser.documents.parsing import Parsed
from browser.documents.parts import why_empty
from browser.documents.reading import BINARY
from browser.html.extract import HtmlPage
from browser.net.challenge import wall_in_page, wall_in_response
from browser.net.fetch import Fetched, Fetcher, FetchLimits
from browser.net.guard import Guard
from browser.net.once import Once
from browser.net.page_cache import READS_FOR, PageCache
from browser.net.render import Renderer, why_render
from browser.net.urls import canonical_url
from browser.types import Opened, Via
from research.domain import DEFAULT_TENANT
from research.errors import ReadingError
from research.settings import Settings
from research.tracing import page_span

MAX_FILE = 20_000_000
CACHE_FILE = "pages.db"
Admit = Callable[[str], None]


def anywhere(here: str) -> None:
    """Let a redirect lead where it likes."""


class Opener:
    """An async context manager."""

    def __init__(
        self,
        settings: Settings,
        *,
        guard: Guard | None = None,
        limits: FetchLimits | None = None,
        parsers: Parsers = PARSERS,
    ) -> None:
        guard = guard or Guard(settings.allow_hosts)
        days = settings.page_cache_days
        cache = PageCache(settings.cache_dir / CACHE_FILE, days) if days else None
        limits = limits or FetchLimits.within(settings.page_timeout)
        self._fetcher = Fetcher(guard, limits=limits, cache=cache, robots=settings.robots)
        self._renderer = Renderer(guard)
        self._parsers = parsers
        self._opening: Once[Opened] = Once()
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._fetcher)
            await stack.enter_async_context(self._renderer)
            stack.push_async_callback(self._opening.aclose)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def open(self, url: str, admit: Admit = anywhere, tenant: str = DEFAULT_TENANT) -> Opened:
        """`admit` raises `ReadingError` for a place a redirect must not lead to; those of one
        tenant whose `admit` is equal share what is under way, and a tenant has pages of its own in
        the cache: how soon a page comes tells nobody what others have read. Raises
        `ReadingError`."""
        key = (url, admit, tenant)
        return await self._opening.do(key, lambda: self._open(url, admit, tenant))

    async def _open(self, url: str, admit: Admit, tenant: str) -> Opened:
        READS_FOR.set(tenant)  # in the task that `Once` made for this page
        with page_span(url) as span:
            page = await self._read(url, admit)
            span.set_attribute("leadline.via", page.via)
        return page

    async def _read(self, url: str, admit: Admit) -> Opened:
        fetched = await self._fetcher.fetch(url)
        admit(fetched.url)
        parsed = await self._parse(fetched)
        via: Via = "http"
        why = why_render(parsed.document.html) if parsed.document.html else ""
        if why and self._renderer.available:
            fetched = await self._renderer.render(fetched.url)
            admit(fetched.url)
            await self._fetcher.admit(fetched.url)  # a script may have led elsewhere
            parsed, via = await self._parse(fetched), "browser"
        if parsed.document.html:
            refuse_walls(url, parsed.document.html, fetched.body)
        return opened(parsed, fetched.url, via, private=False, why=why if via == "browser" else "")

    async def _parse(self, fetched: Fetched) -> Parsed:
        return await self._parsers.parse(fetched, name=urlsplit(fetched.url).path)


async def open_file(path: Path, *, parsers: Parsers = PARSERS) -> Opened:
    """Read a file of this machine, a captured page among them: for a person, never for an agent.
    Raises `ReadingError`."""
    url = (await asyncio.to_thread(path.resolve)).as_uri()
    try:
        size = (await asyncio.to_thread(path.stat)).st_size
        if size > MAX_FILE:
            raise ReadingError(url=url, kind="too_large", reason=f"larger than {MAX_FILE:,} bytes")
        raw = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError as error:
        raise ReadingError(url=url, kind="not_found", reason="there is no such file") from error
    except OSError as error:
        raise ReadingError(url=url, kind="broken", reason=str(error.strerror)) from error
    parsed = await parsers.parse(Fetched(url, raw, BINARY, None), name=path.name)
    if parsed.document.html:
        refuse_walls(url, parsed.document.html, raw)
    if not parsed.document.page.sentences:
        raise ReadingError(url=url, kind="empty", reason=why_empty(parsed.document.page))
    return opened(parsed, url, "file", private=True)


def refuse_walls(url: str, html: HtmlPage, body: bytes) -> None:
    """Raise `ReadingError` for a page that is a wall, not an article. Few words are all of a page
    that has no scripts."""
    text = html.page.text
    kind = wall_in_page(html.page.title, text, has_password=html.has_password, visible=html.visible)
    if kind is None and not html.page.sentences:
        kind = "empty"
    if kind == "empty" and wall_in_response(200, {}, body):
        kind = "challenge"
    if kind == "empty" and html.page.sentences and not html.scripts:
        return
    if kind:
        reason = (
            why_empty(html.page)
            if kind == "empty"
            else f"a {kind.replace('_', ' ')} page, not the page itself"
        )
        raise ReadingError(url=url, kind=kind, reason=reason)


def opened(parsed: Parsed, url: str, via: Via, *, private: bool, why: str = "") -> Opened:
    page = parsed.document.page
    return Opened(
        page, parsed.snapshot, url, canonical_url(url), via, parsed.raw_sha256, private, why
    )
