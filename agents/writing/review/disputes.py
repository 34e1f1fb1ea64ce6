"""What sources are said to disagree about, as the judge is asked whether they do: a model that was
misled could call the true figure contested, or superseded by the page that misled it.

Asked over the quotes alone. Not here: the words in which a contradiction is told (`review.py`)."""

import re
from collections.abc import Iterable, Sequence

from agents.guarding.fence import addresses_assistant
from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement
from research.domain import Contradiction, Side
from research.reporting.bind import plain
from research.text.sentences import clip

SHOWN = 300  # characters of a side
_WORD = re.compile(r"\w+")


async def real(found: Iterable[Contradiction], judge: Judge) -> dict[Contradiction, Contradiction]:
    """Those whose quotes do disagree, by what they were; one that supersedes nothing may still be a
    conflict."""
    asked: list[tuple[Contradiction, Contradiction, Statement]] = []
    for one in dict.fromkeys(found):
        if any(addresses_assistant(quote.quote) for side in one.sides for quote in side.evidence):
            continue
        kinds = (
            [one, one.model_copy(update={"kind": "conflict"})]
            if one.kind == "superseded"
            else [one]
        )
        asked += [(one, told, _statement(told)) for told in kinds]
    verdicts = await judge.verdicts([statement for _, _, statement in asked])
    held: dict[Contradiction, Contradiction] = {}
    for (one, told, _), verdict in zip(asked, verdicts, strict=True):
        if verdict is not None and verdict.word == "supported":
            held.setdefault(one, told)
    return held


def _statement(one: Contradiction) -> Statement:
    said = [
        f"“{clip(' … '.join(plain(quote.quote) for quote in side.evidence), SHOWN)}”"
        for side in one.sides
    ]
    if one.kind == "superseded":
        text = f"What holds now is {said[-1]}; it has replaced {', '.join(said[:-1])}."
    else:
        text = (
            f"These speak of the same and do not fit together, as different values or as a "
            f"promise and its result: {'; '.join(said)}."
        )
    return Statement(
        text, "fact", evidence=tuple(dict.fromkeys(q for side in one.sides for q in side.evidence))
    )


def dated(side: Side, grounds: Grounds) -> Side:
    """The side with its date only where that stands in what it quotes, by its words or, of figures
    alone, as a date."""
    if not side.date:
        return side
    known: set[str] = set()
    for quote in side.evidence:
        text = (
            f"{grounds.documents.neighbours(quote)} "
            f"{grounds.documents.reading_of(quote).published_at or ''}"
        )
        known |= set(_WORD.findall(text.casefold()))
    stands = set(_WORD.findall(side.date.casefold())) <= known
    figures = re.fullmatch(r"[\d\s./-]+", side.date) and not misses(
        side.date, side.evidence, grounds
    )
    return side if stands or figures else side.model_copy(update={"date": ""})


def sides_dated(sides: Sequence[Side], grounds: Grounds) -> tuple[Side, ...]:
    return tuple(dated(side, grounds) for side in sides)
