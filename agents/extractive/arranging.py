"""A draft in the claims' own words: arranged by a small model under headings, or, as the floor, in
the order of their relevance.

Supported claims that the model leaves out are added at the end, so nothing that was found is lost.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from agents.asking import ask
from agents.extractive.wording import ENDS, WORDS, cleaned, own_words
from agents.models import Models
from research.crew import Run
from research.domain import Claim, Draft, DraftSection, DraftSentence, Ledger
from research.ledger.document_status import WEIGHT
from research.text.figures import gives_what_is_asked
from research.text.sentences import clip


class Part(BaseModel):
    heading: str
    claims: list[int]


class Arrangement(BaseModel):
    title: str
    answer: list[int]
    sections: list[Part]


async def arranged(
    run: Run, models: Models, claims: Sequence[Claim], ledger: Ledger
) -> Draft | None:
    made = await ask(
        run,
        models,
        "writer",
        "arrange",
        Arrangement,
        schema=_arrangement(len(claims)),
        max_tokens=220,
        claims=numbered(claims),
        question=run.question.text,
    )
    if made is None:
        return None
    left = dict(enumerate(claims, 1))
    answer = _take(left, direct(left, ledger) or made.answer[:2]) or _take(left, list(left)[:1])
    sections = [
        DraftSection(heading=cleaned(part.heading), sentences=_take(left, part.claims))
        for part in made.sections
    ]
    rest = _take(left, list(left))
    if rest:
        sections.append(DraftSection(heading=WORDS[run.question.language]["more"], sentences=rest))
    return Draft(
        title=cleaned(made.title) or run.question.text,
        answer=answer,
        sections=tuple(s for s in sections if s.sentences),
    )


def floor(run: Run, claims: Sequence[Claim]) -> Draft:
    """The claims' own words, the most relevant first."""
    sentences = tuple(own_words(claim) for claim in claims)
    section = DraftSection(
        heading=WORDS[run.question.language]["findings"], sentences=sentences[1:]
    )
    return Draft(
        title=run.question.text, answer=sentences[:1], sections=(section,) if sentences[1:] else ()
    )


def numbered(claims: Sequence[Claim], first: int = 1) -> str:
    """Claims as a model is shown them."""
    return "\n".join(f"{i} {clip(claim.text, 400)}" for i, claim in enumerate(claims, first))


def direct(claims: Mapping[int, Claim], ledger: Ledger) -> list[int]:
    """The claims that answer best, one a goal, and what is said against them."""
    best: dict[str, int] = {}
    for n, claim in claims.items():
        if claim.answer and (
            claim.goal not in best or directness(claim) > directness(claims[best[claim.goal]])
        ):
            best[claim.goal] = n
    found = list(best.values())
    quotes = {q.quote for n in found for q in claims[n].evidence}
    for dispute in ledger.contradictions:
        told = {q.quote for side in dispute.sides for q in side.evidence}
        if told & quotes:
            against = [
                n
                for n, claim in claims.items()
                if n not in found and {q.quote for q in claim.evidence} & told
            ]
            found += sorted(against, key=lambda n: directness(claims[n]), reverse=True)[:1]
    return found[:4]


def directness(claim: Claim) -> tuple[bool, float, bool, float]:
    """What answers its goal best: what is of the kind asked for, then the most relevant; of two
    about as relevant the one that is a sentence."""
    relevance = claim.relevance * WEIGHT[claim.standing]
    return (
        gives_what_is_asked(claim.goal, claim.text),
        round(relevance, 1),
        claim.text[-1:] in ENDS,
        relevance,
    )


def _take(left: dict[int, Claim], numbers: Sequence[int]) -> tuple[DraftSentence, ...]:
    """The sentences of these claims, each claim once in the report."""
    return tuple(own_words(left.pop(n)) for n in dict.fromkeys(numbers) if n in left)


def _arrangement(count: int) -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1, "maximum": count}
    part = {
        "type": "object",
        "properties": {
            "heading": {"type": "string", "maxLength": 60},
            "claims": {"type": "array", "items": number, "minItems": 1, "maxItems": count},
        },
        "required": ["heading", "claims"],
        "additionalProperties": False,
    }
    properties: dict[str, Any] = {
        "title": {"type": "string", "maxLength": 90},
        "answer": {"type": "array", "items": number, "minItems": 1, "maxItems": 2},
        "sections": {"type": "array", "items": part, "minItems": 1, "maxItems": 3},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
