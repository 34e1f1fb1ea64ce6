"""The surfer over a small web and a library: one search, many pages, an error for each that cannot
be read."""

from datetime import date
from pathlib import Path

import pytest

from browser.library.library import sync_library
from browser.net.fetch import FetchLimits
from browser.net.guard import Guard
from browser.opener import open_file
from browser.search.providers.searxng import SearXNG
from browser.surfer import Surfer
from browser.types import Opened
from research.domain import SourceChoice
from research.errors import LibraryError, ReadingError, SearchFailed
from research.settings import Settings
from research.store.database import Store
from tests.browser.conftest import Web, response

WEB = SourceChoice(web=True)


@pytest.fixture
def settings(settings: Settings, searxng: str) -> Settings:
    return settings.model_copy(update={"searxng_url": searxng})


@pytest.fixture
async def notes(store: Store, tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "lamps.md").write_text(
        "# Lamps\n\nThe lamp of the Skerry lighthouse came from Paris in 1870.\n"
    )
    await sync_library(store, "notes", folder)
    return folder


async def test_web_and_library_in_one_search(settings: Settings, store: Store, notes: Path) -> None:
    async with Surfer(settings, store, SourceChoice(web=True, libraries=("notes",))) as surfer:
        outcome = await surfer.search(["Skerry lighthouse lamp", "Skerry lighthouse"], 10)
        pages = await surfer.open([hit.url for hit in outcome.hits])
    assert not outcome.failures
    assert {(hit.provider, hit.library) for hit in outcome.hits} == {
        ("library", "notes"),
        ("searxng", None),
    }
    answers = [(one.query, one.provider, one.found) for one in outcome.answers]
    assert answers == [
        (q, who, n)
        for who, n in (("library notes", 1), ("searxng", 2))
        for q in ("Skerry lighthouse lamp", "Skerry lighthouse")
    ]
    read = [page for page in pages if isinstance(page, Opened)]
    assert sorted((page.via, page.private) for page in read) == [
        ("http", False),
        ("http", False),
        ("library", True),
    ]
    skerry = next(page for page in read if page.url.endswith("/skerry"))
    assert "The lighthouse at Skerry Point was first lit in 1871" in skerry.snapshot.text
    assert skerry.canonical_url == skerry.url and len(skerry.raw_sha256) == 64
    assert skerry.page.title == "Skerry Point" and skerry.page.site == "127.0.0.1"


async def test_a_provider_that_fails_is_told_and_all_failing_raises(
    settings: Settings, store: Store, notes: Path, web: Web
) -> None:
    web.page("/search", response(status=403))
    async with Surfer(settings, store, SourceChoice(web=True, libraries=("notes",))) as surfer:
        outcome = await surfer.search(["lamp"], 5)
    assert ([hit.library for hit in outcome.hits], outcome.failures) == (
        ["notes"],
        ("searxng: HTTP 403",),
    )
    async with Surfer(settings, store, WEB) as surfer:
        with pytest.raises(SearchFailed, match="searxng: HTTP 403"):
            await surfer.search(["lamp"], 5)
        with pytest.raises(SearchFailed):
            await surfer.search(["  "], 5)


async def test_each_url_has_its_own_answer_in_order(
    settings: Settings, store: Store, web: Web, quick: FetchLimits
) -> None:
    latin = ("<p>" + "Le phare a coûté très cher à la région, dit-on. " * 6).encode("latin-1")
    login = "<title>Log in</title><form><input type=password></form>"
    urls = [
        web.url("/missing"),
        web.article("/ok"),
        "http://169.254.169.254/latest",
        web.page("/wall", response("<title>Just a moment...</title><p>Checking your browser</p>")),
        web.page("/login", response(login)),
        web.page(
            "/soft404",
            response("<title>Page not found</title><p>Nothing here, sorry about that.</p>"),
        ),
        web.page("/png", response(b"\x89PNG\r\n\x1a\n....", kind="text/html")),
        web.page("/gone", response(status=302, Location="http://10.0.0.1/")),
        web.page("/pdf", response(b"%PDF-1.4 broken", kind="application/pdf")),
        web.page("/plain", response("The tide turned at noon on Friday.", kind="text/plain")),
        web.page("/latin", response(latin, kind="text/html; charset=utf-8")),
        "library://notes/none",
        "not a url",
    ]
    async with Surfer(settings, store, WEB, limits=quick) as surfer:
        answers = await surfer.open(urls)
    kinds = [answer.kind if isinstance(answer, ReadingError) else answer.via for answer in answers]
    assert kinds == [
        "not_found",
        "http",
        "forbidden_address",
        "challenge",
        "login",
        "not_found",
        "unsupported",
        "forbidden_address",
        "broken",
        "http",
        "http",
        "not_found",
        "forbidden_address",
    ]
    assert isinstance(answers[10], Opened) and "coûté très cher" in answers[10].snapshot.text
    assert [answer.url for answer in answers if isinstance(answer, ReadingError)] == [
        url for url, kind in zip(urls, kinds, strict=True) if kind not in ("http", "browser")
    ]


