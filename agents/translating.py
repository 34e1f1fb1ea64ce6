"""What stands in another language than the question: sentences are said again in its language, quotes get a translation beside them.

Each in one call for all; a figure that goes missing or appears loses the translation. The model in this process translates nothing.
Not here: whether what was said again holds (`check.py`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.between import as_sure
from agents.fence import addresses_assistant
from agents.models import Models
from agents.wording import cleaned, is_foreign
from research.crew import Run
from research.errors import BudgetExhausted
from research.figures import unsupported_figures
from research.text import clip, estimate_tokens
from research.types import Translation

MOST = 40
LENGTH = 3  # times as many tokens as its text may a translation have, or the other way about


class Said(BaseModel):
    """`T1`: the first text in the other language, one field a text."""

    model_config = ConfigDict(extra="allow")

    def of(self, name: str) -> str:
        value = (self.model_extra or {}).get(name, "")
        return value if isinstance(value, str) else ""


async def translated(run: Run, models: Models, texts: Sequence[str]) -> Mapping[str, str]:
    """The texts in the question's language that could be translated and keep their figures, by the text."""
    language = run.question.language
    foreign = [text for text in dict.fromkeys(texts) if is_foreign(text, language)][:MOST]
    if not foreign or models.role("writer").embedded:
        return {}
    names = [f"T{n}" for n in range(1, len(foreign) + 1)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    shown = "\n".join(f"{name} {clip(text, 600)}" for name, text in zip(names, foreign, strict=True))
    try:
        said = await ask(run, models, "writer", "translate", Said, schema=schema, max_tokens=600 + 2 * estimate_tokens(shown), texts=shown)
    except BudgetExhausted as error:
        await run.floor("translate", str(error))
        return {}
    made = {text: cleaned(said.of(name)) for name, text in zip(names, foreign, strict=True)} if said else {}
    return {text: other for text, other in made.items() if other and not is_foreign(other, language) and _agree(text, other)}


async def quotes_translated(run: Run, models: Models, quotes: Sequence[str]) -> tuple[Translation, ...]:
    return tuple(Translation(quote=quote, text=text) for quote, text in (await translated(run, models, quotes)).items())


def _agree(text: str, other: str) -> bool:
    """Whether a translation may be one, as far as code can tell: the same figures, nothing denied or doubted that was not, nothing said to
    an assistant, and about as long."""
    figures_agree = not unsupported_figures(other, [text]) and not unsupported_figures(text, [other])
    longer, shorter = sorted((estimate_tokens(text), estimate_tokens(other)), reverse=True)
    return figures_agree and as_sure(other, text) and not addresses_assistant(other) and longer <= LENGTH * shorter + 10
