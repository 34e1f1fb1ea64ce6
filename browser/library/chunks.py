"""A document cut into passages: what is searched, linked and embedded as one. Pure."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from browser.library.names import names_in, title_names
from research.domain import Snapshot, TextLanguage
from research.text.sentences import estimate_tokens, language_of, terms

LONGEST = 220  # tokens, about: what the embedding model reads at once


@dataclass(frozen=True)
class Chunk:
    """Sentences `first` to `last` (not included) of a snapshot, with the headings between them,
    under the document's title."""

    title: str
    text: str
    first: int
    last: int

    @property
    def whole(self) -> str:
        return f"{self.title}. {self.text}"

    @cached_property
    def terms(self) -> list[str]:
        return terms(self.title) + terms(self.text)

    @cached_property
    def names(self) -> dict[str, bool]:
        """The names stated; True for those of the title."""
        return dict.fromkeys(names_in(self.text), False) | dict.fromkeys(
            title_names(self.title), True
        )

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.whole.encode()).hexdigest()

    @cached_property
    def language(self) -> TextLanguage:
        return language_of(self.text)

    @property
    def english(self) -> bool:
        return self.language == "en"


def chunks_of(title: str, snapshot: Snapshot) -> list[Chunk]:
    """The passages of a document in order; neighbours share a sentence, so that no two sentences
    side by side are apart."""
    found = []
    for first, last in _cuts(snapshot):
        begins = (
            snapshot.sentences[first - 1][1] if first else 0
        )  # a heading before the first sentence belongs to it
        found.append(
            Chunk(
                title, snapshot.text[begins : snapshot.sentences[last - 1][1]].strip(), first, last
            )
        )
    return found


def _cuts(snapshot: Snapshot) -> Iterator[tuple[int, int]]:
    sizes = [estimate_tokens(snapshot.text[start:end]) for start, end in snapshot.sentences]
    first = 0
    while first < len(sizes):
        last, size = first + 1, sizes[first]
        while last < len(sizes) and size + sizes[last] <= LONGEST:
            size += sizes[last]
            last += 1
        yield first, last
        if last == len(sizes):
            return
        first = last - 1 if last - first > 1 else last
