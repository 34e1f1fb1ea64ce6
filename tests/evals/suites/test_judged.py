"""The suite *verify* with a judge: which claims are drawn, what the judge is shown, what is kept
and measured."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.models import Message, ScriptedModels
from evals.data.wice import LABELS, Label, Labelled, load
from evals.graders.judgements import Judgements
from evals.suites import judged
from evals.suites import verify as suite

PAGE = (
    "(meta data) TITLE: The pier",
    "Buy tickets here.",
    "The pier opened in 1911.",
    "A storm closed it in 1938.",
    "Call the harbour.",
)
CONTEXT = "Norrby · Sights · Norrby has a pier."


def claim(text: str, label: Label = "supported", *support: set[int]) -> Labelled:
    return Labelled(
        text, "The pier", PAGE, label, tuple(frozenset(s) for s in support), context=CONTEXT
    )


def judge_saying(words: Sequence[str], prompts: list[str]) -> ScriptedModels:
    def answer(role: Any, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        assert role == "judge"
        prompts.append(messages[-1]["content"])
        ids = schema["properties"]["verdicts"]["items"]["properties"]["id"]["enum"]
        return {
            "verdicts": [
                {"id": id, "missing": "", "verdict": word}
                for id, word in zip(ids, words, strict=True)
            ]
        }

    return ScriptedModels(answer)


def test_a_sample_is_balanced_mixed_and_the_same_by_seed() -> None:
    claims = [claim(f"{label} {n}", label) for label in LABELS for n in range(20)]
    drawn = judged.sample(claims, 30, seed=1)
    assert Counter(one.label for one in drawn) == dict.fromkeys(LABELS, 10)
    assert drawn == judged.sample(claims, 30, seed=1)
    assert set(drawn) != set(judged.sample(claims, 30, seed=2))
    assert [one.label for one in drawn] != sorted(one.label for one in drawn)
    assert judged.sample(claims, None, seed=1) == claims


def test_where_a_label_is_rare_the_others_fill_up() -> None:
    claims = [claim(f"a {n}") for n in range(9)] + [claim("b", "not_supported")]
    assert Counter(one.label for one in judged.sample(claims, 8, seed=1)) == {
        "supported": 7,
        "not_supported": 1,
    }


def test_what_stands_before_a_claim_is_its_context(tmp_path: Path) -> None:
    meta = {
        "id": "x",
        "claim_title": "Norrby",
        "claim_section": "Sights.:Piers.",
        "claim_context": "It is old. It has a pier.",
    }
    row = {
        "claim": "It is long.",
        "label": "supported",
        "evidence": list(PAGE),
        "supporting_sentences": [[2]],
        "meta": meta,
    }
    (tmp_path / "dev.jsonl").write_text(json.dumps(row))
    assert [one.context for one in load(tmp_path)] == ["Norrby · Sights: Piers · It has a pier."]


async def test_the_judge_sees_a_claim_with_its_evidence_and_is_asked_once(tmp_path: Path) -> None:
    chosen = [
        (claim("It opened in 1911.", "supported", {2}, {3}), (2, 3)),
        (claim("It burnt.", "not_supported"), (1,)),
    ]
    prompts: list[str] = []
    kept = Judgements(tmp_path / "kept.jsonl")
    found, cost = await judged.judge(
        chosen, judge_saying(["supported", "refuted"], prompts), kept, "a model"
    )
    assert found == ["yes", "no"]
    assert cost.model_calls == 1
    (shown,) = prompts
    assert (
        "Buy tickets here. »The pier opened in 1911.« »A storm closed it in 1938.« Call the harbour."
        in shown
    )
    assert f"context: {CONTEXT}\nstatement: It opened in 1911." in shown
    again, cost = await judged.judge(
        chosen, judge_saying([], prompts), Judgements(tmp_path / "kept.jsonl"), "a model"
    )
    assert again == found
    assert cost.model_calls == 0


async def test_one_that_gets_no_word_has_none(tmp_path: Path) -> None:
    silent = ScriptedModels(lambda role, messages, schema: {"verdicts": []})
    found, _ = await judged.judge(
        [(claim("It burnt."), (1,))], silent, Judgements(tmp_path / "kept.jsonl"), "a model"
    )
    assert found == [None]


def test_what_a_reader_meets_is_measured() -> None:
    shown = [
        suite.Shown(claim("x", label), (2,))
        for label in ("supported", "supported", "partially_supported", "not_supported")
    ]
    found: list[Label] = ["supported", "partially_supported", "partially_supported", "supported"]
    metrics = suite.measure_judge(shown, found)
    values = {
        name: metrics[name].value
        for name in ("supported_kept", "partial_shown", "unsupported_shown", "accuracy3")
    }
    assert values == {
        "supported_kept": 0.5,
        "partial_shown": 0.0,
        "unsupported_shown": 1.0,
        "accuracy3": 0.5,
    }
    assert metrics["majority.accuracy3"].value == pytest.approx(0.5)


async def test_no_words_of_a_long_quote_are_cut_off(tmp_path: Path) -> None:
    page = ("Before it. " * 100, "The pier was long. " * 100 + "It opened in 1911.", "After it.")
    long = Labelled("It opened in 1911.", "The pier", page, "supported", (frozenset({1}),))
    prompts: list[str] = []
    await judged.judge(
        [(long, (1,))],
        judge_saying(["supported"], prompts),
        Judgements(tmp_path / "kept.jsonl"),
        "a model",
    )
    assert "It opened in 1911.«" in prompts[0]
    assert "After it." not in prompts[0]
