"""A side of a conflict, out of the claims or sentences that a model named for it."""

from collections.abc import Sequence
from typing import Protocol

from research.types import Claim, Quote, Side


class Naming(Protocol):
    """What knows claims by id and can quote what an id stands for."""

    def claim(self, ref: str) -> Claim | None: ...
    def quotes(self, refs: Sequence[str]) -> list[Quote]: ...


def side_of(refs: Sequence[str], known: Naming) -> Side | None:
    """The side in the words of its first claim, else of its first quote; None where nothing is quoted."""
    quotes = tuple(dict.fromkeys(known.quotes(refs)))
    if not quotes:
        return None
    claim = next((found for ref in refs if (found := known.claim(ref)) is not None), None)
    if claim is None:
        return Side(text=quotes[0].quote, evidence=quotes)
    return Side(text=claim.text, evidence=quotes, date=claim.as_of, standing=claim.standing)
