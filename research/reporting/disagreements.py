"""Which contradictions of a report are still to be told apart from its prose."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from decimal import Decimal

from research.domain.report import CitedContradiction, CitedSide, Paragraph, Report, Sentence
from research.reporting.basis import quotes_in, said_in, said_together
from research.text import figures
from research.text.numerals import plain

Place = tuple[str, tuple[int, int]]  # a reading and a span of it
THOUSANDS = (-3, 0, 3)  # powers of ten by which a side and the prose may write one figure


def untold(report: Report) -> tuple[CitedContradiction, ...]:
    """Those that no section weighs. Where a judge has seen the prose, a contradiction is told there
    of which each side is cited by a quote of its own in one section, or two sides by a source of
    their own in one paragraph, item or row, and would only be said twice. One with a source that
    nothing else cites is told, unless a sentence, item or row has figures of all its sides."""
    if not report.quality.judge:
        return report.contradictions
    quoted, cited = [_places(report.answer)], [_numbers(report.answer)]
    weighing: list[Sequence[Sentence]] = [[said] for said in report.answer]
    for section in report.sections:
        quoted.append(_places(said_in(*section.blocks)))
        for block in section.blocks:
            together = said_together(block)
            cited += map(_numbers, together)
            if isinstance(block, Paragraph):
                together = [[said] for said in block.sentences]
            weighing += together
    everywhere = set[int]().union(*cited)
    beside = [(_numbers(said), _figures(" ".join(s.text for s in said))) for said in weighing]

    def is_told(one: CitedContradiction) -> bool:
        if _is_figured(one, beside):
            return True
        known = _numbers(one.sides) <= everywhere
        return known and (_is_quoted(one.sides, quoted) or _is_cited(one.sides, cited))

    return tuple(one for one in report.contradictions if not is_told(one))


def _is_figured(one: CitedContradiction, beside: Sequence[tuple[Set[int], Set[Decimal]]]) -> bool:
    """Whether a figure of its own of each side stands in what cites one of them; the one that holds
    now may stand anywhere."""
    each = [_figures(side.text) for side in one.sides]
    shared = set.intersection(*each)
    scaled = [{n.scaleb(power) for n in own - shared for power in THOUSANDS} for own in each]
    *weighed, last = scaled
    if one.kind != "superseded":
        weighed = scaled
    return any(last & known for _, known in beside) and any(
        cited & _numbers(one.sides) and all(known & own for own in weighed)
        for cited, known in beside
    )


def _figures(text: str) -> set[Decimal]:
    """The numbers of a text that are no dates and no years: those stand beside anything."""
    found = (one for _, one in figures.said_in(plain(text)) if isinstance(one, figures.Figure))
    return {reading for one in found if not one.is_year for reading in one.readings}


def _is_quoted(sides: Sequence[CitedSide], sections: Iterable[Set[Place]]) -> bool:
    """Whether some section quotes of each side a part of its words."""
    places = [_places([side]) for side in sides]
    return any(all(_shares_words(side, cited) for side in places) for cited in sections)


def _is_cited(sides: Sequence[CitedSide], beside: Iterable[Set[int]]) -> bool:
    """Whether a source of its own is cited of two sides beside each other."""
    times = Counter(n for side in sides for n in _numbers([side]))
    own = [{n for n in _numbers([side]) if times[n] == 1} for side in sides]
    return any(sum(bool(numbers & cited) for numbers in own) > 1 for cited in beside)


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
