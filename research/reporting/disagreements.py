"""Which contradictions of a report are still to be told apart from its prose."""

from research.report import CitedContradiction, CitedQuote, Report
from research.reporting.basis import everything_said


def untold(report: Report) -> tuple[CitedContradiction, ...]:
    """Those with a source that the report's own prose does not cite. Where a writer and a judge have weighed the sources, the
    others are told in the prose, and would only be said twice; the JSON and the viewer have all of them."""
    if not report.quality.judge:
        return report.contradictions
    cited = {e.n for said in everything_said(report) for e in said.evidence if isinstance(e, CitedQuote)}
    return tuple(one for one in report.contradictions if not _numbers(one) <= cited)


def _numbers(one: CitedContradiction) -> set[int]:
    return {e.n for side in one.sides for e in side.evidence if isinstance(e, CitedQuote)}
