"""Search: providers' formats, fusion, and that an outage is never "nothing found"."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException
from hypothesis import given
from hypothesis import strategies as st

from browser.search.fusion import WebSearch, chosen, fuse
from browser.search.providers import Provider, configured
from browser.search.providers.duckduckgo import DuckDuckGo
from browser.search.providers.searxng import SearXNG
from browser.types import Found, Hit, Query
from research.domain import SourceChoice
from research.errors import SearchFailed, SettingsError
from research.settings import Settings
from tests.browser.conftest import Asked, Web, response


def hit(url: str, **fields: Any) -> Hit:
    return Hit(**({"url": url, "title": "T", "snippet": "s", "provider": "p"} | fields))


class Scripted:
    """A provider that answers from a function."""

    pause = 0.0

    def __init__(self, name: str, answer: Callable[[str], list[Hit]]) -> None:
        self.name, self._answer, self.asked = name, answer, 0

    async def search(self, client: httpx.AsyncClient, query: Query, limit: int) -> Found:
        self.asked += 1
        return Found(self._answer(query.text))


async def ask(
    *providers: Provider, queries: tuple[str, ...] = ("q",), seconds: float = 10
) -> tuple[list[list[Hit]], list[str]]:
    async with httpx.AsyncClient() as client:
        answers = await WebSearch(providers, client, timeout=seconds).ask(
            [Query(text=text) for text in queries]
        )
    return answers.lists, answers.failures


async def test_searxng_over_http(web: Web, searxng: str) -> None:
    lists, failures = await ask(SearXNG(searxng), queries=("skerry light",))
    assert [found.url for found in lists[0]] == [web.url("/skerry"), web.url("/brandon")]
    assert not failures
    assert web.asked[-1].query == {
        "q": "skerry light",
        "format": "json",
        "safesearch": "0",
        "language": "en",
    }


def test_searxng_answers() -> None:
    engine = SearXNG("http://search.example/")
    assert str(engine.request(Query(text="a b"), 5, "").url).startswith(
        "http://search.example/search?q=a+b&format=json"
    )
    rows = [
        {
            "url": "https://x.org/a",
            "title": "A\n",
            "content": None,
            "publishedDate": "2024-03-05T00:00:00",
        },
        {"url": "javascript:x"},
        7,
    ]
    found = engine.parse({"results": rows, "unresponsive_engines": [["bing", "timeout"]]})
    assert [(one.url, one.title, one.snippet, one.published_at) for one in found] == [
        ("https://x.org/a", "A", "", "2024-03-05")
    ]
    assert engine.parse({"results": [], "unresponsive_engines": []}) == []
    with pytest.raises(SearchFailed, match="bing: timeout"):
        engine.parse({"results": [], "unresponsive_engines": [["bing", "timeout"]]})
    wrong: list[object] = [[], {}, {"results": None}, "x"]
    for payload in wrong:
        with pytest.raises(SearchFailed):
            engine.parse(payload)


async def test_searxng_failures_are_named_and_tried_again_only_if_they_may_pass(web: Web) -> None:
    ok = response(json.dumps({"results": []}), kind="application/json")
    web.page("/search", response(status=503), ok)
    assert await ask(SearXNG(web.url(""))) == ([[]], [])
    web.page("/search", response(status=429))
    assert await ask(SearXNG(web.url(""))) == ([], ["searxng: HTTP 429"])
    web.asked.clear()
    web.page("/search", response(status=403))
    assert await ask(SearXNG(web.url(""))) == ([], ["searxng: HTTP 403"])
    assert len(web.asked) == 1
    web.page("/search", response("<html>"))
    assert await ask(SearXNG(web.url(""))) == ([], ["searxng: its answer is no JSON"])
    assert (await ask(SearXNG("http://127.0.0.1:1")))[1] == [
        "searxng: cannot be reached (ConnectError)"
    ]


async def test_a_provider_that_hangs(web: Web) -> None:
    async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)

    web.handle("/search", hang)
    assert await ask(SearXNG(web.url("")), seconds=0.5) == ([], ["searxng: timed out"])


async def test_duckduckgo_maps_rows_and_failures() -> None:
    rows = [{"href": "https://x.org/a", "title": "A", "body": "text"}, {"href": "", "title": "ad"}]
    lists, _ = await ask(DuckDuckGo(ask=lambda query, **options: rows))
    assert [(one.url, one.snippet, one.provider) for one in lists[0]] == [
        ("https://x.org/a", "text", "duckduckgo")
    ]

    def failing(error: Exception) -> DuckDuckGo:
        def raising(query: str, **options: Any) -> list[dict[str, Any]]:
            raise error

        return DuckDuckGo(ask=raising)

    assert await ask(failing(DDGSException("No results found."))) == ([[]], [])
    assert (await ask(failing(TimeoutException("x"))))[1] == ["duckduckgo: timed out"]
    assert (await ask(failing(RatelimitException("x"))))[1] == ["duckduckgo: rate limit"]
    assert (await ask(failing(DDGSException("boom"))))[1] == ["duckduckgo: boom"]


async def test_one_provider_failing_leaves_the_other() -> None:
    def broken(query: str) -> list[Hit]:
        raise SearchFailed(reason="b: down")

    good = Scripted("a", lambda query: [hit(f"https://x.org/{query}")])
    lists, failures = await ask(good, Scripted("b", broken), queries=("1", "2"))
    assert [[one.url for one in hits] for hits in lists] == [
        ["https://x.org/1"],
        ["https://x.org/2"],
    ]
    assert failures == ["b: down"]


async def test_a_bug_in_a_provider_is_raised() -> None:
    def bug(query: str) -> list[Hit]:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await ask(Scripted("a", bug))


def test_fusion_joins_spellings_of_a_page() -> None:
    one = [hit("https://a.org/x?utm_source=1", snippet="short"), hit("https://b.org/")]
    other = [
        hit("https://c.org/"),
        hit("http://www.a.org/x", snippet="a longer snippet", published_at="2024"),
    ]
    fused = fuse([one, other], 10)
    assert [found.url for found in fused] == [
        "https://a.org/x?utm_source=1",
        "https://c.org/",
        "https://b.org/",
    ]
    assert (fused[0].snippet, fused[0].published_at) == ("a longer snippet", "2024")
    assert fused[0].score == pytest.approx(1 / 61 + 1 / 62)


def test_a_library_page_stays_the_library_s() -> None:
    fused = fuse(
        [
            [hit("https://a.org/x", snippet="much longer web snippet")],
            [hit("https://a.org/x", library="notes")],
        ],
        5,
    )
    assert [(found.library, found.snippet) for found in fused] == [("notes", "s")]


@given(
    st.lists(
        st.lists(st.sampled_from("abcdef").map(lambda c: hit(f"https://{c}.org/")), max_size=6),
        max_size=5,
    )
)
def test_fusion_keeps_each_page_once_best_first(lists: list[list[Hit]]) -> None:
    fused = fuse(lists, 100)
    assert {found.url for found in fused} == {found.url for hits in lists for found in hits}
    assert len({found.url for found in fused}) == len(fused)
    assert [found.score for found in fused] == sorted(
        (found.score for found in fused), reverse=True
    )
    assert fuse(lists, 2) == fused[:2]


def test_domains_and_dates() -> None:
    hits = [
        hit("https://news.a.org/1", published_at="2024-03-05"),
        hit("https://a.org/2", published_at="2022-01-01"),
        hit("https://a.org/3", published_at="2024"),
        hit("https://a.org/4"),
        hit("https://b.org/5", published_at="2024-03-05"),
        hit("library://n/6", library="n", published_at="2024-06-01"),
    ]
    sources = SourceChoice(
        web=True,
        allow=("a.org",),
        deny=("bad.a.org",),
        date_from="2024-01-01",
        date_to="2024-12-31",
    )  # type: ignore[arg-type]  # pydantic reads dates
    assert [found.url[-1] for found in chosen(hits, sources)] == ["1", "3", "4", "6"]
    denied = SourceChoice(web=True, deny=("a.org",))
    assert [found.url[-1] for found in chosen(hits, denied)] == ["5", "6"]


def test_which_providers_are_configured() -> None:
    both = configured(
        Settings(search=("duckduckgo", "searxng"), searxng_url="http://127.0.0.1:8888")
    )
    assert [provider.name for provider in both] == ["duckduckgo", "searxng"]
    assert [provider.name for provider in configured(Settings())] == ["duckduckgo"]
    with pytest.raises(SettingsError, match="LEADLINE_SEARCH"):
        configured(Settings(search=("altavista",)))
    with pytest.raises(SettingsError, match="LEADLINE_SEARXNG_URL"):
        configured(Settings(search=("searxng",)))
