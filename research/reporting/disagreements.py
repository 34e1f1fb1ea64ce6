"""Which contradictions of a report are still to be told apart from its prose."""

from collections.abc import Collection, Iterable

from research.report import CitedContradiction, CitedQuote, Report, Sentence
from research.reporting.basis import everything_said, said_in


def untold(report: Report) -> tuple[CitedContradiction, ...]:
    """Those that the report's own prose does not weigh. Where a judge has seen it, a contradiction whose sides
    are cited side by side in one paragraph, list or table is told there, and would only be said twice."""
    if not report.quality.judge:
        return report.contradictions
    everywhere = _numbers(everything_said(report))
    places = [_numbers(report.answer), *(_numbers(said_in(block)) for section in report.sections for block in section.blocks)]
    return tuple(one for one in report.contradictions if not any(_weighs(cited, one, everywhere) for cited in places))


def _weighs(cited: Collection[int], one: CitedContradiction, everywhere: Collection[int]) -> bool:
    """Whether a paragraph, list or table cites a source of each side, and the prose all of them."""
    sides = [{e.n for e in side.evidence if isinstance(e, CitedQuote)} for side in one.sides]
    every = frozenset[int]().union(*sides)
    return all(side & set(cited) for side in sides) and len(every) > 1 and every <= set(everywhere)


def _numbers(sentences: Iterable[Sentence]) -> set[int]:
    return {e.n for said in sentences for e in said.evidence if isinstance(e, CitedQuote)}
