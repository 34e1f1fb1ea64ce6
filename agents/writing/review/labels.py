"""What a writer calls its calculations: labels, units and the names in expressions reach the
reader, so they pass the gates as well; the judge is asked of such as have words that neither the
question nor a sentence which it passed has. What fails has plain names, and its figures.

Not here: whether a calculation is right (`resolving.py`), or the right one for its sentence (the
judge)."""

from collections.abc import Mapping

from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement
from research.domain import Calculation, CalculationInput, DraftSentence, Evidence
from research.reporting import calculations
from research.text.sentences import terms

_SAYS_NOTHING = 2  # letters of a name such as *a* or *p_s*


async def named(
    sentences: Mapping[DraftSentence, bool], judge: Judge, grounds: Grounds
) -> dict[Calculation, Calculation]:
    """The calculations of sentences, each with whether it stands, as they may be told, by what they
    were."""
    words: dict[Calculation, set[str]] = {}
    for sentence, stands in sentences.items():
        for one in (one for one in sentence.evidence if isinstance(one, Calculation)):
            words.setdefault(one, set()).update(terms(sentence.text) if stands else ())
    statements = {one: _statement(one) for one in words if _says_something(one)}
    told = [one for one, it in statements.items() if not misses(it.text, it.evidence, grounds)]
    held = {
        one
        for one in told
        if set(terms(statements[one].text)) <= words[one] | set(terms(grounds.asked))
    }
    asked = [one for one in told if one not in held]
    verdicts = await judge.verdicts([statements[one] for one in asked])
    for one, verdict in zip(asked, verdicts, strict=True):
        held |= {one} if verdict is not None and verdict.word == "supported" else set()
    return {one: one if one in held else plainly(one) for one in statements}


def _says_something(one: Calculation) -> bool:
    return bool(one.label or one.unit or not all(_is_plain(i.name) for i in one.inputs))


def _is_plain(name: str) -> bool:
    """Whether a name says nothing: *x1*, *a*, *p_s*."""
    parts = name.rstrip("0123456789").split("_")
    return name.isascii() and all(len(part) <= _SAYS_NOTHING for part in parts)


def _statement(one: Calculation) -> Statement:
    evidence: tuple[Evidence, ...] = (
        one,
        *dict.fromkeys(quote for i in one.inputs for quote in i.evidence),
    )
    unit = f" ({one.unit})" if one.unit else ""
    names = ", ".join(i.name.replace("_", " ") for i in one.inputs if not _is_plain(i.name))
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
