"""The viewer shows every kind of sentence, block and evidence, and lets none of their words become markup."""

import pytest

from api.answers import SourceAnswer
from api.viewer.document import report_document
from api.viewer.render import render
from research import cite
from research.report import Report, Sentence, Usage
from research.types import Draft, DraftFigure, DraftSection, DraftSentence, DraftTable, Language, Translation
from tests.research.test_bind import KNOWN, LOG
from tests.research.test_cite import BINDINGS, JOB

EVIL = "<img src=x onerror=alert(1)>"


def everything(language: Language) -> Report:
    reason = {"warrant": f"Both say so {EVIL}.", "confidence": "medium", "overturned_by": "A later date."}
    inference = DraftSentence(text="We infer: old.", kind="inference", claims=("r1.0", "r1.1"), verdict="supported", **reason)
    computed = DraftSentence(text="2 lines.", kind="computed", claims=("k1",), verdict="supported")
    absent = DraftSentence(text="No width.", kind="absence", searched=LOG, verdict="supported")
    counted = DraftSentence(text="All two say: deep.", kind="synthesis", claims=("r1.0", "r2.0"), verdict="supported")
    cell = DraftSentence(text="deep", claims=("r1.0",), verdict="contested")
    table = DraftTable(
        header=("what", EVIL), rows=((DraftSentence(text="sea", kind="framing"), cell), (DraftSentence(text="lake", kind="framing"), None))
    )
    blocks = (table, DraftFigure(id="f1", caption=(computed,)))
    draft = Draft(
        title="Sea",
        answer=(inference, counted),
        sections=(DraftSection(heading="h", sentences=(absent,), blocks=blocks),),
        translations=(Translation(quote="The sea is deep.", text=f"海很深{EVIL}。"),),
    )
    job = JOB.model_copy(update={"question": JOB.question.model_copy(update={"language": language})})
    return cite.bind(draft, KNOWN, BINDINGS, job=job, status="complete", usage=Usage())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_viewer_shows_all_of_it(language: Language) -> None:
    report = everything(language)
    html = render("report.html", language, report=report, job=JOB, job_id="job", ledger=KNOWN, bar=[], other="", path="/")
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
    [("en", "superseded value", "draft", "2 independent sources"), ("zh", "数值已更新", "草案", "2 个独立来源")],
)
def test_it_tells_the_kind_of_a_contradiction_the_standing_of_a_source_and_who_agrees(
    language: Language, kind: str, standing: str, independent: str
) -> None:
    made = everything(language)
    fact = Sentence(text="Deep.", kind="fact", verdict="supported", independent=2, reason=f"said by 2 independent sites {EVIL}")
    shown = made.model_copy(
        update={"answer": (fact,), "sources": tuple(source.model_copy(update={"standing": "draft"}) for source in made.sources)}
    )
    html = render("report.html", language, report=shown, job=JOB, job_id="job", ledger=KNOWN, bar=[], other="", path="/")
    assert f">{kind}</span></h3>" in html
    assert html.count(f">{standing}</span>") == len(shown.sources)
    assert f">{independent}</span>" in html
    assert EVIL not in html
    calm = render("report.html", language, report=made, job=JOB, job_id="job", ledger=KNOWN, bar=[], other="", path="/")
    assert f">{standing}</span>" not in calm


@pytest.mark.parametrize(("title", "standing"), [("Sea", "current"), ("Sea (draft v0.2)", "draft"), ("海洋（已作废）", "superseded")])
def test_a_source_tells_what_it_calls_itself(title: str, standing: str) -> None:
    reading = BINDINGS.readings["r1"].model_copy(update={"title": title, "url": "https://www.nature.com/sea"})
    told = SourceAnswer.of(reading, BINDINGS.snapshots[reading.snapshot_id])
    assert (told.standing, told.authority) == (standing, "peer_reviewed")


def test_the_single_file_holds_no_picture_and_no_markup_of_the_words() -> None:
    html, policy = report_document(everything("en"))
    assert "<img" not in html
    assert "default-src 'none'" in policy
    assert "A later date." in html
