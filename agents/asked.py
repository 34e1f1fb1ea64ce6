"""What the person said beside the question, as prompts show it: instructions, what was clarified, notes. For every role alike.

Empty where nothing was said, so that a plain question's prompt stays as it is. Not here: asking for it (`clarify.py`).
"""

from collections.abc import Sequence

from research.types import Language, Question

_WORDS: dict[Language, tuple[str, str]] = {"en": ("Clarified: ", "Note from the person who asks: "), "zh": ("已澄清：", "提问者的补充：")}


def said_beside(question: Question, notes: Sequence[str] = ()) -> str:
    """Lines to stand after the question, each on its own, beginning with a line break; '' if there are none."""
    clarified, note = _WORDS[question.language]
    lines = [question.instructions] if question.instructions else []
    lines += [f"{clarified}{_line(c.question)} {_line(c.answer)}" for c in question.clarifications if c.answer]
    lines += [note + _line(text) for text in notes]
    return "".join(f"\n{line}" for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())
