"""The prompts: one Markdown file a step, for some one a language, the system part and the user part divided by a line of three dashes.

`render` fills both; a name that is missing raises. What comes from outside is fenced before it gets here (`fence.py`).
"""

from functools import cache
from pathlib import Path
from string import Template

from agents.models import Message
from research.types import Language

FOLDER = Path(__file__).parent / "prompts"


NAMES: dict[str, str] = {"en": "English", "zh": "Chinese"}


@cache
def _load(name: str, language: Language | None) -> tuple[Template, Template]:
    file = FOLDER / (language or ".") / f"{name}.md"
    system, user = (file if file.exists() else FOLDER / f"{name}.md").read_text(encoding="utf-8").split("\n---\n")
    return Template(system.strip()), Template(user.strip())


def render(name: str, language: Language | None, /, **values: object) -> list[Message]:
    """The messages of a prompt, in the language where there is one in it, else the one for all languages; that one where no language is
    given. Raises `KeyError` when a value is missing."""
    system, user = _load(name, language)
    return [
        Message(role="system", content=system.substitute(values)),
        Message(role="user", content=user.substitute(values).strip()),
    ]


def language_name(language: str) -> str:
    """How a prompt names a language; its tag where it has no name here."""
    return NAMES.get(language, language)
