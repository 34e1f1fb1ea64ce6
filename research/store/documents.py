"""What a job has read, by stable numbers: `d3` is its third document, `d3.12` the twelfth sentence
of it.

A document is a snapshot; its number is given when its first reading is stored (`records.py`), and
holds in the job, in all of its branches and in the jobs that follow it up. Not here: what of a
document is shown to whom (`agents/reading/`).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from research.domain import Job, Quote, Reading, Snapshot, Span
from research.ledger.follow_up import readings_of
from research.reporting import bind as cite
from research.store.database import Store
from research.store.repositories.snapshots import Sections

_PLACE = re.compile(
    r"d(\d{1,9})(?:\.(\d{1,9})(?:\s*[-–—]\s*(?:d(\d{1,9})\.)?(\d{1,9}))?)?", re.IGNORECASE
)
_AROUND_A_NAME = " \t\n[](){}<>\"'`.:"
# between references, and not within one: `d3.12 – d3.14`
_APART = re.compile(r"[,;，；、\n]|(?<![-–—\s])\s+(?=\[?d\d)|\]\s*\[", re.IGNORECASE)

Fit = Callable[[str], bool]  # whether a sentence may be shown


def any_text(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Document:
    """A text that was read, with one reading of it."""

    number: int
    reading: Reading
    snapshot: Snapshot
    sections: Sections = ()

    @property
    def name(self) -> str:
        return f"d{self.number}"

    @property
    def size(self) -> int:
        """How many sentences it has."""
        return len(self.snapshot.sentences)

    def mark(self, index: int) -> str:
        """The name of a sentence."""
        return f"{self.name}.{index + 1}"

    def is_row(self, index: int) -> bool:
        """Whether a sentence is a row of a table: it names its columns, and another row stands
        right before or after."""
        row = self.snapshot.sentence(index)
        beside = (self.gap(index), self.gap(index + 1))
        return ": " in row and "; " in row and "\n" in beside

    def caption(self, index: int) -> int | None:
        """The sentence above the table that a sentence is a row of: there it says of what and in
        which unit (*Amounts in £000*). None for what is no row, and where nothing is above."""
        if not self.is_row(index):
            return None
        before = bisect_right(self._tables, index, key=lambda rows: rows.start)
        first = self._tables[before - 1].start
        return first - 1 if first else None

    @cached_property
    def _tables(self) -> list[range]:
        """Its tables, each a run of rows."""
        tables: list[range] = []
        for index in filter(self.is_row, range(self.size)):
            if tables and tables[-1].stop == index:
                tables[-1] = range(tables[-1].start, index + 1)
            else:
                tables.append(range(index, index + 1))
        return tables

    @property
    def longest_table(self) -> int:
        """The rows of its longest table."""
        return max(map(len, self._tables), default=0)

    def gap(self, index: int) -> str:
        """What stands between a sentence and the one before it; '' at either end."""
        spans = self.snapshot.sentences
        if not 0 < index < len(spans):
            return ""
        return self.snapshot.text[spans[index - 1][1] : spans[index][0]]

    def headings(self, index: int) -> tuple[str, ...]:
        """The headings above a sentence, the outermost first, then the page or sheet it stands
        on."""
        start, _ = self.snapshot.sentences[index]
        starts, paths = self._paths
        place = bisect_right(starts, start)
        return paths[place - 1] if place else ()

    def section(self, index: int) -> range:
        """The sentences beside one that stand under the same headings."""
        before = bisect_right(self._sections, index, key=lambda one: one.start)
        return self._sections[before - 1]

    @cached_property
    def _sections(self) -> list[range]:
        """Its sections, each a run of sentences under the same headings."""
        starts, paths = self._paths
        firsts = [
            bisect_left(self.snapshot.sentences, at, key=lambda span: span[0]) for at in starts
        ]
        sections: list[range] = []
        last: tuple[str, ...] = ()
        for path, (first, stop) in zip(
            [(), *paths], pairwise([0, *firsts, self.size]), strict=True
        ):
            if sections and path == last:
                sections[-1] = range(sections[-1].start, stop)
            elif first < stop:
                sections.append(range(first, stop))
                last = path
        return sections

    @cached_property
    def _paths(self) -> tuple[list[int], list[tuple[str, ...]]]:
        """Where each section begins, and its path."""
        above: list[tuple[int, str]] = []
        page = ""
        starts: list[int] = []
        paths: list[tuple[str, ...]] = []
        for start, name in self.sections:
            level = _level(self.snapshot.text, start, name)
            if level:
                above = [*(one for one in above if one[0] < level), (level, name)]
            else:
                page = name
            starts.append(start)
            paths.append(_path(self.reading.title, [name for _, name in above], page))
        return starts, paths

    def touched(self, spans: Iterable[Span]) -> list[int]:
        """The sentences that share a character with any of the spans, in order."""
        sentences = self.snapshot.sentences
        touched: set[int] = set()
        for start, end in spans:
            first = bisect_right(sentences, start, key=lambda span: span[1])
            last = bisect_left(sentences, end, key=lambda span: span[0])
            touched.update(range(first, last))
        return sorted(touched)


def _level(text: str, start: int, name: str) -> int:
    """The level of a section's heading; 0 for a page, a sheet or a slide, which has none in the
    text."""
    line, _, _ = text[start : start + len(name) + 8].partition("\n")
    signs, _, heading = line.partition(" ")
    return len(signs) if signs and not signs.strip("#") and heading == name else 0


def _path(title: str, headings: list[str], page: str) -> tuple[str, ...]:
    """The headings without one that repeats the title, and the page unless a heading says it."""
    own = headings[1:] if headings and headings[0] == title else headings
    named = bool(page) and not any(page.endswith(heading) for heading in headings)
    return (*own, page) if named else tuple(own)


class Documents:
    """All that a job may cite, by number."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._by_number = {one.number: one for one in sorted(documents, key=lambda one: one.number)}
        self._by_snapshot = {one.snapshot.id: one for one in self._by_number.values()}

    def __iter__(self) -> Iterator[Document]:
        return iter(self._by_number.values())

    def __len__(self) -> int:
        return len(self._by_number)

    def get(self, number: int) -> Document | None:
        return self._by_number.get(number)

    def of_snapshot(self, snapshot_id: str) -> Document | None:
        return self._by_snapshot.get(snapshot_id)

    def find(self, ref: str) -> tuple[Document, range] | None:
        """What one reference names: the sentences of `d3.12` or `d3.12-15` by their places from 0,
        none for `d3`; None for what there is not. Of a range that passes the end, what there is."""
        match = _PLACE.fullmatch(ref.strip(_AROUND_A_NAME))
        document = self._by_number.get(int(match[1])) if match else None
        if match is None or document is None or match[3] not in (None, match[1]):
            return None
        if match[2] is None:
            return document, range(0)
        first = int(match[2])
        last = min(int(match[4] or first), document.size)
        return (document, range(first - 1, last)) if 1 <= first <= last else None

    def sentence(self, ref: str) -> tuple[Document, int] | None:
        """The document of `d3.12` and the sentence's place from 0; None for what there is not, and
        for more than one."""
        found = self.find(ref)
        return (found[0], found[1][0]) if found and len(found[1]) == 1 else None

    def places(self, refs: Iterable[str]) -> dict[int, list[int]]:
        """The sentences that are named, in order, by the number of their document; documents in the
        order they are named."""
        named: dict[int, set[int]] = {}
        for part in _parts(refs):
            if (found := self.find(part)) and found[1]:
                named.setdefault(found[0].number, set()).update(found[1])
        return {number: sorted(indexes) for number, indexes in named.items()}

    def names(self, refs: Iterable[str]) -> tuple[str, ...]:
        """Each sentence that is named by a name of its own: `d3.12-14` are three."""
        places = self.places(refs)
        return tuple(
            self._by_number[number].mark(index) for number in places for index in places[number]
        )

    def quotes(self, refs: Iterable[str]) -> tuple[Quote, ...]:
        """One quote of each document that is named, of its sentences in order; what there is not is
        left out."""
        return tuple(self.quote(number, indexes) for number, indexes in self.places(refs).items())

    def quote(self, number: int, indexes: Iterable[int]) -> Quote:
        """Sentences of a document as evidence. Raises `KeyError` for a document that there is
        not."""
        document = self._by_number[number]
        spans = [document.snapshot.sentences[index] for index in indexes]
        return cite.quote(document.snapshot, spans, document.reading.id)

    def unknown(self, refs: Iterable[str]) -> tuple[str, ...]:
        """The references that name nothing."""
        return tuple(dict.fromkeys(part for part in _parts(refs) if self.find(part) is None))

    def refs(self, quote: Quote) -> tuple[str, ...]:
        """The names of the sentences that a quote touches; none for a text that the job has not
        read."""
        document = self._by_snapshot.get(quote.snapshot_id)
        return tuple(map(document.mark, document.touched(quote.spans))) if document else ()

    def reading_of(self, quote: Quote) -> Reading:
        """The reading that a quote cites. Raises `KeyError` for a text that the job has not
        read."""
        return self._by_snapshot[quote.snapshot_id].reading

    def headings(self, quote: Quote) -> tuple[str, ...]:
        """The headings above a quote; none for a text that the job has not read."""
        document = self._by_snapshot.get(quote.snapshot_id)
        if document is None:
            return ()
        touched = document.touched(quote.spans)
        return tuple(dict.fromkeys(one for index in touched for one in document.headings(index)))

    def opening(self, quote: Quote, most: int = 200) -> str:
        """How the document of a quote begins: there it says what it is, of when and whose."""
        document = self._by_snapshot.get(quote.snapshot_id)
        return document.snapshot.text[:most] if document else ""

    def in_context(self, quote: Quote, around: int = 1, shown: Callable[[str], str] = str) -> str:
        """The quote's sentences, each between » and «, with those beside them that are no other
        rows of a table, in reading order, each as `shown` makes it. Raises `KeyError` for a text
        that the job has not read."""
        document = self._by_snapshot[quote.snapshot_id]
        quoted = document.touched(quote.spans)
        near = [
            index
            for index in _beside(document, quoted, around, any_text)
            if index in quoted or not document.is_row(index)
        ]
        return _joined(document.snapshot, near, set(quoted), shown)

    def neighbours(self, quote: Quote, around: int = 1, fit: Fit = any_text) -> str:
        """The quote's sentences with those beside them that are fit, in reading order; the quote
        itself for a text that the job has not read."""
        document = self._by_snapshot.get(quote.snapshot_id)
        if document is None:
            return quote.quote
        near = _beside(document, document.touched(quote.spans), around, fit)
        return _joined(document.snapshot, near)


