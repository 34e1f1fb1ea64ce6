"""Which contradictions of a report are still to be told apart from its prose."""

from collections.abc import Collection, Iterable, Sequence

from research.domain.report import CitedContradiction, CitedEvidence, Report, Sentence
from research.reporting.basis import everything_said, quotes_in, said_in

Place = tuple[str, tuple[int, int]]  # a reading and a span of it


def untold(report: Report) -> tuple[CitedContradiction, ...]:
    """Those that no section weighs. Where a judge has seen the prose, a contradiction of which each
    side is cited by a quote of its own in one section is told there, and would only be said twice.
    One with a source that nothing else cites is told."""
    if not report.quality.judge:
        return report.contradictions
    everywhere = {quote.n for said in everything_said(report) for quote in quotes_in(said.evidence)}
    sections = [report.answer]
    for section in report.sections:
        sections.append(tuple(said for block in section.blocks for said in said_in(block)))
    places = [_places(sentences) for sentences in sections]
    return tuple(one for one in report.contradictions if not _is_told(one, everywhere, places))


def _is_told(
    one: CitedContradiction, everywhere: Collection[int], sections: Iterable[Collection[Place]]
) -> bool:
    numbers = {quote.n for side in one.sides for quote in quotes_in(side.evidence)}
    if not numbers.issubset(everywhere):
        return False
    return any(all(_told(side.evidence, cited) for side in one.sides) for cited in sections)


def _told(evidence: Sequence[CitedEvidence], cited: Collection[Place]) -> bool:
    return any((e.reading_id, span) in cited for e in quotes_in(evidence) for span in e.spans)


def _places(sentences: Iterable[Sentence]) -> set[Place]:
    return {
        (e.reading_id, span)
        for said in sentences
        for e in quotes_in(said.evidence)
        for span in e.spans
    }
