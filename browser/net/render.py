"""Render a page with Chromium, for pages that are an empty shell until their scripts run.

Chromium starts on first use and is shared; each page has a context of its own, few at a time, and
all its traffic goes through an egress proxy, where the guard judges each connection. Images, fonts,
media and trackers are not loaded. A Chromium that crashes is started anew and the page tried once
more; one that has grown past its bound is replaced. Without a Chromium nothing is rendered: the
shell is then an `empty` page. Not here: clicking, logging in.
"""

import asyncio
import os
import shutil
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psutil
from playwright._impl import transport
from playwright._impl._driver import get_driver_env
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    Request,
    Route,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from browser.html.extract import HtmlPage
from browser.net.egress import Egress
from browser.net.fetch import USER_AGENT, Fetched
from browser.net.guard import Guard
from browser.net.urls import host_of
from research.errors import ReadingError, ReadingFailure
from research.process.child_environment import child_environment

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-webrtc",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-bypass-list=<-loopback>",
    "--renderer-process-limit=4",
    "--js-flags=--max-old-space-size=256",
)
NOT_LOADED = frozenset(
    {"image", "media", "font", "websocket", "eventsource", "texttrack", "manifest"}
)
TRACKERS = (
    "google-analytics.com googletagmanager.com doubleclick.net googlesyndication.com "
    "googleadservices.com facebook.net hotjar.com "
    "segment.io segment.com mixpanel.com amplitude.com scorecardresearch.com quantserve.com "
    "chartbeat.com newrelic.com nr-data.net "
    "criteo.com taboola.com outbrain.com adnxs.com amazon-adsystem.com clarity.ms "
    "hm.baidu.com cnzz.com umeng.com growingio.com "
    "sensorsdata.cn mmstat.com"
).split()
AT_ONCE = 4
MOST_MEMORY = 800_000_000  # bytes, of all its processes together
TOTAL_SECONDS = 25.0
LOAD_SECONDS = 15.0
SETTLE_SECONDS = 3.0
SHELL_TEXT = 200
NOWHERE = "http://127.0.0.1:9"  # what Chromium would do outside a page's own proxy must not get out
MAX_HTML = 10_000_000
# What a reader would not see is taken out where the styles are known: in the page itself.
PRUNE = """() => {
  const hidden = [];
  for (const e of document.body ? document.body.querySelectorAll('*') : []) {
    const s = getComputedStyle(e);
    if (s.display === 'none' || s.visibility === 'hidden'
        || s.opacity === '0' || s.fontSize === '0px')
      hidden.push(e);
  }
  for (const e of hidden) if (!e.querySelector('article, main, h1')) e.remove();
}"""


def _driver_environment() -> dict[str, str]:
    """Playwright gives its driver, and that one Chromium, all of our environment, keys included,
    and has no way to say otherwise."""
    theirs = {name: value for name, value in get_driver_env().items() if name.startswith("PW_")}
    return child_environment() | theirs


transport.get_driver_env = _driver_environment  # type: ignore[attr-defined]  # the only way in


def why_render(html: HtmlPage) -> str:
    """Why a page looks like it is built by its scripts: it has some, and next to no text. Empty
    when it does not."""
    if (
        html.scripts == 0
        or len(html.page.text) >= SHELL_TEXT
        or len(html.visible) >= 2 * SHELL_TEXT
    ):
        return ""
    return (
        f"its {html.scripts} scripts build it: {len(html.visible)} characters of text without them"
    )


