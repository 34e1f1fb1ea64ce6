"""The viewer shows every kind of sentence, block and evidence, and lets none of their words become
markup."""

import pytest

from api.messages.answers import SourceAnswer
from api.viewer.document import report_document
from api.viewer.render import render
from api.viewer.shown import flow, marked_up
from research.domain import (
    Draft,
    DraftFigure,
    DraftSection,
    DraftSentence,
    DraftTable,
    Language,
    Standing,
    Translation,
)
from research.domain.report import Report, Sentence, Usage
from research.reporting import bind as cite
from research.reporting.inline import visible
from tests.api.test_viewer import Elements
from tests.research import argued
from tests.research.reporting.test_bind import BINDINGS, JOB
from tests.research.reporting.test_bind_blocks import KNOWN, LOG

EVIL = "<img src=x onerror=alert(1)>"


def everything(language: Language) -> Report:
    reason = {
        "warrant": f"Both say so {EVIL}.",
        "confidence": "medium",
        "overturned_by": "A later date.",
    }
    inference = DraftSentence(
        text="We infer: old.",
        kind="inference",
        claims=("r1.0", "r1.1"),
        verdict="supported",
        **reason,
    )
    computed = DraftSentence(text="2 lines.", kind="computed", claims=("k1",), verdict="supported")
    absent = DraftSentence(text="No width.", kind="absence", searched=LOG, verdict="supported")
    counted = DraftSentence(
        text="All two say: deep.", kind="synthesis", claims=("r1.0", "r2.0"), verdict="supported"
    )
    cell = DraftSentence(text="deep", claims=("r1.0",), verdict="contested")
    table = DraftTable(
        header=("what", EVIL),
        rows=(
            (DraftSentence(text="sea", kind="framing"), cell),
            (DraftSentence(text="lake", kind="framing"), None),
        ),
    )
    blocks = (table, DraftFigure(id="f1", caption=(computed,)))
    draft = Draft(
        title="Sea",
        answer=(inference, counted),
        sections=(DraftSection(heading="h", sentences=(absent,), blocks=blocks),),
        translations=(Translation(quote="The sea is deep.", text=f"海很深{EVIL}。"),),
    )
    job = JOB.model_copy(
        update={"question": JOB.question.model_copy(update={"language": language})}
    )
    return cite.bind(draft, KNOWN, BINDINGS, job=job, status="complete", usage=Usage())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_viewer_shows_all_of_it(language: Language) -> None:
    report = everything(language)
    html = render(
        "report.html",
        language,
        report=report,
        job=JOB,
        job_id="job",
        ledger=KNOWN,
        bar=[],
        other="",
        path="/",
    )
    assert '<img src="/v1/research/job/files/f1" alt="depth.png"' in html
    assert html.count("<img ") == 1
    assert html.count('<th scope="row">') == 2
    assert "A later date." in html
    assert 'class="superseded"' in html
    assert ">depth</li>" in html  # a query of the search log
    assert {"en": "confidence: medium", "zh": "把握: 中"}[language] in html
    assert {"en": "Translation:", "zh": "译文："}[language] in html
    assert "style=" not in html


@pytest.mark.parametrize(
    ("language", "kind", "standing", "independent"),
    [
        ("en", "superseded value", "draft", "2 independent sources"),
        ("zh", "数值已更新", "草案", "2 个独立来源"),
    ],
)
def test_it_tells_the_kind_of_a_contradiction_the_standing_of_a_source_and_who_agrees(
    language: Language, kind: str, standing: str, independent: str
) -> None:
    made = everything(language)
    fact = Sentence(
        text="Deep.",
        kind="fact",
        verdict="supported",
        independent=2,
        reason=f"said by 2 independent sites {EVIL}",
    )
    shown = made.model_copy(
        update={
            "answer": (fact,),
            "sources": tuple(
                source.model_copy(update={"standing": "draft"}) for source in made.sources
            ),
        }
    )
    html = render(
        "report.html",
        language,
        report=shown,
        job=JOB,
        job_id="job",
        ledger=KNOWN,
        bar=[],
        other="",
        path="/",
    )
    assert f">{kind}</span></h3>" in html
    assert html.count(f">{standing}</span>") == len(shown.sources)
    assert f">{independent}</span>" in html
    assert EVIL not in html
    calm = render(
        "report.html",
        language,
        report=made,
        job=JOB,
        job_id="job",
        ledger=KNOWN,
        bar=[],
        other="",
        path="/",
    )
    assert f">{standing}</span>" not in calm


@pytest.mark.parametrize("standing", ["current", "draft", "superseded"])
def test_a_source_tells_what_it_was_found_to_be(standing: Standing) -> None:
    reading = BINDINGS.readings["r1"].model_copy(update={"url": "https://www.nature.com/sea"})
    told = SourceAnswer.of(reading, BINDINGS.snapshots[reading.snapshot_id], standing)
    assert (told.standing, told.authority) == (standing, "peer_reviewed")


