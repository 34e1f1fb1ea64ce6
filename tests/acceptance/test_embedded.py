"""The main job with nothing configured: the embedded model over the example library."""

import re
from pathlib import Path

import pytest

from evals.graders.invariants import violations
from research.reporting import bind as cite
from tests.acceptance.conftest import embedded
from tests.acceptance.test_ask import stored_texts

QUESTION = "How deep is the Challenger Deep, and how has the depth of the sea been measured through history?"
LIBRARY = Path(__file__).parents[2] / "examples" / "library"


@pytest.mark.model
def test_the_example_is_answered_from_its_documents(tmp_path: Path) -> None:
    report = embedded(QUESTION, LIBRARY, tmp_path / "data")
    assert report.status in ("complete", "partial")
    assert report.floors == ()
    assert report.quality.with_evidence >= 6
    assert len({source.snapshot_id for source in report.sources}) >= 4
    assert {"10,935", "10,984"} <= {
        n
        for c in report.contradictions
        for s in c.sides
        for n in ("10,935", "10,984")
        if n in s.text
    }
    assert set(report.usage.by_role) == {"master", "summary"}
    answer = " ".join(sentence.text for sentence in report.answer)
    assert "10,935 metres" in answer
    # the other half of the question: which sentence the model takes first differs between runs
    told = [s.text for section in report.sections for s in cite.sentences_of(section)]
    assert re.search(r"lead line|hemp line|wire|echo|sonar|altimetry", " ".join([answer, *told]))
    assert "depth_m: " not in report.markdown  # rows stand in tables
    assert "evil.example" not in report.markdown
    assert "3 metres deep" not in report.markdown
    assert violations(report, stored_texts(tmp_path / "data"), render=cite.render) == []
    usage = report.usage
    assert usage.model_calls <= 8
    assert usage.prompt_tokens - usage.cached_tokens <= 6_000
    assert usage.completion_tokens <= 1_200
