"""Each provider by its documentation: what is asked, what is made of the answer, and errors that
answer 200."""

import json
from datetime import date
from importlib.metadata import EntryPoint
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from browser.search import providers
from browser.search.fusion import WebSearch, query_of
from browser.search.limits import QueryLimit
from browser.search.providers import OWN, HttpProvider, configured
from browser.search.providers.duckduckgo import DuckDuckGo
from browser.types import Hit, Query
from research.domain import SourceChoice
from research.errors import SearchFailed, SettingsError
from research.settings import Settings
from tests.browser.conftest import Web, response

PLAIN = Query(text="tide gauges")
DATED = Query(
    text="潮位 记录",
    language="zh",
    after=date(2024, 1, 5),
    before=date(2024, 3, 31),
    allow=("noaa.gov",),
    deny=("x.com",),
)
HTTP = sorted(set(OWN) - {"duckduckgo"})
ATOM = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title>{entries}</feed>"""
ENTRY = """<entry><id>{id}</id><title>Tides
  of gauges</title><summary> About &lt;tides&gt;. </summary>
<published>2023-04-05T17:00:00Z</published></entry>"""
ANSWERS: dict[str, Any] = {
    "searxng": {
        "results": [
            {
                "url": "https://a.org/1",
                "title": "A",
                "content": "c",
                "publishedDate": "2024-02-03T00:00:00",
            }
        ]
    },
    "brave": {
        "type": "search",
        "web": {
            "results": [
                {
                    "url": "https://a.org/1",
                    "title": "A",
                    "description": "the <strong>c</strong>",
                    "page_age": "2024-02-03T09:00:00",
                }
            ]
        },
    },
    "tavily": {
        "results": [
            {
                "url": "https://a.org/1",
                "title": "A",
                "content": "c",
                "score": 0.9,
                "published_date": "2024-02-03",
            }
        ]
    },
    "serper": {
        "organic": [
            {
                "link": "https://a.org/1",
                "title": "A",
                "snippet": "c",
                "date": "Feb 3, 2024",
                "position": 1,
            }
        ]
    },
    "wikipedia": {
        "query": {
            "general": {"base": "https://zh.wikipedia.org/wiki/Wikipedia:%E9%A6%96%E9%A1%B5"},
            "search": [
                {
                    "title": "潮位 站",
                    "snippet": '<span class="searchmatch">潮位</span> &amp; 站',
                    "pageid": 7,
                }
            ],
        }
    },
    "arxiv": ATOM.format(entries=ENTRY.format(id="http://arxiv.org/abs/2304.00001v2")),
    "crossref": {
        "status": "ok",
        "message": {
            "items": [
                {
                    "DOI": "10.5555/1",
                    "title": ["A"],
                    "abstract": "<jats:p>c</jats:p>",
                    "issued": {"date-parts": [[2024, 2]]},
                },
                {
                    "DOI": "10.5555/2",
                    "URL": "https://doi.org/10.5555/2",
                    "title": ["B"],
                    "container-title": ["J"],
                    "issued": {"date-parts": [[None]]},
                },
            ]
        },
    },
    "stepfun": {
        "query": "q",
        "results": [
            {
                "url": "https://a.org/1",
                "position": 1,
                "title": "A",
                "snippet": "c",
                "time": "2026-03-20T00:00:00",
            }
        ],
    },
}
EMPTY: dict[str, Any] = {
    "searxng": {"results": []},
    "brave": {"type": "search"},
    "tavily": {"results": []},
    "serper": {"organic": []},
    "wikipedia": {
        "query": {"general": {"base": "https://en.wikipedia.org/wiki/Main_Page"}, "search": []}
    },
    "arxiv": ATOM.format(entries=""),
    "crossref": {"status": "ok", "message": {"items": []}},
    "stepfun": {"results": []},
}


def made(name: str, key: str = "k-123") -> HttpProvider:
    return OWN[name]("http://search.example" if name == "searxng" else None, key)


def asked(name: str, query: Query, limit: int = 500) -> tuple[httpx.Request, dict[str, Any]]:
    request = made(name).request(query, limit, "k-123")
    params = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
    return request, json.loads(request.content) if request.method == "POST" else params


def test_what_is_asked_of_each() -> None:
    request, params = asked("brave", DATED)
    assert (request.url.host, request.url.path) == ("api.search.brave.com", "/res/v1/web/search")
    assert request.headers["x-subscription-token"] == "k-123"
    assert params == {
        "q": DATED.text,
        "count": "20",
        "search_lang": "zh-hans",
        "freshness": "2024-01-05to2024-03-31",
    }
    assert "freshness" not in asked("brave", PLAIN)[1]
    request, body = asked("tavily", DATED)
    assert request.headers["authorization"] == "Bearer k-123"
    assert {
        k: body[k]
        for k in (
            "query",
            "max_results",
            "start_date",
            "end_date",
            "include_domains",
            "exclude_domains",
        )
    } == {
        "query": DATED.text,
        "max_results": 20,
        "start_date": "2024-01-05",
        "end_date": "2024-03-31",
        "include_domains": ["noaa.gov"],
        "exclude_domains": ["x.com"],
    }
    request, body = asked("serper", DATED)
    assert (
        request.headers["x-api-key"] == "k-123"
        and str(request.url) == "https://google.serper.dev/search"
    )
    assert body == {
        "q": DATED.text,
        "num": 100,
        "gl": "cn",
        "hl": "zh-cn",
        "tbs": "cdr:1,cd_min:1/5/2024,cd_max:3/31/2024",
    }
    request, params = asked("wikipedia", DATED, 5)
    assert request.url.host == "zh.wikipedia.org" and (params["srsearch"], params["srlimit"]) == (
        DATED.text,
        "5",
    )
    _, params = asked("arxiv", DATED)
    assert (
        params["search_query"]
        == "all:潮位 AND all:记录 AND submittedDate:[202401050000 TO 202403312359]"
    )
    assert (
        asked("arxiv", Query(text='a"b) OR c'))[1]["search_query"]
        == "all:a AND all:b AND all:OR AND all:c"
    )
    _, params = asked("crossref", DATED)
    assert (params["query"], params["rows"], params["filter"]) == (
        DATED.text,
        "100",
        "from-pub-date:2024-01-05,until-pub-date:2024-03-31",
    )
    request, body = asked("stepfun", PLAIN)
    assert (str(request.url), body) == (
        "https://api.stepfun.com/v1/search",
        {"query": "tide gauges", "n": 20},
    )


@pytest.mark.parametrize("name", HTTP)
def test_a_key_is_in_no_url(name: str) -> None:
    assert "k-123" not in str(asked(name, PLAIN)[0].url)


@pytest.mark.parametrize("name", HTTP)
def test_what_is_made_of_an_answer(name: str) -> None:
    first = made(name).parse(ANSWERS[name])[0]
    expected = {
        "wikipedia": (
            "https://zh.wikipedia.org/wiki/%E6%BD%AE%E4%BD%8D_%E7%AB%99",
            "潮位 站",
            "潮位 & 站",
            None,
        ),
        "arxiv": ("https://arxiv.org/abs/2304.00001", "Tides of gauges", "About .", "2023-04-05"),
        "crossref": ("https://doi.org/10.5555/1", "A", "c", "2024-02"),
        "stepfun": ("https://a.org/1", "A", "c", None),
        "brave": ("https://a.org/1", "A", "the c", "2024-02-03"),
    }.get(name, ("https://a.org/1", "A", "c", "2024-02-03"))
    assert (first.url, first.title, first.snippet, first.published_at) == expected
    assert made(name).parse(EMPTY[name]) == []


def test_crossref_without_a_date_or_an_abstract() -> None:
    second = made("crossref").parse(ANSWERS["crossref"])[1]
    assert (second.snippet, second.published_at) == ("J", None)


@pytest.mark.parametrize("name", HTTP)
@pytest.mark.parametrize(
    "payload",
    [
        [],
        {},
        "x",
        None,
        7,
        {"results": None, "web": 3, "organic": {}, "query": [], "message": "no"},
    ],
)
def test_an_answer_of_another_shape_is_a_failure(name: str, payload: object) -> None:
    if name == "brave" and payload == {}:
        assert made(name).parse(payload) == []
        return
    with pytest.raises(SearchFailed, match=name):
        made(name).parse(payload)


@pytest.mark.parametrize(
    "name, payload, told",
    [
        (
            "wikipedia",
            {"error": {"code": "x", "info": "The search is down."}},
            "The search is down.",
        ),
        ("arxiv", ATOM.format(entries=ENTRY.format(id="http://arxiv.org/api/errors#x")), "About"),
        ("crossref", {"status": "failed", "message": [{"type": "validation-failure"}]}, "error"),
        (
            "searxng",
            {"results": [], "unresponsive_engines": [["bing", "timeout"]]},
            "bing: timeout",
        ),
    ],
)
def test_errors_that_answer_200(name: str, payload: object, told: str) -> None:
    with pytest.raises(SearchFailed, match=told):
        made(name).parse(payload)


async def test_the_runner_asks_a_server_and_tells_which_engines_failed(web: Web) -> None:
    web.page(
        "/search",
        response(
            json.dumps(ANSWERS["searxng"] | {"unresponsive_engines": [["bing", "CAPTCHA"]]}),
            kind="application/json",
        ),
    )
    web.page("/res/v1/web/search", response(json.dumps(ANSWERS["brave"]), kind="application/json"))
    web.page("/api/query", response(ANSWERS["arxiv"], kind="application/atom+xml"))
    web.page("/works", response("{}", status=429, Retry_After="60"))
    settings = Settings(
        search=("searxng", "brave", "arxiv", "crossref"),
        searxng_url=web.url(""),
        search_key={"brave": "k-123"},  # type: ignore[dict-item]  # pydantic makes secrets of them
        search_base_url=dict.fromkeys(("brave", "arxiv", "crossref"), web.url("")),
    )
    async with httpx.AsyncClient() as client:
        answers = await WebSearch(configured(settings), client).ask([PLAIN])
    assert [hits[0].provider for hits in answers.lists] == ["searxng", "brave", "arxiv"]
    assert answers.failures == ["crossref: HTTP 429", "searxng: bing: CAPTCHA"]
    assert web.count("/works") == 1  # it asked for a longer pause than a search has
    assert "k-123" not in repr(settings)


async def test_a_provider_is_given_the_pauses_it_asks_for(web: Web) -> None:
    web.page("/works", response(json.dumps(EMPTY["crossref"]), kind="application/json"))
    crossref = made("crossref")
    crossref.url, crossref.pause = web.url(""), 0.1
    async with httpx.AsyncClient() as client:
        search = WebSearch(
            [crossref], client, timeout=0.09
        )  # waiting for one's turn is not being late
        answers = await search.ask([PLAIN, DATED, PLAIN])
    assert len(answers.lists) == 3 and not answers.failures


def test_keys_come_from_the_environment_and_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="LEADLINE_SEARCH_KEY__BRAVE"):
        configured(Settings(search=("brave",)))
    monkeypatch.setenv("LEADLINE_SEARCH_KEY__BRAVE", "k-123")
    monkeypatch.setenv("LEADLINE_SEARCH_BASE_URL__BRAVE", "http://127.0.0.1:9/")
    settings = Settings(search=("brave", "wikipedia"))
    assert [provider.name for provider in configured(settings)] == ["brave", "wikipedia"]
    assert "k-123" not in settings.model_dump_json()


class Harbour(HttpProvider):
    name = "harbour"
    needs_key = True

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        return httpx.Request("GET", f"{self.url}/find", params={"q": query.text, "key": key})

    def parse(self, payload: Any) -> list[Hit]:
        return self.hits(self.rows(payload, "found"), url="at", title="name", snippet="text")


async def test_a_provider_of_one_s_own(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.page(
        "/find",
        response(
            json.dumps({"found": [{"at": "https://a.org/", "name": "A"}]}), kind="application/json"
        ),
    )
    point = EntryPoint("harbour", "tests.browser.search.test_providers:Harbour", providers.GROUP)
    monkeypatch.setattr(
        providers, "entry_points", lambda group, name: [point] if name == "harbour" else []
    )
    (own,) = configured(Settings(search=("harbour",), search_base_url={"harbour": web.url("")}))
    async with httpx.AsyncClient() as client:
        found = await own.search(client, PLAIN, 5)
    assert [hit.title for hit in found.hits] == ["A"]
    with pytest.raises(SettingsError, match="no provider 'altavista'"):
        configured(Settings(search=("altavista",)))


WORDS = "harbour dues of the port of Skerry since 1931 "
LENGTHS = {
    "brave": (400, 50),
    "tavily": (400, 10**6),
    "wikipedia": (300, 10**6),
    "serper": (2048, 10**6),
    "searxng": (2000, 10**6),
    "crossref": (2000, 10**6),
}


@pytest.mark.parametrize("name", LENGTHS)
@pytest.mark.parametrize(
    "text", [WORDS * 80, "a b " * 200, "x" * 9000, "港口费用" * 900, "𠮷" * 700]
)
async def test_a_query_is_cut_between_words_to_what_a_provider_takes_and_this_is_told(
    name: str, text: str
) -> None:
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        params = parse_qs(request.url.query.decode())
        body = (
            json.loads(request.content)
            if request.method == "POST"
            else {key: values[0] for key, values in params.items()}
        )
        sent.append(body.get("q") or body.get("query") if name != "wikipedia" else body["srsearch"])
        assert len(str(request.url)) < 4000
        return httpx.Response(200, json=EMPTY[name])

    characters, words = LENGTHS[name]
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        found = await made(name).search(client, Query(text=text), 5)
    (query,) = sent
    assert (
        query
        and text.startswith(query)
        and len(query.encode("utf-16-le")) // 2 <= characters
        and len(query.split()) <= words
    )
    assert found.hits == [] and len(found.failures) == (query != text)
    if " " in text:
        assert (
            text[len(query) :][:1] in ("", " ")
            and len(query) > min(len(text), characters, 4 * words) * 0.4
        )
    told = QueryLimit(characters=characters).cut(text)
    assert told == text or any(
        "was cut" in failure and failure.startswith(name) for failure in found.failures
    )


async def test_duckduckgo_is_asked_for_no_more_than_500_characters() -> None:
    asked: list[str] = []

    def ask(query: str, **_: Any) -> list[dict[str, Any]]:
        asked.append(query)
        return []

    async with httpx.AsyncClient() as client:
        found = await DuckDuckGo(ask=ask).search(client, Query(text=WORDS * 80), 5)
        short = await DuckDuckGo(ask=ask).search(client, PLAIN, 5)
    assert len(asked[0]) <= 500 and (WORDS * 80)[len(asked[0])] == " " and asked[1] == PLAIN.text
    assert (
        found.failures == ("duckduckgo: a query was cut to the 500 characters that it takes",)
        and short.failures == ()
    )


@pytest.mark.parametrize(
    ("language", "host", "brave", "serper"),
    [
        ("ja", "ja.wikipedia.org", "jp", ("jp", "ja")),
        ("ko", "ko.wikipedia.org", "ko", ("kr", "ko")),
    ],
)
def test_japanese_and_korean_are_searched_in_their_own_language(
    language: str, host: str, brave: str, serper: tuple[str, str]
) -> None:
    text = {"ja": "カワウソ海溝の深さ", "ko": "물떼새 해구의 깊이"}[language]
    query = query_of(text, SourceChoice(web=True))
    assert query.language == language
    assert asked("wikipedia", query)[0].url.host == host
    assert asked("brave", query)[1]["search_lang"] == brave
    assert (asked("serper", query)[1]["gl"], asked("serper", query)[1]["hl"]) == serper
    assert asked("searxng", query)[1]["language"] == language