def find_chromium() -> str | None:
    """The system's Chromium, or the one Playwright downloaded; None if there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    home = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    cache = Path(home) if home else Path.home() / ".cache" / "ms-playwright"
    binaries = (
        "chromium*/*/headless_shell",
        "chromium*/*/chrome-headless-shell",
        "chromium*/*/chrome",
    )
    places = [path for pattern in binaries for path in sorted(cache.glob(pattern), reverse=True)]
    return str(places[0]) if places else None


class Renderer:
    """An async context manager."""

    def __init__(
        self, guard: Guard, *, executable: str | None = None, most_memory: int = MOST_MEMORY
    ) -> None:
        self._guard = guard
        self._executable = executable or find_chromium()
        self._most_memory = most_memory
        self._exit = AsyncExitStack()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._pages: Counter[Browser] = Counter()
        self._starting = asyncio.Lock()
        self._turn = asyncio.Semaphore(AT_ONCE)

    @property
    def available(self) -> bool:
        return self._executable is not None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for browser in {*self._pages, self._browser}:
            await self._end(browser)
        await self._exit.aclose()

    async def render(self, url: str) -> Fetched:
        """The page's HTML after its scripts have run. Raises `ReadingError`."""
        self._guard.check_url(url)
        async with self._turn:
            for attempt in range(2):
                try:
                    async with asyncio.timeout(TOTAL_SECONDS):
                        return await self._attempt(url)
                except TimeoutError as error:
                    reason = f"the page was not built within {TOTAL_SECONDS:g} s"
                    raise ReadingError(url=url, kind="timeout", reason=reason) from error
                except PlaywrightError as error:
                    if attempt == 0 and not self._alive():
                        continue
                    raise ReadingError(
                        url=url, kind="broken", reason=f"Chromium gave up: {_first_line(error)}"
                    ) from error
        raise AssertionError("the second attempt returns or raises")

    async def _attempt(self, url: str) -> Fetched:
        browser = await self._start(url)
        self._pages[browser] += 1
        try:
            async with Egress(self._guard) as egress:
                return await self._in_context(browser, egress, url)
        finally:
            self._pages[browser] -= 1
            await self._replace_if_large(browser)
            if browser is not self._browser and self._pages[browser] == 0:
                del self._pages[browser]
                await self._end(browser)

    def _alive(self) -> bool:
        return self._browser is not None and self._browser.is_connected()

    async def _start(self, url: str) -> Browser:
        async with self._starting:
            if self._browser is None or not self._browser.is_connected():
                if self._executable is None:
                    raise ReadingError(
                        url=url,
                        kind="unsupported",
                        reason="there is no Chromium to build the page with",
                    )
                if self._playwright is None:
                    self._playwright = await self._exit.enter_async_context(async_playwright())
                # Its sandbox needs a user other than root.
                flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
                self._browser = await self._playwright.chromium.launch(
                    executable_path=self._executable,
                    args=flags,
                    proxy={"server": NOWHERE},
                    env={**child_environment()},
                )
            return self._browser

    async def _replace_if_large(self, browser: Browser) -> None:
        """Let the next page start a new Chromium; the pages under way keep theirs until they are
        done."""
        if (
            browser is self._browser
            and await asyncio.to_thread(chromium_memory) > self._most_memory
        ):
            self._browser = None

    @staticmethod
    async def _end(browser: Browser | None) -> None:
        if browser is not None and browser.is_connected():
            await browser.close()

    async def _in_context(self, browser: Browser, egress: Egress, url: str) -> Fetched:
        context = await browser.new_context(
            user_agent=USER_AGENT,
            accept_downloads=False,
            service_workers="block",
            locale="en-US",
            # Chromium would reach loopback without the proxy, past the guard.
            proxy={"server": egress.url, "bypass": "<-loopback>"},
        )
        try:
            return await self._load(context, egress, url)
        finally:
            await context.close()

    async def _load(self, context: BrowserContext, egress: Egress, url: str) -> Fetched:
        await context.route("**/*", _only_what_builds)
        page = await context.new_page()
        lost: list[str] = []  # where the page itself tried to go and could not
        page.on(
            "requestfailed",
            lambda request: lost.append(request.url) if _is_of_page(request, page) else None,
        )
        status = await self._go(page, egress, url)
        await _settle(page)
        here = page.url
        for place in (here, *lost):
            _refuse_if_refused(egress, url, place)
        if status >= 400:
            kind: ReadingFailure = (
                "not_found"
                if status in (404, 410)
                else "server_error"
                if status >= 500
                else "blocked"
            )
            raise ReadingError(url=url, kind=kind, reason=f"HTTP {status}")
        self._guard.check_url(here)
        await page.evaluate(PRUNE)
        body = (await page.content()).encode("utf-8", errors="replace")
        if len(body) > MAX_HTML:
            raise ReadingError(
                url=url, kind="too_large", reason=f"larger than {MAX_HTML:,} bytes once built"
            )
        return Fetched(url=here, body=body, media_type="text/html", charset="utf-8")

    async def _go(self, page: Page, egress: Egress, url: str) -> int:
        """Load the page; its HTTP status."""
        try:
            response = await page.goto(
                url, wait_until="domcontentloaded", timeout=LOAD_SECONDS * 1000
            )
        except PlaywrightTimeout as error:
            raise ReadingError(
                url=url, kind="timeout", reason="the page does not load in time"
            ) from error
        except PlaywrightError as error:
            # Nothing of the page has loaded, so whatever was refused was the way to it.
            for refused in egress.refusals.values():
                raise ReadingError(url=url, kind=refused.kind, reason=refused.reason) from error
            raise ReadingError(url=url, kind="unreachable", reason=_first_line(error)) from error
        return response.status if response else 0


def _refuse_if_refused(egress: Egress, url: str, here: str) -> None:
    """Raise if the guard refused the address where the page has ended up."""
    parts = urlsplit(here)
    refused = egress.refusals.get(
        f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    )
    if refused:
        raise ReadingError(url=url, kind=refused.kind, reason=refused.reason)


def _is_of_page(request: Request, page: Page) -> bool:
    return request.is_navigation_request() and request.frame == page.main_frame


async def _settle(page: Page) -> None:
    """Wait until the network is quiet, but not for pages that never are."""
    try:
        await page.wait_for_load_state("networkidle", timeout=SETTLE_SECONDS * 1000)
    except PlaywrightTimeout:
        return


async def _only_what_builds(route: Route) -> None:
    if route.request.resource_type in NOT_LOADED or _tracks(route.request.url):
        await route.abort()
    else:
        await route.continue_()


def _tracks(url: str) -> bool:
    host = f".{host_of(url)}"
    return any(host.endswith(f".{tracker}") for tracker in TRACKERS)


def _first_line(error: PlaywrightError) -> str:
    return str(error).splitlines()[0][:200]


def chromium_memory() -> int:
    """The bytes that the Chromium processes below our own hold, what they share counted once.
    Blocking."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name().startswith(("chrom", "headless")):
                total += (
                    process.memory_full_info().pss if psutil.LINUX else process.memory_info().rss
                )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total
