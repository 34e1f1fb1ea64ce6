"""Think about what is known: settle what still contradicts, and draw inferences that rest on named claims.

A model small enough to run in this process draws none: what it wrote in trials restated one claim. An inference that brings a figure or a
name of its own, or that one of its premises already says, is left out by code."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from agents.asking import ask
from agents.models import Models
from agents.verify import settle, statement_of
from research import ledger as ledgers
from research.crew import Run
from research.errors import BudgetExhausted
from research.figures import names, unsupported_figures
from research.text import clip, terms
from research.types import Claim, Contradiction, Inference, Ledger


class Drawn(BaseModel):
    text: str
    claims: list[int] = Field(min_length=2, max_length=6)
    warrant: str = ""
    confidence: Literal["low", "medium", "high"] = "low"
    overturned_by: str = ""


class Conclusions(BaseModel):
    inferences: list[Drawn] = Field(max_length=2)


async def analyse(run: Run, models: Models, ledger: Ledger) -> tuple[tuple[Inference, ...], tuple[Contradiction, ...]]:
    if not ledger.claims:
        return (), ()
    try:
        contradictions = await _unsettled(run, models, ledger)
        inferences = () if models.role("writer").embedded else await _inferences(run, models, ledger)
    except BudgetExhausted:
        return (), ()
    return inferences, contradictions


async def _unsettled(run: Run, models: Models, ledger: Ledger) -> tuple[Contradiction, ...]:
    """Contradictions among claims that no verify agent has looked at."""
    if all(claim.reason for claim in ledger.claims):
        return ()
    readings = {reading.id: reading for reading in await run.store.readings(run.job.id)}
    statements = [statement_of(run, claim, readings, {}) for claim in ledger.claims if not claim.runs]
    return await settle(run, models, ledgers.differing(statements))


async def _inferences(run: Run, models: Models, ledger: Ledger) -> tuple[Inference, ...]:
    claims = ledger.claims[: run.effort.claims]
    made = await ask(
        run,
        models,
        "writer",
        "analyse",
        Conclusions,
        max_tokens=1_500,
        claims="\n".join(f"{i} {clip(claim.text, 400)}" for i, claim in enumerate(claims, 1)),
        question=run.question.text,
    )
    drawn = made.inferences if made else []
    return tuple(inference for one in drawn if (inference := _checked(one, claims)) is not None)


def _checked(drawn: Drawn, claims: Sequence[Claim]) -> Inference | None:
    premises = [claims[n - 1] for n in dict.fromkeys(drawn.claims) if 0 < n <= len(claims)]
    texts = [claim.text for claim in premises]
    held = {term for text in texts for term in terms(text)}
    new_names = [name for name in names(drawn.text) if not set(terms(name)) & held]
    if len(premises) < 2 or unsupported_figures(drawn.text, texts) or new_names:
        return None
    if any(ledgers.same_claim(drawn.text, text) for text in texts):
        return None
    return Inference(
        text=drawn.text,
        premises=tuple(claim.id for claim in premises),
        warrant=drawn.warrant,
        confidence=drawn.confidence,
        overturned_by=drawn.overturned_by,
    )
