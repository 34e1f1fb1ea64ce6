import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from research.domain import (
    Claim,
    Draft,
    DraftSection,
    DraftSentence,
    Job,
    Ledger,
    Question,
    Reading,
    Snapshot,
    now,
)
from research.domain.report import CitedQuote, Report, Usage
from research.errors import ContractViolation
from research.reporting import bind as cite
from research.reporting.bind import Bindings, sentences_of
from tests.research.readings import reading_of, snapshot_of

TEXT = "The sea is deep. It was measured in 1875. A line [12] was used."


def reading(snap: Snapshot, name: str) -> Reading:
    return reading_of(snap, f"https://example.org/{name}", id=name, title=name)


SNAPSHOT = snapshot_of(TEXT)
BINDINGS = Bindings(
    {"r1": reading(SNAPSHOT, "r1"), "r2": reading(SNAPSHOT, "r2")}, {SNAPSHOT.id: SNAPSHOT}
)
JOB = Job(
    id="job",
    question=Question(text="How deep?", language="en", today=date(2026, 1, 1)),
    created_at=now(),
)


def claim(index: int, source: str = "r1") -> Claim:
    spans = [SNAPSHOT.sentences[index]]
    return Claim(
        id=f"{source}.{index}",
        text=SNAPSHOT.sentence(index),
        evidence=(cite.quote(SNAPSHOT, spans, source),),
    )


LEDGER = Ledger(claims=(claim(0), claim(1), claim(2), claim(0, "r2")))


def bind(
    *sentences: DraftSentence, ledger: Ledger = LEDGER, bindings: Bindings = BINDINGS
) -> Report:
    draft = Draft(
        title="Depth",
        answer=sentences[:1],
        sections=(DraftSection(heading="More", sentences=sentences[1:]),),
    )
    return cite.bind(draft, ledger, bindings, job=JOB, status="complete", usage=Usage())


def fact(text: str, *claims: str) -> DraftSentence:
    return DraftSentence(text=text, claims=claims, verdict="supported")


def test_citations_follow_their_sentence_and_sources_are_numbered_as_they_come() -> None:
    report = bind(fact("Deep.", "r2.0"), fact("Old and deep.", "r1.1", "r2.0"))
    assert "Deep. [1]" in report.markdown
    assert "Old and deep. [1][2]" in report.markdown
    assert [source.reading_id for source in report.sources] == ["r2", "r1"]
    assert report.quality.precision == 1.0


def test_a_fact_tells_how_many_independent_sources_say_it_and_why_it_was_believed() -> None:
    claims = (
        claim(0).model_copy(update={"documents": 3, "reason": "said by 3 independent sites"}),
        claim(1),
    )
    told = bind(
        fact("Deep.", "r1.0"), fact("Deep, old.", "r1.0", "r1.1"), ledger=Ledger(claims=claims)
    )
    (deep,), (both,) = told.answer, sentences_of(told.sections[0])
    assert (deep.independent, deep.reason) == (3, "said by 3 independent sites")
    assert (both.independent, both.reason) == (1, "said by 3 independent sites")


def test_every_quote_is_the_snapshot_at_its_spans() -> None:
    report = bind(fact("Deep.", "r1.0"))
    evidence = report.answer[0].evidence[0]
    assert isinstance(evidence, CitedQuote)
    assert evidence.quote == cite.JOIN.join(TEXT[start:end] for start, end in evidence.spans)


def test_a_quote_that_is_not_in_its_snapshot_is_refused() -> None:
    forged = claim(0).model_copy(
        update={
            "evidence": (claim(0).evidence[0].model_copy(update={"quote": "The sea is flat."}),)
        }
    )
    with pytest.raises(ContractViolation, match="is not what snapshot"):
        bind(fact("Flat.", "r1.0"), ledger=Ledger(claims=(forged,)))


def test_a_reading_of_another_job_is_refused() -> None:
    with pytest.raises(ContractViolation, match="not made in this job"):
        bind(fact("Deep.", "r1.0"), bindings=Bindings({}, BINDINGS.snapshots))


def test_a_fact_without_evidence_is_refused() -> None:
    with pytest.raises(ContractViolation, match="needs evidence"):
        bind(fact("The moon is made of cheese."))


@given(st.text(min_size=1))
def test_no_text_can_forge_a_citation(text: str) -> None:
    report = bind(fact(f"x {text}", "r1.0"))
    body = report.markdown.split("## Sources")[0]
    assert re.findall(r"(?<!\\)\[(\d+)\](?!\()", body.replace("\\\\", "")) == ["1"]


HOSTILE = st.sampled_from(
    [
        "![x](http://evil.example/?q=1)",
        "[a](javascript:alert(1))",
        "<script>alert(1)</script>",
        "<img src=x>",
        "http://evil.example/a",
        "[1]",
    ]
) | st.text(alphabet="[]()!<>\\`*_#-+.:/1a ", max_size=30)


@given(st.lists(HOSTILE, min_size=1).map(" ".join))
def test_no_link_image_or_tag_comes_out_of_a_text(text: str) -> None:
    report = bind(fact(f"x {cite.plain(text)}", "r1.0"))
    html = MarkdownIt("commonmark").render(report.markdown.split("## Sources")[0])
    assert not re.search(r"<(a|img|script|iframe|object|em)\b", html)


def test_markdown_is_a_function_of_the_rest() -> None:
    report = bind(fact("Deep.", "r1.0"), fact("A line [12] was used.", "r1.2"))
    assert cite.render(report) == report.markdown
    assert "\\[12\\]" in report.markdown
    assert (
        cite.render(Report.model_validate_json(report.model_dump_json(by_alias=True)))
        == report.markdown
    )
