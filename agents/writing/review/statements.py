"""What the gates are asked of a piece: each string that a model wrote as a statement with its
context, its evidence and what speaks against it, and what code finds wrong with it.

Not here: the judge (`agents/judge/judging.py`), what becomes of its verdicts (`review.py`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agents.judge.figures import Grounds, leaks, misses, words_of
from agents.judge.judging import Statement
from agents.judge.nearness import Nearness
from agents.writing import reading
from agents.writing.resolving import Resolver
from agents.writing.review.pieces import (
    OF_A_HEADING,
    TITLE,
    Piece,
    columns,
    heading_name,
    name_of,
    quotes_of,
    under,
)
from research.domain import (
    Contradiction,
    DraftBlock,
    DraftList,
    DraftSentence,
    DraftTable,
    Evidence,
    Quote,
    SearchLog,
)
from research.text.sentences import term_set

EACH = 3  # pieces of evidence of a sentence that shares words with a heading it is judged by
OF_A_TITLE, OF_A_SECTION = 14, 8  # pieces of evidence that a title and a heading are judged by


@dataclass(frozen=True)
class Asking:
    """A statement that is to be judged, and the strings that it stands for by their keys. `wrong`
    is what code found: with its marks, and with its figures (not those of a condition that would
    overturn it).
    """

    keys: tuple[str, ...]
    statement: Statement
    wrong: tuple[str, ...] = ()


class Asked:
    """What is asked of one draft. `keys` are the names of sentences by their objects, which it
    holds so that ids stay theirs; what failed as a row of a table is asked `cell_by_cell`."""

    def __init__(self, grounds: Grounds, resolver: Resolver, nearness: Nearness) -> None:
        self._grounds, self._resolver, self._nearness = grounds, resolver, nearness
        self.against = Opposed(())
        self.cell_by_cell = False
        self.keys: dict[int, tuple[str, DraftSentence]] = {}
        self._wrong: dict[str, tuple[str, ...]] = {}
        self._wrong_headings: dict[tuple[str, tuple[Evidence, ...]], tuple[str, ...]] = {}
        self._near: dict[str, tuple[Quote, ...]] = {}

    def key_of(self, sentence: DraftSentence) -> str:
        """The key of a sentence that was asked about; '' of any other."""
        key, _ = self.keys.get(id(sentence), ("", sentence))
        return key

    def of(self, piece: Piece) -> Iterable[Asking]:
        """What is to be judged of a piece, in reading order."""
        if piece.text:
            sentences = (s for block in piece.under for s in reading.sentences_of(block))
            wrong = self._misses(
                _unnumbered(piece.text), [e for s in sentences for e in s.evidence]
            )
            evidence = _nearest(piece.text, piece.under)[
                : OF_A_TITLE if piece.id == TITLE else OF_A_SECTION
            ]
            yield Asking(
                (heading_name(piece.text, piece.under),),
                Statement(piece.text, "heading", evidence=evidence),
                wrong,
            )
            return
        before = piece.before
        for block in piece.blocks:
            if isinstance(block, DraftTable):
                yield from self._table(block, piece.heading)
                continue
            if isinstance(block, DraftList):
                yield from self._list(block, piece.heading, before)
                continue
            for sentence in reading.sentences_of(block):
                yield self.sentence(sentence, piece.heading, before)
                before = sentence.text

    def _list(self, items: DraftList, place: str, lead: str) -> Iterable[Asking]:
        """The sentences of each item after what leads the list in and what the item has said
        before."""
        for item in items.items:
            before = ""
            for sentence in item:
                yield self.sentence(sentence, place, " · ".join(filter(None, (lead, before))))
                before = sentence.text

    def sentence(
        self, sentence: DraftSentence, place: str, before: str = "", *, cell: bool = False
    ) -> Asking:
        """A sentence as it is to be judged. `place` is what it stands under: the same words
        elsewhere are judged again."""
        key = name_of(words_of(sentence), sentence.kind, place, sentence.evidence)
        self.keys[id(sentence)] = key, sentence
        told = Statement(
            text=words_of(sentence),
            kind=sentence.kind,
            context=" · ".join(filter(None, (place, before))),
            evidence=(self._resolver.log,) if sentence.kind == "method" else sentence.evidence,
            against=self.against.of(sentence) + self._nearest(sentence, place),
            confidence=sentence.confidence or "",
            asked=any("given" in mark.refs for mark in sentence.marks),
        )
        if key not in self._wrong:
            # today says nothing about a fact
            settled = sentence.kind in (
                "fact",
                "computed",
                "attributed",
            )
            figures = misses(
                sentence.text,
                sentence.evidence,
                self._grounds,
                today=not settled,
                cell=cell,
                planned=sentence.kind == "inference",
            )
            leaking = leaks(sentence.overturned_by, sentence.evidence, self._grounds)
            self._wrong[key] = (*self._resolver.problems(sentence), *figures, *leaking)
        return Asking((key,), told, self._wrong[key])

    def _misses(self, heading: str, evidence: Sequence[Evidence]) -> tuple[str, ...]:
        """What code finds wrong with a heading, looked for once over the same evidence."""
        key = heading, tuple(evidence)
        if key not in self._wrong_headings:
            self._wrong_headings[key] = misses(heading, evidence, self._grounds)
        return self._wrong_headings[key]

    def _nearest(self, sentence: DraftSentence, place: str) -> tuple[Quote, ...]:
        """For what is said to stand nowhere, the sentences that were read which come nearest to
        it."""
        log = next((one for one in sentence.evidence if isinstance(one, SearchLog)), None)
        if sentence.kind not in ("absence", "inference") or log is None:
            return ()
        text = f"{place} {sentence.text}"
        if text not in self._near:
            self._near[text] = self._nearness.nearest(text, log.readings)
        return self._near[text]

    def _table(self, table: DraftTable, heading: str) -> Iterable[Asking]:
        """The cells of each row under the names of row and columns, those that rest on the same
        evidence together; and the names of the columns."""
        names = columns(table)
        if names:
            about = f"columns of a table under: {heading}"
            evidence = under((table,), OF_A_HEADING)
            told = Statement(names, "heading", about, evidence)
            key = heading_name(names, (table,))
            yield Asking((key,), told, self._misses(names, evidence))
        if not self.cell_by_cell:
            yield from self._row_names(table, heading)
        for row, name in zip(table.rows, _unranked(table), strict=True):
            yield from self._row(table, row, heading, name)

    def _row_names(self, table: DraftTable, heading: str) -> Iterable[Asking]:
        """What the rows are called, together."""
        named = [row[0] for row in table.rows if row and row[0] and not row[0].evidence]
        asked = [
            self.sentence(cell, f"{heading} · row: {cell.text} · column: {table.header[0]}")
            for cell in named
        ]
        if asked:
            cited = tuple(
                dict.fromkeys(
                    e for row in table.rows for cell in row if cell for e in cell.evidence
                )
            )
            texts = " | ".join(cell.text for cell in named)
            told = Statement(
                texts, "heading", f"rows of a table under: {heading}", cited[:OF_A_HEADING]
            )
            yield Asking(
                tuple(key for one in asked for key in one.keys),
                told,
                self._misses(" | ".join(_unranked(table)), cited),
            )

    def _row(
        self,
        table: DraftTable,
        row: Sequence[DraftSentence | None],
        heading: str,
        unranked: str,
    ) -> Iterable[Asking]:
        name = row[0].text if row and row[0] else ""
        together: list[Asking] = []
        for head, cell in zip(table.header, row, strict=False):
            if cell is None or (cell is row[0] and not cell.evidence and not self.cell_by_cell):
                continue  # what the rows are called was asked together
            asking = self.sentence(cell, f"{heading} · row: {name} · column: {head}", cell=True)
            # the name of a row is told with what stands beside it
            if cell is row[0] and not cell.evidence:
                beside = tuple(
                    dict.fromkeys(e for other in row[1:] if other for e in other.evidence)
                )
                wrong = self._misses(unranked, beside)
                yield replace(
                    asking,
                    statement=replace(asking.statement, kind="heading", evidence=beside[:6]),
                    wrong=wrong,
                )
            elif cell.kind in ("fact", "computed") and not asking.wrong and not self.cell_by_cell:
                about = replace(
                    asking.statement,
                    text=f"{head}: {cell.text}",
                    context=f"{heading} · row: {name}",
                )
                together.append(replace(asking, statement=about))
            else:
                yield asking
        if together:
            yield _row_of(together)


def _unranked(table: DraftTable) -> list[str]:
    """The names of its rows, without their places where they are numbered 1, 2, 3 …"""
    names = [row[0].text if row and row[0] else "" for row in table.rows]
    parted = [name.partition(" ") for name in names]
    places = [str(place) for place in range(1, len(names) + 1)]
    ranked = [rank.rstrip(".)") for rank, _, _ in parted] == places
    return [rest for _, _, rest in parted] if ranked else names


def _nearest(heading: str, blocks: Sequence[DraftBlock]) -> tuple[Evidence, ...]:
    """What a heading can rest on: the evidence of the sentences under it that share most of its
    words, each with most of those that the ones before it do not have, then the first piece of each
    other."""
    sentences = [s for block in blocks for s in reading.sentences_of(block) if s.evidence]
    shared = {place: term_set(heading) & term_set(s.text) for place, s in enumerate(sentences)}
    near: list[Evidence] = []
    missing = frozenset().union(*shared.values())
    while missing:
        best = max(shared, key=lambda place: (len(shared[place] & missing), len(shared[place])))
        missing -= shared[best]
        near += sentences[best].evidence[:EACH]
    return tuple(dict.fromkeys([*near, *(s.evidence[0] for s in sentences)]))


def _row_of(cells: Sequence[Asking]) -> Asking:
    """The cells of a row as one statement."""
    told = replace(
        cells[0].statement,
        text="; ".join(one.statement.text for one in cells),
        kind="cell",
        evidence=tuple(dict.fromkeys(e for one in cells for e in one.statement.evidence)),
        against=tuple(dict.fromkeys(q for one in cells for q in one.statement.against)),
    )
    return Asking(tuple(key for one in cells for key in one.keys), told)


class Opposed:
    """Which quotes speak against a sentence: the other sides of what its claims or quotes are a
    side of."""

    def __init__(self, told: Sequence[Contradiction]) -> None:
        self._told = [(one, [frozenset(side.evidence) for side in one.sides]) for one in told]

    def of(self, sentence: DraftSentence) -> tuple[Quote, ...]:
        return tuple(dict.fromkeys(self._others(frozenset(quotes_of(sentence)))))

    def _others(self, own: frozenset[Quote]) -> Iterable[Quote]:
        for one, evidence in self._told:
            held = [not own.isdisjoint(of_side) for of_side in evidence]
            stands = one.kind == "superseded" and held[-1]  # the value that replaced the others
            if any(held) and not all(held) and not stands:
                yield from (
                    q
                    for side, mine in zip(one.sides, held, strict=True)
                    if not mine
                    for q in side.evidence
                )


def _unnumbered(heading: str) -> str:
    """A heading without its number among the others, which is no figure."""
    number, _, text = heading.partition(". ")
    return text if text and number.isdecimal() else heading
