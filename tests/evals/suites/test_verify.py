"""The suite *verify*: its data, what it chooses, judges once and measures."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.models import ScriptedModels
from evals.data.wice import Label, Labelled, load
from evals.graders.judgements import Judgements
from evals.graders.scores import resampled
from evals.suites import verify as suite
from research.errors import InputRejected

PAGE = (
    "(meta data) TITLE: The pier of Norrby",
    "Buy tickets here and read our newsletter every week.",
    "The pier of Norrby opened to the public in 1911.",
    "It was closed after the storm of 1938 and never rebuilt.",
    "Contact the harbour office for the opening hours of the cafe.",
)


def claim(text: str, label: Label = "supported", *support: set[int]) -> Labelled:
    return Labelled(text, "The pier of Norrby", PAGE, label, tuple(frozenset(s) for s in support))


def scripted(verdict: str, calls: list[str]) -> ScriptedModels:
    def answer(role: Any, messages: Any, schema: Any) -> dict[str, Any]:
        calls.append(messages[-1]["content"])
        said = {
            "all": "yes" if verdict == "supported" else "no",
            "some": "no" if verdict == "unsupported" else "yes",
        }
        return dict.fromkeys(schema["properties"], said)

    return ScriptedModels(answer, embedded=True)


def test_claims_are_read_and_a_broken_file_is_told(tmp_path: Path) -> None:
    row = {
        "claim": "It opened in 1911.",
        "label": "supported",
        "evidence": list(PAGE),
        "supporting_sentences": [[2]],
    }
    (tmp_path / "dev.jsonl").write_text(json.dumps(row) + "\n")
    (found,) = load(tmp_path)
    assert (found.title, found.support) == ("The pier of Norrby", (frozenset({2}),))
    (tmp_path / "dev.jsonl").write_text(json.dumps({**row, "label": "perhaps"}) + "\n")
    with pytest.raises(InputRejected):
        load(tmp_path)


def test_the_passages_are_the_products_own_choice() -> None:
    beside = tuple(f"Subscribe to letter number {n} about gardens and kitchens." for n in range(30))
    page = replace(
        claim("The pier of Norrby opened to the public in 1911."), sentences=(*PAGE, *beside)
    )
    chosen = suite.choose(page, None).chosen
    assert 2 in chosen
    assert len(chosen) <= suite.PASSAGES


async def test_what_was_judged_is_not_asked_again(tmp_path: Path) -> None:
    shown = [
        suite.choose(claim("The pier opened to the public in 1911."), None),
        suite.choose(claim("The storm of 1938 closed it."), None),
    ]
    calls: list[str] = []
    asker = suite.Asker(scripted("supported", calls).role("verify"))
    first = await suite.judge(shown[:1], asker, Judgements(tmp_path / "kept.jsonl"), "a model")
    again = await suite.judge(shown, asker, Judgements(tmp_path / "kept.jsonl"), "a model")
    assert first == ["supported"]
    assert again == ["supported", "supported"]
    assert len(calls) == 2
    assert asker.usage.model_calls == 2


def test_the_metrics_of_a_known_table() -> None:
    pairs: list[tuple[Label, Label]] = [
        ("supported", "supported"),
        ("supported", "partially_supported"),
        ("partially_supported", "partially_supported"),
        ("not_supported", "partially_supported"),
    ]
    assert suite.balanced_accuracy(pairs) == pytest.approx((0.5 + 1 + 0) / 3)
    assert suite.kappa(pairs) == pytest.approx((0.5 - 5 / 16) / (1 - 5 / 16))
    assert suite.kappa([("supported", "supported")]) is None


def test_evidence_is_held_against_the_annotation_that_fits_best() -> None:
    shown = suite.Shown(claim("It opened in 1911.", "supported", {4}, {2, 3}), (2, 3, 1))
    metrics = suite.measure([shown], ["supported"])
    assert metrics["evidence_f1"].value == pytest.approx(0.8)
    assert metrics["evidence_recall"].value == 1.0
    assert metrics["majority.accuracy3"].value == 1.0


def test_an_interval_holds_its_value() -> None:
    found = resampled([0, 1, 1, 0, 1], lambda drawn: sum(drawn) / len(drawn))
    assert found.value == 0.6
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < 0.6 < found.high <= 1
