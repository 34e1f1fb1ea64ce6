"""Every kind of block and evidence is bound, rendered, and holds when it is checked from outside,
whatever the words."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evals.graders.invariants import violations
from research.domain import (
    Claim,
    Contradiction,
    Draft,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Drawing,
    Ledger,
    Mark,
    ReadingNote,
    RunEvidence,
    SearchLog,
    SentenceVerdict,
    Side,
    Translation,
    now,
)
from research.domain.report import CitedQuote, Figure, Report, Table, Usage
from research.errors import ContractViolation
from research.reporting import bind as cite
from research.reporting.bind import Bindings
from tests.research.reporting.test_bind import BINDINGS, JOB, LEDGER, SNAPSHOT, TEXT, claim

RUN = RunEvidence(run_id="run1", code_sha256=hashlib.sha256(b"1 + 1").hexdigest(), inputs=("r1.1",))
COMPUTED = Claim(id="k1", text="That is 2 lines.", evidence=(), runs=(RUN,))
DRAWING = Drawing(
    id="f1",
    run_id="run1",
    name="depth.png",
    caption="Depths",
    media_type="image/png",
    sha256="0" * 64,
)
LOG = SearchLog(queries=("depth", "sea"), pages=3, date_from=now(), date_to=now())
DISPUTE = Contradiction(
    topic="age",
    note="1875 / later",
    kind="superseded",
    sides=(
        Side(text="Old.", evidence=claim(1).evidence),
        Side(text="New.", evidence=claim(0, "r2").evidence),
    ),
)
KNOWN = LEDGER.model_copy(
    update={
        "claims": (*LEDGER.claims, COMPUTED),
        "drawings": (DRAWING,),
        "contradictions": (DISPUTE,),
    }
)
WORDS = st.text(alphabet="ab .()[]1\\*_#-+>|~$<`：。（）\n\t:/&!深", min_size=1, max_size=20).map(
    lambda text: f"x{text}x"
)
VERDICTS: st.SearchStrategy[SentenceVerdict] = st.sampled_from(
    ["supported", "partial", "contested", "unverified"]
)
CLAIMS = st.lists(
    st.sampled_from(["r1.0", "r1.1", "r1.2", "r2.0"]), min_size=2, max_size=3, unique=True
).map(tuple)


@st.composite
def sentences(draw: st.DrawFn) -> DraftSentence:
    text, kind = (
        draw(WORDS),
        draw(
            st.sampled_from(
                [
                    "fact",
                    "attributed",
                    "computed",
                    "synthesis",
                    "inference",
                    "absence",
                    "framing",
                    "given",
                ]
            )
        ),
    )
    if kind in ("framing", "given"):
        return DraftSentence(text=text, kind=kind)
    verdict = draw(VERDICTS)
    if kind == "absence":
        return DraftSentence(text=text, kind="absence", searched=LOG, verdict=verdict)
    if kind == "inference":
        reason = {
            "warrant": draw(WORDS),
            "confidence": draw(st.sampled_from(["low", "medium", "high"])),
            "overturned_by": draw(WORDS),
        }
        return DraftSentence(
            text=text, kind="inference", claims=draw(CLAIMS), verdict=verdict, **reason
        )
    claims = (*draw(CLAIMS), "k1") if kind == "computed" else draw(CLAIMS)
    return DraftSentence(text=text, kind=kind, claims=claims, verdict=verdict)


PARAGRAPHS = st.lists(sentences(), min_size=1, max_size=3).map(tuple)
CELLS = st.none() | st.builds(DraftSentence, text=WORDS, claims=CLAIMS, verdict=VERDICTS)
TABLES = st.builds(
    DraftTable,
    header=st.tuples(WORDS, WORDS),
    rows=st.lists(
        st.tuples(WORDS.map(lambda text: DraftSentence(text=text, kind="framing")), CELLS),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
BLOCKS = (
    st.builds(DraftParagraph, sentences=PARAGRAPHS)
    | st.builds(DraftList, items=st.lists(PARAGRAPHS, min_size=1, max_size=2).map(tuple))
    | TABLES
    | st.builds(DraftFigure, id=st.just("f1"), caption=PARAGRAPHS)
)
SECTIONS = st.builds(
    DraftSection,
    heading=WORDS,
    sentences=st.just(()) | PARAGRAPHS,
    blocks=st.lists(BLOCKS, min_size=1, max_size=3).map(tuple),
)
DRAFTS = st.builds(
    Draft,
    title=WORDS,
    answer=st.just(()) | PARAGRAPHS,
    sections=st.lists(SECTIONS, max_size=2).map(tuple),
    limitations=st.lists(WORDS, max_size=2).map(tuple),
    translations=st.lists(
        st.builds(Translation, quote=st.just(SNAPSHOT.sentence(0)), text=WORDS), max_size=1
    ).map(tuple),
)


def bind(draft: Draft, ledger: Ledger = KNOWN, bindings: Bindings = BINDINGS) -> Report:
    return cite.bind(draft, ledger, bindings, job=JOB, status="complete", usage=Usage())


@given(DRAFTS)
def test_whatever_is_bound_holds_from_outside(draft: Draft) -> None:
    report = bind(draft)
    assert (
        violations(
            report,
            {SNAPSHOT.id: TEXT},
            readings={"r1": SNAPSHOT.id, "r2": SNAPSHOT.id},
            render=cite.render,
        )
        == []
    )
    assert (
        cite.render(Report.model_validate_json(report.model_dump_json(by_alias=True)))
        == report.markdown
    )
    assert [source.n for source in report.sources] == list(range(1, len(report.sources) + 1))
    html = MarkdownIt("commonmark").enable("table").render(report.markdown.split("## Sources")[0])
    assert not re.search(r"<(a|script|iframe|object|em)\b", html)
    assert set(re.findall(r'<img src="([^"]*)"', html)) <= {"/v1/research/job/files/f1"}


@given(TABLES)
def test_a_table_has_the_cells_it_was_given_as_markdown_reads_it(drafted: DraftTable) -> None:
    report = bind(Draft(title="t", sections=(DraftSection(heading="h", blocks=(drafted,)),)))
    html = MarkdownIt("commonmark").enable("table").render(report.markdown)
    assert html.count("<th>") == 2
    assert html.count("<td>") == 2 * len(drafted.rows)


def fact(text: str, *claims: str) -> DraftSentence:
    return DraftSentence(text=text, claims=claims, verdict="supported")


def test_what_was_computed_names_its_run_and_an_absence_its_searches() -> None:
    computed = DraftSentence(
        text="That is 2 lines.", kind="computed", claims=("k1",), verdict="supported"
    )
    absent = DraftSentence(
        text="Its width was not found.", kind="absence", searched=LOG, verdict="supported"
    )
    report = bind(Draft(title="t", answer=(computed, absent)))
    assert report.answer[0].evidence == (RUN,)
    assert report.answer[1].evidence == (LOG,)
    assert "That is 2 lines.ᵃ" in report.markdown
    assert f"- ᵃ Output of the program `{RUN.run_id}`" in report.markdown
    assert "Its width was not found." in report.markdown
    assert (
        report.markdown.count(
            "What is said not to be found was looked for in 2 searches and 3 pages."
        )
        == 1
    )
    assert report.quality.coverage == 1.0


def test_an_inference_tells_why_it_follows_and_what_would_overturn_it() -> None:
    drafted = DraftSentence(
        text="We infer: it is old.",
        kind="inference",
        claims=("r1.0", "r1.1"),
        verdict="supported",
        warrant="Both say so.",
        confidence="medium",
        overturned_by="A later date.",
    )
    report = bind(Draft(title="t", answer=(drafted,)))
    assert report.answer[0].premises == ("r1.0", "r1.1")
    assert "We infer: it is old. [1]ᵃ" in report.markdown
    told = "- ᵃ Inference from [1] · Why: Both say so. · Confidence: medium · What would overturn it: A later date."
    assert f"## How we got there\n\n{told}\n\n## Sources" in report.markdown


def test_a_figure_is_a_file_of_the_job_and_nothing_else() -> None:
    section = DraftSection(
        heading="h", blocks=(DraftFigure(id="f1", caption=(fact("Depths.", "k1"),)),)
    )
    report = bind(Draft(title="t", sections=(section,)))
    assert isinstance(report.sections[0].blocks[0], Figure)
    assert "![figure depth.png](/v1/research/job/files/f1)" in report.markdown
    stranger = section.model_copy(update={"blocks": (DraftFigure(id="f2", caption=()),)})
    with pytest.raises(ContractViolation, match="no drawing"):
        bind(Draft(title="t", sections=(stranger,)))


def test_a_translation_stands_beside_the_quote_which_stays_verbatim() -> None:
    draft = Draft(
        title="t",
        answer=(fact("Deep.", "r1.0"),),
        translations=(Translation(quote="The sea is deep.", text="海很深。"),),
    )
    report = bind(draft)
    evidence = report.answer[0].evidence[0]
    assert isinstance(evidence, CitedQuote)
    assert (evidence.quote, evidence.translation) == ("The sea is deep.", "海很深。")
    assert "- “The sea is deep.” — 海很深。 [1]" in report.markdown


def test_the_superseded_side_is_marked() -> None:
    report = bind(Draft(title="t", answer=(fact("Deep.", "r1.0"),)))
    assert [side.superseded for side in report.contradictions[0].sides] == [True, False]
    assert "- Old. (superseded) [1]" in report.markdown


def test_a_cell_without_evidence_a_short_row_and_an_unknown_claim_are_refused() -> None:
    name = DraftSentence(text="sea", kind="framing")
    bare = DraftTable(
        header=("a", "b"), rows=((name, DraftSentence(text="9", verdict="unverified")),)
    )
    short = DraftTable(header=("a", "b"), rows=((name,),))
    for table in (bare, short):
        with pytest.raises(ContractViolation):
            bind(Draft(title="t", sections=(DraftSection(heading="h", blocks=(table,)),)))
    with pytest.raises(ContractViolation, match="no claim"):
        bind(Draft(title="t", answer=(fact("Deep.", "c99"),)))


def test_a_changed_table_is_found_from_outside() -> None:
    name = DraftSentence(text="sea", kind="framing")
    table = DraftTable(header=("what", "depth"), rows=((name, fact("deep", "r1.0")),))
    report = bind(Draft(title="t", sections=(DraftSection(heading="h", blocks=(table,)),)))
    assert isinstance(report.sections[0].blocks[0], Table)
    forged = report.model_copy(
        update={"markdown": report.markdown.replace("| deep [1] |", "| flat [1] |")}
    )
    assert forged.markdown != report.markdown
    assert any("does not hold" in fault for fault in violations(forged, {SNAPSHOT.id: TEXT}))


def test_clauses_that_rest_on_evidence_are_bound_and_others_refused_or_left_out() -> None:
    quotes = (claim(0).evidence[0], claim(0, "r2").evidence[0])
    marks = (
        Mark(start=0, end=0, evidence=(0,)),
        Mark(start=0, end=4, evidence=(0,), refs=("c1",)),
        Mark(start=4, end=9, evidence=(), refs=("given",)),
        Mark(start=9, end=20, evidence=(1,)),
    )
    drafted = DraftSentence(
        text="Deep here, and there.", evidence=quotes, marks=marks, verdict="supported"
    )
    report = bind(Draft(title="t", answer=(drafted,)))
    assert report.answer[0].marks == (
        Mark(start=0, end=4, evidence=(0,)),
        Mark(start=9, end=20, evidence=(1,)),
    )
    assert "Deep [1] here, and there [2]." in report.markdown
    for wrong in (Mark(start=0, end=99, evidence=(0,)), Mark(start=0, end=4, evidence=(2,))):
        with pytest.raises(ContractViolation, match="a clause lies outside"):
            bind(Draft(title="t", answer=(drafted.model_copy(update={"marks": (wrong,)}),)))


def test_what_the_text_of_a_cited_source_lacks_is_a_limitation_in_one_line() -> None:
    notes = (
        ReadingNote(kind="attachments", detail="www.oars.example"),
        ReadingNote(kind="pictures", count=2),
        ReadingNote(kind="attachments", detail="map.pdf"),
    )
    readings = {
        id: reading.model_copy(update={"notes": notes}) for id, reading in BINDINGS.readings.items()
    }
    draft = Draft(
        title="t", answer=(fact("Deep.", "r1.0"),), limitations=("Nothing was said of the tide.",)
    )
    report = bind(draft, LEDGER, Bindings(readings, BINDINGS.snapshots))
    told = (
        "Not in the text that was read of source 1: attached files (2); pictures without text (2)."
    )
    assert report.limitations == ("Nothing was said of the tide.", told)
    assert (
        report.markdown.count(told.removesuffix(".").replace("(", "\\("))
        + report.markdown.count(told)
        == 1
    )
    assert report.sources[0].notes == notes
