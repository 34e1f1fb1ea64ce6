"""A report walked from outside: its sentences, cells, tables, and the numbers that evidence cites.
Pure."""

from collections.abc import Iterable, Iterator

from research.domain.report import (
    BulletList,
    CitedEvidence,
    CitedQuote,
    Figure,
    Paragraph,
    Report,
    Sentence,
    Table,
)


def sentences_of(report: Report) -> list[Sentence]:
    """All sentences in reading order: the answer, paragraphs, lists, captions."""
    return list(in_order(report, cells=False))


def all_evidence(report: Report) -> Iterator[tuple[CitedEvidence, ...]]:
    """The evidence of every sentence, table cell and side of a contradiction."""
    yield from (sentence.evidence for sentence in sentences_of(report))
    yield from (cell.evidence for cell in cells(report))
    for contradiction in report.contradictions:
        yield from (side.evidence for side in contradiction.sides)


def in_order(report: Report, *, cells: bool = True) -> Iterator[Sentence]:
    """The sentences in reading order, with the cells of tables or without."""
    yield from report.answer
    for block in (block for section in report.sections for block in section.blocks):
        if isinstance(block, Paragraph):
            yield from block.sentences
        elif isinstance(block, BulletList):
            yield from (said for item in block.items for said in item)
        elif isinstance(block, Figure):
            yield from block.caption
        elif cells:
            yield from (cell for row in block.rows for cell in row)


def tables(report: Report) -> Iterator[Table]:
    yield from (
        block for section in report.sections for block in section.blocks if isinstance(block, Table)
    )


def cells(report: Report) -> Iterator[Sentence]:
    yield from (cell for table in tables(report) for row in table.rows for cell in row)


def numbers_of(evidence: Iterable[CitedEvidence]) -> tuple[int, ...]:
    return tuple(sorted({e.n for e in evidence if isinstance(e, CitedQuote)}))
