"""What agents read through: `search` over libraries and web providers, `open` of URLs, both many at once.

Built for one run from what it may look at (`SourceChoice`). A page comes from a library when the library holds that
URL, else over HTTP, and through Chromium only where the fetched page is an empty shell. Not here: what is done with
what was read.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx

from browser.challenge import wall_in_page, wall_in_response
from browser.documents import Document, read_document
from browser.embeddings import Embedder, open_embedder
from browser.extract import HtmlPage
from browser.fetch import Fetched, Fetcher, FetchLimits
from browser.guard import Guard
from browser.index import LibraryIndex
from browser.indexes import Indexes
from browser.library import open_document
from browser.parts import snapshot_of
from browser.providers import Provider, configured
from browser.render import Renderer, is_shell
from browser.search import PER_QUERY, WebSearch, chosen, fuse, may_read
from browser.types import Hit, Opened, SearchOutcome, Via
from browser.urls import canonical_url
from research.errors import LibraryError, ReadingError, SearchFailed
from research.settings import Settings
from research.store import Store
from research.tables import LibraryRow
from research.types import PageText, SourceChoice

INDEXES = Indexes()  # of this process: an index outlives the run that built it
MAX_FILE = 20_000_000


class Surfer:
    """An async context manager. Raises `LibraryError` on entry if a library of the choice does not exist."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        sources: SourceChoice,
        *,
        providers: Sequence[Provider] | None = None,
        guard: Guard | None = None,
        limits: FetchLimits | None = None,
        indexes: Indexes = INDEXES,
        tenant: str = "default",
    ) -> None:
        self._settings, self._store, self._sources, self._tenant = settings, store, sources, tenant
        self._guard = guard or Guard(settings.allow_hosts)
        self._limits, self._indexes = limits, indexes
        self._providers = list(providers) if providers is not None else (configured(settings) if sources.web else [])
        self._libraries: list[LibraryIndex] = []
        self.embedder: Embedder | None = None
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.embedder = await open_embedder(self._settings)
            for library in [await self._library(name) for name in self._sources.libraries]:
                self._libraries.append(await stack.enter_async_context(self._indexes.open(self._store, library, self.embedder)))
            self._fetcher = await stack.enter_async_context(Fetcher(self._guard, limits=self._limits))
            self._renderer = await stack.enter_async_context(Renderer(self._guard))
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=httpx.Timeout(10.0)))
            self._web = WebSearch(self._providers, client)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def _library(self, name: str) -> LibraryRow:
        library = await self._store.library(name, tenant=self._tenant)
        if library is None:
            raise LibraryError(library=name, reason="there is none of that name", mend="`leadline library list` shows them.")
        return library

    # Search

    async def search(self, queries: Sequence[str], topk: int) -> SearchOutcome:
        """The best pages over all queries, libraries and providers. Raises `SearchFailed` if nothing that was asked
        answered."""
        queries = [query for query in dict.fromkeys(query.strip() for query in queries) if query]
        if not queries or not (self._providers or self._libraries):
            raise SearchFailed(reason="there is no query" if not queries else "the run has neither web nor libraries")
        limit = max(PER_QUERY, topk)
        local, web = await asyncio.gather(self._search_libraries(queries, limit), self._web.ask(queries, limit))
        lists = local + web.lists
        if not lists:
            raise SearchFailed(reason="; ".join(web.failures))
        hits = fuse((chosen(hits, self._sources) for hits in lists), topk)
        return SearchOutcome(hits=hits, failures=tuple(web.failures))

    async def _search_libraries(self, queries: Sequence[str], limit: int) -> list[list[Hit]]:
        return [await asyncio.to_thread(_search_library, index, query, limit) for index in self._libraries for query in queries]

    # Reading

    async def open(self, urls: Sequence[str]) -> list[Opened | ReadingError]:
        """Read the pages at once; each gives a page or its error, in the order asked."""
        return list(await asyncio.gather(*(self._attempt(url) for url in urls)))

    async def _attempt(self, url: str) -> Opened | ReadingError:
        try:
            return await self._open(url)
        except ReadingError as error:
            return error

    async def _open(self, url: str) -> Opened:
        for index in self._libraries:
            document = index.by_url.get(canonical_url(url))
            if document:
                return await open_document(self._store, index.library, document)
        if url.startswith("library://"):
            raise ReadingError(url=url, kind="not_found", reason="no library of this run holds it")
        self._admit(url, url)
        fetched = await self._fetcher.fetch(url)
        self._admit(url, fetched.url)
        return await self._read(url, fetched)

    def _admit(self, url: str, here: str) -> None:
        """Refuse what the run's sources leave out, also where a redirect led."""
        if not self._sources.web:
            raise ReadingError(url=url, kind="blocked", reason="the web is not among this run's sources")
        if not may_read(here, self._sources):
            raise ReadingError(url=url, kind="blocked", reason="its domain is not among this run's sources")

    async def _read(self, url: str, fetched: Fetched) -> Opened:
        document = await asyncio.to_thread(_document, fetched)
        via: Via = "http"
        body = fetched.body
        if document.html and is_shell(document.html) and self._renderer.available:
            rendered = await self._renderer.render(fetched.url)
            self._admit(url, rendered.url)
            document, fetched, via, body = (
                await asyncio.to_thread(_document, rendered),
                rendered,
                "browser",
                rendered.body,
            )
        if document.html:
            refuse_walls(url, document.html, body)
        return _opened(document.page, fetched.url, via, body, private=False)


