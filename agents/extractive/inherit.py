"""What of the parent's ledger matters to a follow-up: relevance measured anew, on words, against
the new question.

A claim in another language than the question is kept with the relevance it had: there words cannot
tell. Not here: what is handed on of a claim, and what is not (`research/ledger/follow_up.py`)."""

from agents.extractive.relevance import LEAST, off_subject, relevance
from research.crew import Run
from research.domain import Claim, Ledger
from research.ledger.follow_up import handed_on, readings_of


async def inherit(run: Run, left: Ledger) -> Ledger:
    """The ledger a follow-up starts from."""
    titles = {reading.id: reading.title for reading in await readings_of(run.store, run.job)}
    measured = (
        _measured(run.question.text, claim, titles) for claim in left.claims if claim.evidence
    )
    return handed_on(left, [claim for claim in measured if claim is not None])


def _measured(question: str, claim: Claim, titles: dict[str, str]) -> Claim | None:
    """The claim with its relevance to this question, None if it has nothing to do with it."""
    title = titles.get(claim.evidence[0].reading_id, "")
    found = relevance(question, claim.text, title)
    if found is None:
        return claim
    if found < LEAST or off_subject(question, claim.text, title):
        return None
    return claim.model_copy(update={"relevance": round(found, 3)})