def _beside(document: Document, indexes: Collection[int], around: int, fit: Fit) -> list[int]:
    """Sentences with so many before and after each, and of a row of a table the one above its
    table, as far as those are fit."""
    wanted: set[int] = set()
    for index in indexes:
        wanted.update(range(max(0, index - around), min(index + around + 1, document.size)))
        wanted |= {above} if (above := document.caption(index)) is not None else set()
    return sorted(
        index for index in wanted if index in indexes or fit(document.snapshot.sentence(index))
    )


def _parts(refs: Iterable[str]) -> Iterator[str]:
    """The references one by one, also where several stand in one text."""
    for ref in refs:
        yield from filter(None, (part.strip(_AROUND_A_NAME) for part in _APART.split(ref)))


def _joined(
    snapshot: Snapshot,
    indexes: list[int],
    quoted: Collection[int] = (),
    shown: Callable[[str], str] = str,
) -> str:
    """Sentences one after the other, an ellipsis where some are left out; the quoted ones between »
    and «."""
    text = ""
    for place, index in enumerate(indexes):
        if place:
            text += " " if index == indexes[place - 1] + 1 else cite.JOIN
        sentence = shown(snapshot.sentence(index))
        text += f"»{sentence}«" if index in quoted else sentence
    return text


async def documents(store: Store, job: Job) -> Documents:
    """What the job and those before it have read. Raises `SnapshotDamaged`."""
    nearest: dict[str, Reading] = {}
    for reading in await readings_of(store, job):  # the job's own first
        if reading.document:
            nearest.setdefault(reading.snapshot_id, reading)
    stored = await store.with_sections(list(nearest))
    return Documents(
        Document(reading.document, reading, *stored[id])
        for id, reading in nearest.items()
        if id in stored
    )
