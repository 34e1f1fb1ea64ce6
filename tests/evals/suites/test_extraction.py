"""The measure of the suite *extraction*, and a run over pages in its layout."""

import gzip
import json
from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.suites.extraction import f1_of, read_pages, run, score, shingles

BODY = (
    "The harbour board kept its books in a round hand, and every entry names the ship, the master and the toll that was paid. "
    * 4
)


def test_shingles_are_runs_of_four_words() -> None:
    assert shingles("One two, three four five.") == {
        ("One", "two", "three", "four"): 1,
        ("two", "three", "four", "five"): 1,
    }
    assert shingles("one two") == {("one", "two"): 1}
    assert not shingles(" .")


def test_precision_and_recall_of_a_page() -> None:
    found = score("a b c d e f", "a b c d e", 1.0)
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), 1.0)
    assert found.words == pytest.approx(10 / 11)
    nothing = score("", "a b c d e", 1.0)
    assert (nothing.precision, nothing.recall, nothing.words) == (None, 0.0, 0.0)


def test_f1_is_of_the_means() -> None:
    scores = [score("a b c d", "a b c d", 1.0), score("", "a b c d", 1.0)]
    assert f1_of(scores).value == pytest.approx(2 * 1.0 * 0.5 / 1.5)
    assert f1_of([]).value is None


def test_a_run_measures_both_systems(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    truth = {}
    for key in "ab":
        html = f"<html><head><title>Tolls</title></head><body><article><h1>Tolls</h1><p>{BODY}</p><p>{BODY}</p></article></body></html>"
        (tmp_path / "html" / f"{key}.html.gz").write_bytes(gzip.compress(html.encode()))
        truth[key] = {"url": f"https://{key}.example/", "articleBody": f"{BODY}\n{BODY}"}
    (tmp_path / "ground-truth.json").write_text(json.dumps(truth))
    outcome = run(list(read_pages(tmp_path)), tell=lambda _: None)
    assert (outcome.suite, outcome.n, outcome.ungraded) == ("extraction", 2, 0)
    assert {
        "f1",
        "precision",
        "recall",
        "pages_per_s",
        "trafilatura_f1",
        "trafilatura_pages_per_s",
        "word_f1",
    } <= set(outcome.metrics)
    assert (outcome.metrics["f1"].value or 0) > 0.95 and (
        outcome.metrics["pages_per_s"].value or 0
    ) > 0


def test_data_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EvalError):
        list(read_pages(tmp_path))
