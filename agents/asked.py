"""What the person said beside the question, as prompts show it: instructions, what was clarified,
notes. For every role alike.

Empty where nothing was said, so that a plain question's prompt stays as it is. Not here: asking for
it (`clarify.py`).
"""

from collections.abc import Sequence

from research.domain import Language, Ledger, Question
from research.text.sentences import clip

_WORDS: dict[Language, tuple[str, str]] = {
    "en": ("Clarified: ", "Note from the person who asks: "),
    "zh": ("已澄清：", "提问者的补充："),
}
_KNOWN: dict[Language, tuple[str, str, str]] = {
    "en": (
        "It follows up: ",
        "Already known, each to be relied on unless it may be out of date:",
        "Disputed: ",
    ),
    "zh": ("本问题是对以下问题的追问：", "已知内容，除可能已过时的以外均可采用：", "有争议："),
}
SHOWN = 12  # claims of the jobs before that the first plan is shown


def said_beside(question: Question, notes: Sequence[str] = ()) -> str:
    """Lines to stand after the question, each on its own, beginning with a line break; '' if there
    are none."""
    clarified, note = _WORDS[question.language]
    lines = [question.instructions] if question.instructions else []
    lines += [
        f"{clarified}{_line(c.question)} {_line(c.answer)}"
        for c in question.clarifications
        if c.answer
    ]
    lines += [note + _line(text) for text in notes]
    return "".join(f"\n{line}" for line in lines)


def known_beside(question: Question, ledger: Ledger) -> str:
    """For the first plan of a follow-up: the question before, and what is known of it; '' for a
    question of its own."""
    if not question.follows:
        return ""
    before, known, disputed = _KNOWN[question.language]
    shown = sorted(ledger.claims, key=lambda claim: -claim.relevance)[:SHOWN]
    lines = [before + clip(_line(question.follows), 300)]
    lines += [known, *(f"- {clip(_line(claim.text), 200)}" for claim in shown)] if shown else []
    lines += [
        f"{disputed}{clip(_line(one.topic), 100)}: {clip(_line(one.note), 100)}"
        for one in ledger.contradictions[:4]
    ]
    return "".join(f"\n{line}" for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())
