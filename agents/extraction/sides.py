"""A side of a conflict, out of the claims or sentences that a model named for it."""

from collections.abc import Sequence
from typing import Protocol

from agents.guarding.untrusted_text import on_one_line
from research.domain import Claim, Quote, Side


class Naming(Protocol):
    """What knows claims by id and can quote what an id stands for."""

    def claim(self, ref: str) -> Claim | None: ...
    def quotes(self, refs: Sequence[str]) -> list[Quote]: ...


def side_of(text: str, refs: Sequence[str], known: Naming) -> Side | None:
    """The side in these words; None where what it names quotes nothing."""
    quotes = tuple(dict.fromkeys(known.quotes(refs)))
    if not quotes:
        return None
    claims = [found for ref in refs if (found := known.claim(ref)) is not None]
    claim = next(iter(claims), None)
    said = on_one_line(text) or (claim.text if claim else quotes[0].quote)
    return Side(
        text=said,
        evidence=quotes,
        runs=tuple(dict.fromkeys(run for one in claims for run in one.runs)),
        date=claim.as_of if claim else "",
        standing=claim.standing if claim else "current",
    )