async def open_file(path: Path) -> Opened:
    """Read a file of this machine: for a person at the command line, never for an agent. Raises `ReadingError`."""
    return await asyncio.to_thread(_read_file, path)


def _read_file(path: Path) -> Opened:
    url = path.resolve().as_uri()
    try:
        if path.stat().st_size > MAX_FILE:
            raise ReadingError(url=url, kind="too_large", reason=f"larger than {MAX_FILE:,} bytes")
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ReadingError(url=url, kind="not_found", reason="there is no such file") from error
    except OSError as error:
        raise ReadingError(url=url, kind="broken", reason=str(error.strerror)) from error
    page = read_document(raw, name=path.name, url=url).page
    if not page.sentences:
        raise ReadingError(url=url, kind="empty", reason="no text in it")
    return _opened(page, url, "file", raw, private=True)


def refuse_walls(url: str, html: HtmlPage, body: bytes) -> None:
    """Raise `ReadingError` for a page that is a wall, not an article."""
    text = html.page.text
    kind = wall_in_page(html.page.title, text, has_password=html.has_password, visible=html.visible)
    if kind is None and not html.page.sentences:
        kind = "empty"
    if kind == "empty" and wall_in_response(200, {}, body):
        kind = "challenge"
    if kind:
        reason = "no text in it" if kind == "empty" else f"a {kind.replace('_', ' ')} page, not the page itself"
        raise ReadingError(url=url, kind=kind, reason=reason)


def _document(fetched: Fetched) -> Document:
    name = urlsplit(fetched.url).path
    return read_document(fetched.body, name=name, url=fetched.url, media_type=fetched.media_type, charset=fetched.charset)


def _opened(page: PageText, url: str, via: Via, raw: bytes, *, private: bool) -> Opened:
    digest = hashlib.sha256(raw).hexdigest()
    return Opened(page, snapshot_of(page), url, canonical_url(url), via, digest, private)


def _search_library(index: LibraryIndex, query: str, limit: int) -> list[Hit]:
    return [
        Hit(
            url=found.document.url,
            title=found.document.title,
            snippet=found.snippet,
            provider="library",
            published_at=found.document.published_at,
            library=index.library.name,
            score=found.score,
        )
        for found in index.search(query, limit)
    ]
