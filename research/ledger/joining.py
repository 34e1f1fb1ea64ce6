"""Contradictions that several agents found, each told once: a value that stands in two of them is
one value. Pure.

Not here: what contradicts what, and what supersedes what (`disputes.py`, `superseding.py`)."""

from collections.abc import Sequence

from research.domain import Contradiction, Side
from research.ledger.conflicts import contradiction, give_one_value, in_order, measure_alike


def told_once(
    known: Sequence[Contradiction], found: Sequence[Contradiction]
) -> tuple[Contradiction, ...]:
    """Known and found, without what another one tells whole; what tells of one value in both is
    told together."""
    kept: list[Contradiction] = []
    for one in [*known, *found]:
        if any(
            quotes_of(one) < quotes_of(other)
            or (one.kind == other.kind and quotes_of(one) == quotes_of(other))
            for other in kept
        ):
            continue  # of the same quotes told in two ways, the later one has seen more
        for other in kept:
            one = _together(other, one) or one
        kept = [other for other in kept if not quotes_of(other) <= quotes_of(one)] + [one]
    return tuple(kept)


def _together(first: Contradiction, second: Contradiction) -> Contradiction | None:
    """Two contradictions as one: values that took each other's place one after the other, or
    several that cannot hold beside one."""
    # older ledgers name no titles
    if first.kind != second.kind or not all(side.title for side in (*first.sides, *second.sides)):
        return None
    return _chained(first, second) if first.kind == "superseded" else _beside(first, second)


def _beside(first: Contradiction, second: Contradiction) -> Contradiction | None:
    """The two as one where a sentence stands in both and what is said against it could be one
    measure."""
    apart = [
        side for side in second.sides if not any(_shares(side, other) for other in first.sides)
    ]
    if len(apart) == len(second.sides) or not all(
        measure_alike(side.text, other.text) for side in apart for other in first.sides
    ):
        return None
    sides = [_with_quotes(side, second.sides) for side in first.sides]
    for side in apart:
        place = next(
            (n for n, other in enumerate(sides) if give_one_value(other.text, side.text)), None
        )
        if place is None:
            sides.append(side)
        else:
            sides[place] = _joined_side(sides[place], side)
    return contradiction(first.topic, "conflict", sides)


def _chained(first: Contradiction, second: Contradiction) -> Contradiction | None:
    """The two as one where both tell what the same value superseded, or what stood in one is
    superseded in the other."""
    last, end = first.sides[-1], second.sides[-1]
    if any(_shares(last, side) for side in second.sides[:-1]):
        before, after = first, second
    elif any(_shares(end, side) for side in first.sides[:-1]) or _shares(last, end):
        before, after = second, first
    else:
        return None
    old = [side for side in before.sides if not any(_shares(side, other) for other in after.sides)]
    *since, now = (_with_quotes(side, before.sides) for side in after.sides)
    return contradiction(after.topic, "superseded", in_order([*old, *since], now))


def _with_quotes(side: Side, others: Sequence[Side]) -> Side:
    """The side with all that others quote beside the same sentence."""
    for other in others:
        if _shares(side, other):
            side = _joined_side(side, other)
    return side


def _joined_side(side: Side, other: Side) -> Side:
    return side.model_copy(
        update={"evidence": tuple(dict.fromkeys([*side.evidence, *other.evidence]))}
    )


def _shares(first: Side, second: Side) -> bool:
    """Whether one sentence stands on both."""
    return bool({q.quote for q in first.evidence} & {q.quote for q in second.evidence})


def quotes_of(found: Contradiction) -> set[str]:
    return {q.quote for side in found.sides for q in side.evidence}
