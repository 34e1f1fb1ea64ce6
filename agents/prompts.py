"""The prompts: one Markdown file a step, for some one a language, the system part and the user part
divided by a line of three dashes.

`render` fills both; a name that is missing raises. What comes from outside is fenced before it gets
here (`guarding/untrusted_text.py`).
"""

from functools import cache
from pathlib import Path
from string import Template

from babel import Locale
from babel.core import UnknownLocaleError

from agents.models import Message
from research.domain import Language, Question

FOLDER = Path(__file__).parent / "prompts"


@cache
def _load(name: str, language: Language | None) -> tuple[Template, Template]:
    """A prompt in the language, else the one for all. A system part `@NAME` is that of another
    prompt: what shares it shares the prefix that endpoints cache."""
    file = FOLDER / (language or ".") / f"{name}.md"
    text = (file if file.exists() else FOLDER / f"{name}.md").read_text(encoding="utf-8")
    system, _, user = text.partition("\n---\n")
    if system.startswith("@"):
        return _load(system.strip()[1:], language)[0], Template(user.strip())
    return Template(system.strip()), Template(user.strip())


def render(name: str, language: Language | None, /, **values: object) -> list[Message]:
    """The messages of a prompt, in the language where there is one in it, else the one for all
    languages; that one where no language is given. Raises `KeyError` when a value is missing."""
    system, user = _load(name, language)
    return [
        Message(role="system", content=system.substitute(values)),
        Message(role="user", content=user.substitute(values).strip()),
    ]


def answer_language(question: Question) -> str:
    """How a prompt names the language of the answer."""
    if question.answer_in:
        return language_name(question.answer_in)
    return "Chinese" if question.language == "zh" else "the language of the question"


def language_name(language: str) -> str:
    """How a prompt names a language, by its tag (BCP 47); the tag where it has no name."""
    try:
        return Locale.parse(language, sep="-").english_name or language
    except (UnknownLocaleError, ValueError):
        return language
