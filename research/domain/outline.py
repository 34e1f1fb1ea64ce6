"""What a report will argue, before it is written."""

from research.domain.base import Noun
from research.domain.claim import Contradiction, Remark


class PlannedCalculation(Noun):
    """A calculation that the outline asks for: an expression over its inputs, which are figures of
    claims (by id), of the question (no id) or other calculations (K1)."""

    id: str
    label: str
    expression: str
    unit: str = ""
    inputs: dict[str, tuple[str, str]] = {}  # name: (value, id)


class PlannedSection(Noun):
    """A section as planned: the point it makes, how long and in what form, from which claims and
    sentences."""

    heading: str
    point: str = ""
    words: int = 0
    form: str = "prose"
    ids: tuple[str, ...] = ()


class Recommendation(Noun):
    text: str
    because: str = ""
    flips_if: str = ""


class Outline(Noun):
    """What the report will say, before it is written: its thesis, what pulls against each other,
    what is to be computed, what it recommends. `needs` is what one more search should settle,
    `lookups` what is to be looked up in what was read already,
    `unanswered` are the parts of a good answer (from 1) that nothing read answers, `contradictions`
    those that the report tells; None for the ledger's; `room` are the tokens of evidence that it
    was shown, so that its writer is shown the same. `counts_tables` where the length that the
    question sets counts tables too."""

    title: str = ""
    thesis: str = ""
    needs: tuple[str, ...] = ()
    lookups: tuple[str, ...] = ()
    tensions: tuple[Remark, ...] = ()
    calculations: tuple[PlannedCalculation, ...] = ()
    recommendation: Recommendation | None = None
    sections: tuple[PlannedSection, ...] = ()
    unanswered: tuple[int, ...] = ()
    contradictions: tuple[Contradiction, ...] | None = None
    room: int = 0
    counts_tables: bool = False
