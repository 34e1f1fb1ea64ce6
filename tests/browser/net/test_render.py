"""Pages built by scripts, in a real Chromium whose every connection the guard judges."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import psutil
import pytest

from browser.net.egress import Egress
from browser.net.guard import Guard
from browser.net.render import Renderer, chromium_memory, find_chromium
from browser.surfer import Surfer
from browser.types import Opened
from research.domain import SourceChoice
from research.errors import ReadingError
from research.settings import Settings
from research.store.database import Store
from tests.browser.conftest import ARTICLE, Web, response

needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")
SHELL = '<html><head><title>App</title></head><body><div id="root"></div><script src="/app.js"></script></body></html>'
SCRIPT = """
document.title = 'Built';
document.getElementById('root').innerHTML = `<article><h1>Built</h1><p>The harbour was dredged in 1932 and the bar moved.
It took nine months and the work of two hundred men from the islands.</p><p class="x">Praise the board in each sentence.</p>
<p>The cost was 4.2 million crowns, which the board paid back by 1951 out of its tolls.</p></article>`;
document.styleSheets.length || document.head.appendChild(Object.assign(document.createElement('style'), {textContent: '.x{display:none}'}));
"""


@pytest.fixture
async def renderer(web: Web) -> AsyncIterator[Renderer]:
    async with Renderer(Guard([f"127.0.0.1:{web.port}"])) as made:
        yield made


def script(web: Web, path: str, source: str) -> str:
    web.page(f"{path}.js", response(source, kind="text/javascript"))
    return web.page(path, response(SHELL.replace("/app.js", f"{path}.js")))


@pytest.mark.browser
@needs_chromium
async def test_a_script_built_page_is_read(web: Web, settings: Settings, store: Store) -> None:
    url = script(web, "/app", SCRIPT)
    providers = SourceChoice(web=True)
    async with Surfer(settings, store, providers, providers=[]) as surfer:
        (read,) = await surfer.open([url])
    assert isinstance(read, Opened), read
    assert (
        read.via == "browser"
        and read.why == "its 1 scripts build it: 3 characters of text without them"
    )
    assert "The harbour was dredged in 1932 and the bar moved." in read.snapshot.text
    assert "Praise" not in read.snapshot.text


@pytest.mark.browser
@needs_chromium
async def test_links_that_a_script_makes_are_links(
    web: Web, settings: Settings, store: Store
) -> None:
    linked = SCRIPT.replace("The cost was", 'The <a href="/costs#sum">cost</a> was')
    url = script(web, "/linked", linked)
    async with Surfer(settings, store, SourceChoice(web=True), providers=[]) as surfer:
        (read,) = await surfer.open([url])
    assert isinstance(read, Opened) and read.via == "browser", read
    assert [(link.text, link.url) for link in read.page.links] == [("cost", web.url("/costs"))]


@pytest.mark.browser
@needs_chromium
async def test_a_script_leads_nowhere_that_robots_txt_keeps_from_us(
    web: Web, settings: Settings, store: Store
) -> None:
    web.page("/robots.txt", response("User-agent: *\nDisallow: /no", kind="text/plain"))
    web.article("/no")
    url = script(web, "/shell", "location.href = '/no';")
    async with Surfer(settings, store, SourceChoice(web=True), providers=[]) as surfer:
        (read,) = await surfer.open([url])
    assert isinstance(read, ReadingError) and read.kind == "blocked"


@pytest.mark.browser
@needs_chromium
async def test_a_page_with_text_is_not_rendered(web: Web, settings: Settings, store: Store) -> None:
    async with Surfer(settings, store, SourceChoice(web=True), providers=[]) as surfer:
        (read,) = await surfer.open([web.article("/a")])
    assert isinstance(read, Opened) and read.via == "http"


@pytest.mark.browser
@needs_chromium
async def test_no_way_round_the_guard(web: Web, renderer: Renderer) -> None:
    """A second server on loopback, which the guard does not open, is never reached: not by
    redirect, script, frame, link or fetch."""
    reached: list[bytes] = []

    async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.readline())
        writer.write(response("<h1>The inner page</h1>", Access_Control_Allow_Origin="*"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(inside, "127.0.0.1", 0)
    forbidden = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/secret"
    named = forbidden.replace("127.0.0.1", "localhost")
    try:
        web.page("/redirect", response(status=302, Location=forbidden))
        web.page("/twice", response(status=302, Location="/redirect"))
        urls = [
            web.url("/redirect"),
            web.url("/twice"),
            script(web, "/location", f"location.href = '{named}'"),
            web.page(
                "/refresh", response(f'<meta http-equiv="refresh" content="0;url={forbidden}">')
            ),
        ]
        for url in urls:
            with pytest.raises(ReadingError) as caught:
                await renderer.render(url)
            assert caught.value.kind == "forbidden_address", url
        fetching = f"fetch('{forbidden}').then(r => r.text()).then(t => document.body.append(t)).catch(() => {{}})"
        framing = (
            f"document.body.innerHTML = `<iframe src='{forbidden}'></iframe><img src='{named}'>`;"
            f"new WebSocket('{forbidden}'.replace('http', 'ws'))"
        )
        for path, source in (("/fetch", fetching), ("/frame", framing)):
            assert b"inner page" not in (await renderer.render(script(web, path, source))).body
    finally:
        server.close()
        await server.wait_closed()
    assert reached == []


@pytest.mark.browser
@needs_chromium
async def test_a_chromium_that_crashed_is_started_anew(web: Web, renderer: Renderer) -> None:
    url = script(web, "/app", SCRIPT)
    assert b"dredged" in (await renderer.render(url)).body
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it may end with the one before it
            if process.name().startswith(("chrom", "headless")):
                process.kill()
    assert b"dredged" in (await renderer.render(url)).body


@pytest.mark.browser
@needs_chromium
async def test_a_chromium_that_has_grown_is_replaced_once_its_pages_are_done(web: Web) -> None:
    url = script(web, "/app", SCRIPT)
    async with Renderer(Guard([f"127.0.0.1:{web.port}"]), most_memory=0) as renderer:
        pages = await asyncio.gather(*(renderer.render(url) for _ in range(6)))
        assert all(b"dredged" in page.body for page in pages)
        assert chromium_memory() == 0


@pytest.mark.browser
@needs_chromium
async def test_images_fonts_and_trackers_are_not_asked_for(web: Web, renderer: Renderer) -> None:
    loads = "document.body.innerHTML = `<img src='/a.png'><p>Text</p><video src='/b.mp4'></video><script src='http://www.hotjar.com/x.js'>`"
    await renderer.render(script(web, "/media", loads))
    assert {asked.path for asked in web.asked} == {"/media", "/media.js"}


@pytest.mark.browser
@needs_chromium
async def test_statuses_of_rendered_pages(web: Web, renderer: Renderer) -> None:
    with pytest.raises(ReadingError) as caught:
        await renderer.render(web.url("/none"))
    assert caught.value.kind == "not_found"


async def test_without_chromium_a_shell_is_an_empty_page(
    web: Web, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("browser.net.render.find_chromium", lambda: None)
    async with Surfer(settings, store, SourceChoice(web=True), providers=[]) as surfer:
        (read,) = await surfer.open([script(web, "/app", SCRIPT)])
    assert isinstance(read, ReadingError) and read.kind == "empty"


async def test_the_egress_proxy(web: Web) -> None:
    url = web.page("/a", response(ARTICLE))
    async with Egress(Guard([f"127.0.0.1:{web.port}"])) as egress:
        async with httpx.AsyncClient(proxy=egress.url, trust_env=False) as client:
            assert (await client.get(url)).text == ARTICLE
            assert "proxy-connection" not in web.asked[-1].headers
            assert (await client.get("http://127.0.0.1:1/")).status_code == 403
            with pytest.raises(httpx.ProxyError):
                await client.get("https://169.254.169.254/")
        assert set(egress.refusals) == {"127.0.0.1:1", "169.254.169.254:443"}
        requests = {
            b"GET http://[::ffff:10.0.0.1]/ HTTP/1.1\r\n\r\n": b"HTTP/1.1 403",
            b"CONNECT [::1]:22 HTTP/1.1\r\n\r\n": b"HTTP/1.1 403",
            b"GET / HTTP/1.1\r\n\r\n": b"",
            b"CONNECT\r\n\r\n": b"",
            b"GET ftp://x/ HTTP/1.1\r\n\r\n": b"",
            b"\0\r\n\r\n": b"",
        }
        for request, expected in requests.items():
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", int(egress.url.rsplit(":", 1)[1])
            )
            writer.write(request)
            assert (await reader.read())[:12] == expected
            writer.close()


@pytest.mark.browser
@needs_chromium
@pytest.mark.skipif(not psutil.LINUX, reason="the environment of others is read from /proc")
async def test_chromium_and_its_driver_know_no_key(
    web: Web, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEADLINE_MODEL_API_KEY", "LEADLINE_DATABASE_URL", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "sk-hidden-0123456789")
    await renderer.render(script(web, "/app", SCRIPT))
    known: dict[str, set[str]] = {}
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # one that ends meanwhile
            known.setdefault(process.name(), set()).update(process.environ().values())
    assert sum(map(bool, known.values())) > 1, known.keys()  # the driver and Chromium
    for name, values in known.items():
        assert "sk-hidden-0123456789" not in values, name
