"""A draft in a model's sentences, each naming the claims it rests on: in one call where there is little to say, else an outline first and
then its sections side by side, each from its own claims.

A section whose call fails is its claims' own words; the others stay. Not here: whether a sentence holds (`check.py`)."""

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel, Field

from agents.arranging import numbered
from agents.asking import ask
from agents.models import Models
from agents.outline import Outline, Part, outline
from agents.wording import WORDS, cleaned, own_words
from research.crew import Run
from research.errors import BudgetExhausted
from research.types import Claim, Draft, DraftSection, DraftSentence, Ledger

FEW = 8  # so many claims are written in one call


class Written(BaseModel):
    text: str = Field(min_length=1)
    claims: list[int]


class WrittenSection(BaseModel):
    heading: str
    sentences: list[Written]


class Prose(BaseModel):
    title: str
    answer: list[Written]
    sections: list[WrittenSection]


class Passage(BaseModel):
    sentences: list[Written]


async def prose(run: Run, models: Models, claims: Sequence[Claim], ledger: Ledger) -> Draft | None:
    if run.job.effort == "quick" or len(claims) <= FEW:
        return await _at_once(run, models, claims, ledger)
    planned = await outline(run, models, claims)
    return await _in_parts(run, models, planned) if planned else await _at_once(run, models, claims, ledger)


async def _at_once(run: Run, models: Models, claims: Sequence[Claim], ledger: Ledger) -> Draft | None:
    told = "\n".join(f"- {inference.text}" for inference in ledger.inferences)
    made = await ask(
        run,
        models,
        "writer",
        "write",
        Prose,
        max_tokens=6_000,
        claims=numbered(claims),
        inferences=f"\n{told}\n" if told else "",
        question=run.question.text,
        instructions=_instructions(run),
    )
    if made is None:
        return None
    sections = tuple(DraftSection(heading=cleaned(s.heading), sentences=bound(s.sentences, claims)) for s in made.sections)
    return Draft(title=cleaned(made.title), answer=bound(made.answer, claims), sections=sections)


async def _in_parts(run: Run, models: Models, planned: Outline) -> Draft:
    """The answer and the sections, written side by side."""
    parts = [Part("", planned.answer), *planned.parts]
    tasks = [asyncio.create_task(_passage(run, models, part, planned)) for part in parts]
    try:
        answer, *passages = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    sections = [DraftSection(heading=part.heading, sentences=said) for part, said in zip(planned.parts, passages, strict=True)]
    if planned.table is not None:
        sections.insert(0, DraftSection(heading=WORDS[run.question.language]["comparison"], blocks=(planned.table,)))
    return Draft(title=planned.title, answer=answer, sections=tuple(sections))


async def _passage(run: Run, models: Models, part: Part, planned: Outline) -> tuple[DraftSentence, ...]:
    try:
        made = await ask(
            run,
            models,
            "writer",
            "section" if part.heading else "answer",
            Passage,
            max_tokens=2_000,
            claims=numbered(part.claims),
            question=run.question.text,
            instructions=_instructions(run),
            outline="; ".join(other.heading for other in planned.parts),
            heading=part.heading,
        )
    except BudgetExhausted as error:
        await run.floor("section", str(error))
        made = None
    if made is None or not made.sentences:
        return tuple(own_words(claim) for claim in part.claims)
    return bound(made.sentences, part.claims)


def bound(written: Sequence[Written], claims: Sequence[Claim]) -> tuple[DraftSentence, ...]:
    """Sentences with the ids of the claims they name; a number that is no claim's counts for nothing."""
    sentences = []
    for one in written:
        ids = tuple(claims[n - 1].id for n in dict.fromkeys(one.claims) if 0 < n <= len(claims))
        if text := cleaned(one.text):
            sentences.append(DraftSentence(text=text, kind="fact" if ids else "framing", claims=ids))
    return tuple(sentences)


def _instructions(run: Run) -> str:
    return f"\n{run.question.instructions}" if run.question.instructions else ""
