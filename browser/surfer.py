"""What agents read through: `search` over libraries and web providers, `open` of URLs, both many at
once.

Built for one run from what it may look at (`SourceChoice`). A page comes from a library when the
library holds that URL, else from the web (`opener.py`). Not here: what is done with what was read.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from typing import Self

import httpx

from browser.library.embeddings import Embedder, open_embedder
from browser.library.index import LibraryIndex
from browser.library.indexes import Indexes
from browser.library.library import SCHEME, open_document, spellings, stored_error
from browser.net.fetch import FetchLimits
from browser.net.guard import Guard
from browser.net.once import Once
from browser.net.urls import canonical_url
from browser.opener import Opener
from browser.search.fusion import PER_QUERY, WebSearch, chosen, fuse, in_time, may_read, query_of
from browser.search.providers import Provider, configured
from browser.types import Answered, Hit, Opened, Ranked, SearchOutcome
from research.domain import Language, Link, SourceChoice
from research.errors import LibraryError, ReadingError, SearchFailed
from research.settings import Settings
from research.store.database import Store
from research.store.tables import DocumentRow, LibraryRow
from research.text.sentences import estimate_tokens

# characters of pages that a run keeps at hand: its agents come back to the same ones
READ_AGAIN = 1_000_000
SIZED = 20  # texts whose sizes are taken at once
MARK_TOKENS = 6  # of the name of a sentence, [d3.12]
INDEXES = Indexes()  # of this process: an index outlives the run that built it


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that are trusted: reading them takes longer than a page, so once a
    process."""
    return httpx.create_ssl_context()


