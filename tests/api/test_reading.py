"""A reader at work in a real browser: opens a report, clicks a citation, sees the exact quote
marked; nothing hostile runs."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from browser.net.render import find_chromium
from research.domain import ReadingNote
from research.store.database import Store
from tests.api.conftest import Service, Start
from tests.api.scripted import DEEP, HOSTILE, Script

pytestmark = pytest.mark.browser
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def complaints() -> list[str]:
    return []


@pytest.fixture
async def page(chromium: Browser, complaints: list[str]) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"{request.url} {request.failure}"))
    yield page
    await context.close()


async def test_a_citation_opens_its_source_with_the_quote_marked(
    service: Service, page: Page, complaints: list[str]
) -> None:
    job_id = await service.finished()
    report = await service.store.report(job_id)
    assert report is not None
    await page.goto(f"{service.url}/research/{job_id}")
    sentence = page.locator(".sentence", has_text="two thermometers came up crushed")
    await sentence.locator("a.cite").click()

    quote = report.sections[0].blocks[0].sentences[1].evidence[0]  # type: ignore[union-attr]
    marks = page.locator("#panel-text mark")
    await expect(marks).to_have_count(2)
    assert " … ".join(await marks.all_text_contents()) == quote.quote  # type: ignore[union-attr]
    await expect(marks.first).to_be_in_viewport()
    assert await page.locator("#panel-text").text_content() == DEEP
    await expect(page.locator("#panel-title")).to_have_text("Sounding the Challenger Deep")

    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await page.keyboard.press("Enter")  # the citation has the focus again
    await expect(marks).to_have_count(2)
    assert complaints == []


async def test_hostile_pages_do_nothing(
    start: Start, store: Store, page: Page, complaints: list[str]
) -> None:
    service = await start(
        Script(store, title=HOSTILE, url="javascript:document.title='owned'").runner
    )
    job_id = await service.finished(question=f"What is {HOSTILE}?")
    await page.goto(f"{service.url}/research/{job_id}")
    for link in await page.locator(".sentence a.cite").all():
        await link.click()
        await expect(page.locator("#panel-text mark").first).to_be_visible()
    await expect(page.locator("#panel-facts a")).to_have_count(
        1
    )  # of the source that is on the web
    assert await page.title() != "owned"
    assert await page.locator("img, iframe").count() == 0
    assert complaints == []


async def test_a_live_page_follows_the_run_and_becomes_the_report(
    start: Start, store: Store, page: Page, complaints: list[str]
) -> None:
    import asyncio

    going = asyncio.Event()

    async def gate(job: object, stage: str) -> None:
        if stage == "writing":
            await going.wait()

    service = await start(Script(store, title=HOSTILE, gate=gate).runner)
    await page.goto(service.url)
    await page.fill("textarea[name=question]", "How deep is the Challenger Deep?")
    await page.click("button.main")
    await expect(page.locator(".agent")).to_have_count(2)
    await expect(page.locator("#n-sources")).to_have_text("2")
    await expect(page.locator("#n-claims")).to_have_text("5")
    await expect(page.locator("#n-calls")).to_have_text("3")
    await expect(page.locator("#left-calls")).to_have_text("35 left")
    await expect(page.locator("#sources")).to_contain_text("<script>")
    going.set()
    await expect(page.locator("h1")).to_have_text("How deep is the Challenger Deep?")
    await expect(page.locator(".answer")).to_be_visible()
    assert complaints == []


async def test_the_panel_tells_what_the_text_of_a_source_lacks(
    start: Start, store: Store, page: Page, complaints: list[str]
) -> None:
    notes = (ReadingNote(kind="formulas", count=2), ReadingNote(kind="attachments", detail=HOSTILE))
    service = await start(Script(store, notes=notes).runner)
    job_id = await service.finished()
    await page.goto(f"{service.url}/research/{job_id}")
    missing = page.locator("#panel-missing")
    await page.locator("a.cite[data-n='2']").first.click()
    await expect(missing.locator("span")).to_have_text(
        ["Not in this text", "formulas (2)", f"attached files (1: {HOSTILE})"]
    )
    await page.locator("a.cite[data-n='1']").first.click()
    await expect(page.locator("#panel-title")).to_have_text("Depth by sonar and by pressure")
    await expect(missing).to_be_hidden()
    assert complaints == []