def test_the_single_file_holds_no_picture_and_no_markup_of_the_words() -> None:
    html, policy = report_document(everything("en"))
    assert "<img" not in html
    assert "default-src 'none'" in policy
    assert "A later date." in html


def page_of(report: Report, language: Language = "en") -> Elements:
    return checked_parts(
        render("report.html", language, report=report, job=JOB, job_id="job", ledger=KNOWN, bar=[])
    )


def checked_parts(html: str) -> Elements:
    """A page of ours: nothing active in it but our own scripts."""
    page = Elements(html)
    assert not [
        name
        for _, attributes in page.tags
        for name in attributes
        if name.startswith("on") or name == "style"
    ]
    assert all(tag.get("src", "").startswith("/static/") for tag in page.all("script"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    anchors = {
        attributes["href"][1:]
        for _, attributes in page.tags
        if attributes.get("href", "").startswith("#")
    }
    assert anchors <= set(ids), anchors - set(ids)
    return page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_that_argues_is_shown_whole(language: Language) -> None:
    report = argued.argued(language)
    page = page_of(report, language)
    bases_in = {"en": "abcd", "zh": "abc"}  # the English one has a figure that a program made
    letters = page.all("a", class_="basis") + page.all("a", class_="basis idea")
    assert {tag["href"] for tag in letters} == {f"#basis-{one}" for one in bases_in[language]}
    programs = [tag for tag in page.all("a") if "/v1/research/job/runs/" in tag.get("href", "")]
    assert len(programs) == {"en": 1, "zh": 0}[language]
    assert len(page.all("a", class_="basis idea")) == 1
    assert len(page.all("ol", class_="points")) == 1 and page.all("strong") and page.all("code")
    seen = " ".join(page.text.split())
    assert {"en": "How we got there", "zh": "推断与计算"}[language] in seen
    assert "(46.9 / 38.0 - 1) * 100 ≈ 23.4211 %" in seen and "openai:gpt-judge_2" in seen
    assert {
        "en": "Net retention above 110 % in the next filing.",
        "zh": "下一份报告的净留存率高于110%。",
    }[language] in seen
    assert {"flag draft", "flag archived", "flag inference"} <= {
        tag.get("class") for tag in page.all("span")
    }
    document, _ = report_document(report)
    single = checked_parts(document)
    assert not single.all("script") and [
        tag["href"] for tag in single.all("a", class_="basis idea")
    ] == ["#basis-b"]


def test_citations_stand_at_their_clause_and_open_its_quotes() -> None:
    report = argued.argued()
    html = render("report.html", "en", report=report, job=JOB, job_id="job", ledger=KNOWN, bar=[])
    text = Elements(html).text.replace("\u2060", "")
    assert "is about 55 % of the quarter's revenue[1].a" in text
    assert "to $46.9 million[1], by 23 %[1][4].c" in text
    assert "Set max_attempts in Client[2], not the global default." in text
    grown = report.sections[0].blocks[0].sentences[1]  # type: ignore[union-attr]
    (clause, by) = [piece.cites for piece in flow(grown) if piece.cites]
    assert [(cite.n, cite.quote) for cite in clause] == [(1, argued.ARR.quote)]
    assert [cite.n for cite in by] == [1, 4]


def test_a_section_within_a_section_and_a_cell_are_told_like_any_other() -> None:
    html = render(
        "report.html", "en", report=argued.argued(), job=JOB, job_id="job", ledger=KNOWN, bar=[]
    )
    assert (
        "<h3>What is not known</h3>" in html
        and "<h2>Plans and <strong>limits</strong></h2>" in html
    )
    assert "<title>Pricing Kestrel Cloud on ARR · Leadline</title>" in html
    cell = html[html.index("55 %</span>") :]
    assert cell.index("[1]") < cell.index('class="basis"') < cell.index("</td>")
    assert "<code>a|b</code>" in html


@pytest.mark.parametrize("text", [f"`{EVIL}`", f"**{EVIL}**", f"a `b` {EVIL} **c `{EVIL}`**", EVIL])
def test_no_markup_of_the_words_comes_out_of_code_or_strong_words(text: str) -> None:
    shown = Elements(str(marked_up(text)))
    assert {tag for tag, _ in shown.tags} <= {"code", "strong"}
    assert shown.text == visible(text)
    said = Sentence(
        text=text, kind="inference", warrant=text, overturned_by=text, verdict="supported"
    )
    made = argued.argued().model_copy(
        update={"answer": (said,), "title": text, "limitations": (text,)}
    )
    assert EVIL not in render(
        "report.html", "en", report=made, job=JOB, job_id="job", ledger=KNOWN, bar=[]
    )


def test_a_language_without_words_of_its_own_is_shown_with_english_ones() -> None:
    french = argued.argued().model_copy(update={"answer_in": "fr"})
    html, _ = report_document(french)
    assert '<html lang="fr">' in html and ">How we got there</h2>" in html
