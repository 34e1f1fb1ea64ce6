"""Fetching from servers that misbehave: each failure has its kind, and none takes long or much."""

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from browser.net.fetch import Fetcher, FetchLimits
from browser.net.guard import Guard
from research.errors import ReadingError
from tests.browser.conftest import ARTICLE, Asked, Web, response

PAGE = ARTICLE.format(title="Skerry Point").encode()


@pytest.fixture
async def fetcher(web: Web, quick: FetchLimits) -> AsyncIterator[Fetcher]:
    async with Fetcher(Guard([f"127.0.0.1:{web.port}"]), limits=quick) as opened:
        yield opened


async def failure(fetcher: Fetcher, url: str) -> ReadingError:
    with pytest.raises(ReadingError) as caught:
        await fetcher.fetch(url)
    assert caught.value.url == url
    return caught.value


async def test_a_page(web: Web, fetcher: Fetcher) -> None:
    fetched = await fetcher.fetch(web.page("/a", response(PAGE, kind='text/HTML; charset="UTF-8"')))
    assert (fetched.body, fetched.media_type, fetched.charset) == (PAGE, "text/html", "UTF-8")


async def test_redirects_are_followed_to_where_they_end(web: Web, fetcher: Fetcher) -> None:
    web.page("/a", response(status=301, Location="/b?x=1"))
    web.page("/b", response(status=307, Location=web.url("/c#part")))
    web.page("/c", response(PAGE))
    assert (await fetcher.fetch(web.url("/a"))).url == web.url("/c")


async def test_a_redirect_loop_and_a_long_chain(web: Web, fetcher: Fetcher) -> None:
    web.page("/x", response(status=302, Location="/y"))
    web.page("/y", response(status=302, Location="/x"))
    for step in range(8):
        web.page(f"/{step}", response(status=302, Location=f"/{step + 1}"))
    assert "circle" in (await failure(fetcher, web.url("/x"))).reason
    assert "5 redirects" in (await failure(fetcher, web.url("/0"))).reason


async def test_a_server_that_drips(web: Web, fetcher: Fetcher) -> None:
    """Each read is in time, the whole is not."""

    async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        for _ in range(600):
            writer.write(b"<p>")
            await writer.drain()
            await asyncio.sleep(0.1)

    started = time.monotonic()
    assert (await failure(fetcher, web.handle("/drip", drip))).kind == "timeout"
    assert time.monotonic() - started < 30


async def test_a_server_that_says_nothing(web: Web, fetcher: Fetcher) -> None:
    async def silence(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)

    assert (await failure(fetcher, web.handle("/silent", silence))).kind == "timeout"


async def test_a_body_without_end_is_left_early(web: Web, fetcher: Fetcher) -> None:
    sent = 0

    async def flood(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while sent < 50_000_000:
            writer.write(b"x" * 50_000)
            sent += 50_000
            await writer.drain()

    assert (await failure(fetcher, web.handle("/flood", flood))).kind == "too_large"
    assert sent < 20_000_000


async def test_a_declared_length_is_enough_to_refuse(web: Web, fetcher: Fetcher) -> None:
    url = web.page("/big", response(b"x", Content_Length="999999999"))
    assert (await failure(fetcher, url)).kind == "too_large"


async def test_bombs(web: Web, fetcher: Fetcher) -> None:
    bomb = gzip.compress(b"0" * 30_000_000)
    web.page("/gzip", response(bomb, Content_Encoding="gzip"))
    web.page("/deflate", response(zlib.compress(b"0" * 30_000_000), Content_Encoding="deflate"))
    web.page("/members", response(gzip.compress(b"0" * 100_000) * 30, Content_Encoding="gzip"))
    web.page("/ratio", response(gzip.compress(b"0" * 150_000), Content_Encoding="gzip"))
    for path in ("/gzip", "/deflate", "/members", "/ratio"):
        assert (await failure(fetcher, web.url(path))).kind == "too_large"


async def test_encodings(web: Web, fetcher: Fetcher) -> None:
    raw_deflate = zlib.compress(PAGE)[2:-4]
    members = gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:]) + b"\0" * 20
    for path, body, encoding in (
        ("/gzip", gzip.compress(PAGE), "gzip"),
        ("/xgzip", gzip.compress(PAGE), "X-GZIP"),
        ("/deflate", zlib.compress(PAGE), "deflate"),
        ("/raw", raw_deflate, "deflate"),
        ("/members", members, "gzip"),
        ("/plain", PAGE, "identity"),
    ):
        assert (
            await fetcher.fetch(web.page(path, response(body, Content_Encoding=encoding)))
        ).body == PAGE
    cut = web.page("/cut", response(gzip.compress(PAGE)[:-20], Content_Encoding="gzip"))
    lie = web.page("/lie", response(PAGE, Content_Encoding="gzip"))
    brotli = web.page("/br", response(PAGE, Content_Encoding="br"))
    assert (await failure(fetcher, cut)).kind == "broken"
    assert (await failure(fetcher, lie)).kind == "broken"
    assert (await failure(fetcher, brotli)).kind == "unsupported"


