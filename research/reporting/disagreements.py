"""Which contradictions of a report are still to be told apart from its prose."""

from collections.abc import Collection, Sequence

from research.report import CitedContradiction, CitedEvidence, CitedQuote, Report
from research.reporting.basis import everything_said


def untold(report: Report) -> tuple[CitedContradiction, ...]:
    """Those that the report's own prose does not weigh. Where a judge has seen it, a contradiction all of whose
    sides are cited in the prose is told there, and would only be said twice."""
    if not report.quality.judge:
        return report.contradictions
    cited = {(e.reading_id, span) for said in everything_said(report) for e in _quotes(said.evidence) for span in e.spans}
    return tuple(one for one in report.contradictions if not all(_told(side.evidence, cited) for side in one.sides))


def _told(evidence: Sequence[CitedEvidence], cited: Collection[tuple[str, tuple[int, int]]]) -> bool:
    """Whether each source of a side is cited for it in the prose."""
    quotes = _quotes(evidence)
    told = {e.n for e in quotes if any((e.reading_id, span) in cited for span in e.spans)}
    return bool(quotes) and {e.n for e in quotes} <= told


def _quotes(evidence: Sequence[CitedEvidence]) -> list[CitedQuote]:
    return [e for e in evidence if isinstance(e, CitedQuote)]
