"""Have the claims of a verify task judged: each by its own quotes, and again by what other documents say near it.

Code chooses what is shown: what may dispute a claim, its own quotes with the sentences beside them, the nearest sentences of documents that
are no copies of its own. Not here: how it is asked (`entailment.py`), the pairs that code alone is sure of (`verify.py`), what follows from
the model's words (`concluding.py`)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from agents import entailment
from agents.asking import ask
from agents.entailment import Item, Judged, in_context
from agents.fence import addresses_assistant, on_one_line
from agents.models import Models
from agents.relevance import NEAR, off_subject, relevance
from agents.routing import by_risk, judgings
from agents.statements import Seen
from agents.tools.batch_web_surfer import heading
from research.crew import Run
from research.disputes import Pair, may_deny
from research.errors import BudgetExhausted
from research.origins import Origins, bare
from research.superseding import Statement
from research.types import Claim, Quote, Snapshot, Span, Task

OTHERS = 2  # other documents that a claim is judged by, at most, besides those it may be disputed by
QUOTES = 2  # of its own
AROUND = 6  # sentences on each side among which its neighbours are looked for


@dataclass(frozen=True)
class Asked:
    """A claim, and what it is judged by: its own quotes, or what one `other` document says."""

    claim: Claim
    item: Item
    other: Statement | None = None


@dataclass(frozen=True)
class Looked:
    """A claim after a model has looked at it: what it says of the claim's own quotes, None if it gave no word, and of others."""

    claim: Claim
    own: Judged | None = None
    others: tuple[tuple[Statement, Judged | None], ...] = ()

    def denied(self, own: Statement, question: str) -> list[Statement]:
        """The statements that say the contrary, where code sees that they could."""
        return [other for other, judged in self.others if judged and judged.verdict == "refuted" and may_deny(own, other, question)]


async def look(
    run: Run, models: Models, task: Task, claims: Sequence[Claim], own: Mapping[str, Statement], doubtful: Sequence[Pair], seen: Seen
) -> list[Looked]:
    """Have each claim judged, the riskiest first, those of a page together, as many questions as the task has calls for."""
    ordered = _by_page(claims)
    room = min(entailment.BATCH * judgings(run.turns), 2 * run.effort.pairs)
    asked = await asyncio.to_thread(_questions, ordered, own, doubtful, seen, room)
    judged = await _judge(run, models, task, [question.item for question in asked])
    answers = list(zip(asked, judged, strict=True))
    return [
        Looked(
            claim,
            next((word for question, word in answers if question.claim is claim and question.other is None), None),
            tuple((question.other, word) for question, word in answers if question.claim is claim and question.other is not None),
        )
        for claim in ordered
    ]


def _by_page(claims: Sequence[Claim]) -> list[Claim]:
    """The riskiest first, and with it those of its page."""
    pages: dict[str, list[Claim]] = {}
    for claim in by_risk(claims):
        pages.setdefault(claim.evidence[0].snapshot_id, []).append(claim)
    return [claim for own in pages.values() for claim in own]


