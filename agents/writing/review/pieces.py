"""The parts of a draft that are checked and mended as one, and the names that what is said goes by
meanwhile."""

from collections.abc import Sequence
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
        return [s for block in self.blocks for s in reading.sentences_of(block)]


def pieces_of(draft: Draft) -> list[Piece]:
    """The parts of a draft; a heading is judged by what stands under it."""
    answer = (DraftParagraph(sentences=draft.answer),) if draft.answer else ()
    every = tuple(block for section in draft.sections for block in section.blocks)
    parts = [Piece(TITLE, text=draft.title, under=(*answer, *every))] if draft.title else []
    parts += [Piece(ANSWER, answer)] if answer else []
    for n, section in enumerate(draft.sections, 1):
        if section.heading:
            parts.append(Piece(f"h{n}", text=section.heading, under=section.blocks))
        before = ""
        for m, block in enumerate(section.blocks, 1):
            parts.append(Piece(f"p{n}.{m}", (block,), heading=section.heading, before=before))
            before = said[-1].text if (said := reading.sentences_of(block)) else ""
    return parts


def name_of(text: str, kind: str, place: str = "", evidence: Sequence[Evidence] = ()) -> str:
    return "\n".join([kind, place, text, *(one.model_dump_json() for one in evidence)])


def under(blocks: Sequence[DraftBlock], most: int) -> tuple[Evidence, ...]:
    """What a heading is judged by: the first of what stands under it rests on."""
    sentences = (s for block in blocks for s in reading.sentences_of(block))
    return tuple(dict.fromkeys(e for s in sentences for e in s.evidence))[:most]


def heading_name(heading: str, blocks: Sequence[DraftBlock]) -> str:
    """The key of a heading: over other evidence the same words are judged again."""
    return name_of(heading, "heading", evidence=under(blocks, OF_A_HEADING))


def columns(table: DraftTable) -> str:
    return " | ".join(filter(None, table.header))


def quotes_of(sentence: DraftSentence) -> list[Quote]:
    return [one for one in sentence.evidence if isinstance(one, Quote)]
