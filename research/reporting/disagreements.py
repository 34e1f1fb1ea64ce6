"""Which contradictions of a report are still to be told apart from its prose."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from research.domain.report import (
    Block,
    BulletList,
    CitedContradiction,
    CitedEvidence,
    Report,
    Sentence,
    Table,
)
from research.reporting.basis import everything_said, quotes_in, said_in

Place = tuple[str, tuple[int, int]]  # a reading and a span of it


def untold(report: Report) -> tuple[CitedContradiction, ...]:
    """Those that no section weighs. Where a judge has seen the prose, a contradiction is told there
    of which each side is cited by a quote of its own in one section, or by a source of its own in
    one paragraph, item or row, and would only be said twice. One with a source that nothing else
    cites is told."""
    if not report.quality.judge:
        return report.contradictions
    everywhere = {quote.n for said in everything_said(report) for quote in quotes_in(said.evidence)}
    sections = [_places(report.answer)]
    beside = [_numbers(report.answer)]
    for section in report.sections:
        sections.append(_places(said for block in section.blocks for said in said_in(block)))
        beside += [_numbers(said) for block in section.blocks for said in _together(block)]
    return tuple(
        one for one in report.contradictions if not _is_told(one, everywhere, sections, beside)
    )


def _together(block: Block) -> Iterator[Sequence[Sentence]]:
    """What a reader takes in together: a paragraph, an item of a list, a row of a table."""
    if isinstance(block, BulletList):
        yield from block.items
    elif isinstance(block, Table):
        yield from block.rows
    else:
        yield tuple(said_in(block))


def _is_told(
    one: CitedContradiction,
    everywhere: Collection[int],
    sections: Iterable[Collection[Place]],
    beside: Iterable[Collection[int]],
) -> bool:
    sides = [{quote.n for quote in quotes_in(side.evidence)} for side in one.sides]
    if not set().union(*sides).issubset(everywhere):
        return False
    if any(all(_told(side.evidence, cited) for side in one.sides) for cited in sections):
        return True
    own = [numbers - set().union(*(o for o in sides if o is not numbers)) for numbers in sides]
    return any(all(numbers & set(cited) for numbers in own) for cited in beside)


def _told(evidence: Sequence[CitedEvidence], cited: Collection[Place]) -> bool:
    return any((e.reading_id, span) in cited for e in quotes_in(evidence) for span in e.spans)


def _numbers(sentences: Iterable[Sentence]) -> set[int]:
    return {quote.n for said in sentences for quote in quotes_in(said.evidence)}


def _places(sentences: Iterable[Sentence]) -> set[Place]:
    return {
        (e.reading_id, span)
        for said in sentences
        for e in quotes_in(said.evidence)
        for span in e.spans
    }
