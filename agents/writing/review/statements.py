"""What the gates are asked of a piece: each string that a model wrote as a statement with its
context, its evidence and what speaks against it, and what code finds wrong with it.

Not here: the judge (`agents/judge/judging.py`), what becomes of its verdicts (`review.py`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agents.judge.figures import leaks, misses, words_of
from agents.judge.judging import Statement
from agents.judge.nearness import Nearness
from agents.writing import reading
from agents.writing.resolving import Resolver
from agents.writing.review.pieces import (
    OF_A_HEADING,
    TITLE,
    Key,
    Piece,
    columns_of,
    evidence_of,
    quotes_of,
)
from research.domain import (
    Contradiction,
    DraftList,
    DraftSentence,
    DraftTable,
    Evidence,
    Quote,
    SearchLog,
)
from research.text.sentences import term_set

EACH = 3  # pieces of evidence of a sentence that shares words with a heading it is judged by
OF_A_TITLE, OF_A_SECTION = 24, 12  # pieces of evidence that a title and a heading are judged by


SETTLED = ("fact", "computed", "attributed")  # today says nothing about these


@dataclass(frozen=True)
class Asking:
    """A statement that is to be judged, and the strings that it stands for by their keys. `wrong`
    is what code found: with its marks, and with its figures (not those of a condition that would
    overturn it).
    """

    keys: tuple[Key, ...]
    statement: Statement
    wrong: tuple[str, ...] = ()


class Asked:
    """What is asked of one draft. `keys` are the names of sentences by their objects, which it
    holds so that ids stay theirs; what failed as a row of a table is asked `cell_by_cell`."""

    def __init__(self, resolver: Resolver, nearness: Nearness) -> None:
        self._grounds, self._resolver, self._nearness = resolver.grounds, resolver, nearness
        self.contradictions: Sequence[Contradiction] = ()
        self.cell_by_cell = False
        self.keys: dict[int, tuple[Key, DraftSentence]] = {}
        self._wrong: dict[Key, tuple[str, ...]] = {}
        self._wrong_names: dict[tuple[str, tuple[Evidence, ...]], tuple[str, ...]] = {}
        self._near: dict[str, tuple[Quote, ...]] = {}

    def key_of(self, sentence: DraftSentence) -> Key | None:
        """The key of a sentence that was asked about."""
        key, _ = self.keys.get(id(sentence), (None, sentence))
        return key

    def of(self, piece: Piece) -> Iterable[Asking]:
        """What is to be judged of a piece, in reading order."""
        if piece.text:
            yield self._name(piece)
        before = piece.before
        for block in piece.blocks:
            match block:
                case DraftTable():
                    yield from self._table(block, piece.heading)
                case DraftList():  # each item goes on from what leads the list in
                    for item in block.items:
                        yield from self._in_turn(item, piece.heading, before, "")
                case _:
                    sentences = reading.sentences_of(block)
                    yield from self._in_turn(sentences, piece.heading, "", before)
                    before = sentences[-1].text if sentences else before

    def _name(self, piece: Piece) -> Asking:
        """A title or a heading over what comes nearest to it."""
        most = OF_A_TITLE if piece.id == TITLE else OF_A_SECTION
        sentences = reading.sentences_of(*piece.under)
        evidence = _nearest(piece.text, sentences)[:most]
        wrong = self._misses(_unnumbered(piece.text), evidence_of(sentences))
        return Asking((piece.key,), Statement(piece.text, "heading", evidence=evidence), wrong)

    def _misses(self, name: str, evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
        """What is wrong with a name by its figures, looked through once over the same evidence."""
        key = name, evidence
        if key not in self._wrong_names:
            self._wrong_names[key] = misses(name, evidence, self._grounds)
        return self._wrong_names[key]

    def _in_turn(
        self, sentences: Iterable[DraftSentence], place: str, lead: str, before: str
    ) -> Iterable[Asking]:
        """Sentences that follow each other, each after the one before it."""
        for sentence in sentences:
            yield self.sentence(sentence, place, lead, before)
            before = sentence.text

    def sentence(
        self, sentence: DraftSentence, place: str, *before: str, cell: bool = False
    ) -> Asking:
        """A sentence as it is to be judged. `place` is what it stands under: the same words
        elsewhere are judged again."""
        key = (sentence.kind, place, words_of(sentence), sentence.evidence)
        self.keys[id(sentence)] = key, sentence
        told = Statement(
            text=words_of(sentence),
            kind=sentence.kind,
            context=" · ".join(filter(None, (place, *before))),
            evidence=(self._resolver.log,) if sentence.kind == "method" else sentence.evidence,
            against=against(sentence, self.contradictions) + self._nearest(sentence, place),
            confidence=sentence.confidence or "",
            asked=any("given" in mark.refs for mark in sentence.marks),
        )
        if key not in self._wrong:
            figures = misses(
                sentence.text,
                sentence.evidence,
                self._grounds,
                today=sentence.kind not in SETTLED,
                cell=cell,
                planned=sentence.kind == "inference",
            )
            leaking = leaks(sentence.overturned_by, sentence.evidence, self._grounds)
            self._wrong[key] = (*self._resolver.problems(sentence), *figures, *leaking)
        return Asking((key,), told, self._wrong[key])

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
        columns = columns_of(table)
        if columns.text:
            about = f"columns of a table under: {heading}"
            evidence = evidence_of(reading.sentences_of(table))[:OF_A_HEADING]
            told = Statement(columns.text, "heading", about, evidence)
            yield Asking((columns.key,), told, self._misses(told.text, evidence))
        names = _unranked(table)
        if not self.cell_by_cell:
            yield from self._row_names(table, heading, names)
        for row, name in zip(table.rows, names, strict=True):
            yield from self._row(table, row, heading, name)

    def _row_names(
        self, table: DraftTable, heading: str, unranked: Iterable[str]
    ) -> Iterable[Asking]:
        """What the rows are called, together."""
        named = [row[0] for row in table.rows if row and row[0] and row[0].kind == "framing"]
        asked = [
            self.sentence(cell, f"{heading} · row: {cell.text} · column: {table.header[0]}")
            for cell in named
        ]
        if asked:
            cited = evidence_of(reading.sentences_of(table))
            about = f"rows of a table under: {heading}"
            texts = " | ".join(cell.text for cell in named)
            told = Statement(texts, "heading", about, cited[:OF_A_HEADING])
            wrong = self._misses(" | ".join(unranked), cited)
            yield Asking(tuple(key for one in asked for key in one.keys), told, wrong)

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
            if cell is None:
                continue
            is_name = cell is row[0] and cell.kind == "framing"
            if is_name and not self.cell_by_cell:
                continue  # what the rows are called was asked together
            asking = self.sentence(cell, f"{heading} · row: {name} · column: {head}", cell=True)
            if is_name:  # it is told with what stands beside it
                beside = evidence_of(row[1:])
                told = replace(asking.statement, kind="heading", evidence=beside[:6])
                wrong = self._misses(unranked, beside)
                yield replace(asking, statement=told, wrong=wrong)
            elif cell.kind in ("fact", "computed") and not asking.wrong and not self.cell_by_cell:
                text, context = f"{head}: {cell.text}", f"{heading} · row: {name}"
                told = replace(asking.statement, text=text, context=context)
                together.append(replace(asking, statement=told))
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


def _nearest(heading: str, under: Iterable[DraftSentence]) -> tuple[Evidence, ...]:
    """What a heading can rest on: the evidence of the sentences under it that share most of its
    words, each with most of those that the ones before it do not have, then the first piece of each
    other."""
    sentences = [s for s in under if s.evidence]
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
    statements = [one.statement for one in cells]
    told = replace(
        statements[0],
        text="; ".join(one.text for one in statements),
        kind="cell",
        evidence=tuple(dict.fromkeys(held for one in statements for held in one.evidence)),
        against=tuple(dict.fromkeys(quote for one in statements for quote in one.against)),
    )
    return Asking(tuple(key for one in cells for key in one.keys), told)


def against(sentence: DraftSentence, told: Iterable[Contradiction]) -> tuple[Quote, ...]:
    """Which quotes speak against a sentence: the other sides of what its quotes are a side of."""
    own = set(quotes_of(sentence))
    others: dict[Quote, None] = {}
    for one in told:
        foreign = [side for side in one.sides if own.isdisjoint(side.evidence)]
        # the value that replaced the others
        stands = one.kind == "superseded" and one.sides[-1] not in foreign
        if len(foreign) < len(one.sides) and not stands:
            others |= dict.fromkeys(quote for side in foreign for quote in side.evidence)
    return tuple(others)


def _unnumbered(heading: str) -> str:
    """A heading without its number among the others, which is no figure."""
    number, _, text = heading.partition(". ")
    return text if text and number.isdecimal() else heading