class Surfer:
    """An async context manager. Raises `LibraryError` on entry if a library of the choice does not
    exist. An `opener` is shared with other runs; without one, `guard` and `limits` are for its
    own."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        sources: SourceChoice,
        *,
        providers: Sequence[Provider] | None = None,
        guard: Guard | None = None,
        limits: FetchLimits | None = None,
        opener: Opener | None = None,
        indexes: Indexes = INDEXES,
    ) -> None:
        self._settings, self._store, self._sources = settings, store, sources
        self._shared = opener is not None
        self._tenant = store.acting_tenant
        self._opener = opener or Opener(settings, guard=guard, limits=limits)
        self._indexes = indexes
        self._providers = (
            list(providers)
            if providers is not None
            else (configured(settings) if sources.web else [])
        )
        self._libraries: list[LibraryIndex] = []
        self._read: Once[Opened] = Once(room=READ_AGAIN, size=lambda opened: len(opened.page.text))
        self.embedder: Embedder | None = None
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.embedder = await open_embedder(self._settings)
            for library in [await self._library(name) for name in self._sources.libraries]:
                self._libraries.append(
                    await stack.enter_async_context(
                        self._indexes.open(self._store, library, self.embedder)
                    )
                )
            if not self._shared:
                await stack.enter_async_context(self._opener)
            client = await stack.enter_async_context(
                httpx.AsyncClient(timeout=self._settings.search_timeout, verify=_tls())
            )
            self._web = WebSearch(self._providers, client, timeout=self._settings.search_timeout)
            stack.push_async_callback(self._read.aclose)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def _library(self, name: str) -> LibraryRow:
        library = await self._store.library(name)
        if library is None:
            raise LibraryError(
                library=name,
                reason="there is none of that name",
                mend="`leadline library list` shows them.",
            )
        return library

    async def _is_readable(self, library: LibraryRow) -> bool:
        """Whether the run's tenant may still read a library: its own, or one shared with it."""
        if library.tenant == self._tenant:
            return True
        found = await self._store.library(self._store.name_of(library))
        return found is not None and found.id == library.id

    # What there is

    @property
    def web(self) -> bool:
        """Whether the run may look at the web."""
        return self._sources.web

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of those that search the web."""
        return tuple(provider.name for provider in self._providers)

    @property
    def libraries(self) -> tuple[str, ...]:
        return tuple(index.library.name for index in self._libraries)

    def documents(self) -> list[str]:
        """The addresses of all that the run's libraries hold."""
        wanted = (one for index in self._libraries for one in index.documents)
        return [one.url for one in wanted if in_time(one.published_at, self._sources)]

    async def whole(self, room: int) -> list[str] | None:
        """The addresses of all that can be read in the run's libraries, where its texts, each
        sentence with a mark, are no more than so many tokens together; None where they are more,
        and where the run has the web or nothing to read."""
        if self._sources.web:
            return None
        wanted = [
            document
            for index in self._libraries
            for document in index.documents
            if in_time(document.published_at, self._sources)
        ]
        ids = list(
            dict.fromkeys(document.snapshot_id for document in wanted if document.snapshot_id)
        )
        for start in range(0, len(ids), SIZED):
            snapshots = await self._store.snapshots(ids[start : start + SIZED])
            room -= sum(
                estimate_tokens(one.text) + MARK_TOKENS * len(one.sentences)
                for one in snapshots.values()
            )
            if room < 0:
                return None
        return list(dict.fromkeys(document.url for document in wanted)) or None

    async def unread(self) -> list[ReadingError]:
        """The documents of the run's libraries that cannot be read, each with its reason."""
        rows = [
            row
            for index in self._libraries
            for row in await self._store.documents(index.library.id)
        ]
        return [stored_error(row) for row in rows if row.error]

    # Search

    @property
    def languages(self) -> frozenset[Language]:
        """The languages of the run's libraries; nobody knows those of the web."""
        return frozenset().union(*(index.languages for index in self._libraries))

    async def search(
        self, queries: Sequence[str], topk: int, *, seconds: float | None = None
    ) -> SearchOutcome:
        """The best pages over all queries, libraries and providers, which may take so many seconds.
        Raises `SearchFailed` if nothing that was asked answered."""
        queries = [query for query in dict.fromkeys(query.strip() for query in queries) if query]
        if not queries or not (self._providers or self._libraries):
            raise SearchFailed(
                reason="there is no query"
                if not queries
                else "the run has neither web nor libraries"
            )
        limit = max(PER_QUERY, topk)
        asked = [query_of(query, self._sources) for query in queries]
        local, web = await asyncio.gather(
            self._search_libraries(queries, limit), self._web.ask(asked, limit, seconds)
        )
        answers = (*(answered for answered, _ in local), *web.answered)
        given = [answer.query for answer in answers if answer.found is not None]
        lists = [chosen(hits, self._sources) for hits in [*(hits for _, hits in local), *web.lists]]
        if not lists:
            raise SearchFailed(reason="; ".join(web.failures))
        by_query: dict[str, list[list[Hit]]] = {}
        for query, hits in zip(given, lists, strict=True):
            by_query.setdefault(query, []).append(hits)
        ranked = tuple(Ranked(query=query, hits=fuse(own, topk)) for query, own in by_query.items())
        return SearchOutcome(
            hits=fuse(lists, topk), ranked=ranked, failures=tuple(web.failures), answers=answers
        )

    async def _search_libraries(
        self, queries: Sequence[str], limit: int
    ) -> list[tuple[Answered, list[Hit]]]:
        found: list[tuple[Answered, list[Hit]]] = []
        for index in await self._readable():
            for query in queries:
                hits = await asyncio.to_thread(_search_library, index, query, limit)
                name = f"library {index.library.name}"
                found.append((Answered(query=query, provider=name, found=len(hits)), hits))
        return found

    async def _readable(self) -> list[LibraryIndex]:
        """The run's libraries. Raises `SearchFailed` where one may not be read any more."""
        for index in self._libraries:
            if not await self._is_readable(index.library):
                name = self._store.name_of(index.library)
                raise SearchFailed(reason=f"the library {name} is not shared any more")
        return self._libraries

    async def holding(self, texts: Sequence[str]) -> list[Ranked]:
        """For each text the documents of the run's libraries in which it stands exactly so. Raises
        `SearchFailed`."""
        libraries = await self._readable()
        found = []
        for text in texts:
            rows = [
                (index.library.name, row)
                for index in libraries
                for row in await asyncio.to_thread(index.holding, text)
            ]
            hits = [_hit_of(row, library) for library, row in rows]
            found.append(Ranked(query=text, hits=tuple(chosen(hits, self._sources))))
        return found

    # Reading

    def address_of(self, name: str) -> str:
        """The address of the one document of the run's libraries whose path ends so, as lists of
        documents tell it; any other name as it is."""
        if "://" in name or not name.strip("/ "):
            return name
        ending = f"/{name.strip('/ ')}"
        found = [
            document.url
            for index in self._libraries
            for document in index.documents
            if f"/{index.library.name}/{document.path}".endswith(ending)
        ]
        return found[0] if len(found) == 1 else name

    def reachable(self, links: Sequence[Link]) -> list[Link]:
        """The links that lead to what the run may look at: pages of the web, and documents of its
        libraries, by the addresses that these have."""
        reached: dict[str, Link] = {}
        for link in links:
            if url := self._reached(link.url):
                reached.setdefault(url, Link(url=url, text=link.text))
        return list(reached.values())

    def _reached(self, url: str) -> str | None:
        """A folder of a library leads to its first page."""
        if not url.startswith(SCHEME):
            found = self._document(url)
            may = found or (self._sources.web and may_read(url, self._sources))
            return url if may else None
        found = self._document(url) or self._document(f"{url.rstrip('/')}/index.html")
        return found[1].url if found else None

    def _document(self, url: str) -> tuple[LibraryIndex, DocumentRow] | None:
        """The document of this run's libraries that an address names."""
        names = spellings(url) if url.startswith(SCHEME) else (url,)
        found = (
            (index, document)
            for index in self._libraries
            for name in names
            if (document := index.by_url.get(canonical_url(name)))
        )
        return next(found, None)

    async def open(
        self, urls: Sequence[str], *, seconds: float | None = None
    ) -> list[Opened | ReadingError]:
        """Read the pages at once, within so many seconds; each gives a page or its error, in the
        order asked."""
        return list(await asyncio.gather(*(self._attempt(url, seconds) for url in urls)))

    async def _attempt(self, url: str, seconds: float | None) -> Opened | ReadingError:
        try:
            async with asyncio.timeout(seconds):
                return await self._open(url)
        except ReadingError as error:
            return error
        except TimeoutError:
            return ReadingError(url=url, kind="timeout", reason="the run has no more time for it")

    async def _open(self, url: str) -> Opened:
        if found := self._document(url):
            index, document = found
            if not await self._is_readable(index.library):
                reason = "its library is not shared any more"
                raise ReadingError(url=url, kind="blocked", reason=reason)
            return await open_document(self._store, index.library, document)
        if url.startswith(SCHEME):
            raise ReadingError(url=url, kind="not_found", reason="no library of this run holds it")
        admit = _Admission(url, self._sources)
        admit(url)
        return await self._read.do(url, lambda: self._opener.open(url, admit, self._tenant))


@dataclass(frozen=True)
class _Admission:
    """Refuses what a run's sources leave out, also where a redirect led from the URL."""

    url: str
    sources: SourceChoice

    def __call__(self, here: str) -> None:
        if not self.sources.web:
            raise ReadingError(
                url=self.url, kind="blocked", reason="the web is not among this run's sources"
            )
        if not may_read(here, self.sources):
            raise ReadingError(
                url=self.url, kind="blocked", reason="its domain is not among this run's sources"
            )


def _search_library(index: LibraryIndex, query: str, limit: int) -> list[Hit]:
    return [
        _hit_of(found.document, index.library.name, found.snippet, found.score)
        for found in index.search(query, limit)
    ]


def _hit_of(document: DocumentRow, library: str, snippet: str = "", score: float = 0.0) -> Hit:
    return Hit(
        url=document.url,
        title=document.title,
        snippet=snippet,
        provider="library",
        published_at=document.published_at,
        library=library,
        score=score,
    )
