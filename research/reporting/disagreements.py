"""Which contradictions of a report are still to be told apart from its prose."""

from collections.abc import Iterable, Iterator, Sequence, Set

from research.domain.report import (
    Block,
    BulletList,
    CitedContradiction,
    CitedSide,
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
    everywhere = _numbers(everything_said(report))
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
    everywhere: Set[int],
    sections: Iterable[Set[Place]],
    beside: Iterable[Set[int]],
) -> bool:
    sides = [_numbers([side]) for side in one.sides]
    if not set().union(*sides) <= everywhere:
        return False
    places = [_places([side]) for side in one.sides]
    if any(all(_shares_words(side, cited) for side in places) for cited in sections):
        return True
    own = [numbers - set().union(*(o for o in sides if o is not numbers)) for numbers in sides]
    return any(all(numbers & cited for numbers in own) for cited in beside)


def _shares_words(side: Set[Place], cited: Set[Place]) -> bool:
    """Whether any of the quotes are, at least in part, the same words."""
    return any(
        reading == other and start < last and first < end
        for reading, (start, end) in side
        for other, (first, last) in cited
    )


def _numbers(said: Iterable[Sentence | CitedSide]) -> set[int]:
    return {quote.n for one in said for quote in quotes_in(one.evidence)}


def _places(said: Iterable[Sentence | CitedSide]) -> set[Place]:
    quotes = (quote for one in said for quote in quotes_in(one.evidence))
    return {(quote.reading_id, span) for quote in quotes for span in quote.spans}
