"""The outline: what the report will argue, before a word of it is written. Its thesis, what pulls
against each other, what is to be computed, what it recommends, and what one more search should
settle.

The fallback is no outline: the writer then works from the claims. Not here: the report's text
(`author.py`)."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import WithJsonSchema

from agents.asking import affordable, ask
from agents.extraction.claims import GivenRemark
from agents.models import Models
from agents.schemas import AsText, Form, otherwise, sized
from agents.writing.desk import Desk
from agents.writing.marks import is_result
from agents.writing.resolving import Resolver
from research.crew import Run
from research.domain import (
    Calculation,
    Contradiction,
    Outline,
    PlannedCalculation,
    PlannedSection,
    Recommendation,
    Remark,
)
from research.text.sentences import clip

ANSWER_TOKENS = 8_000
NEEDS, LOOKUPS = 3, 10
FORMS = {"enum": ["prose", "list", "table", "timeline"]}  # of a section, as they are asked for


class GivenConflict(Form):
    topic: str
    kind: Annotated[Literal["conflict", "superseded"], otherwise("conflict")] = "conflict"
    sides: Annotated[tuple[GivenRemark, ...], sized(minItems=2)]
    why: str = ""
    why_ids: tuple[str, ...] = ()


class GivenInput(Form):
    name: str
    value: Annotated[str | float | int, AsText]
    id: str = ""


class GivenCalculation(Form):
    id: str
    label: str
    expression: str
    unit: str = ""
    inputs: list[GivenInput]


class GivenSection(Form):
    heading: str
    point: str = ""
    words: int = 0
    form: Annotated[str, WithJsonSchema(FORMS)] = "prose"
    ids: tuple[str, ...] = ()


class GivenRecommendation(Form):
    text: str = ""
    because: str = ""
    flips_if: str = ""


class Given(Form):
    title: str
    thesis: str
    unanswered: tuple[int, ...] = ()
    needs: Annotated[tuple[str, ...], sized(maxItems=NEEDS)] = ()
    lookups: Annotated[tuple[str, ...], sized(maxItems=LOOKUPS)] = ()
    conflicts: tuple[GivenConflict, ...] = ()
    tensions: tuple[GivenRemark, ...] = ()
    calculations: tuple[GivenCalculation, ...] = ()
    recommendation: GivenRecommendation = GivenRecommendation()
    sections: Annotated[tuple[GivenSection, ...], sized(minItems=1)]
    counts_tables: bool = False


async def outline(run: Run, models: Models, desk: Desk) -> Outline | None:
    """The outline, or None where the model gave none."""
    asked = ask(
        run,
        models,
        "writer",
        "outline",
        Given,
        max_tokens=ANSWER_TOKENS,
        words=run.effort.words,
        **desk.values,
    )
    given = await affordable(run, "outline", asked)
    return _planned(given, desk) if given else None


def _planned(given: Given, desk: Desk) -> Outline:
    known = range(1, len(desk.parts) + 1)
    recommended = Recommendation(**vars(given.recommendation))
    return Outline(
        title=given.title.strip(),
        thesis=given.thesis.strip(),
        needs=tuple(clip(need.strip(), 300) for need in given.needs if need.strip())[:NEEDS],
        lookups=tuple(clip(one.strip(), 200) for one in given.lookups if one.strip())[:LOOKUPS],
        tensions=tuple(Remark(**vars(one)) for one in given.tensions),
        calculations=tuple(map(_calculation, given.calculations)),
        recommendation=recommended if recommended.text.strip() else None,
        sections=tuple(PlannedSection(**vars(one)) for one in given.sections),
        unanswered=tuple(n for n in dict.fromkeys(given.unanswered) if n in known),
        contradictions=_contradictions(given.conflicts, desk.resolver),
        counts_tables=given.counts_tables,
    )


def _calculation(given: GivenCalculation) -> PlannedCalculation:
    inputs = {one.name: (str(one.value), one.id) for one in given.inputs}
    return PlannedCalculation(
        id=given.id, label=given.label, expression=given.expression, unit=given.unit, inputs=inputs
    )


def _contradictions(
    given: Sequence[GivenConflict], resolver: Resolver
) -> tuple[Contradiction, ...]:
    """The conflicts, each side in the outline's words; they are judged before they are told."""
    made: list[Contradiction] = []
    for one in given:
        named = [resolver.side(told.text, told.ids) for told in one.sides]
        sides = tuple(side for side in named if side is not None)
        grounds = resolver.quotes(one.why_ids)
        if len(sides) > 1:
            topic, note = one.topic.strip(), one.why.strip()
            made.append(
                Contradiction(topic=topic, note=note, grounds=grounds, kind=one.kind, sides=sides)
            )
    return tuple(made)


def calculated(
    planned: Sequence[PlannedCalculation], resolver: Resolver
) -> tuple[dict[str, Calculation], list[str]]:
    """The calculations that can be done, by id, and why the others cannot. One may use others, in
    any order."""
    made: dict[str, Calculation] = {}
    wrong = {one.id: ["its id is not K1, K2 and so on"] for one in planned if not is_result(one.id)}
    left = [one for one in planned if one.id not in wrong]
    resolver.know(made)
    before = 0
    while len(left) != before:
        before = len(left)
        for one in left:
            calculation, wrong[one.id] = resolver.arithmetic.calculate(one)
            if calculation is not None:
                made[one.id] = calculation
        left = [one for one in left if one.id not in made]
    order = {one.id: made[one.id] for one in planned if one.id in made}
    resolver.know(order)
    return order, [
        f"{one.id} ({one.label}): {why}"
        for one in planned
        if one.id not in made
        for why in wrong[one.id]
    ]
