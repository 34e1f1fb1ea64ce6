"""Think about what is known: settle what still contradicts, draw inferences that rest on named claims, count who says the same.

A model small enough to run in this process draws none: what it wrote in trials restated one claim. It answers the whole question once more
instead, and code words what follows (`whole.py`). A larger one's inference that brings a figure or a name of its own, or that one of its
premises already says, is left out by code. Of a synthesis the model names the members; each must say it, and code counts the independent
sources and words the count."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from agents import judging, whole
from agents.asking import ask
from agents.grounding import concludes
from agents.kinds import invents, texts_of
from agents.models import Models
from agents.restating import restates
from agents.statements import documents_of, statement_of
from agents.verify import settle
from agents.wording import cleaned, counted, ended, is_foreign
from research import ledger as ledgers
from research.crew import Run
from research.disputes import differing
from research.errors import BudgetExhausted
from research.lineage import readings_of
from research.text import clip
from research.types import Claim, Contradiction, Inference, Ledger, Plan, Quote

LEAST = 2  # independent sources that must say a thing before they are counted


class Drawn(BaseModel):
    text: str
    claims: list[int] = Field(min_length=2, max_length=6)
    warrant: str = ""
    confidence: Literal["low", "medium", "high"] = "low"
    overturned_by: str = ""


class Counted(BaseModel):
    """A statement, the claims that say it, and those on the same matter that do not."""

    text: str
    claims: list[int] = Field(min_length=2, max_length=12)
    others: list[int] = Field(default=[], max_length=12)


class Conclusions(BaseModel):
    inferences: list[Drawn] = Field(max_length=4)
    counts: list[Counted] = Field(default=[], max_length=3)


async def analyse(run: Run, models: Models, ledger: Ledger, plan: Plan) -> tuple[Ledger, Plan]:
    """The ledger with what follows from it, and the plan with the short answer, where the whole gives one."""
    known, found = ledger, None
    if models.role("summary").embedded or (run.job.mode == "react" and not ledger.answers):
        known, found = await whole.answered(run, models, ledger)
    if not known.claims:
        return ledger, plan
    contradictions = await _unsettled(run, models, known, found.holding if found else ())
    told = whole.accepted(run, ledgers.with_contradictions(known, contradictions), plan, found) if found else None
    ledger, plan = told or (ledgers.with_contradictions(ledger, contradictions), plan)
    if models.role("writer").embedded:
        return ledger, plan
    try:
        return ledger.model_copy(update={"inferences": (*ledger.inferences, *await _inferences(run, models, ledger))}), plan
    except BudgetExhausted as error:
        await run.floor("analyse", str(error))
        return ledger, plan


async def _unsettled(run: Run, models: Models, ledger: Ledger, anew: Collection[str]) -> tuple[Contradiction, ...]:
    """Contradictions of claims that no verify agent has looked at, or that answer something else by now (`anew`, by id)."""
    quoted = [claim for claim in ledger.claims if claim.evidence and not claim.runs]
    fresh = {quote.quote for claim in quoted if not claim.reason or claim.id in anew for quote in claim.evidence}
    if not fresh:
        return ()
    readings = {reading.id: reading for reading in await readings_of(run.store, run.job)}
    documents = await documents_of(run, readings.values())
    statements = [statement_of(run, claim, readings, {}, documents) for claim in quoted]
    pairs = await asyncio.to_thread(differing, statements, question=run.question.text)
    return await settle(run, models, [pair for pair in pairs if {pair.first.evidence.quote, pair.second.evidence.quote} & fresh])


async def _inferences(run: Run, models: Models, ledger: Ledger) -> tuple[Inference, ...]:
    claims = [claim for claim in ledger.claims if claim.holds][: run.effort.claims]
    made = await ask(
        run,
        models,
        "writer",
        "analyse",
        Conclusions,
        max_tokens=2_500,
        claims="\n".join(f"{i} {clip(claim.text, 400)}" for i, claim in enumerate(claims, 1)),
        question=run.question.text,
    )
    if made is None:
        return ()
    pages = await _pages(run) if made.inferences else []
    drawn = [inference for one in made.inferences if (inference := _checked(run, one, claims, pages)) is not None]
    return (*await _syntheses(run, models, made.counts, claims), *drawn)


async def _pages(run: Run) -> list[str]:
    """The texts that were read."""
    readings = await readings_of(run.store, run.job)
    return [snapshot.text for snapshot in (await run.store.snapshots(list({r.snapshot_id for r in readings}))).values()]


def _checked(run: Run, drawn: Drawn, claims: Sequence[Claim], pages: Sequence[str]) -> Inference | None:
    premises = _named(drawn.claims, claims)
    text = cleaned(drawn.text)
    reasons = {"warrant": cleaned(drawn.warrant), "overturned_by": cleaned(drawn.overturned_by)}
    language = run.question.language
    if len(premises) < 2 or not text or is_foreign(text, language) or not reasons["warrant"]:
        return None
    if _invents(text, premises, pages) or any(ledgers.same_claim(text, claim.text) for claim in premises):
        return None
    fitting = {name: said for name, said in reasons.items() if not _invents(said, premises, pages) and not is_foreign(said, language)}
    if "warrant" not in fitting:
        return None
    return Inference(
        text=ended(text),
        premises=tuple(claim.id for claim in premises),
        warrant=fitting["warrant"],
        confidence=drawn.confidence,
        overturned_by=fitting.get("overturned_by", ""),
    )


def _invents(text: str, premises: Sequence[Claim], pages: Sequence[str]) -> bool:
    """Whether a conclusion brings a figure or a name that its premises do not have, or was not drawn from them."""
    return invents(text, premises) or not concludes(text, texts_of(premises), pages)


async def _syntheses(run: Run, models: Models, made: Sequence[Counted], claims: Sequence[Claim]) -> list[Inference]:
    """The statements that at least two independent sources say, with how many of those compared do."""
    fitting = [
        (cleaned(one.text), _named(one.claims, claims), _named(one.others, claims))
        for one in made
        if cleaned(one.text) and not is_foreign(cleaned(one.text), run.question.language)
    ]
    pairs = [
        (text, claim)
        for text, members, _ in fitting
        for claim in members
        if not invents(text, [claim]) and restates(text, texts_of([claim]))
    ]
    shown = await judging.shown_quotes(run, models, [claim for _, claim in pairs])
    verdicts = await judging.supported(run, models, [judging.Statement(text, shown[claim.id]) for text, claim in pairs])
    entailed = {(text, claim.id) for (text, claim), verdict in zip(pairs, verdicts, strict=True) if verdict == "supported"}
    compared = [claim for _, members, others in fitting for claim in (*members, *others)]
    origins = await run.origins(q.snapshot_id for claim in compared for q in claim.evidence)
    found = []
    for text, members, others in fitting:
        saying = [claim for claim in members if (text, claim.id) in entailed]
        count = origins.independent(_quotes(saying))
        total = origins.independent(_quotes([*members, *others]))
        if count >= LEAST:
            told = counted(ended(text), count, total, run.question.language)
            found.append(Inference(text=told, premises=tuple(claim.id for claim in saying), kind="synthesis"))
    return found


def _quotes(claims: Sequence[Claim]) -> list[Quote]:
    return [quote for claim in claims for quote in claim.evidence]


def _named(numbers: Sequence[int], claims: Sequence[Claim]) -> list[Claim]:
    return [claims[n - 1] for n in dict.fromkeys(numbers) if 0 < n <= len(claims)]
