"""A hostile web: whatever a site does, its page is a result within the limits or a typed error, and
the batch goes on."""

import asyncio
import gzip
import itertools
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import httpx
import pytest

from browser.documents.parsers import Parsers
from browser.net.fetch import Fetched, FetchLimits
from browser.net.guard import Guard
from browser.net.page_cache import PageCache
from browser.opener import CACHE_FILE, Opener
from browser.surfer import Surfer
from browser.types import Opened
from research.domain import SourceChoice
from research.errors import ReadingError
from research.settings import Settings
from research.store.database import Store
from tests.browser.conftest import ARTICLE, Asked, Handler, Web, response

PARAGRAPH = "<p>The tide gauge of Skerry Point has recorded the level of the sea each hour since the spring of 1904.</p>"
LIMITS = FetchLimits(
    total=1.5,
    connect=0.5,
    read=0.7,
    size=3_000_000,
    ratio_floor=50_000,
    backoff=0.02,
    longest_wait=0.3,
    delay=0.0,
)


@pytest.fixture
async def surfer(settings: Settings, store: Store) -> AsyncIterator[Surfer]:
    async with Surfer(
        settings, store, SourceChoice(web=True), providers=[], limits=LIMITS
    ) as opened:
        yield opened


def writing(*parts: bytes, pause: float = 0.0, abort: bool = False) -> Handler:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        if abort:
            writer.transport.abort()

    return answer


def endless() -> Handler:
    """Every page redirects to one nobody has seen."""
    numbers = itertools.count()

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(response(status=302, Location=f"/endless?{next(numbers)}"))
        await writer.drain()

    return answer


def calendar(asked: Asked, writer: asyncio.StreamWriter) -> Awaitable[None]:
    """Every day links to the next, for ever; what matters is that reading one opens no other."""
    day = int(asked.query.get("day", "1"))
    links = "".join(
        f'<li><a href="/calendar?day={day + n}">Day {day + n}</a></li>' for n in range(400)
    )
    return writing(
        response(
            f"<title>Day {day}</title><article><h1>Day {day}</h1>{PARAGRAPH * 6}</article><ul>{links}</ul>"
        )
    )(asked, writer)


