"""What stands nearest to a question that nothing answers: quoted one by one, for the reader to
judge. Pure.

Measured by words against the question itself, not against the goals that were followed, so a
sentence in another language is left out; so is one that speaks of *it* or *this*, which beside
another page's sentence would say what neither says."""

import re
from collections.abc import Sequence

from agents.extractive.relevance import FLOOR, off_subject, relevance
from agents.extractive.wording import WORDS, own_words
from research.domain import Claim, DraftList, DraftSection, Question
from research.ledger.document_status import WEIGHT

MOST = 4
_POINTS = re.compile(
    r"\W*(?:(?:it|its|he|his|she|her|they|their|this|that|these|those|there|both|such)\b|[它他她该此这那其])",
    re.IGNORECASE,
)


def nearest(question: Question, claims: Sequence[Claim]) -> DraftSection | None:
    """A list of the nearest quotes, the nearest first; None where nothing is near."""
    measured = {
        claim.id: _nearness(question.text, claim)
        for claim in claims
        if claim.holds and claim.evidence
    }
    near = [
        claim
        for claim in claims
        if measured.get(claim.id, 0.0) >= FLOOR and not _POINTS.match(claim.text)
    ]
    near = [claim for claim in near if claim.verdict != "superseded"] or near
    ranked = sorted(near, key=lambda claim: -measured[claim.id] * WEIGHT[claim.standing])
    items = tuple((own_words(claim),) for claim in ranked[:MOST])
    return (
        DraftSection(heading=WORDS[question.language]["nearest"], blocks=(DraftList(items=items),))
        if items
        else None
    )


def _nearness(question: str, claim: Claim) -> float:
    return 0.0 if off_subject(question, claim.text) else relevance(question, claim.text) or 0.0
