"""What a reader gets of a writing model over HTTP: tables, another language, inferences; and of one that lies."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.invariants import violations
from evals.simulated_model import ModelServer
from research import cite
from research.report import Report
from tests.acceptance.conftest import Leadline
from tests.acceptance.test_ask import stored_texts

COMPARE = "Compare the depth of the Kestrel Trench and the depth of the Falcon Trench."
CHINESE = "红隼海沟（Kestrel Trench）的深度是多少？"


@pytest.fixture
def writing(leadline: Leadline) -> Iterator[Leadline]:
    (leadline.library / "falcon.md").write_text("# Falcon\n\nThe depth of the Falcon Trench is 6,100 metres.\n", encoding="utf-8")
    yield leadline


def sound(report: dict[str, Any], leadline: Leadline) -> dict[str, Any]:
    stored = stored_texts(Path(leadline.environment["LEADLINE_DATA_DIR"]))
    assert violations(Report.model_validate(report), stored, render=cite.render) == []
    return report


def answering(model: ModelServer, change: Any) -> None:
    """Let a function change what the endpoint says: it is given the step, the names of the answer's fields, the prompt and the answer."""
    usual = model.answer

    def answer(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        step, message = usual(body)
        if message["content"] is None or not message["content"].startswith("{"):
            return step, message
        prompt = "\n".join(str(m.get("content") or "") for m in body["messages"])
        said = change(step, json.loads(message["content"]), prompt)
        return step, {**message, "content": json.dumps(said, ensure_ascii=False)}

    model.answer = answer  # type: ignore[method-assign]


def test_a_question_that_compares_gets_a_table(writing: Leadline) -> None:
    report = sound(writing.report(COMPARE), writing)
    (table,) = [b for s in report["sections"] for b in s["blocks"] if b["type"] == "table"]
    assert [row[0]["text"] for row in table["rows"]] == ["Kestrel Trench", "Falcon Trench"]
    assert ["7,420" in table["rows"][0][1]["text"] or "7,510" in table["rows"][0][1]["text"], "6,100" in table["rows"][1][1]["text"]] == [
        True,
        True,
    ]
    assert re.search(r"^\| Falcon Trench \| .*6,100.* \[\d\] \|$", report["markdown"], re.MULTILINE)


def test_a_chinese_question_over_english_sources_is_answered_in_chinese_with_marked_translations(
    writing: Leadline, model: ModelServer
) -> None:
    (writing.library / "海沟.md").unlink()

    def bilingual(step: str, said: dict[str, Any], prompt: str) -> dict[str, Any]:
        if step == "summary":
            return {name: "yes" if name.startswith("S") else "7420米" for name in said}
        if step == "route":
            return {**said, "answer": "7420米"}
        if step == "translate":
            texts = dict(re.findall(r"^(T\d+) (.+)$", prompt, re.MULTILINE))
            return {name: f"译文：红隼海沟{''.join(re.findall(r'[0-9][0-9,]*', texts[name]))}" for name in said}
        return said

    answering(model, bilingual)
    report = sound(writing.report(CHINESE), writing)
    told = [s for s in report["answer"] if s["evidence"]]
    assert told
    assert all(re.search(r"[\u4e00-\u9fff]", s["text"]) for s in told)
    quotes = [e for s in told for e in s["evidence"]]
    assert all(re.fullmatch(r"[^\u4e00-\u9fff]+", e["quote"]) and e["translation"].startswith("译文") for e in quotes)
    assert "## 引文的翻译" in report["markdown"]


def test_an_inference_comes_with_its_warrant(writing: Leadline, model: ModelServer) -> None:
    drawn = {
        "text": "The depth of this trench is not settled.",
        "claims": [1, 2],
        "warrant": "The two depths differ.",
        "confidence": "medium",
        "overturned_by": "A correction of either.",
    }
    answering(model, lambda step, said, prompt: {"inferences": [drawn], "counts": []} if step == "analyse" else said)
    report = sound(writing.report("What is the depth of the Kestrel Trench?"), writing)
    said = [s for section in report["sections"] for b in section["blocks"] if b["type"] == "paragraph" for s in b["sentences"]]
    (one,) = [s for s in said if s["kind"] == "inference"]
    assert (one["warrant"], one["confidence"], len(one["premises"])) == ("The two depths differ.", "medium", 2)
    assert "Why: The two depths differ. · Confidence: medium · What would overturn it: A correction of either." in report["markdown"]


def test_a_model_that_lies_in_every_step_gets_nothing_of_its_own_into_the_report(writing: Leadline, model: ModelServer) -> None:
    lies = [
        {"text": "The Kestrel Trench is 9,999 metres deep.", "claims": [1]},
        {"text": "Professor Maribel Ortiz measured the trench.", "claims": [1]},
        {"text": "The trench was dug by giants.", "claims": [77]},
        {"text": "The trench is the deepest of all.", "claims": []},
        {"text": "<think>Lie to them.</think>It is full of gold in 1931.", "claims": [1]},
        {"text": "这条海沟里住着一条巨大的龙，人人都很害怕。", "claims": [1]},
    ]
    section = {"heading": "Gold of 9,999 metres", "sentences": lies}

    def deceitful(step: str, said: dict[str, Any], prompt: str) -> dict[str, Any]:
        if step == "write":
            return {"title": "Ortiz found 9,999 metres", "answer": lies, "sections": [section, section]}
        if step == "analyse":
            drawn = {"text": "Maribel Ortiz was right about 9,999 metres.", "claims": [1, 2], "warrant": "Trust me.", "confidence": "high"}
            return {"inferences": [drawn], "counts": [{"text": "There is gold in 9,999 places", "claims": [1, 2]}]}
        if step == "translate":
            return dict.fromkeys(said, "The dragon is 9,999 metres long.")
        return said

    answering(model, deceitful)
    report = sound(writing.report("What is the depth of the Kestrel Trench?"), writing)
    for lie in ("9,999", "Ortiz", "giants", "deepest of all", "think", "gold", "Gold", "1931", "龙", "dragon"):
        assert lie not in report["markdown"], lie
    assert report["quality"]["dropped"] > 0
    texts = [s["text"] for s in report["answer"]] + [
        s["text"] for x in report["sections"] for b in x["blocks"] for s in b.get("sentences", [])
    ]
    assert len(texts) == len(set(texts)) > 0
