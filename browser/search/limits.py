"""How long a query a search provider takes, and a query cut to that. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class QueryLimit:
    """The most that a query may have: `characters` as UTF-16 counts them, `words` between spaces,
    `octets` as it stands in an address. None is no limit of that kind."""

    characters: int | None = None
    words: int | None = None
    octets: int | None = None

    def holds(self, text: str) -> bool:
        counts = (
            (self.characters, len(text.encode("utf-16-le", "surrogatepass")) // 2),
            (self.words, len(text.split())),
            (self.octets, len(quote_plus(text, errors="replace"))),
        )
        return all(most is None or count <= most for most, count in counts)

    def cut(self, text: str) -> str:
        """The text as far as the limit lets it, ended between words; within one where the first is
        already too long, as in languages that set no spaces."""
        if self.holds(text):
            return text
        words = [match.end() for match in _WORD.finditer(text)]
        return self._longest(text, words) or self._longest(text, range(1, len(text) + 1))

    def _longest(self, text: str, ends: Sequence[int]) -> str:
        """The longest beginning that ends at one of these places, which ascend; '' where none
        fits."""
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (
                (middle, high) if self.holds(text[: ends[middle - 1]]) else (low, middle - 1)
            )
        return text[: ends[low - 1]] if low else ""

    def __str__(self) -> str:
        named = {"characters": self.characters, "words": self.words, "octets": self.octets}
        return " and ".join(f"{most:,} {name}" for name, most in named.items() if most is not None)