async def test_the_choice_of_sources_binds_reading_too(
    settings: Settings, store: Store, web: Web, notes: Path
) -> None:
    url = web.article("/ok")
    away = web.page("/away", response(status=302, Location=web.url("/ok", host="localhost")))
    async with Surfer(settings, store, SourceChoice(libraries=("notes",))) as surfer:
        library, page = await surfer.open(["library://notes/lamps.md", url])
    assert isinstance(library, Opened) and isinstance(page, ReadingError) and page.kind == "blocked"
    guard = Guard(["127.0.0.1", "localhost"])
    async with Surfer(
        settings, store, SourceChoice(web=True, deny=("localhost",)), guard=guard
    ) as surfer:
        page, redirected = await surfer.open([url, away])
    assert isinstance(page, Opened)
    assert isinstance(redirected, ReadingError) and redirected.kind == "blocked"
    dated = SourceChoice(libraries=("notes",), date_from=date(2030, 1, 1))
    async with Surfer(settings, store, dated) as surfer:
        assert len((await surfer.search(["lamp"], 5)).hits) == 1


async def test_the_size_of_what_a_run_may_read(
    settings: Settings, store: Store, notes: Path
) -> None:
    (notes / "old.csv").write_text("a,b\n1,2\n")
    (notes / "torn.pdf").write_text("no document")
    await sync_library(store, "notes", notes)
    async with Surfer(settings, store, SourceChoice(libraries=("notes",))) as surfer:
        assert await surfer.whole(100) == ["library://notes/lamps.md", "library://notes/old.csv"]
        assert await surfer.whole(20) is None
        assert [error.url for error in await surfer.unread()] == ["library://notes/torn.pdf"]
        assert (surfer.web, surfer.providers, surfer.libraries) == (False, (), ("notes",))
    async with Surfer(settings, store, SourceChoice(web=True, libraries=("notes",))) as surfer:
        assert await surfer.whole(100) is None
        assert (surfer.web, surfer.providers) == (True, ("searxng",))


async def test_a_library_that_does_not_exist(settings: Settings, store: Store) -> None:
    with pytest.raises(LibraryError, match="notes"):
        async with Surfer(settings, store, SourceChoice(libraries=("notes",))):
            pass


async def test_searxng_on_loopback_needs_no_opening_but_its_pages_do(
    settings: Settings, store: Store, web: Web, searxng: str
) -> None:
    closed = settings.model_copy(update={"allow_hosts": ()})
    async with Surfer(closed, store, WEB, providers=[SearXNG(searxng)]) as surfer:
        hits = (await surfer.search(["skerry"], 5)).hits
        pages = await surfer.open([hit.url for hit in hits])
    assert len(hits) == 2
    assert all(
        isinstance(page, ReadingError) and page.kind == "forbidden_address" for page in pages
    )


async def test_a_file_of_one_s_own(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nThe lamp is lit at dusk.")
    read = await open_file(tmp_path / "a.md")
    assert (read.via, read.private, read.page.title) == ("file", True, "A")
    for name, kind in (("none.md", "not_found"), ("", "broken")):
        with pytest.raises(ReadingError) as caught:
            await open_file(tmp_path / name)
        assert caught.value.kind == kind
