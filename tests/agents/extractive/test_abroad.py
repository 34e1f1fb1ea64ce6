"""A Chinese question about what is written in English: searched for in English too, and answered by
sentences with the words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.models import Message, ScriptedModels
from research.domain import Role
from research.domain.report import Report
from research.settings import Settings
from research.store.database import Store
from tests.acceptance.conftest import embedded
from tests.agents.crews import ask, by_rule, library

QUESTION = "Brennan Ferries的燃料成本是多少？"
PAPERS = {
    "costs.md": "# Brennan Ferries: costs\n\nFuel costs of Brennan Ferries came to 2.4 million euros in 2025. The ships burn diesel.\n",
    "traffic.md": "# Brennan Ferries: traffic\n\nBrennan Ferries carried 418,000 passengers in 2025.\n",
    "other.md": "# Falcon Lines\n\nFuel costs of Falcon Lines came to 9.9 million euros in 2025.\n",
}


class Small:
    """Answers from no document, or with the passengers; says the goal in English in these words."""

    def __init__(self, english: str, reads: str = "未提及") -> None:
        self.english, self.reads = english, reads
        self.translated: list[str] = []

    def __call__(
        self, role: Role, messages: Sequence[Message], schema: dict[str, Any]
    ) -> dict[str, Any]:
        names = schema.get("properties", {})
        prompt = messages[-1]["content"]
        if set(names) == {"G1"}:
            self.translated.append(prompt)
            return {"G1": self.english}
        if any(name.startswith("文档") for name in names):
            texts = {name: prompt.split(f"{name} (")[1].split("\n\n")[0] for name in names}
            return {
                name: self.reads if "418,000" in text else "未提及" for name, text in texts.items()
            }
        return by_rule(role, messages, schema)


async def answered(
    store: Store, settings: Settings, tmp_path: Path, small: Small, question: str = QUESTION
) -> Report:
    folder = library(tmp_path / "library", PAPERS)
    return await ask(store, settings, folder, question, ScriptedModels(small, embedded=True))


@pytest.mark.parametrize("reads", ["未提及", "418,000"])
async def test_the_words_in_english_find_the_sentence_that_the_model_does_not_see(
    store: Store, settings: Settings, tmp_path: Path, reads: str
) -> None:
    report = await answered(
        store, settings, tmp_path, small := Small("Brennan Ferries fuel costs", reads)
    )
    assert "燃料成本" in small.translated[0]
    assert [s.text for s in report.answer] == [
        "Fuel costs of Brennan Ferries came to 2.4 million euros in 2025."
    ]
    assert "9.9" not in report.markdown and "418,000" not in report.markdown


@pytest.mark.parametrize(
    "english", ["fuel costs of the bird company", "Brennan Ferries的燃料成本", ""]
)
async def test_a_translation_that_loses_the_name_or_is_none_is_not_searched_for(
    store: Store, settings: Settings, tmp_path: Path, english: str
) -> None:
    report = await answered(store, settings, tmp_path, Small(english))
    assert report.status == "insufficient_evidence"
    searched = [
        query
        for observation in await store.observations(report.id)
        for query in observation.queries
    ]
    assert QUESTION in searched and english not in searched


async def test_a_name_in_chinese_is_left_as_it_is(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    for question in (
        "布伦南轮渡的燃料成本是多少？",
        "What do the fuel costs of Brennan Ferries come to?",
    ):
        small = Small("Brennan Ferries fuel costs")
        await answered(store, settings, tmp_path, small, question)
        assert small.translated == []


@pytest.mark.model
def test_the_embedded_model_answers_a_chinese_question_from_english_papers(tmp_path: Path) -> None:
    report = embedded(QUESTION, library(tmp_path / "library", PAPERS), tmp_path / "data")
    assert "2.4 million euros" in " ".join(sentence.text for sentence in report.answer)
    assert "9.9" not in report.markdown
