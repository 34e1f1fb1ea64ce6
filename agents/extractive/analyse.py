"""Answer the whole question once more from whole pages, and settle what still contradicts."""

import asyncio
from collections.abc import Collection

from agents.extractive import whole
from agents.extractive.statements import documents_of, statement_of
from agents.extractive.verify import settle
from agents.models import Models
from research.crew import Run
from research.domain import Contradiction, Ledger, Plan
from research.ledger import merging as ledgers
from research.ledger.conflicts import differing
from research.ledger.follow_up import readings_of


async def analyse(run: Run, models: Models, ledger: Ledger, plan: Plan) -> tuple[Ledger, Plan]:
    """The ledger with its contradictions, and the plan with the short answer, where the whole gives
    one."""
    known, found = await whole.answered(run, models, ledger)
    if not known.claims:
        return ledger, plan
    contradictions = await _unsettled(run, models, known, found.holding if found else ())
    if found:
        settled = ledgers.with_contradictions(known, contradictions)
        if whole.holds(settled, found):
            return settled, plan.model_copy(update={"answered": True, "answer": found.answer})
    return ledgers.with_contradictions(ledger, contradictions), plan


async def _unsettled(
    run: Run, models: Models, ledger: Ledger, anew: Collection[str]
) -> tuple[Contradiction, ...]:
    """Contradictions of claims that no verify agent has looked at, or that answer something else by
    now (`anew`, by id)."""
    quoted = [claim for claim in ledger.claims if claim.evidence]
    fresh = {
        quote.quote
        for claim in quoted
        if not claim.reason or claim.id in anew
        for quote in claim.evidence
    }
    if not fresh:
        return ()
    readings = {reading.id: reading for reading in await readings_of(run.store, run.job)}
    documents = await documents_of(run, readings.values())
    statements = [statement_of(run, claim, readings, {}, documents) for claim in quoted]
    pairs = await asyncio.to_thread(differing, statements, question=run.question.text)
    return await settle(
        run,
        models,
        [pair for pair in pairs if {pair.first.evidence.quote, pair.second.evidence.quote} & fresh],
    )
