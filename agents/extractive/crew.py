"""The crew for a small model: it searches for the parts of a question, picks sentences by number,
and tells them in the sources' own words. The steps that `agents/crew.py` hands to the graph."""

import asyncio

from agents.extractive.comparing import contradictions
from agents.extractive.picking import inherited, summarise
from agents.extractive.planning import plan
from agents.extractive.writing import write
from research.crew import Run
from research.domain import Ledger
from research.ledger.follow_up import handed_on, readings_of
from research.ledger.merging import with_contradictions

__all__ = ["compare", "inherit", "plan", "summarise", "write"]


async def inherit(run: Run, left: Ledger) -> Ledger:
    """What a follow-up starts from: the claims of the jobs before it that have to do with it."""
    titles = {reading.id: reading.title for reading in await readings_of(run.store, run.job)}
    return handed_on(left, inherited(run.question.text, left.claims, titles))


async def compare(run: Run, ledger: Ledger) -> Ledger:
    """The ledger with the contradictions between its claims."""
    readings = {reading.id: reading for reading in await readings_of(run.store, run.job)}
    quoted = [claim for claim in ledger.claims if claim.evidence and claim.answer]
    found = await asyncio.to_thread(contradictions, quoted, readings)
    return with_contradictions(ledger, found)
