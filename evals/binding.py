"""The suite *binding*: whether the gate of code lets true sentences through, and stops them once a figure or a date is altered.

True are the claims of WiCE that people labelled as supported; their evidence is what those people marked. Not here: how a sentence is
altered (`alterations.py`), the data's format (`wice.py`).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from evals.alterations import WAYS, Alteration, altered
from evals.scores import Metric, Outcome, mean
from evals.wice import Labelled, load
from research.quantities import missing
from research.report import Usage

Part = Literal["all", "first", "second"]


@dataclass(frozen=True)
class Held:
    """What the gate says of a claim, and of the claim altered, if it has a figure to alter."""

    claim: Labelled
    refused: tuple[str, ...]
    alteration: Alteration | None
    refused_altered: tuple[str, ...]

    @property
    def caught(self) -> bool:
        """Whether the alteration is refused for something that was not refused before it."""
        return bool(set(self.refused_altered) - set(self.refused))


def refused(statement: str, evidence: Sequence[str]) -> tuple[str, ...]:
    """What the gate of code finds to be without evidence; nothing where it lets the statement through."""
    return missing(statement, evidence)


def perform(data: Path, *, part: Part = "all", tell: Callable[[str], None]) -> Outcome:
    """Hold each supported claim against its evidence. Raises `InputRejected`."""
    claims = [claim for claim in load(data / "wice") if claim.label == "supported" and part in ("all", half(claim))]
    held = [hold(claim) for claim in claims]
    for one in held:
        if one.refused:
            tell(f"refused {one.claim.id}: {' | '.join(one.refused)}")
        if one.alteration and not one.caught:
            tell(f"let through {one.claim.id} ({one.alteration.way}): {one.alteration.text}")
    return Outcome("binding", f"research.quantities, {part} claims", len(held), 0, measure(held), Usage())


def half(claim: Labelled) -> Part:
    """The half that a claim belongs to: the second is not looked at while the gate is made."""
    return "second" if _number(claim.id) % 2 else "first"


def _number(identifier: str) -> int:
    return int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8])


def hold(claim: Labelled) -> Held:
    """The gate's word on a claim, and on the claim altered; the alteration is drawn by the claim's id."""
    evidence = evidence_of(claim)
    alteration = altered(claim.claim, Random(_number(claim.id)))
    return Held(claim, refused(claim.claim, evidence), alteration, refused(alteration.text, evidence) if alteration else ())


def evidence_of(claim: Labelled) -> list[str]:
    """The sentences that any annotator marked, those beside them, and the title of the page."""
    marked = frozenset[int]().union(*claim.support)
    shown = sorted({near for number in marked for near in (number - 1, number, number + 1) if 0 <= near < len(claim.sentences)})
    return [claim.title, *(claim.sentences[number] for number in shown)]


def measure(held: Sequence[Held]) -> dict[str, Metric]:
    with_figures = [one for one in held if one.alteration]
    ways = {way: [one for one in with_figures if one.alteration and one.alteration.way == way] for way in WAYS}
    return {
        "kept": mean([float(not one.refused) for one in held]),
        "kept_figures": mean([float(not one.refused) for one in with_figures]),
        "altered_refused": mean([float(one.caught) for one in with_figures]),
        **{f"altered_refused.{way}": mean([float(one.caught) for one in some]) for way, some in ways.items()},
    }
