"""The parts of a draft that are checked and mended as one, and the names that what is said goes by
meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass

from agents.writing import reading
from research.domain import (
    Draft,
    DraftBlock,
    DraftParagraph,
    DraftSentence,
    DraftTable,
    Evidence,
    Quote,
)

OF_A_HEADING = 8  # pieces of evidence that a heading is judged by, at most
TITLE, ANSWER = "title", "answer"
# What a string is known by: its kind, what it stands under, its words, what it rests on.
Key = tuple[str, str, str, tuple[Evidence, ...]]


@dataclass(frozen=True)
class Piece:
    """A part of a draft that is checked and mended as one: its title, its short answer, a heading,
    a block. A block stands under a `heading`, after the sentence `before` it; a title or heading is
    a `text` over what is `under` it."""

    id: str
    blocks: tuple[DraftBlock, ...] = ()
    heading: str = ""
    before: str = ""
    text: str = ""
    under: tuple[DraftBlock, ...] = ()

    def sentences(self) -> list[DraftSentence]:
        return reading.sentences_of(*self.blocks)

    @property
    def key(self) -> Key:
        """The key of a title or heading: over other evidence the same words are judged again."""
        evidence = evidence_of(reading.sentences_of(*self.under))[:OF_A_HEADING]
        return "heading", "", self.text, evidence


def names_of(draft: Draft) -> list[Piece]:
    """The title and the headings of a draft, each over what it is judged by."""
    answer = DraftParagraph(sentences=draft.answer)
    every = (block for section in draft.sections for block in section.blocks)
    names = [Piece(TITLE, text=draft.title, under=(answer, *every))]
    for n, section in enumerate(draft.sections, 1):
        names.append(Piece(f"h{n}", text=section.heading, under=section.blocks))
    return [name for name in names if name.text]


def pieces_of(draft: Draft) -> list[Piece]:
    """The parts of a draft in reading order."""
    names = {name.id: name for name in names_of(draft)}
    parts = [names[TITLE]] if TITLE in names else []
    if draft.answer:
        parts.append(Piece(ANSWER, (DraftParagraph(sentences=draft.answer),)))
    for n, section in enumerate(draft.sections, 1):
        if section.heading:
            parts.append(names[f"h{n}"])
        before = ""
        for m, block in enumerate(section.blocks, 1):
            parts.append(Piece(f"p{n}.{m}", (block,), heading=section.heading, before=before))
            said = reading.sentences_of(block)
            before = said[-1].text if said else ""
    return parts


def columns_of(table: DraftTable) -> Piece:
    """The names of a table's columns, over its cells."""
    return Piece("", text=" | ".join(filter(None, table.header)), under=(table,))


def evidence_of(sentences: Iterable[DraftSentence | None]) -> tuple[Evidence, ...]:
    """All that sentences rest on, in order; an empty cell rests on nothing."""
    return tuple(dict.fromkeys(one for said in sentences if said for one in said.evidence))


def quotes_of(sentence: DraftSentence) -> list[Quote]:
    return [one for one in sentence.evidence if isinstance(one, Quote)]
