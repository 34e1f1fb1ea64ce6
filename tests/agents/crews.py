"""A real crew over a small library, with scripted models: everything but the model is what users
have."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from agents.crew import crew_of
from agents.models import Message, ScriptedModels
from agents.models.scripted import Scripted
from browser.library.library import sync_library
from evals.doubles.simulated_model import answer_form
from research.domain import Job, Mode, Question, Role, SourceChoice, new_id, now
from research.domain.report import Report
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.text.language import interface_language_of


def by_rule(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> Scripted:
    """Answer as the rule-following endpoint of the acceptance tests does."""
    return answer_form(schema, "\n".join(message["content"] for message in messages))


def library(folder: Path, pages: Mapping[str, str]) -> Path:
    """The folder with these documents in it, by their paths."""
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


async def ask(
    store: Store,
    settings: Settings,
    folder: Path,
    question: str,
    models: ScriptedModels,
    *,
    mode: Mode = "multi_agent",
    **job: Any,
) -> Report:
    await sync_library(store, "test", folder)
    language, sources = interface_language_of(question), SourceChoice(libraries=("test",))
    asked = Question(text=question, language=language, today=date(2026, 1, 1), sources=sources)
    made = await store.create_job(
        Job(id=new_id(), question=asked, mode=mode, created_at=now(), **{"effort": "quick", **job})
    )
    taken = await store.take(made.id, stale_seconds=15)
    own = (
        settings
        if models.role("writer").embedded
        else settings.model_copy(update={"model": "m", "model_base_url": "http://127.0.0.1:9/v1"})
    )
    return await run_job(taken, crew_of(own, store, models), store, own)
