"""Rows of a table that head the rows below them: *Northern waters* over those of its fish. Pure.

Not here: rows that name columns (`table_headers.py`).
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from browser.documents.grid import Line, own_cells
from browser.documents.table_headers import SHORT_NAME, is_figure

_AMOUNT = re.compile(r"[-−]?\d{1,18}(?:\.\d{1,9})?")
_BETWEEN_THOUSANDS = re.compile(r"(?<=\d)[, \u00a0\u202f](?=\d{3}\b)")


def group_heads(body: Sequence[Line]) -> dict[int, str]:
    """The rows that head others, by their ids.

    A row with nothing but its first cell may also be one whose values are missing: it heads others
    where it is marked alone, or where the same names stand below several such rows. A single row in
    the midst of others heads none: it may be a remark.
    """
    width = max(map(len, body), default=0)
    wide = {id(line): line[0].text for line in body if _is_wide(line, width)}
    bare = [number for number, line in enumerate(body) if _is_bare(line)]
    if _is_marked_alone(body, bare) or _are_told_apart(body, bare):
        wide |= {id(body[number]): body[number][0].text for number in bare}
    begins = bool(body) and id(body[0]) in wide
    return wide if begins or len(wide) > 1 else {}


def _is_wide(line: Line, width: int) -> bool:
    return (
        width > 1
        and len(line) >= width
        and len(own_cells(line)) == 1
        and line[0].cell.across > 1
        and _is_name(line[0].text)
    )


def _is_bare(line: Line) -> bool:
    return (
        len(own_cells(line)) > 2
        and not any(place.text for place in line[1:])
        and _is_name(line[0].text)
    )


def _is_name(text: str) -> bool:
    return (
        0 < len(text) <= SHORT_NAME
        and text[0].isalnum()
        and text[-1] not in ".!?。！？"
        and not is_figure(text)
    )


def _is_marked_alone(body: Sequence[Line], bare: Sequence[int]) -> bool:
    heads = set(bare)
    others = [line for number, line in enumerate(body) if number not in heads]
    return (
        bool(bare)
        and all(body[number][0].cell.header for number in bare)
        and not any(line[0].cell.header for line in others)
    )


def _are_told_apart(body: Sequence[Line], bare: Sequence[int]) -> bool:
    """Whether the same name stands below more than one of some rows, and each heads a row."""
    ends = [*bare[1:], len(body)][: len(bare)]
    below = [
        {line[0].text for line in body[start + 1 : end]}
        for start, end in zip(bare, ends, strict=True)
    ]
    names = [name for group in below for name in group]
    return all(below) and len(set(names)) < len(names)


def is_grand_total(line: Line, above: Sequence[Line]) -> bool:
    """Whether every figure of a row is the sum of those above it, with subtotals among them or
    without."""
    sums = [
        (own, sum(_amounts(above, at)))
        for at, place in enumerate(line)
        if (own := _amount(place.text)) is not None
    ]
    return bool(sums) and any(all(own * times == total for own, total in sums) for times in (1, 2))


def _amounts(lines: Sequence[Line], at: int) -> Iterator[Fraction]:
    return (
        amount
        for line in lines
        if at < len(line) and (amount := _amount(line[at].text)) is not None
    )


def _amount(text: str) -> Fraction | None:
    plain = _BETWEEN_THOUSANDS.sub("", text)
    return Fraction(plain.replace("−", "-")) if _AMOUNT.fullmatch(plain) else None
