"""The prompts: one Markdown file a step and language, the system part and the user part divided by a line of three dashes.

`render` fills both; a name that is missing raises. What comes from outside is fenced before it gets here (`fence.py`).
"""

from functools import cache
from pathlib import Path
from string import Template

from agents.models import Message
from research.types import Language

FOLDER = Path(__file__).parent / "prompts"


@cache
def _load(name: str, language: Language) -> tuple[Template, Template]:
    system, user = (FOLDER / language / f"{name}.md").read_text(encoding="utf-8").split("\n---\n")
    return Template(system.strip()), Template(user.strip())


def render(name: str, language: Language, **values: object) -> list[Message]:
    """The messages of a prompt. Raises `KeyError` when a value is missing."""
    system, user = _load(name, language)
    return [
        Message(role="system", content=system.substitute(values)),
        Message(role="user", content=user.substitute(values).strip()),
    ]