@pytest.mark.parametrize(
    "status, kind",
    [
        (404, "not_found"),
        (410, "not_found"),
        (401, "login"),
        (403, "blocked"),
        (451, "blocked"),
        (429, "blocked"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
async def test_statuses(web: Web, fetcher: Fetcher, status: int, kind: str) -> None:
    error = await failure(fetcher, web.page("/s", response("<p>Sorry.</p>", status=status)))
    assert (error.kind, error.reason) == (kind, f"HTTP {status}")


async def test_a_server_that_recovers(web: Web, fetcher: Fetcher) -> None:
    url = web.page("/flaky", response(status=503), response(status=500), response(PAGE))
    assert (await fetcher.fetch(url)).body == PAGE
    assert web.count("/flaky") == 3


async def test_retry_after_is_honoured_within_bounds(
    web: Web, fetcher: Fetcher, quick: FetchLimits
) -> None:
    soon = web.page("/soon", response(status=429, Retry_After="0"), response(PAGE))
    slow = replace(quick, backoff=600)  # what it would wait by itself
    async with Fetcher(fetcher.guard, limits=slow) as patient:
        assert (await patient.fetch(soon)).body == PAGE
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    for path, value in (("/late", "3600"), ("/date", tomorrow)):
        assert (
            await failure(fetcher, web.page(path, response(status=429, Retry_After=value)))
        ).kind == "blocked"
        assert web.count(path) == 1


async def test_a_missing_page_is_asked_for_once(web: Web, fetcher: Fetcher) -> None:
    await failure(fetcher, web.url("/none"))
    assert web.count("/none") == 1


async def test_a_reset_connection(web: Web, fetcher: Fetcher) -> None:
    async def reset(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.transport.abort()

    assert (await failure(fetcher, web.handle("/reset", reset))).kind == "unreachable"
    assert web.count("/reset") == 3


async def test_nobody_there(web: Web, quick: FetchLimits) -> None:
    async with Fetcher(Guard(["127.0.0.1"]), limits=quick) as fetcher:
        assert (await failure(fetcher, "http://127.0.0.1:1/")).kind == "unreachable"


async def test_nonsense_instead_of_http(web: Web, fetcher: Fetcher) -> None:
    async def nonsense(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()

    assert (await failure(fetcher, web.handle("/ssh", nonsense))).kind == "unreachable"


async def test_a_challenge_is_no_server_error(web: Web, fetcher: Fetcher) -> None:
    by_header = web.page("/h", response("<p>x</p>", status=403, cf_mitigated="challenge"))
    by_words = web.page("/w", response("<title>Just a moment...</title>", status=503))
    assert (await failure(fetcher, by_header)).kind == "challenge"
    assert (await failure(fetcher, by_words)).kind == "challenge"
    assert web.count("/w") == 1


async def test_few_at_a_time_for_a_host(web: Web, quick: FetchLimits) -> None:
    now = most = 0

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.03)
        now -= 1
        writer.write(response(PAGE))
        await writer.drain()

    url = web.handle("/slow", slow)
    patient = replace(quick, connect=30.0, read=30.0, total=60.0)  # the machine may be busy
    async with Fetcher(Guard([f"127.0.0.1:{web.port}"]), limits=patient) as fetcher:
        await asyncio.gather(*(fetcher.fetch(f"{url}?{n}") for n in range(12)))
    assert most == fetcher.limits.per_host
