"""The Master: it answers the whole question from what was found, and follows a name that was found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from agents.extractive.goals import leads
from agents.extractive.writer import write

from agents.extractive.picking import answered_by
from agents.models import Message, ScriptedModels
from research.domain import BudgetLimits, Claim, Effort, Ledger, Mode, Quote, Role
from research.estimate import estimate
from research.reporting.markdown import sentences_of
from research.settings import Settings
from research.store.database import Store
from tests.agents.crews import ask, by_rule, library
from tests.agents.written import PLAN, desk, models

QUESTION = "How long is the railway in the town where Ada Rusk was born?"
PAGES = {
    "rusk.md": "# Ada Rusk\n\nThe painter Ada Rusk was born in Dunmore in 1871.\n",
    "dunmore.md": "# Dunmore\n\nThe cable railway of Dunmore is 204 metres long. It carries herring.\n",
    "estero.md": "# Estero\n\nThe cable railway of Estero is 911 metres long. It carries coal.\n",
}


def claim(number: int, **fields: object) -> Claim:
    text = f"The sea is {number} metres deep."
    quote = Quote(reading_id="r", snapshot_id=f"s{number}", spans=((0, 1),), quote=text)
    return Claim.model_validate(
        {"id": f"c{number}", "text": text, "evidence": (quote,), "relevance": 0.9, **fields}
    )


class Small:
    """A small model: no document answers the whole question; asked from all claims it answers once
    a length of Dunmore is among them."""

    def __init__(self) -> None:
        self.goals: list[str] = []

    def __call__(
        self, role: Role, messages: Sequence[Message], schema: dict[str, Any]
    ) -> dict[str, Any]:
        names = schema.get("properties", {})
        prompt = messages[-1]["content"]
        if any(name.startswith("Document ") for name in names):
            self.goals.append(prompt.rsplit("Question: ", 1)[1])
            return dict.fromkeys(names, "not stated")
        if "next" in names:
            known = {
                "answer": "204 metres" if "204 metres" in prompt else "not stated",
                "next": "search",
                "questions": [QUESTION],
            }
            return {name: known[name] for name in names}
        return by_rule(role, messages, schema)


async def test_a_chain_of_two_facts_is_followed_through_the_name_that_joins_them(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    small = Small()
    report = await ask(
        store,
        settings,
        library(tmp_path / "library", PAGES),
        QUESTION,
        ScriptedModels(small, embedded=True),
    )
    assert report.status == "complete"
    assert "204 metres" in report.answer[0].text
    assert "Not found" not in report.markdown
    assert any("(Dunmore" in goal for goal in small.goals)
    assert len(small.goals) <= 3


@pytest.mark.parametrize("effort", ["quick", "standard"])
@pytest.mark.parametrize("mode", ["multi_agent", "react"])
async def test_a_chain_takes_no_more_calls_than_were_told_before(
    store: Store, settings: Settings, tmp_path: Path, effort: Effort, mode: Mode
) -> None:
    told = await estimate(effort, mode, BudgetLimits(), settings, store, "none was run yet")
    report = await ask(
        store,
        settings,
        library(tmp_path / "library", PAGES),
        QUESTION,
        ScriptedModels(Small(), embedded=True),
        effort=effort,
        mode=mode,
    )
    assert told.runs == 0
    assert told.calls.low <= report.usage.model_calls <= told.calls.high


async def test_what_the_claims_do_not_bear_out_is_no_answer(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    def eager(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        answer = Small()(role, messages, schema)
        return answer | {"answer": "about 9,999 metres"} if "next" in answer else answer

    report = await ask(
        store,
        settings,
        library(tmp_path / "library", PAGES),
        QUESTION,
        ScriptedModels(eager, embedded=True),
    )
    assert report.status == "insufficient_evidence"
    assert report.answer == ()
    (nearest,) = report.sections
    assert nearest.heading == "Nearest to the question"
    assert [block.type for block in nearest.blocks] == ["list"]
    assert all(sentence.evidence for sentence in sentences_of(nearest))


@pytest.mark.parametrize(
    ("question", "proposed"),
    [
        ("水库是什么时候建成的？", "巴黎天气怎么样？"),
        ("How do bees make honey?", "What is the best film of 2023?"),
    ],
)
async def test_what_shares_nothing_with_the_question_is_not_searched(
    store: Store, settings: Settings, tmp_path: Path, question: str, proposed: str
) -> None:
    goals: list[str] = []

    def drifting(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        names, prompt = schema.get("properties", {}), messages[-1]["content"]
        if "next" in names:
            return {
                name: {"answer": "not stated", "next": "search", "questions": [proposed]}[name]
                for name in names
            }
        goals.append(prompt)
        return by_rule(role, messages, schema)

    await ask(
        store,
        settings,
        library(tmp_path / "library", PAGES),
        question,
        ScriptedModels(drifting, embedded=True),
    )
    assert not any(proposed in prompt for prompt in goals)


async def test_what_is_searched_next_does_not_leave_the_subject(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    def drifting(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        names, prompt = schema.get("properties", {}), messages[-1]["content"]
        if "next" in names:
            return {
                name: {
                    "answer": "not stated",
                    "next": "search",
                    "questions": ["How long is the railway viaduct?"],
                }[name]
                for name in names
            }
        if any(name.startswith("Document ") for name in names):
            return dict.fromkeys(
                names, "204 metres" if "How long is the railway viaduct" in prompt else "not stated"
            )
        return by_rule(role, messages, schema)

    question = "Who built the Quibble Valley Viaduct?"
    report = await ask(
        store,
        settings,
        library(tmp_path / "library", PAGES),
        question,
        ScriptedModels(drifting, embedded=True),
    )
    assert report.status == "insufficient_evidence"


def test_a_chain_goes_on_with_the_names_that_the_question_lacks() -> None:
    found = claim(1, text="The painter Ada Rusk was born in Dunmore.", relevance=0.8)
    other = claim(2, text="Estero is far away from Alba, Brega and Corvo.", relevance=0.1)
    assert leads(QUESTION, Ledger(claims=(other, found)))[0] == "Dunmore"
    assert len(leads(QUESTION, Ledger(claims=(other, found)))) == 3
    dated = claim(
        7,
        text="It was opened in January, on a Tuesday, in the East. Then it was called Brega.",
        relevance=0.9,
    )
    assert leads(QUESTION, Ledger(claims=(dated,))) == ["Brega"]
    assert leads("Was Ada Rusk born in Dunmore?", Ledger(claims=(found,))) == []


def test_an_answer_to_the_whole_is_held_by_claims_that_say_it() -> None:
    length, birth = (
        claim(1, text="The cable railway of Dunmore is 204 metres long."),
        claim(2, text="Ada Rusk was born in Dunmore."),
    )
    assert answered_by(QUESTION, "204 metres", [birth, length]) == [length]
    assert answered_by(QUESTION, "Ada Rusk", [birth, length]) == []  # the question once more
    assert answered_by(QUESTION, "not stated", [birth, length]) == []
    opened = claim(4, text="The bridge of Dunmore was opened to the public on 5 May 1903.")
    assert (
        answered_by("How many arches does the bridge of Dunmore have?", "5 arches", [opened]) == []
    )
    assert answered_by("How many arches does the bridge of Dunmore have?", "5", [opened]) == []
    arches = claim(5, text="The bridge of Dunmore has 5 arches.")
    assert answered_by(
        "How many arches does the bridge of Dunmore have?", "5", [opened, arches]
    ) == [arches]
    assert (
        answered_by(
            "Who designed the bridge of Dunmore?",
            "Gustave Eiffel",
            [opened, claim(6, text="这座桥于1903年开放。")],
        )
        == []
    )
    assert answered_by(
        "Was the bridge of Dunmore opened to the public?", "Yes", [opened, length]
    ) == [opened]
    assert (
        answered_by(
            "艾达·拉斯克出生在哪里？", "邓莫尔", [claim(3, text="画家艾达·拉斯克出生在邓莫尔。")]
        )
        != []
    )


async def test_the_report_leads_with_what_answers_the_whole(store: Store) -> None:
    known = await desk(
        store, "The Kestrel Trench was found in 1931.", "The Kestrel Trench is 7,420 metres deep."
    )
    plan = PLAN.model_copy(update={"answer": "7,420 metres"})

    def arranging(properties: dict[str, Any], prompt: str) -> dict[str, Any] | Exception | None:
        return (
            {"title": "t", "answer": [2], "sections": [{"heading": "h", "claims": [1, 2]}]}
            if "sections" in properties
            else None
        )

    draft = await write(known.run, models(arranging, embedded=True), known.ledger, plan)
    assert draft.answer[0].text == "The Kestrel Trench is 7,420 metres deep."


async def test_an_answer_from_claims_leaves_out_nothing_that_was_found(store: Store) -> None:
    known = await desk(store, "The Kestrel Trench is 7,420 metres deep.", "Its water is cold.")
    plan = PLAN.model_copy(update={"answer": "7,420 metres"})
    draft = await write(known.run, models(lambda *_: None, embedded=True), known.ledger, plan)
    assert {sentence.text for sentence in draft.written()} == {
        "The Kestrel Trench is 7,420 metres deep.",
        "Its water is cold.",
    }
