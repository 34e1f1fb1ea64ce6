"""What a reader gets of a writing model over HTTP: tables, another language, inferences; and of one
that lies."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.doubles.simulated_model import ModelServer
from evals.graders.invariants import violations
from research.domain.report import Report
from research.reporting import bind as cite
from tests.acceptance.conftest import Leadline, answering
from tests.acceptance.test_ask import stored_texts

COMPARE = "Compare the depth of the Kestrel Trench and the depth of the Falcon Trench."
CHINESE = "红隼海沟（Kestrel Trench）的深度是多少？"


@pytest.fixture
def writing(leadline: Leadline) -> Iterator[Leadline]:
    (leadline.library / "falcon.txt").write_text(
        "The depth of the Falcon Trench is 6,100 metres.\n", encoding="utf-8"
    )
    yield leadline


def sound(report: dict[str, Any], leadline: Leadline) -> dict[str, Any]:
    stored = stored_texts(Path(leadline.environment["LEADLINE_DATA_DIR"]))
    assert violations(Report.model_validate(report), stored, render=cite.render) == []
    return report


def claims_of(prompt: str) -> dict[str, str]:
    """The claims that the writer is shown: the id of each by its text."""
    return {
        text: id for id, text in re.findall(r"^(c\d+) (.+) \[[^\[\]]*\]$", prompt, re.MULTILINE)
    }


def test_a_table_keeps_its_cells_with_their_proof(writing: Leadline, model: ModelServer) -> None:
    def tabled(step: str, said: Any, prompt: str) -> Any:
        if step != "write":
            return said
        named = {
            trench: id
            for text, id in claims_of(prompt).items()
            for trench in ("Kestrel", "Falcon")
            if f"{trench} Trench is" in text
        }
        rows = [
            f"| {name} Trench | {depth} metres {{{named[name]}}} | – |"
            for name, depth in (("Kestrel", "7,420"), ("Falcon", "6,100"))
        ]
        return "\n".join(
            [
                "# Depths",
                "",
                "| Trench | Depth | Age |",
                "|---|---|---|",
                *rows,
                "| Heron Trench | 1 metre {c1} | – |",
            ]
        )

    answering(model, tabled)
    report = sound(writing.report(COMPARE), writing)
    (table,) = [b for s in report["sections"] for b in s["blocks"] if b["type"] == "table"]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [
        ["Kestrel Trench", "7,420 metres", "–"],
        ["Falcon Trench", "6,100 metres", "–"],
    ]
    assert re.search(
        r"^\| Falcon Trench \| 6,100 metres \[\d\] \|", report["markdown"], re.MULTILINE
    )


def test_a_chinese_question_over_english_sources_is_answered_in_chinese(
    writing: Leadline, model: ModelServer
) -> None:
    (writing.library / "海沟.txt").unlink()

    def bilingual(step: str, said: Any, prompt: str) -> Any:
        if step == "summary":
            return said | {
                "claims": [
                    {"text": "红隼海沟的深度是7420米。", "parts": [1], "evidence": [["d4.1"]]}
                ]
            }
        return said

    answering(model, bilingual)
    shown = [
        n
        for n, name in enumerate(sorted(path.name for path in writing.library.iterdir()), 1)
        if name == "trench.txt"
    ]
    assert shown == [4]
    report = sound(writing.report(CHINESE), writing)
    (said,) = report["answer"]
    assert said["text"] == "红隼海沟的深度是7420米。" and said["verdict"] == "supported"
    assert [e["quote"] for e in said["evidence"]] == [
        "The depth of the Kestrel Trench is 7,420 metres."
    ]


INFERRED = "This suggests that the depth of the Kestrel Trench is not settled {i: c1, c2; medium; flips if either is corrected}."


def test_an_inference_comes_with_how_sure_it_is_and_what_would_overturn_it(
    writing: Leadline, model: ModelServer
) -> None:
    answering(
        model,
        lambda step, said, _: (
            said.replace("## Findings\n", f"## Findings\n\n{INFERRED}\n")
            if step == "write"
            else said
        ),
    )
    report = sound(writing.report("What is the depth of the Kestrel Trench?"), writing)
    said = [
        s
        for section in report["sections"]
        for b in section["blocks"]
        if b["type"] == "paragraph"
        for s in b["sentences"]
    ]
    (one,) = [s for s in said if s["kind"] == "inference"]
    assert (one["confidence"], one["premises"], one["overturned_by"]) == (
        "medium",
        ["c1", "c2"],
        "either is corrected",
    )
    assert "either is corrected" in report["markdown"]


def test_a_writer_that_lies_gets_nothing_of_its_own_into_the_report(
    writing: Leadline, model: ModelServer
) -> None:
    lies = (
        "The Kestrel Trench is 9,999 metres deep {c1}. Professor Maribel Ortiz measured the trench {c1}.",
        "The trench was dug by giants {c77}. The trench is the deepest of all. It is full of gold in 1931 {c1}.",
        "<think>Lie to them.</think>It is full of gold {given}. There is gold in it {i: c1, c2; low}.",
        "这条海沟里住着一条巨大的龙，人人都很害怕 {c1}。Its value is 9,999 {= 9999 * 1; c1}.",
        "| Gold | Giants |\n|---|---|\n| Dragon | 9,999 metres {c1} |",
        "- Maribel Ortiz was right {c1, c2}\n- No depth of the Kestrel Trench was found {absent}",
    )

    def deceitful(step: str, said: Any, prompt: str) -> Any:
        if step == "write":
            return "\n\n".join(
                ["# Ortiz found 9,999 metres", "## Gold of 9,999 metres", *lies, "# Giants", *lies]
            )
        if step == "repair":
            return {
                "blocks": [
                    one | {"markdown": "The dragon is 9,999 metres long {c1}."}
                    for one in said["blocks"]
                ]
            }
        return said

    answering(model, deceitful)
    report = sound(writing.report("What is the depth of the Kestrel Trench?"), writing)
    for lie in (
        "9,999",
        "Ortiz",
        "giants",
        "Giants",
        "deepest of all",
        "think",
        "gold",
        "Gold",
        "1931",
        "龙",
        "ragon",
        "No depth",
    ):
        assert lie not in report["markdown"], lie
    assert (
        report["quality"]["dropped"] > 0 and "is 6,100 metres." in report["markdown"]
    )  # what c1 quotes
