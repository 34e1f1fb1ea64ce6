"""What a Chinese question is searched for by in English: most of what is written is, and words find
only their own language.

Only of a goal that has a Latin name, which the query must keep: a Chinese name that this model
translates is another thing's. Not here: what a page in another language is about (`relevance.py`).
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.models import Models
from research.crew import Run
from research.text.figures import latin_names
from research.text.sentences import clip, language_of, terms

LONGEST = 70  # characters of a query
TOKENS = 24  # of one


class Queries(BaseModel):
    """`G1`: the first goal in English, one field a goal."""

    model_config = ConfigDict(extra="allow")


async def in_english(run: Run, models: Models, goals: Sequence[str]) -> dict[str, str]:
    """English search words by goal; {} for a question in English."""
    fitting = {f"G{n}": goal for n, goal in enumerate(goals, 1) if latin_names(goal)}
    if run.question.language != "zh" or not fitting:
        return {}
    form = {name: {"type": "string", "minLength": 2, "maxLength": LONGEST} for name in fitting}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": form,
        "required": list(fitting),
        "additionalProperties": False,
    }
    shown = "\n".join(f"{name} {clip(goal, 160)}" for name, goal in fitting.items())
    made = await ask(
        run,
        models,
        "master",
        "abroad",
        Queries,
        schema=schema,
        max_tokens=20 + TOKENS * len(fitting),
        goals=shown,
    )
    said = (
        {
            fitting[name]: str(text).strip()
            for name, text in (made.model_extra or {}).items()
            if name in fitting
        }
        if made
        else {}
    )
    return {goal: query for goal, query in said.items() if _keeps_a_name(goal, query)}


def _keeps_a_name(goal: str, query: str) -> bool:
    held = set(terms(query))
    return language_of(query) == "en" and any(
        set(terms(name)) <= held for name in latin_names(goal)
    )
