"""Check claims against other documents: what confirms them, what contradicts them.

Code finds the pairs of statements that could tell of one thing and compares their values; where the words leave it open whether they do,
a model is asked, many pairs in one call. So a weak model never has to compare figures, and code never has to know what a museum is."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.models import Models
from agents.summary import observed
from research import cite, ledger
from research.crew import Run
from research.errors import BudgetExhausted
from research.ledger import Pair, Statement
from research.types import Claim, Contradiction, Feedback, Ledger, Line, Quote, Reading, Trajectory

MOST = 12  # certain pairs told; more than that is a table, not a dispute


class Same(BaseModel):
    """`P1`: yes or no, one field a pair."""

    model_config = ConfigDict(extra="allow")

    def holds(self, number: int) -> bool:
        return (self.model_extra or {}).get(f"P{number}") == "yes"


async def verify(run: Run, models: Models, trajectory: Trajectory, known: Ledger) -> Feedback:
    """What a verify agent's trajectory gives: its claims with verdicts and further evidence, and contradictions."""
    observations = await observed(run, trajectory)
    readings = {reading.id: reading for reading in await run.store.readings(run.job.id)}
    lines = list({(line.snapshot_id, line.index): line for o in observations for line in o.lines}.values())
    seen = [await _statement(run, line, readings) for line in lines]
    checked = [claim for claim in known.claims if claim.id in trajectory.task.claims]
    own = [statement_of(claim, quote, readings) for claim in known.claims for quote in claim.evidence[:1]]
    pairs = _touching(ledger.differing([*own, *_new(own, seen)]), own)
    contradictions = await settle(run, models, pairs)
    return Feedback(
        task_id=trajectory.task.id,
        role="verify",
        outcome=trajectory.outcome,
        reason=trajectory.reason,
        claims=tuple(_confirmed(claim, seen) for claim in checked),
        contradictions=contradictions,
        queries=tuple(q for o in observations for q in o.queries),
        pages=len({reading for o in observations for reading in o.readings}),
    )


def statement_of(claim: Claim, quote: Quote, readings: dict[str, Reading]) -> Statement:
    reading = readings[quote.reading_id]
    return Statement(claim.text, quote, reading.title, (reading.published_at or "")[:4])


async def _statement(run: Run, line: Line, readings: dict[str, Reading]) -> Statement:
    snapshot = await run.store.snapshot(line.snapshot_id)
    assert snapshot is not None  # a line is only made from a snapshot that was stored
    reading = readings[line.reading_id]
    quote = cite.quote(snapshot, [snapshot.sentences[line.index]], reading.id)
    return Statement(cite.plain(line.text), quote, reading.title, (reading.published_at or "")[:4])


def _new(own: Sequence[Statement], seen: Sequence[Statement]) -> list[Statement]:
    known = {statement.evidence.quote for statement in own}
    return [statement for statement in seen if statement.evidence.quote not in known]


def _touching(pairs: Sequence[Pair], own: Sequence[Statement]) -> list[Pair]:
    """The pairs with a claim on one side at least, one for each pair of quotes."""
    claimed = {statement.evidence.quote for statement in own}
    return [pair for pair in pairs if {pair.first.evidence.quote, pair.second.evidence.quote} & claimed]


def _confirmed(claim: Claim, seen: Sequence[Statement]) -> Claim:
    """The claim with every other text that says the same; a claim is its quote's own words, so its quote supports it."""
    own = {quote.snapshot_id for quote in claim.evidence}
    also = [s.evidence for s in seen if s.evidence.snapshot_id not in own and ledger.same_claim(s.text, claim.text)]
    reason = f"said by {1 + len(also)} texts" if also else "said by one text"
    return claim.model_copy(update={"verdict": "supported", "evidence": (*claim.evidence, *also), "reason": reason})


async def settle(run: Run, models: Models, pairs: Sequence[Pair]) -> tuple[Contradiction, ...]:
    """The pairs that contradict each other: the certain ones, and of the likeliest others those that a model takes for one thing."""
    certain = [pair for pair in pairs if pair.certain]
    open_pairs = [pair for pair in pairs if not pair.certain][: run.effort.pairs]
    answer = await _compare(run, models, open_pairs) if open_pairs else None
    settled = [pair for number, pair in enumerate(open_pairs, 1) if answer and answer.holds(number)]
    return ledger.contradictions([*certain[:MOST], *settled])


async def _compare(run: Run, models: Models, pairs: Sequence[Pair]) -> Same | None:
    names = [f"P{number}" for number in range(1, len(pairs) + 1)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"enum": ["yes", "no"]} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    shown = "\n".join(f"{name}: {pair.first.text} / {pair.second.text}" for name, pair in zip(names, pairs, strict=True))
    tokens = 20 + 9 * len(pairs)
    try:
        return await ask(
            run,
            models,
            "verify",
            "compare",
            Same,
            schema=schema,
            max_tokens=tokens if models.role("verify").embedded else tokens + 1_000,
            pairs=shown,
        )
    except BudgetExhausted as error:
        await run.floor("compare", str(error))
        return None
