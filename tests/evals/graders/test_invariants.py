"""The checker finds nothing in a sound report and something in every tampered one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.graders.invariants import violations
from research.domain import Language
from research.domain.report import Paragraph, Report, Section
from research.reporting import bind as cite
from tests.evals.reports import READINGS, SEA, TEXTS, finished, quote, sample, sentence, sha
from tests.research import argued


def check(report: Report, **options: Any) -> list[str]:
    return violations(
        report,
        options.pop("snapshots", TEXTS),
        readings=options.pop("readings", READINGS),
        **options,
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sound_report_holds(language: Language) -> None:
    assert check(sample(language), render=cite.render) == []


def test_a_report_without_sources_holds() -> None:
    empty = sample().model_copy(
        update={
            "answer": (),
            "sections": (),
            "sources": (),
            "contradictions": (),
            "status": "insufficient_evidence",
        }
    )
    assert check(finished(empty), render=cite.render) == []


def _set(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def tamper(data: dict[str, Any]) -> None:
        place: Any = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to(place[path[-1]]) if callable(to) else to

    return tamper


def _markdown(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def tamper(data: dict[str, Any]) -> None:
        assert data["markdown"].count(old) >= 1, old
        data["markdown"] = data["markdown"].replace(old, new, 1)

    return tamper


FIRST = ("answer", 0, "evidence", 0)
IN_SECTION = ("sections", 0, "blocks", 0, "sentences")
JSON_TAMPERING = {
    "quote": (_set(*FIRST, "quote", to="The sea is flat."), "does not say"),
    "span": (_set(*FIRST, "spans", to=[[1, 17]]), "does not say"),
    "span outside": (_set(*FIRST, "spans", to=[[0, 999]]), "outside"),
    "negative span": (_set(*FIRST, "spans", to=[[-16, 16]]), "outside"),
    "no span": (
        lambda d: (_set(*FIRST, "spans", to=[])(d), _set(*FIRST, "quote", to="")(d)),
        "no span",
    ),
    "snapshot": (_set(*FIRST, "snapshot_id", to="0" * 64), "is not there"),
    "reading": (_set(*FIRST, "reading_id", to="r9"), "another reading"),
    "number": (_set(*FIRST, "n", to=2), "another reading"),
    "number without source": (_set(*FIRST, "n", to=7), "no source"),
    "missing source": (_set("sources", to=lambda s: s[:1]), "the sources are [1]"),
    "uncited source": (
        _set("sources", to=lambda s: [*s, {**s[0], "n": 3, "reading_id": "r3"}]),
        "the sources are [1, 2, 3]",
    ),
    "source twice": (_set("sources", to=lambda s: [*s, s[0]]), "twice"),
    "source not read": (_set("sources", 0, "snapshot_id", to=sha("else")), "was not read"),
    "evidence taken away": (_set("answer", 0, "evidence", to=[]), "has no evidence"),
    "unverified made sure": (_set(*IN_SECTION, 2, "verdict", to="supported"), "has no evidence"),
    "side without evidence": (
        _set("contradictions", 0, "sides", 0, "evidence", to=[]),
        "side of a contradiction",
    ),
    "precision": (_set("quality", "precision", to=1.0), "quality.precision"),
    "coverage": (_set("quality", "coverage", to=None), "quality.coverage"),
    "kinds": (_set("quality", "by_kind", to={"fact": 9}), "quality.by_kind"),
    "sentence": (_set("answer", 0, "text", to="The sea is flat."), "does not hold"),
    "source's address": (
        _set("sources", 0, "url", to="https://evil.example/"),
        "title and address",
    ),
    "table cell": (
        _set(
            "sections",
            0,
            "blocks",
            to=lambda b: [
                *b,
                {"type": "table", "header": ["a"], "rows": [[{"text": "9", "kind": "fact"}]]},
            ],
        ),
        "a cell of kind fact",
    ),
}
MARKDOWN_TAMPERING = {
    "figure": (_markdown("1875", "1876"), "does not hold"),
    "citation taken away": (_markdown("(very). [1]", "(very)."), "stand the citations []"),
    "citation of another": (_markdown("(very). [1]", "(very). [2]"), "stand the citations [2]"),
    "citation twice": (_markdown("(very). [1]", "(very). [1][1]"), "stand the citations [1, 1]"),
    "citation added": (
        _markdown("We look at both.", "We look at both. [1]"),
        "stand the citations [1]",
    ),
    "descending": (_markdown("[1][2]", "[2][1]"), "stand the citations [2, 1]"),
    "inside a sentence": (
        _markdown("with a line", "with [2] a line"),
        "within this stand the citations [2]",
    ),
    "digits not escaped": (_markdown("\\[12\\]", "[12]"), "does not hold"),
    "remark taken away": (_markdown(" (unverified)", ""), "unverified"),
    "remark turned": (_markdown("(unverified)", "(supported)"), "unverified"),
    "sentence added": (
        _markdown("We look at both.", "We look at both. The sea is 99 m deep."),
        "does not hold",
    ),
    "line added": (
        _markdown("## Seas", "The sea is 99 m deep.\n\n## Seas"),
        "what the report does not",
    ),
    "limitation hidden": (_markdown("- Only 2 pages were read.\n", ""), "does not hold"),
    "source line gone": (_markdown("\n- [2]", "\n- 2"), "line of the source [2]"),
    "text after the sources": (
        lambda d: _set("markdown", to=lambda m: m + "\nMore.\n")(d),
        "3 lines for 2 sources",
    ),
    "sources not last": (
        lambda d: _set("markdown", to=lambda m: m + "\n## More\n")(d),
        "0 lines for 2 sources",
    ),
}


@pytest.mark.parametrize(
    ("tamper", "told"), [*JSON_TAMPERING.values(), *MARKDOWN_TAMPERING.values()]
)
def test_tampering_is_found_without_the_renderer(
    tamper: Callable[[dict[str, Any]], None], told: str
) -> None:
    data = json.loads(sample().model_dump_json(by_alias=True))
    tamper(data)
    found = check(Report.model_validate(data))
    assert any(told in text for text in found), found


FIRST_SAID = ("answer", 0)
GROWN = ("sections", 0, "blocks", 0, "sentences", 1)
ARGUED_TAMPERING = {
    "value": (_set(*FIRST_SAID, "evidence", 1, "value", to="55.1"), "is 55.046"),
    "figure": (_set(*FIRST_SAID, "evidence", 1, "inputs", 0, "value", to="47"), "not 55.046"),
    "no number": (
        _set(*FIRST_SAID, "evidence", 1, "inputs", 0, "value", to="many"),
        "no decimal number",
    ),
    "expression": (
        _set(*FIRST_SAID, "evidence", 1, "expression", to="arr.real"),
        "cannot be evaluated",
    ),
    "unknown name": (
        _set(*FIRST_SAID, "evidence", 1, "expression", to="arr / profit"),
        "cannot be evaluated",
    ),
    "figure of a source not cited": (
        _set(*FIRST_SAID, "evidence", 1, "inputs", 0, "n", to=[2]),
        "which its sentence does not cite",
    ),
    "mark outside": (_set(*FIRST_SAID, "marks", 1, "end", to=999), "outside of its text"),
    "marks out of order": (
        _set(*FIRST_SAID, "marks", to=lambda marks: marks[::-1]),
        "of its order",
    ),
    "mark of no evidence": (
        _set(*FIRST_SAID, "marks", 0, "evidence", to=[9]),
        "no evidence of its sentence",
    ),
    "mark moved": (_set(*GROWN, "marks", 0, "end", to=20), "at the end of a clause"),
    "no proof of what was computed": (
        _set("sections", 0, "blocks", 1, "sentences", 0, "evidence", to=[]),
        "no run and no calculation",
    ),
    "warrant": (_set("answer", 1, "warrant", to="Because."), "does not tell what this rests on"),
    "sure": (_set("answer", 1, "confidence", to="high"), "does not tell what this rests on"),
    "judge": (_set("quality", "judge", to="nobody"), "who judged"),
    "given needs nothing": (_set("quality", "needing_evidence", to=16), "quality.needing_evidence"),
    "citation moved on": (
        _markdown("million [1], by", "million, by [1]"),
        "at the end of a clause stand the citations []",
    ),
    "citation of a clause added": (
        _markdown("grew from", "grew [2] from"),
        "within this stand the citations [2]",
    ),
    "clause's citation twice": (_markdown("by 23 % [1][4]", "by 23 % [1][1][4]"), "[1, 1, 4]"),
    "clause's citations descending": (_markdown("by 23 % [1][4]", "by 23 % [4][1]"), "[4, 1]"),
    "letter gone": (_markdown("[1].ᵃ", "[1]."), "the letter ᵃ"),
    "letter of another": (_markdown("[1].ᵃ", "[1].ᶜ"), "does not hold"),
    "formula gone": (_markdown("46.9 [1], ", ""), "does not tell what this rests on (ᵃ)"),
    "formula's source": (
        _markdown("· 46.9 [1]", "· 46.9 [4]"),
        "told with the citations [1, 4]",
    ),
    "basis added": (_markdown("- ᵇ Inf", "- ᵈ Inference [1]\n- ᵇ Inf"), "tells of 5 bases"),
    "code changed": (_markdown("`max_attempts`", "`min_attempts`"), "does not hold"),
    "order of steps": (_markdown("\n2. Keep", "\n3. Keep"), "does not hold"),
    "level": (_markdown("### What is not known", "## What is not known"), "does not hold"),
}


@pytest.mark.parametrize(("tamper", "told"), ARGUED_TAMPERING.values(), ids=ARGUED_TAMPERING)
def test_tampering_with_what_is_argued_is_found(
    tamper: Callable[[dict[str, Any]], None], told: str
) -> None:
    data = json.loads(argued.argued().model_dump_json(by_alias=True))
    tamper(data)
    found = violations(Report.model_validate(data), argued.TEXTS, readings=argued.READINGS)
    assert any(told in text for text in found), found


def test_the_renderer_is_compared_where_it_is_given() -> None:
    changed = sample().model_copy(
        update={"markdown": sample().markdown.replace("## Answer", "## The answer is 42")}
    )
    assert check(changed) == []
    assert check(changed, render=cite.render) == [
        "the Markdown is not what the renderer makes of the JSON"
    ]


def test_a_changed_snapshot_is_found() -> None:
    assert any(
        "sha-256" in text for text in check(sample(), snapshots={**TEXTS, sha(SEA): SEA + " More."})
    )
    assert any("NUL" in text for text in check(sample(), snapshots={**TEXTS, sha(SEA): SEA + "\0"}))


def test_a_reading_of_another_job_is_found() -> None:
    assert check(sample(), readings={"r1": READINGS["r1"]}) == [
        "the source [2] (r2) was not read so in this job or one before it"
    ]


@given(
    st.lists(
        st.text(alphabet="ab .()[]1\\*_#-+>|~$<`：。（）\n\t:/&!", min_size=1, max_size=20),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_whatever_the_words_a_rendered_report_holds_and_one_citation_less_does_not(
    texts: list[str], unverified: bool
) -> None:
    cited = [sentence(f"x{text}x", quote(1, "The sea is deep.")) for text in texts]
    cited += [sentence("Unknown.", verdict="unverified")] if unverified else []
    lean = {
        "answer": (),
        "sources": sample().sources[:1],
        "contradictions": (),
        "limitations": tuple(f"x{text}" for text in texts),
    }
    report = finished(
        sample().model_copy(
            update={
                **lean,
                "sections": (Section(heading="x", blocks=(Paragraph(sentences=tuple(cited)),)),),
            }
        )
    )
    assert check(report, render=cite.render) == []
    broken = report.markdown.replace("x [1]", "x", 1)
    assert broken != report.markdown
    assert check(report.model_copy(update={"markdown": broken}))


@given(st.integers(0, len(SEA)), st.integers(0, len(SEA)))
def test_a_moved_span_is_found_unless_it_is_the_same_words(start: int, end: int) -> None:
    report = sample()
    moved = report.answer[0].evidence[0].model_copy(update={"spans": ((start, end),)})
    answer = (report.answer[0].model_copy(update={"evidence": (moved,)}), *report.answer[1:])
    found = check(report.model_copy(update={"answer": answer}))
    assert bool(found) == (SEA[start:end] != "The sea is deep.")
