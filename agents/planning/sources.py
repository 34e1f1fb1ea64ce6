"""What the Master decides by, and where agents can look, as it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from agents.asking import ask
from agents.models import Models
from agents.prompts import answer_language
from research.crew import Run
from research.domain import Ledger

T = TypeVar("T", bound=BaseModel)
ANSWER_TOKENS = 4_000


@dataclass(frozen=True)
class Sources:
    """Whether the sources are read `whole`, by one agent, and what the libraries hold."""

    whole: bool = False
    shelf: str = ""


@dataclass(frozen=True)
class Situation:
    """A run in which the Master decides: what is known, what the person noted, where agents can
    look."""

    run: Run
    models: Models
    ledger: Ledger
    notes: Sequence[str]
    sources: Sources

    async def ask(self, prompt: str, answer: type[T], **told: Any) -> T | None:
        """The Master's answer; None where it gave none. Raises as `ask` does."""
        question = self.run.question
        return await ask(
            self.run,
            self.models,
            "master",
            prompt,
            answer,
            max_tokens=ANSWER_TOKENS,
            today=question.today,
            language=answer_language(question),
            question=question.text,
            **told,
        )


def where(run: Run, sources: Sources) -> str:
    """Where agents can look."""
    allowed = run.question.sources
    places = [f"the private libraries {', '.join(allowed.libraries)}"] if allowed.libraries else []
    places += ["the web"] if allowed.web else []
    told = [f"{' and '.join(places)}."]
    if not allowed.web:
        told.append("There is no web.")
    if sources.whole:
        told.append("They are small: one agent reads all of them whole, so one task is enough.")
    if sources.shelf:
        told.append(f"The libraries hold {sources.shelf}")
    return " ".join(told)