def _questions(claims: Sequence[Claim], own: Mapping[str, Statement], doubtful: Sequence[Pair], seen: Seen, room: int) -> list[Asked]:
    """What to ask: what may dispute a claim, then its own quotes, then who else may say it; in the order of the claims.

    CPU work: called in a thread."""
    against = {claim.id: _against(own[claim.id], doubtful) for claim in claims}
    disputed = [_of_other(claim, other, seen) for claim in claims for other in against[claim.id]][: room // 2]
    plain = [_of_own(claim, seen) for claim in claims]
    near = {claim.id: _near(claim, own[claim.id], against[claim.id], seen) for claim in claims}
    others = [_of_other(c, near[c.id][n], seen) for n in range(OTHERS) for c in claims if n < len(near[c.id])]
    kept = [*disputed, *plain, *others][:room]
    return [question for claim in claims for question in kept if question.claim is claim]


def _against(own: Statement, doubtful: Sequence[Pair]) -> list[Statement]:
    """What may dispute a statement; a pair is asked about once, of its first."""
    return [pair.second for pair in doubtful if pair.first is own]


def _near(claim: Claim, own: Statement, taken: Sequence[Statement], seen: Seen) -> list[Statement]:
    """The sentences of other documents that are nearest to a claim, one a source, independent ones first; no copies of its own."""
    best: dict[str, tuple[float, Statement]] = {}
    texts = {_text(quote, seen.origins) for quote in (*claim.evidence, *(other.evidence for other in taken))}
    words = {bare(quote.quote) for quote in claim.evidence}
    for other in seen.statements:
        text = _text(other.evidence, seen.origins)
        if text in texts or bare(other.evidence.quote) in words:
            continue
        nearness = _nearness(own, other)
        if nearness >= NEAR and nearness > best.get(text, (0.0, other))[0]:
            best[text] = nearness, other
    independent = {text: seen.origins.adds(other.evidence, claim.evidence) for text, (_, other) in best.items()}
    ranked = sorted(best, key=lambda text: (not independent[text], -best[text][0]))
    chosen: list[Statement] = []
    for text in ranked:
        other = best[text][1]
        if len(chosen) < OTHERS and seen.origins.adds(other.evidence, [one.evidence for one in chosen]):
            chosen.append(other)
    return chosen


def _text(quote: Quote, origins: Origins) -> str:
    return origins.copies.get(quote.snapshot_id, quote.snapshot_id)


def _nearness(own: Statement, other: Statement) -> float:
    """How much another statement has to do with a claim (0 to 1); between languages words cannot tell."""
    return 0.0 if off_subject(own.text, other.text, other.title) else relevance(own.text, other.text, other.title) or 0.0


def _of_own(claim: Claim, seen: Seen) -> Asked:
    quotes = claim.evidence[:QUOTES]
    passages = tuple(text for quote in quotes for text in _shown(seen.snapshots[quote.snapshot_id], quote.spans))
    return Asked(claim, Item(claim.text, passages, heading(seen.readings[quotes[0].reading_id])))


def _of_other(claim: Claim, other: Statement, seen: Seen) -> Asked:
    quote = other.evidence
    passages = _shown(seen.snapshots[quote.snapshot_id], quote.spans)
    return Asked(claim, Item(claim.text, passages, heading(seen.readings[quote.reading_id])), other)


def _shown(snapshot: Snapshot, spans: Sequence[Span]) -> tuple[str, ...]:
    """The sentences with their neighbours, but without a neighbour that speaks to a model."""
    return tuple(on_one_line(text) for text in in_context(fenced(snapshot, spans), spans))


def fenced(snapshot: Snapshot, spans: Sequence[Span]) -> Snapshot:
    """The part of a text around these spans, without the sentences that speak to a model."""
    touched = [n for n, (start, end) in enumerate(snapshot.sentences) if any(start < b and a < end for a, b in spans)] or [0]
    window = snapshot.sentences[max(0, touched[0] - AROUND) : touched[-1] + AROUND + 1]
    harmless = tuple((start, end) for start, end in window if not addresses_assistant(snapshot.text[start:end]))
    return snapshot.model_copy(update={"sentences": harmless})


async def _judge(run: Run, models: Models, task: Task, items: Sequence[Item]) -> list[Judged | None]:
    """The model's word on each, None where it gave none; what the budget has no room for is left to the floor."""
    judged: list[Judged | None] = []
    asking = partial(ask, run, models, "verify", task_id=task.id)
    for start in range(0, len(items), entailment.BATCH):
        part = items[start : start + entailment.BATCH]
        try:
            judged += await entailment.verdicts(asking, part, embedded=models.role("verify").embedded)
        except BudgetExhausted as error:
            await run.floor("entail", str(error))
            judged += [None] * (len(items) - start)
            break
    return judged
