"""The language a report is written in, as prompts name it."""

from babel import Locale
from babel.core import UnknownLocaleError

from research.types import Question


def name_of(question: Question) -> str:
    """The English name of the language of the answer."""
    try:
        return Locale.parse(question.language, sep="-").english_name or question.language
    except (UnknownLocaleError, ValueError):
        return question.language
