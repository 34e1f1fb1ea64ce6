"""What the texts of sources lack, in words of English and Chinese (`missing.toml`). Pure.

Not here: what a reader leaves out and how it is counted (`browser/documents/parts.py`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from research.domain import NoteKind, ReadingNote
from research.domain.report import Source
from research.reporting.words import words_in, words_of

_KINDS = words_in(Path(__file__).with_suffix(".toml"))


def kinds_of(language: str) -> Mapping[str, str]:
    """The words for what is missing, in Chinese or English, by the kind of a note."""
    return words_of(language, _KINDS)


def missing(notes: Iterable[ReadingNote], language: str) -> list[str]:
    """What is missing, a phrase for each note: `hidden sheets, rows or slides (2: Costs,
    Rates)`."""
    kinds = kinds_of(language)
    return [
        f"{kinds[note.kind]} ({note.count}{f': {note.detail}' if note.detail else ''})"
        for note in notes
    ]


def limitations(sources: Sequence[Source], language: str) -> list[str]:
    """A line for each source whose text lacks something, in the order of their numbers.

    A document's own words for what is missing stay out of it: a report holds those of its quotes.
    """
    words = words_of(language)
    lines = []
    for source in sources:
        if source.notes:
            what = words["semicolon"].join(missing(_nameless(source.notes), language))
            lines.append(words["missing"].format(n=source.n, what=what))
    return lines


def _nameless(notes: Iterable[ReadingNote]) -> list[ReadingNote]:
    """One note a kind, without its detail."""
    counts = Counter[NoteKind]()
    for note in notes:
        counts[note.kind] += note.count
    return [ReadingNote(kind=kind, count=count) for kind, count in counts.items()]
