"""The region of a document around a sentence: its paragraph, then as much of its section as can be
read at once. Pure.

Not here: around which sentences (`choosing.py`).
"""

from collections.abc import Iterator, Sequence

from agents.reading.passages import cost, is_shown
from research.store.documents import Document

LEAST, MOST = 250, 400  # tokens of a region: below the least it grows, beyond the most it does not


def region(document: Document, index: int) -> list[int]:
    """The sentences around one, in order. A section that is no larger than a region comes whole."""
    section = section_of(document, index)
    if _fits(document, section, MOST):
        return _for_readers(document, section)
    paragraph = paragraph_of(document, index)
    if _fits(document, paragraph, MOST):
        after = _paragraphs(document, section, paragraph.stop, 1)
        before = _paragraphs(document, section, paragraph.start - 1, -1)
        return _for_readers(document, _grown(document, paragraph, after, before))
    after = (range(place, place + 1) for place in range(index + 1, paragraph.stop))
    before = (range(place, place + 1) for place in range(index - 1, paragraph.start - 1, -1))
    return _for_readers(document, _grown(document, range(index, index + 1), after, before))


def paragraph_of(document: Document, index: int) -> range:
    """The sentences of one paragraph, table or piece of code."""
    first, last = index, index + 1
    while first > 0 and not _parted(document, first):
        first -= 1
    while last < document.size and not _parted(document, last):
        last += 1
    return range(first, last)


def section_of(document: Document, index: int) -> range:
    """The sentences under the same heading; of a long section those that lie near."""
    section = document.section(index)
    return range(max(section.start, index - MOST), min(section.stop, index + MOST))


def _parted(document: Document, index: int) -> bool:
    """Whether a paragraph begins at a sentence."""
    if "\n\n" in document.gap(index):
        return True
    return index == document.section(index).start


def _grown(
    document: Document, start: range, after: Iterator[range], before: Iterator[range]
) -> range:
    """A stretch with what stands after and before it, by turns."""
    first, last, size = start.start, start.stop, cost(document, start)
    ways = [after, before]
    while ways and size < LEAST:
        way = ways.pop(0)
        beside = next(way, None)
        if beside is None or size + (more := cost(document, beside)) > MOST:
            continue
        size += more
        first, last = min(first, beside.start), max(last, beside.stop)
        ways.append(way)
    return range(first, last)


def _paragraphs(document: Document, section: range, index: int, step: int) -> Iterator[range]:
    """The paragraphs of a section from a sentence on, onwards or backwards."""
    while index in section:
        paragraph = paragraph_of(document, index)
        yield paragraph
        index = paragraph.stop if step > 0 else paragraph.start - 1


def _fits(document: Document, indexes: Sequence[int], room: int) -> bool:
    for index in indexes:
        room -= cost(document, [index])
        if room < 0:
            return False
    return True


def _for_readers(document: Document, indexes: Sequence[int]) -> list[int]:
    return [index for index in indexes if is_shown(document, index)]
