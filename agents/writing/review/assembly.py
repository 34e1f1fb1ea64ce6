"""A draft put together again from its pieces, after the gates. Not here: what becomes of a sentence
(`review.py`)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from agents.writing.review.pieces import ANSWER, TITLE, Piece, columns
from research.domain import (
    Draft,
    DraftBlock,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
)


class Assembled:
    """Puts a draft together from its pieces. `final` gives what becomes of a sentence, None for
    nothing."""

    def __init__(
        self,
        final: Callable[[DraftSentence], DraftSentence | None],
        stands: Callable[[str, Sequence[DraftBlock]], bool],
        known: Callable[[str, DraftTable], bool],
        words: Mapping[str, str],
        drawings: Collection[str] = (),
    ) -> None:
        self._final, self._stands, self._known = final, stands, known
        self._words, self._drawings = words, drawings
        self.dropped = 0

    def draft(self, draft: Draft, pieces: Sequence[Piece]) -> Draft:
        by_id = {piece.id: piece for piece in pieces}
        answer = self._kept(by_id[ANSWER].sentences()) if ANSWER in by_id else ()
        sections = [self._section(n, section, by_id) for n, section in enumerate(draft.sections, 1)]
        title = by_id.get(TITLE, Piece(TITLE))
        return draft.replace(
            title=title.text if self._stands(title.text, title.under) else self._words["title"],
            answer=tuple(answer),
            sections=tuple(sections),
        )

    def _section(self, n: int, section: DraftSection, by_id: Mapping[str, Piece]) -> DraftSection:
        heading = by_id.get(f"h{n}", Piece("", text=section.heading))
        blocks = [
            block for m in range(1, len(section.blocks) + 1) for block in by_id[f"p{n}.{m}"].blocks
        ]
        kept = tuple(made for block in blocks if (made := self._block(block)) is not None)
        named = (
            heading.text
            if not heading.text or self._stands(heading.text, heading.under)
            else self._words["findings"]
        )
        return section.replace(heading=named, blocks=kept)

    def _block(self, block: DraftBlock) -> DraftBlock | None:
        match block:
            case DraftParagraph():
                kept = self._kept(block.sentences)
                return DraftParagraph(sentences=kept) if _says(kept) else None
            case DraftList():
                items = tuple(
                    kept
                    for item in block.items
                    if (kept := self._kept(item, quoted=False)) and _says(kept, item)
                )
                return block.replace(items=items) if items else None
            case DraftFigure():
                if block.id not in self._drawings:
                    return None
                return block.replace(caption=self._kept(block.caption))
            case DraftTable():
                return self._table(block)

    def _table(self, table: DraftTable) -> DraftTable | None:
        """The table with the cells that hold; without what is not named and without rows that say
        nothing."""
        width = len(table.header)
        whole = self._stands(columns(table), (table,))
        header = tuple(name if whole or self._known(name, table) else "" for name in table.header)
        rows = [
            tuple(self._cell(cell) for cell in [*row, *[None] * width][:width])
            for row in table.rows
        ]
        full = tuple(
            row for row in rows if row[0] is not None and any(cell is not None for cell in row[1:])
        )
        return DraftTable(header=header, rows=full) if full and width > 1 else None

    def _cell(self, cell: DraftSentence | None) -> DraftSentence | None:
        if cell is None:
            return None
        made = self._final(cell)
        if made is None or made.text != cell.text:
            self.dropped += 1
            return None
        return made

    def _kept(
        self, sentences: Iterable[DraftSentence], *, quoted: bool = True
    ) -> tuple[DraftSentence, ...]:
        """The sentences that are left; a quote in the place of one reads well in a paragraph only,
        not as a step of a list."""
        kept = []
        for sentence in sentences:
            made = self._final(sentence)
            made = made if made is None or quoted or made.text == sentence.text else None
            self.dropped += made is None
            kept += [made] if made is not None else []
        return tuple(kept)


def _says(kept: Sequence[DraftSentence], before: Sequence[DraftSentence] = ()) -> bool:
    """Whether what is left of sentences says anything still, and does not only lead it in."""
    return len(kept) == len(before) or any(s.kind != "framing" for s in kept)


def names_of(draft: Draft) -> list[Piece]:
    """The title and each heading, which can be written anew by their ids, and the columns of each
    table, with the blocks that they name."""
    every = _every(draft)
    found = [Piece(TITLE, text=draft.title, under=every)]
    for n, section in enumerate(draft.sections, 1):
        found.append(Piece(f"h{n}", text=section.heading, under=section.blocks))
    tables = (block for block in every if isinstance(block, DraftTable))
    return found + [Piece("", text=columns(table), under=(table,)) for table in tables]


def named_anew(draft: Draft, names: Mapping[str, Piece]) -> Draft:
    """The draft with these names in the place of its title and headings, by their ids."""

    def name(id: str, before: str) -> str:
        return names[id].text if id in names else before

    sections = tuple(
        section.replace(heading=name(f"h{n}", section.heading))
        for n, section in enumerate(draft.sections, 1)
    )
    return draft.replace(title=name(TITLE, draft.title), sections=sections)


def _every(draft: Draft) -> tuple[DraftBlock, ...]:
    """The short answer and all blocks: what a title speaks of."""
    answer = (DraftParagraph(sentences=draft.answer),) if draft.answer else ()
    return (*answer, *(block for section in draft.sections for block in section.blocks))


def renamed(
    draft: Draft, stands: Callable[[str, Sequence[DraftBlock]], bool], words: Mapping[str, str]
) -> Draft:
    """The draft with code's words for each of these names that does not stand."""

    def block_of(block: DraftBlock) -> DraftBlock:
        if isinstance(block, DraftTable) and not stands(columns(block), (block,)):
            return DraftTable(header=("",) * len(block.header), rows=block.rows)
        return block

    def section_of(section: DraftSection) -> DraftSection:
        heading = section.heading if stands(section.heading, section.blocks) else words["findings"]
        return section.replace(heading=heading, blocks=tuple(map(block_of, section.blocks)))

    title = draft.title if stands(draft.title, _every(draft)) else words["title"]
    return draft.replace(title=title, sections=tuple(map(section_of, draft.sections)))
