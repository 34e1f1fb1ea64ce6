"""A draft put together again from its pieces, after the gates. Not here: what becomes of a sentence
(`review.py`)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from agents.writing.review.pieces import ANSWER, TITLE, Piece, columns_of
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

Stands = Callable[[Piece], bool]  # whether a title, a heading or the names of columns stand


class Assembled:
    """Puts a draft together from its pieces. `final` gives what becomes of a sentence, None for
    nothing; a column may stand alone if its name is `known`."""

    def __init__(
        self,
        final: Callable[[DraftSentence], DraftSentence | None],
        stands: Stands,
        known: Callable[[str, DraftTable], bool],
        words: Mapping[str, str],
        drawings: Collection[str],
    ) -> None:
        self._final, self._stands, self._known = final, stands, known
        self._words, self._drawings = words, drawings
        self.dropped = 0

    def draft(self, draft: Draft, pieces: Sequence[Piece]) -> Draft:
        by_id = {piece.id: piece for piece in pieces}
        answer = by_id[ANSWER].sentences() if ANSWER in by_id else ()
        sections = [self._section(n, section, by_id) for n, section in enumerate(draft.sections, 1)]
        made = draft.replace(answer=self._kept(answer), sections=tuple(sections))
        return under_names(made, [one for one in pieces if one.text], self._stands, self._words)

    def _section(self, n: int, section: DraftSection, by_id: Mapping[str, Piece]) -> DraftSection:
        pieces = [by_id[f"p{n}.{m}"] for m in range(1, len(section.blocks) + 1)]
        kept = [self._block(block) for piece in pieces for block in piece.blocks]
        return section.replace(blocks=tuple(block for block in kept if block is not None))

    def _block(self, block: DraftBlock) -> DraftBlock | None:
        match block:
            case DraftParagraph():
                kept = self._kept(block.sentences)
                return DraftParagraph(sentences=kept) if _says(kept) else None
            case DraftList():
                before = [(item, self._kept(item, quoted=False)) for item in block.items]
                items = tuple(kept for item, kept in before if kept and _says(kept, len(item)))
                return block.replace(items=items) if items else None
            case DraftFigure() if block.id in self._drawings:
                return block.replace(caption=self._kept(block.caption))
            case DraftTable():
                return self._table(block)
        return None

    def _table(self, table: DraftTable) -> DraftTable | None:
        """The table with the cells that hold; without what is not named and without rows that say
        nothing."""
        width = len(table.header)
        whole = self._stands(columns_of(table))
        header = tuple(name if whole or self._known(name, table) else "" for name in table.header)
        rows = [tuple(map(self._cell, [*row, *[None] * width][:width])) for row in table.rows]
        full = tuple(row for row in rows if row[0] and any(row[1:]))
        return DraftTable(header=header, rows=full) if full and width > 1 else None

    def _cell(self, cell: DraftSentence | None) -> DraftSentence | None:
        kept = self._kept([cell] if cell else [], quoted=False)
        return kept[0] if kept else None

    def _kept(
        self, sentences: Iterable[DraftSentence], *, quoted: bool = True
    ) -> tuple[DraftSentence, ...]:
        """The sentences that are left; a quote in the place of one reads well in a paragraph only,
        not as a step of a list or in a cell."""
        kept = []
        for sentence in sentences:
            made = self._final(sentence)
            if made is not None and (quoted or made.text == sentence.text):
                kept.append(made)
            else:
                self.dropped += 1
        return tuple(kept)


def _says(kept: Sequence[DraftSentence], before: int = 0) -> bool:
    """Whether what is left of so many sentences says anything still, and does not only lead it
    in."""
    return len(kept) == before or any(s.kind != "framing" for s in kept)


def under_names(
    draft: Draft, names: Iterable[Piece], stands: Stands, words: Mapping[str, str]
) -> Draft:
    """The draft under this title and these headings; under code's words where one does not
    stand."""
    told = {name.id: name.text for name in names if stands(name)}
    sections = [
        section.replace(heading=told.get(f"h{n}", words["findings"] if section.heading else ""))
        for n, section in enumerate(draft.sections, 1)
    ]
    return draft.replace(title=told.get(TITLE, words["title"]), sections=tuple(sections))


def without_columns(draft: Draft, stands: Stands) -> Draft:
    """The draft, its tables without names of columns that do not stand."""

    def made(block: DraftBlock) -> DraftBlock:
        if isinstance(block, DraftTable) and not stands(columns_of(block)):
            return block.replace(header=("",) * len(block.header))
        return block

    sections = [s.replace(blocks=tuple(map(made, s.blocks))) for s in draft.sections]
    return draft.replace(sections=tuple(sections))
