"""`leadline ask --follow-up` as a user has it: what was found before is known, what has changed
since is told, every quote holds."""

import json
from pathlib import Path
from typing import Any

from evals.doubles.simulated_model import ModelServer
from evals.graders.invariants import violations
from research.domain.report import Report
from research.reporting import bind as cite
from tests.acceptance.conftest import Leadline
from tests.acceptance.test_ask import QUESTION, stored_texts


def followed_up(leadline: Leadline, parent: str, question: str, *more: str) -> dict[str, Any]:
    done = leadline.run(
        "ask", question, "--follow-up", parent, "--effort", "standard", "--json", *more
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_figure_that_has_changed_since_is_told_beside_the_one_before(
    leadline: Leadline, model: ModelServer
) -> None:
    survey = leadline.library / "survey.txt"
    later = survey.read_text(encoding="utf-8")
    survey.unlink()
    before = leadline.report(QUESTION)
    assert before["contradictions"] == []
    (leadline.library / "trench.txt").unlink()
    survey.write_text(later, encoding="utf-8")
    model.prompts.clear()
    report = followed_up(
        leadline,
        before["id"],
        "What is the newest depth of the Kestrel Trench?",
        "--library",
        str(leadline.library),
    )
    (dispute,) = report["contradictions"]
    assert [n for side in dispute["sides"] for n in ("7,420", "7,510") if n in side["text"]] == [
        "7,420",
        "7,510",
    ]
    planned = [prompt for prompt in model.prompts if f"It follows up: {QUESTION}" in prompt]
    assert len(planned) == 1 and "The depth of the Kestrel Trench is 7,420 metres." in planned[0]
    old = {source["reading_id"] for source in before["sources"]}
    assert old & {source["reading_id"] for source in report["sources"]}
    stored = stored_texts(Path(leadline.environment["LEADLINE_DATA_DIR"]))
    assert violations(Report.model_validate(report), stored, render=cite.render) == []


def test_another_subject_takes_nothing_along(leadline: Leadline) -> None:
    before = leadline.report(QUESTION)
    report = followed_up(leadline, before["id"], "Who won the football cup of 1998?")
    assert report["status"] == "insufficient_evidence" and report["sources"] == []


def test_what_cannot_be_followed_up_is_refused(leadline: Leadline) -> None:
    refused = leadline.run("ask", "And then?", "--follow-up", "nothing")
    assert (
        refused.returncode == 1
        and "there is no such job" in refused.stderr
        and refused.stdout == ""
    )
    private = leadline.report(QUESTION)["id"]
    refused = leadline.run("ask", "And then?", "--follow-up", private, "--web")
    assert refused.returncode == 1 and "rests on private documents" in refused.stderr
