"""The suite *binding*: how sentences are altered, what is measured."""

import json
from pathlib import Path
from random import Random

import pytest

from agents.models import ScriptedModels
from evals.data.wice import Labelled, load
from evals.falsehoods.alterations import WAYS, altered
from evals.subjects.apart import asked, run_apart
from evals.suites import binding as suite
from research.reporting.markdown import sentences_of

PAGE = [
    "(meta data) TITLE: The pier of Norrby",
    "Buy tickets here.",
    "The pier of Norrby opened to the public on 4 May 1911 and cost 3.2 million crowns.",
    "About 40 percent of it was lost in the storm of 1938.",
]
CLAIMS = [
    ("a", "supported", "The pier opened on 4 May 1911."),
    ("b", "supported", "The storm of 1938 took 40% of the pier, which had cost 3.2 million."),
    ("c", "supported", "The pier was lost in a storm."),
    ("d", "supported", "The pier opened in 1912."),
    ("e", "not_supported", "It opened in 1890."),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        {
            "claim": claim,
            "label": label,
            "evidence": PAGE,
            "supporting_sentences": [[2], [2, 3]],
            "meta": {"id": identifier},
        }
        for identifier, label, claim in CLAIMS
    ]
    (tmp_path / "wice").mkdir()
    (tmp_path / "wice/dev.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


async def test_claims_pass_all_gates_as_they_are_and_altered(data: Path) -> None:
    said: list[str] = []
    found = await suite.perform(data, tell=said.append)
    assert (found.n, found.ungraded) == (5, 0)
    assert found.metrics["kept"].value == 0.75
    assert found.metrics["kept_figures"].value == pytest.approx(2 / 3)
    assert found.metrics["altered_refused"].value == 1.0
    assert found.metrics["unsupported_shown"].value == 0.0
    assert said == [
        "refused d: - “The pier opened in 1912.” (unsupported): 1912 stands nowhere in what it rests on"
    ]
    assert json.loads(found.line())["suite"] == "binding"


async def test_each_claim_is_in_one_half(data: Path) -> None:
    halves = [
        (await suite.perform(data, part=part, tell=lambda _: None)).n
        for part in ("first", "second")
    ]
    assert sum(halves) == 5
    assert {suite.half(claim) for claim in load(data / "wice")} == {"first", "second"}


def test_each_sentence_is_marked_with_all_that_was_marked() -> None:
    claim = Labelled("", "A title", tuple("abcdef"), "supported", (frozenset({1}), frozenset({4})))
    assert (
        suite.written(claim, "It fell. It rose.") == "It fell. {d1.2, d1.5} It rose. {d1.2, d1.5}"
    )


async def test_a_claim_that_fails_beside_an_address_is_a_quote_without_it() -> None:
    page = (
        "See https://norrby.example/pier for the [opening hours](https://norrby.example).",
        "It opened in 1911.",
    )
    claim = Labelled("It opened in 1912.", "The pier", page, "supported", (frozenset({0, 1}),))
    async with run_apart(asked("When?")) as run:
        report = await suite.reported(run, claim, claim.claim, ScriptedModels(suite.Script()))
    assert not suite.stands(claim.claim, report)
    (said,) = sentences_of(report.sections[0])
    assert said.text == "The pier: “See … for the opening hours. … It opened in 1911.”"


@pytest.mark.parametrize(
    ("sentence", "way"),
    [
        ("It has 12 rooms.", "digit"),
        ("It was built in 1911.", "year"),
        ("It rose by 12%.", "percent"),
        ("It cost $ 3 million.", "scale"),
        ("It opened on May 4.", "day"),
        ("It opened on the 4th of May.", "month"),
    ],
)
def test_every_way_changes_what_it_says(sentence: str, way: str) -> None:
    drawn = [altered(sentence, Random(seed)) for seed in range(20)]
    assert way in {one.way for one in drawn if one}
    assert all(one is not None and one.text != sentence for one in drawn)
    assert altered(sentence, Random(1)) == altered(sentence, Random(1))
    assert set(WAYS) >= {one.way for one in drawn if one}


def test_a_sentence_without_figures_is_not_altered() -> None:
    assert altered("It may march on.", Random(1)) is None
