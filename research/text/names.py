"""Capitalised names in text. Pure."""

import re

from research.text.language import LATIN, sets_spaces
from research.text.sentences import remembered

_CAPITALISED = rf"[A-ZÀ-Þ][{LATIN}\d’'-]*[{LATIN}\d]"
# Not a sentence's first word, which tells nothing.
_NAME = re.compile(
    rf"(?<!^)(?<![.!?]\s)(?<![{LATIN}\d]){_CAPITALISED}(?:\s+(?:of\s+(?:the\s+)?)?{_CAPITALISED})*"
)


@remembered
def names(text: str) -> frozenset[str]:
    """The names in Latin letters: *Gulf of Mexico*. Of a Chinese or Japanese text those at its
    beginning too: *Veltrix的收入*."""
    before = "" if sets_spaces(text) else " "
    found = _NAME.findall(before + text)
    return frozenset(name.removesuffix("'s").removesuffix("’s") for name in found)
