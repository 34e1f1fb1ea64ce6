"""What a writer calls its calculations: labels, units and the names in expressions reach the
reader, so they pass the gates as well; the judge is asked of such as have words that neither the
question nor a sentence which it passed has. What fails has plain names, and its figures.

Not here: whether a calculation is right (`resolving.py`), or the right one for its sentence (the
judge)."""

from collections.abc import Mapping

from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement
from research.domain import Calculation, DraftSentence
from research.reporting import calculations
from research.text.sentences import term_set

_SAYS_NOTHING = 2  # letters of a name such as *a* or *p_s*


async def named(
    sentences: Mapping[DraftSentence, bool], judge: Judge, grounds: Grounds
) -> dict[Calculation, Calculation]:
    """The calculations of sentences, each with whether it stands, as they may be told, by what they
    were."""
    known: dict[Calculation, frozenset[str]] = {}
    for sentence, stands in sentences.items():
        words = term_set(sentence.text) if stands else frozenset[str]()
        for one in sentence.evidence:
            if isinstance(one, Calculation):
                known[one] = known.get(one, term_set(grounds.asked)) | words
    statements = {one: told for one in known if (told := _statement(one)).text}
    right = {
        one: told
        for one, told in statements.items()
        if not misses(told.text, told.evidence, grounds)
    }
    asked = {one: told for one, told in right.items() if not term_set(told.text) <= known[one]}
    failed = (statements.keys() - right.keys()) | (asked.keys() - await judge.supported(asked))
    return {one: plainly(one) if one in failed else one for one in statements}


def _is_plain(name: str) -> bool:
    """Whether a name says nothing: *x1*, *a*, *p_s*."""
    parts = name.rstrip("0123456789").split("_")
    return name.isascii() and all(len(part) <= _SAYS_NOTHING for part in parts)


def _statement(one: Calculation) -> Statement:
    """What its label, unit and names say; '' where they say nothing."""
    rests = dict.fromkeys(held for given in one.inputs for held in given.evidence)
    names = ", ".join(i.name.replace("_", " ") for i in one.inputs if not _is_plain(i.name))
    said = (one.label, one.unit and f"({one.unit})", names and f"from {names}")
    return Statement(" ".join(filter(None, said)), "heading", evidence=(one, *rests))


def plainly(one: Calculation) -> Calculation:
    """The calculation without a word of its writer's: inputs are x1, x2 …"""
    names = {i.name: f"x{place}" for place, i in enumerate(one.inputs, 1)}
    expression = calculations.renamed(one.expression, names)
    inputs = tuple(given.replace(name=names[given.name]) for given in one.inputs)
    return one.replace(expression=expression, inputs=inputs, label="", unit="")
