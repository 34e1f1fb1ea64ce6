"""The prompts of judges and of the reader: one Markdown file each, the system part and the user
part divided by a line of three dashes.

The report is fenced by tags that carry a hash of it, so no report can close its own fence.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal

from agents.models import Message

FOLDER = Path(__file__).parent / "prompts"
Prompt = Literal["criterion", "fault", "reader", "entail", "entail_brief"]


@cache
def _text(name: Prompt) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


@cache
def version(name: Prompt) -> str:
    """Changes whenever the prompt's words do."""
    return hashlib.sha256(_text(name).encode()).hexdigest()[:12]


def render(name: Prompt, *, task: str, report: str, criteria: Sequence[str]) -> list[Message]:
    """The messages that ask for a verdict on each criterion, numbered from 1. What stays the same
    for a report comes first."""
    values = {
        "fence": hashlib.sha256(f"{task}\n{report}".encode(errors="surrogatepass")).hexdigest()[:8],
        "task": task,
        "report": report,
        "criteria": "\n".join(
            f"{number}. {' '.join(text.split())}" for number, text in enumerate(criteria, start=1)
        ),
    }
    return _messages(name, values)


def render_reader(*, question: str, material: str) -> list[Message]:
    """The messages that ask for a short answer, from the material if there is any."""
    return _messages(
        "reader",
        {"question": question, "material": f"{material.strip()}\n\n" if material.strip() else ""},
    )


def render_entailment(name: Literal["entail", "entail_brief"], statements: str) -> list[Message]:
    """The messages that ask what quotes say of numbered statements."""
    return _messages(name, {"statements": statements})


def _messages(name: Prompt, values: Mapping[str, str]) -> list[Message]:
    system, user = (Template(part.strip()) for part in _text(name).split("\n---\n"))
    return [
        Message(role="system", content=system.substitute(values)),
        Message(role="user", content=user.substitute(values)),
    ]
