"""The viewer's pages as HTML: everything said, nothing of it markup; forms that work without
scripts."""

import re
from html.parser import HTMLParser

import pytest

from api.viewer.strings import STRINGS
from research.domain import ReadingNote
from research.store.database import Store
from research.store.inputs import inputs
from research.store.records import JobRecords
from tests.api.conftest import Service, Start
from tests.api.scripted import HOSTILE, Script

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Elements(HTMLParser):
    """What a browser would build: the tags with their attributes, and the text outside of tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **having: str) -> list[dict[str, str]]:
        wanted = {name.rstrip("_"): value for name, value in having.items()}
        return [
            found for name, found in self.tags if name == tag and wanted.items() <= found.items()
        ]


def checked(html: str) -> Elements:
    """Parse a page of ours and make sure that it holds nothing active but our own files."""
    page = Elements(html)
    assert all(script.get("src", "").startswith("/static/") for script in page.all("script"))
    assert not [tag for tag, _ in page.tags if tag in ("iframe", "object", "embed", "img", "base")]
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            address = attributes.get(name, "")
            assert not re.match(r"\s*(javascript|data|vbscript):", address, re.IGNORECASE), address
            if address.startswith("http"):
                assert attributes["rel"] == "noopener noreferrer nofollow"
    return page


async def test_the_report_page_shows_proof_and_exceptions(service: Service) -> None:
    job_id = await service.finished()
    page = checked((await service.client.get(f"/research/{job_id}")).text)
    text = " ".join(page.text.split())
    assert (
        "How deep is the Challenger Deep?" in text and "Partial: the research stopped early" in text
    )
    assert (
        text.index("Short answer")
        < text.index("By line and by echo")
        < text.index("Where sources disagree")
        < text.index("Sources")
    )
    flags = [tag["class"] for tag in page.all("span") if tag.get("class", "").startswith("flag ")]
    assert {
        "flag partial",
        "flag contested",
        "flag unverified",
        "flag inference",
        "flag conflict",
    } == set(flags)
    (letter,) = page.all("a", class_="basis idea")
    assert (
        letter["href"] == "#basis-a"
        and page.all("li", id="basis-a")
        and page.all("a", href=f"#{letter['id']}")
    )
    assert "A conclusion drawn from the sources, not stated by them." in text
    report = await service.store.report(job_id)
    assert report is not None
    cites = [tag for tag in page.all("a", class_="cite")]
    assert {int(tag["data-n"]) for tag in cites} == {source.n for source in report.sources}
    for path in ("md", "html", "json"):
        assert page.all("a", href=f"/v1/research/{job_id}/report.{path}")


async def test_a_citation_without_scripts_opens_the_marked_text(service: Service) -> None:
    job_id = await service.finished()
    report = await service.store.report(job_id)
    assert report is not None
    quote = report.sections[0].blocks[0].sentences[1].evidence[0]  # type: ignore[union-attr]
    page = checked((await service.client.get(f"/research/{job_id}")).text)
    spans = ",".join(f"{start}-{end}" for start, end in quote.spans)  # type: ignore[union-attr]
    (cite,) = page.all("a", class_="cite", **{"data-spans": spans})[:1]
    html = (await service.client.get(cite["href"].partition("#")[0])).text
    marked = re.findall(r"<mark[^>]*>([^<]*)</mark>", html)
    assert " … ".join(marked) == quote.quote  # type: ignore[union-attr]
    assert html.count('id="mark"') == 1 and len(marked) == 2


LACKING = (
    ReadingNote(kind="pictures", count=3),
    ReadingNote(kind="hidden_sheets", count=1, detail="Costs <b> & 'more'"),
)


@pytest.mark.parametrize(
    ("language", "told", "limited"),
    [
        (
            "en",
            (
                "Not in this text",
                "pictures without text (3)",
                "hidden sheets, rows or slides (1: Costs <b> & 'more')",
            ),
            "Not in the text that was read of source 2: pictures without text (3); hidden sheets, rows or slides (1).",
        ),
        (
            "zh",
            (
                "此文本中缺少",
                "没有文字的图片 (3)",
                "隐藏的工作表、行或幻灯片 (1: Costs <b> & 'more')",
            ),
            "来源2的读取文本中缺少：没有文字的图片 (3)；隐藏的工作表、行或幻灯片 (1)。",
        ),
    ],
)
async def test_what_the_text_of_a_source_lacks_is_told_beside_it(
    start: Start, store: Store, language: str, told: tuple[str, ...], limited: str
) -> None:
    service = await start(Script(store, notes=LACKING).runner)
    job_id = await service.finished(language=language)
    lacking, whole = sorted(await store.readings(job_id), key=lambda reading: not reading.notes)
    beside = checked(
        (await service.client.get(f"/research/{job_id}/sources/{lacking.id}?lang={language}")).text
    )
    assert [tag for tag in beside.all("p") if "missing" in tag.get("class", "")]
    assert all(phrase in beside.text for phrase in told)
    nothing = checked((await service.client.get(f"/research/{job_id}/sources/{whole.id}")).text)
    assert not [tag for tag in nothing.all("p") if "missing" in tag.get("class", "")]

    report = (await service.client.get(f"/v1/research/{job_id}/report.json")).json()
    assert [line for line in report["limitations"] if line == limited] == [limited]
    assert report["sources"][1]["notes"] == [note.model_dump() for note in LACKING]
    listed = checked((await service.client.get(f"/research/{job_id}?lang={language}")).text)
    assert all(phrase in listed.text for phrase in told) and limited in listed.text
    alone = Elements((await service.client.get(f"/v1/research/{job_id}/report.html")).text)
    assert all(phrase in alone.text for phrase in told)
    source = (await service.client.get(f"/v1/research/{job_id}/sources/{lacking.id}")).json()
    assert source["notes"] == [note.model_dump() for note in LACKING]


async def test_hostile_content_stays_text(start: Start, store: Store) -> None:
    service = await start(Script(store, title=HOSTILE, url="javascript:alert(1)").runner)
    job_id = await service.finished(question=f"Why {HOSTILE}?")
    reading = next(reading for reading in await store.readings(job_id) if reading.title == HOSTILE)
    source = f"/research/{job_id}/sources/{reading.id}"
    for path in ("/", f"/research/{job_id}", source, f"{source}?at={HOSTILE}", f"/?q={HOSTILE}"):
        page = checked((await service.client.get(path)).text)
        if path != "/":
            assert HOSTILE in page.text or HOSTILE in str(page.tags)
    html = (await service.client.get(f"/v1/research/{job_id}/report.html")).text
    page = Elements(html)
    assert not page.all("script") and not page.all("img") and HOSTILE in page.text


async def test_the_single_file_stands_alone(service: Service) -> None:
    job_id = await service.finished()
    answer = await service.client.get(f"/v1/research/{job_id}/report.html")
    page = Elements(answer.text)
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]
    assert not page.all("link") and not page.all("script") and page.all("style")
    assert all(
        tag["href"].startswith(("#source-", "#basis-", "#said-", "https://"))
        for tag in page.all("a")
    )
    assert "The line was of Italian hemp" in page.text


async def test_asking_by_form(start: Start) -> None:
    service = await start(None)
    form = "question=How+deep%3F&web=web&effort=deep&mode=react&allow=example.org%2C+gov.uk&calls=12&language=zh&from=2020-01-01&deny="
    answer = await service.client.post("/ask?lang=zh", content=form, headers=FORM)
    assert answer.status_code == 303
    (job,) = await service.store.jobs()
    assert answer.headers["location"] == f"/research/{job.id}?lang=zh"
    assert (job.question.text, job.effort, job.mode, job.budget.calls, job.question.language) == (
        "How deep?",
        "deep",
        "react",
        12,
        "zh",
    )
    assert job.question.sources.allow == ("example.org", "gov.uk") and job.question.sources.web


async def test_what_a_question_will_take_is_told_before_it_is_asked(start: Start) -> None:
    service = await start(None)
    answer = await service.client.post(
        "/ask?lang=zh",
        content="question=How+deep%3F&web=web&effort=deep&calls=12&estimate=yes",
        headers=FORM,
    )
    page = checked(answer.text)
    assert answer.status_code == 200 and await service.store.jobs() == []
    assert (
        "How deep?" in page.text and "checked" in page.all("input", name="effort", value="deep")[0]
    )
    told = (
        await service.client.post(
            "/v1/research/estimate",
            json={"question": "How deep?", "effort": "deep", "budget": {"calls": 12}},
        )
    ).json()
    assert told["calls"]["high"] == 12
    assert (
        f"{told['calls']['low']:,.0f} – 12" in page.text
        and f"– {told['tokens']['high']:,.0f}" in page.text
    )
    small = await service.client.post(
        "/ask", content="question=How+deep%3F&web=web&calls=1&estimate=yes", headers=FORM
    )
    assert small.status_code == 422 and "budget.calls" in small.text


async def test_a_form_that_is_refused_comes_back_with_what_was_written(service: Service) -> None:
    answer = await service.client.post(
        "/ask", content="question=Why+%3Cb%3E%3F&effort=deep&calls=-3", headers=FORM
    )
    page = checked(answer.text)
    assert (
        answer.status_code == 422
        and "there is nothing to read" not in page.text
        and "budget.calls" in page.text
    )
    assert (
        "Why <b>?" in page.text and "checked" in page.all("input", name="effort", value="deep")[0]
    )
    nothing = await service.client.post("/ask", content="question=Why", headers=FORM)
    assert "there is nothing to read" in nothing.text
    assert (
        await service.client.post("/ask", content=b"question=%ff%00\xff&web=web", headers=FORM)
    ).status_code == 303


@pytest.mark.parametrize("path", ["/ask", "/research/{id}/input", "/sign-in"])
async def test_a_form_of_too_many_fields_is_refused_on_the_page(start: Start, path: str) -> None:
    service = await start(None)
    job_id = await service.ask()
    form = "kind=note&note=Mind+the+tides&" + "&".join(f"a{n}=1" for n in range(300))
    answer = await service.client.post(
        f"{path.format(id=job_id)}?lang=en", content=form, headers=FORM
    )
    assert answer.status_code == 422 and "more than 200 fields" in checked(answer.text).text
    assert await inputs(service.store, job_id) == [] and len(await service.store.jobs()) == 1


@pytest.mark.parametrize("query", ["cursor=zz", "status=resting", f"q={'a' * 201}"])
async def test_a_history_that_cannot_be_told_is_refused_on_a_page(
    service: Service, query: str
) -> None:
    answer = await service.client.get(f"/?lang=zh&{query}")
    page = checked(answer.text)
    assert (
        answer.status_code == 422
        and query.partition("=")[0] in page.text
        and page.all("a", class_="button", href="/?lang=zh")
    )


async def test_the_history_is_shown_by_status(start: Start) -> None:
    service = await start(None)
    await service.client.post(f"/v1/research/{await service.ask('Was it stopped?')}/cancel")
    await service.ask("Does it wait?")
    every = (await service.client.get("/?status=&cursor=&q=")).text
    assert "Was it stopped?" in every and "Does it wait?" in every
    waiting = (await service.client.get("/?status=queued")).text
    assert "Does it wait?" in waiting and "Was it stopped?" not in waiting


async def test_a_job_under_way_can_be_cancelled_and_a_failed_one_resumed(
    start: Start, store: Store
) -> None:
    service = await start(None)
    job_id = await service.ask()
    page = checked((await service.client.get(f"/research/{job_id}")).text)
    assert page.all("main", **{"data-events": f"/v1/research/{job_id}/events"})
    assert (
        await service.client.post(f"/research/{job_id}/cancel", content="", headers=FORM)
    ).status_code == 303
    assert "This research was cancelled" in (await service.client.get(f"/research/{job_id}")).text

    other = await service.ask()
    from research.errors import ModelUnavailable

    await JobRecords(store, await store.take(other, stale_seconds=1)).fail(
        ModelUnavailable(model="m", reason="gone <b>")
    )
    page = checked((await service.client.get(f"/research/{other}")).text)
    assert "gone <b>" in page.text and page.all("form", action=f"/research/{other}/resume?lang=en")
    assert (
        await service.client.post(f"/research/{other}/resume", content="", headers=FORM)
    ).status_code == 303
    assert (await store.job(other)).status == "queued"
    missing = await service.client.get("/research/none")
    assert missing.status_code == 404 and "There is no job none." in Elements(missing.text).text


@pytest.mark.parametrize(
    ("query", "accept", "word"),
    [
        ("", "zh-CN,zh;q=0.9,en;q=0.1", "开始研究"),
        ("", "fr, en;q=0.2", "Start research"),
        ("?lang=zh", "en", "开始研究"),
        ("?lang=xx", "", "Start research"),
    ],
)
async def test_pages_speak_the_readers_language(
    service: Service, query: str, accept: str, word: str
) -> None:
    assert word in (await service.client.get("/" + query, headers={"Accept-Language": accept})).text


async def test_the_reports_language_is_the_pages(service: Service) -> None:
    job_id = await service.finished(question="挑战者深渊有多深？")
    assert (
        "简要回答"
        in (await service.client.get(f"/research/{job_id}", headers={"Accept-Language": "en"})).text
    )
    assert "Short answer" in (await service.client.get(f"/research/{job_id}?lang=en")).text


async def test_the_history_pages_and_is_searched(start: Start) -> None:
    service = await start(None)
    for number in range(32):
        await service.ask(f"Question {number} ends")
    page = checked((await service.client.get("/")).text)
    assert "Question 31 ends" in page.text and "Question 1 ends" not in page.text
    (older,) = [tag["href"] for tag in page.all("a", class_="button")]
    assert "Question 1 ends" in (await service.client.get(older)).text
    found = (await service.client.get("/", params={"q": "7 ends"})).text
    assert "Question 17 ends" in found and "Question 18 ends" not in found


async def test_the_reference_names_every_route_and_loads_nothing_from_elsewhere(
    service: Service,
) -> None:
    page = checked((await service.client.get("/docs")).text)
    assert "/v1/research/{job_id}/events" in page.text and "webhook_url" in page.text


def test_both_languages_have_all_words_and_the_same_places() -> None:
    assert STRINGS["en"].keys() == STRINGS["zh"].keys()
    for name, word in STRINGS["en"].items():
        assert word and STRINGS["zh"][name]
        assert set(re.findall(r"{\w+}", word)) == set(re.findall(r"{\w+}", STRINGS["zh"][name])), (
            name
        )