def hostile(web: Web) -> dict[str, str]:
    """What each URL of a site is to give: a kind of error, or `http` for a page that is read."""
    drip = [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", *[b"<p>"] * 60]
    line = f"<title>Line</title><article><p>{'The sea level rises and the gauge writes it down again and again. ' * 15_000}</p></article>"
    deep = "<div>" * 30_000 + PARAGRAPH + "</div>" * 30_000
    gbk = f"<meta charset=utf-8><title>灯塔</title><article><p>{'灯塔建于一八七一年，高出海面四十八米。' * 20}</p></article>".encode(
        "gb18030"
    )
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>half"
    chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nnot a length\r\n"
    return {
        web.handle("/endless", endless()): "blocked",
        web.handle("/drip", writing(*drip, pause=0.05)): "timeout",
        web.page(
            "/bomb", response(gzip.compress(b"0" * 30_000_000), Content_Encoding="gzip")
        ): "too_large",
        web.page("/gbk", response(gbk, kind="text/html; charset=utf-8")): "http",
        web.page("/lie", response(b"%PDF-1.7 this is no PDF", kind="text/html")): "broken",
        web.page(
            "/image", response(b"\x89PNG\r\n\x1a\n" + b"\0" * 200, kind="text/html")
        ): "unsupported",
        web.page(
            "/text",
            response(
                f"<html><body><article>{PARAGRAPH * 5}</article></body></html>",
                kind="application/pdf",
            ),
        ): "http",
        web.handle("/calendar", calendar): "http",
        web.page("/line", response(line)): "http",
        web.page("/deep", response(deep)): "http or empty or broken",
        web.page("/storm", response(status=503)): "server_error",
        web.page("/later", response(status=429, Retry_After="86400")): "blocked",
        web.page(
            "/soon", response(status=503, Retry_After="0"), response(ARTICLE.format(title="Soon"))
        ): "http",
        web.handle("/reset", writing(b"HTTP/1.1 200 OK\r\n", abort=True)): "unreachable",
        web.handle("/cut", writing(cut, abort=True)): "unreachable",
        web.handle("/chunk", writing(chunk)): "unreachable",
        web.page(
            "/headers", b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 20_000 + b"\r\n"
        ): "unreachable",
        web.page("/nowhere", response(status=302, Location="http://[::broken")): "unreachable",
        web.page(
            "/inside", response(status=302, Location="http://169.254.169.254/")
        ): "forbidden_address",
        web.page(
            "/parked",
            response(
                "<title>skerry.example</title><h1>This domain is for sale!</h1><p>Make an offer.</p>"
            ),
        ): "parked",
        web.page(
            "/停靠",
            response("<title>域名出售</title><p>该域名正在出售，如需购买请联系我们。</p>".encode()),
        ): "not_found",
        web.page(
            "/zh", response("<title>域名出售</title><p>该域名正在出售，如需购买请联系我们。</p>")
        ): "parked",
        web.page(
            "/robot", response("<title>安全验证</title><p>请完成下方验证后继续访问</p>")
        ): "challenge",
        web.article("/good", "Skerry Point"): "http",
    }


async def test_each_case_and_the_batch_goes_on(web: Web, surfer: Surfer) -> None:
    expected = hostile(web)
    started = time.monotonic()
    answers = await surfer.open(list(expected))
    took = time.monotonic() - started
    kinds = [answer.kind if isinstance(answer, ReadingError) else answer.via for answer in answers]
    wrong = {
        url: (kind, may)
        for (url, may), kind in zip(expected.items(), kinds, strict=True)
        if kind not in may.split(" or ")
    }
    assert not wrong
    assert took < 20
    assert web.count("/endless") == LIMITS.redirects + 1
    assert (
        web.count("/calendar") == 1
        and web.count("/later") == 1
        and web.count("/storm") == LIMITS.attempts
    )
    by_url = dict(zip(expected, answers, strict=True))
    chinese = by_url[web.url("/gbk")]
    assert isinstance(chinese, Opened) and "灯塔建于一八七一年" in chinese.snapshot.text


async def test_waiting_for_one_s_turn_is_not_being_slow(
    web: Web, settings: Settings, store: Store
) -> None:
    """Eight pages of 0.4 s, two at a time, take longer together than one may take."""
    ok = response(ARTICLE.format(title="Slow"))
    urls = [web.handle(f"/slow{n}", writing(b"", ok, pause=0.4)) for n in range(8)]
    limits = FetchLimits(total=1.0, per_host=2, delay=0.0)
    async with Surfer(
        settings, store, SourceChoice(web=True), providers=[], limits=limits
    ) as surfer:
        answers = await surfer.open(urls)
    assert [type(answer) for answer in answers] == [Opened] * 8


async def test_a_pause_between_two_requests_to_a_host(web: Web, settings: Settings) -> None:
    urls = [web.article(f"/{n}") for n in range(4)]
    async with Opener(settings, limits=FetchLimits(delay=0.15)) as opener:
        started = time.monotonic()
        await asyncio.gather(*(opener.open(url) for url in urls))
    assert time.monotonic() - started >= 4 * 0.15  # robots.txt is the first of five


async def kind_of(opener: Opener, url: str) -> str:
    try:
        return (await opener.open(url)).via
    except ReadingError as error:
        return error.kind


async def test_robots_txt_is_kept_to_and_read_once(web: Web, settings: Settings) -> None:
    rules = "User-agent: *\nAllow: /\n\nUser-agent: leadline\nDisallow: /private\nDisallow: /*.cgi$\nCrawl-delay: 0.2\n"
    web.page("/robots.txt", response(rules, kind="text/plain"))
    away = web.page("/away", response(status=302, Location="/private/a"))
    urls = [web.article("/private/a"), web.article("/x.cgi"), away, web.article("/open")]
    async with Opener(settings, limits=LIMITS) as opener:
        assert await asyncio.gather(*(kind_of(opener, url) for url in urls)) == [
            "blocked",
            "blocked",
            "blocked",
            "http",
        ]
    assert web.count("/robots.txt") == 1 and web.count("/private/a") == 0
    ignoring = settings.model_copy(update={"robots": False})
    async with Opener(ignoring, limits=LIMITS) as opener:
        assert await kind_of(opener, urls[0]) == "http"


@pytest.mark.parametrize("status, kind", [(404, "http"), (403, "http"), (503, "server_error")])
async def test_without_robots_txt_all_is_allowed_but_not_while_it_cannot_be_had(
    web: Web, settings: Settings, status: int, kind: str
) -> None:
    web.page("/robots.txt", response(status=status))
    async with Opener(settings, limits=LIMITS) as opener:
        assert await kind_of(opener, web.article("/a")) == kind


@pytest.mark.parametrize(
    "wait", ["\u00b2", "Mon, 01 Jan 99999999999 00:00:00 GMT", "soon", "99999999999999999999"]
)
async def test_a_retry_after_that_is_no_time_is_one_page_s_failure(
    web: Web, surfer: Surfer, wait: str
) -> None:
    web.page("/busy", response(status=503, Retry_After=wait))
    good, bad = await surfer.open([web.article("/a"), web.url("/busy")])
    assert isinstance(good, Opened)
    assert isinstance(bad, ReadingError) and bad.kind == "server_error"


async def test_no_cookie_is_kept(web: Web, settings: Settings) -> None:
    web.page("/cookie", response(ARTICLE.format(title="A"), Set_Cookie="id=tenant; Path=/"))
    async with Opener(settings, limits=LIMITS) as opener:
        await opener.open(web.url("/cookie"))
        await opener.open(web.article("/next"))
    assert all("cookie" not in asked.headers for asked in web.asked)


async def test_a_slow_host_does_not_hold_up_another(web: Web, settings: Settings) -> None:
    other = settings.model_copy(
        update={"allow_hosts": (f"127.0.0.1:{web.port}", f"localhost:{web.port}")}
    )
    slow = [web.article(f"/{n}") for n in range(50)]
    async with Opener(other, limits=FetchLimits(delay=0.6, at_once=1)) as opener:
        waiting = [asyncio.create_task(opener.open(url)) for url in slow]
        await asyncio.sleep(0.2)
        await opener.open(web.article("/quick").replace("127.0.0.1", "localhost"))
        assert not all(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_kept_page_is_given_only_where_its_host_is_still_open(
    web: Web, settings: Settings
) -> None:
    caching = settings.model_copy(update={"page_cache_days": 7.0})
    url = web.page(
        "/fresh", response(ARTICLE.format(title="Kept"), Cache_Control="max-age=600")
    ).replace("127.0.0.1", "localhost")
    opened = caching.model_copy(update={"allow_hosts": (f"localhost:{web.port}",)})
    async with Opener(opened, limits=LIMITS) as opener:
        assert await kind_of(opener, url) == "http"
    async with Opener(caching, limits=LIMITS) as opener:
        assert await kind_of(opener, url) == "forbidden_address"


async def test_a_kept_page_has_its_links(web: Web, settings: Settings) -> None:
    caching = settings.model_copy(update={"page_cache_days": 7.0})
    body = ARTICLE.format(title="Kept").replace("Paris", '<a href="/paris#x">Paris</a>')
    url = web.page("/kept", response(body, Cache_Control="max-age=600"))
    for _ in range(2):
        async with Opener(caching, limits=LIMITS) as opener:
            links = (await opener.open(url)).page.links
        assert [(link.text, link.url) for link in links] == [("Paris", web.url("/paris"))]
    assert web.count("/kept") == 1


async def test_what_one_tenant_has_read_comes_no_sooner_for_another(
    web: Web, settings: Settings
) -> None:
    caching = settings.model_copy(update={"page_cache_days": 7.0})
    kept = {"Cache_Control": "max-age=600"}
    url = web.page("/fresh", response(ARTICLE.format(title="First"), **kept))
    async with Opener(caching, limits=LIMITS) as opener:

        async def title(tenant: str) -> str:
            return (await opener.open(url, tenant=tenant)).page.title

        assert await title("acme") == "First"
        web.page("/fresh", response(ARTICLE.format(title="Second"), **kept))
        assert [await title(one) for one in ("acme", "umbrella", "default")] == [
            "First",
            "Second",
            "Second",
        ]


async def test_robots_txt_is_never_taken_from_the_cache(web: Web, settings: Settings) -> None:
    caching = settings.model_copy(update={"page_cache_days": 7.0})
    web.page(
        "/robots.txt",
        response("User-agent: *\nAllow: /", kind="text/plain", Cache_Control="max-age=31536000"),
    )
    async with Opener(caching, limits=LIMITS) as opener:
        assert await kind_of(opener, web.article("/a")) == "http"
    web.page("/robots.txt", response("User-agent: *\nDisallow: /", kind="text/plain"))
    async with Opener(caching, limits=LIMITS) as opener:
        assert await kind_of(opener, web.article("/b")) == "blocked"


async def test_a_cache_that_breaks_while_it_is_read_is_passed_by(
    web: Web, settings: Settings
) -> None:
    caching = settings.model_copy(update={"page_cache_days": 7.0})
    url = web.page(
        "/fresh",
        response(
            ARTICLE.format(title="Kept") + "<!--" + "x" * 300_000 + "-->",
            Cache_Control="max-age=600",
        ),
    )
    async with Opener(caching, limits=LIMITS) as opener:
        assert await kind_of(opener, url) == "http"
    file = settings.cache_dir / CACHE_FILE
    whole = bytearray(file.read_bytes())
    for start in range(8192, len(whole), 4096):
        whole[start : start + 64] = b"\xff" * 64
    file.write_bytes(whole)
    async with Opener(caching, limits=LIMITS) as opener:
        assert await kind_of(opener, url) == "http"


async def test_pages_are_kept_and_asked_for_again_only_when_stale(
    web: Web, settings: Settings
) -> None:
    caching = settings.model_copy(update={"page_cache_days": 7.0})
    body = ARTICLE.format(title="Kept")
    fresh = web.page("/fresh", response(body, Cache_Control="max-age=600"))
    secret = web.page("/secret", response(body, Cache_Control="no-store"))
    stale = web.page(
        "/stale",
        response(body, ETag='"7"', Cache_Control="no-cache"),
        response(status=304, ETag='"7"'),
    )
    for _ in range(2):
        async with Opener(caching, limits=LIMITS) as opener:
            read = await asyncio.gather(*(opener.open(url) for url in (fresh, secret, stale)))
            assert {page.page.title for page in read} == {"Kept"}
    assert (web.count("/fresh"), web.count("/secret"), web.count("/stale")) == (1, 2, 2)
    assert (
        next(asked for asked in reversed(web.asked) if asked.path == "/stale").headers[
            "if-none-match"
        ]
        == '"7"'
    )


@pytest.mark.parametrize("damage", ["a file in the way", "no database"])
async def test_a_cache_that_cannot_be_used_is_passed_by(
    web: Web, settings: Settings, damage: str
) -> None:
    if damage == "no database":
        settings.cache_dir.mkdir(parents=True)
        (settings.cache_dir / CACHE_FILE).write_text(
            "this is no database, whatever its name says" * 100
        )
    else:
        settings.cache_dir.parent.mkdir(parents=True, exist_ok=True)
        settings.cache_dir.write_text("")
    async with Opener(
        settings.model_copy(update={"page_cache_days": 7.0}), limits=LIMITS
    ) as opener:
        assert await kind_of(opener, web.article("/a")) == "http"


async def test_what_a_not_modified_answer_carries_is_never_decoded(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "if-none-match" not in request.headers:
            return httpx.Response(
                200, headers={"ETag": '"7"', "Cache-Control": "no-cache"}, content=b"kept"
            )
        bomb = {"Content-Encoding": "gzip", "ETag": '"7"'}
        return httpx.Response(
            304, headers=bomb, stream=httpx.ByteStream(b"no gzip at all"), request=request
        )

    cached = PageCache(tmp_path / "pages.db").before(
        httpx.MockTransport(answer), Guard(["x.example"], resolver=nowhere), largest=1_000
    )
    async with httpx.AsyncClient(transport=cached) as client:
        for _ in range(2):
            assert (await client.get("http://x.example/a")).content == b"kept"


async def nowhere(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def document(text: str) -> Fetched:
    return Fetched(
        url="http://x.example/a", body=text.encode(), media_type="text/html", charset="utf-8"
    )


async def test_a_parser_that_takes_too_long_or_dies_is_one_document_s_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsers = Parsers(1, seconds=0.001)
    with pytest.raises(ReadingError) as caught:
        await parsers.parse(document(PARAGRAPH * 5), name="a")
    assert caught.value.kind == "timeout"
    parsers = Parsers(1)
    assert (
        await parsers.parse(document(ARTICLE.format(title="A")), name="a")
    ).document.page.title == "A"
    process = parsers._idle.get_nowait()
    process._process.kill()
    process._process.wait()
    parsers._idle.put(process)
    with pytest.raises(ReadingError) as caught:
        await parsers.parse(document(PARAGRAPH * 5), name="a")
    assert caught.value.kind == "broken"
    assert (
        await parsers.parse(document(ARTICLE.format(title="B")), name="a")
    ).document.page.title == "B"
    parsers.close()
