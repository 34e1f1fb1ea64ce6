"""What a writer calls its calculations: labels, units and the names in expressions reach the
reader, so they pass the gates as well. What fails has plain names, and its figures.

Not here: whether a calculation is right (`resolving.py`), or the right one for its sentence (the
judge)."""

import re
from collections.abc import Iterable

from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement
from research.domain import Calculation, CalculationInput, Evidence
from research.reporting import calculations

_PLAIN = re.compile(r"x\d+")


async def named(
    made: Iterable[Calculation], judge: Judge, grounds: Grounds
) -> dict[Calculation, Calculation]:
    """The calculations as they may be told, by what they were."""
    told = [one for one in dict.fromkeys(made) if _says_something(one)]
    statements = {one: _statement(one) for one in told}
    asked = [
        one for one in told if not misses(statements[one].text, statements[one].evidence, grounds)
    ]
    verdicts = await judge.verdicts([statements[one] for one in asked])
    held = {
        one
        for one, verdict in zip(asked, verdicts, strict=True)
        if verdict is not None and verdict.word == "supported"
    }
    return {one: one if one in held else plainly(one) for one in told}


def _says_something(one: Calculation) -> bool:
    return bool(one.label or one.unit or not all(_PLAIN.fullmatch(i.name) for i in one.inputs))


def _statement(one: Calculation) -> Statement:
    evidence: tuple[Evidence, ...] = (
        one,
        *dict.fromkeys(quote for i in one.inputs for quote in i.evidence),
    )
    unit = f" ({one.unit})" if one.unit else ""
    names = ", ".join(i.name.replace("_", " ") for i in one.inputs if not _PLAIN.fullmatch(i.name))
    return Statement(
        " ".join(filter(None, (f"{one.label}{unit}", names and f"from {names}"))),
        "heading",
        evidence=evidence,
    )


def plainly(one: Calculation) -> Calculation:
    """The calculation without a word of its writer's: inputs are x1, x2 …"""
    names = {i.name: f"x{place}" for place, i in enumerate(one.inputs, 1)}
    expression = calculations.renamed(one.expression, names)
    inputs = tuple(
        CalculationInput(name=names[i.name], value=i.value, evidence=i.evidence) for i in one.inputs
    )
    return Calculation(expression=expression, inputs=inputs, value=one.value)
