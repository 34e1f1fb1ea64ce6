"""Which contradictions of a report are still to be told apart from its prose."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set

from research.domain.report import CitedContradiction, CitedSide, Report, Sentence
from research.reporting.basis import quotes_in, said_in, said_together
from research.text.figures import bare

Digits = tuple[int, ...]  # those of a number that carry weight: 1, 5 of 150 and of 150,000
Place = tuple[str, tuple[int, int]]  # a reading and a span of it


def untold(report: Report) -> tuple[CitedContradiction, ...]:
    """Those that no section weighs. Where a judge has seen the prose, a contradiction is told there
    of which each side is cited by a quote of its own in one section, or two sides by a source of
    their own in one paragraph, item or row, and would only be said twice. One with a source that
    nothing else cites is told, unless figures of all its sides stand beside each other."""
    if not report.quality.judge:
        return report.contradictions
    quoted = [_places(report.answer)]
    together: list[Sequence[Sentence]] = [report.answer]
    for section in report.sections:
        quoted.append(_places(said_in(*section.blocks)))
        for block in section.blocks:
            together += said_together(block)
    cited = [_numbers(said) for said in together]
    figures = [_digits(" ".join(one.text for one in said)) for said in together]
    everywhere = set[int]().union(*cited)

    def is_told(one: CitedContradiction) -> bool:
        if _are_figures(one, list(zip(cited, figures, strict=True))):
            return True
        known = _numbers(one.sides) <= everywhere
        return known and (_is_quoted(one.sides, quoted) or _is_cited(one.sides, cited))

    return tuple(one for one in report.contradictions if not is_told(one))


def _are_figures(one: CitedContradiction, beside: Sequence[tuple[Set[int], Set[Digits]]]) -> bool:
    """Whether a figure of its own of each side stands in what cites one of them; the one that holds
    now may stand anywhere."""
    each = [_digits(side.text) for side in one.sides]
    shared = set.intersection(*each)
    *weighed, last = [own - shared for own in each]
    if one.kind != "superseded":
        weighed.append(last)
    told = any(last & figures for _, figures in beside)
    return told and any(
        cited & _numbers(one.sides) and all(figures & own for own in weighed)
        for cited, figures in beside
    )


def _digits(text: str) -> set[Digits]:
    return {number.normalize().as_tuple().digits for number in bare(text)}


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
