"""A draft put together again from its pieces, after the gates: what passed stands, with its
verdict; a fact that failed twice is its source's own words, or goes like all else that failed."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.guarding.untrusted_text import addresses_assistant
from agents.judge.figures import Grounds
from agents.writing import reading
from agents.writing.review.gates import Gates
from agents.writing.review.pieces import (
    ANSWER,
    TITLE,
    Piece,
    columns_of,
    evidence_of,
    quotes_of,
)
from research.domain import (
    Calculation,
    Draft,
    DraftBlock,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Mark,
)
from research.reporting.bind import plain
from research.text.sentences import term_set

Stands = Callable[[Piece], bool]  # whether a title, a heading or the names of columns stand


@dataclass
class Assembly:
    """Puts a draft together from its pieces. `words` are code's own, `drawings` the ids of those
    there are, `labelled` calculations as they may be told, and `saying` counts the documents that
    say a sentence by themselves."""

    gates: Gates
    grounds: Grounds
    words: Mapping[str, str]
    drawings: Collection[str]
    labelled: Mapping[Calculation, Calculation]
    saying: Mapping[DraftSentence, int]
    dropped: int = 0

    def draft(self, draft: Draft, pieces: Sequence[Piece]) -> Draft:
        by_id = {piece.id: piece for piece in pieces}
        answer = by_id[ANSWER].sentences() if ANSWER in by_id else ()
        sections = [self._section(n, section, by_id) for n, section in enumerate(draft.sections, 1)]
        made = draft.replace(answer=self._kept(answer), sections=tuple(sections))
        names = [piece for piece in pieces if piece.text]
        return under_names(made, names, self.gates.stands, self.words)

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
            case DraftFigure() if block.id in self.drawings:
                return block.replace(caption=self._kept(block.caption))
            case DraftTable():
                return self._table(block)
        return None

    def _table(self, table: DraftTable) -> DraftTable | None:
        """The table with the cells that hold; without what is not named and without rows that say
        nothing."""
        width = len(table.header)
        # without a word of the judge a name stands that is made of words of what the table cites
        known = self.grounds.words(evidence_of(reading.sentences_of(table)))
        whole = self.gates.stands(columns_of(table))
        header = tuple(name if whole or term_set(name) <= known else "" for name in table.header)
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

    def _final(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence as it is told, with its calculations under names that may be told; None for
        one that goes."""
        made = self._judged(sentence)
        if made is None:
            return None
        evidence = tuple(
            self.labelled.get(one, one) if isinstance(one, Calculation) else one
            for one in made.evidence
        )
        return made.replace(evidence=evidence, independent=self.saying.get(sentence))

    def _judged(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence with its verdict; what failed twice is its own source's words, or goes."""
        found = self.gates.of(sentence)
        if found.passed and sentence.kind == "framing":
            return sentence
        if found.verdict == "supported":
            return sentence.replace(verdict="supported")
        if found.verdict is None or not (sentence.evidence or found.passed):
            return self._quoted(sentence)
        # what is plausible only is never sure
        sure = "low" if sentence.kind == "inference" else sentence.confidence
        reason = "; ".join(found.missing)
        return sentence.replace(verdict=found.verdict, reason=reason, confidence=sure)

    def _quoted(self, sentence: DraftSentence) -> DraftSentence | None:
        """Its source's own words; none of one that speaks to an assistant."""
        quotes = quotes_of(sentence)
        if sentence.kind != "fact" or len(quotes) != 1:
            return None
        [quote] = quotes
        words = plain(quote.quote)
        if not words or addresses_assistant(quote.quote):
            return None
        documents = self.grounds.documents
        text = f"{plain(documents.reading_of(quote).title)}: “{words}”"
        mark = Mark(start=0, end=len(text), evidence=(0,), refs=documents.refs(quote))
        return sentence.replace(
            text=text, kind="attributed", verdict="supported", evidence=(quote,), marks=(mark,)
        )


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
