"""What is asked, and of which sources."""

from datetime import date

from research.domain.base import Language, Noun


class SourceChoice(Noun):
    """Where a run may look: the web, libraries by name, and which domains and dates."""

    web: bool = False
    libraries: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None


class BudgetLimits(Noun):
    """Hard caps of a run; None is no cap of that kind. `tokens` counts prompt and completion, a
    cached prompt token at its part of the price."""

    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None
    calls: int | None = None


class Clarification(Noun):
    """What the asker was asked before the work began, and the answer; '' where it was left open."""

    question: str
    answer: str = ""


class Question(Noun):
    """`follows` is the question that this one follows up, '' if it stands alone. `language` is that
    of the interface and of code's own words; `answer_in` is the language that was asked for (BCP
    47), '' for that of the question."""

    text: str
    language: Language
    answer_in: str = ""
    today: date
    instructions: str = ""
    sources: SourceChoice = SourceChoice()
    clarifications: tuple[Clarification, ...] = ()
    follows: str = ""
