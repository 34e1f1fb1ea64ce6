"""Check claims against other documents: what confirms them, what contradicts them.

Code finds the pairs of statements that could tell of one thing and compares their values. Where the
words leave it open whether they do, a model is asked, many pairs in one call, and so it never has
to compare figures."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.extractive import concluding
from agents.extractive.statements import Seen, seen
from agents.extractive.summary import observed
from agents.models import Models
from research.crew import Run
from research.domain import Claim, Contradiction, Feedback, Ledger, Trajectory
from research.errors import BudgetExhausted
from research.ledger import conflicts as disputes
from research.ledger.conflicts import Pair
from research.ledger.document_status import highest
from research.ledger.superseding import Statement
from research.text.sentences import clip

MOST = 12  # certain pairs told; more than that is a table, not a dispute


class Same(BaseModel):
    """`P1`: yes or no, one field a pair."""

    model_config = ConfigDict(extra="allow")

    def holds(self, number: int) -> bool:
        return (self.model_extra or {}).get(f"P{number}") == "yes"


async def verify(run: Run, models: Models, trajectory: Trajectory, known: Ledger) -> Feedback:
    """What a verify agent's trajectory gives: its claims with verdicts and further evidence, and
    contradictions."""
    observations = await observed(run, trajectory)
    found = await seen(run, known.claims)
    own = found.of(run, [claim for claim in known.claims if claim.evidence])
    pairs = await asyncio.to_thread(
        disputes.differing, [*own, *_new(own, found.statements)], question=run.question.text
    )
    contradictions = await settle(run, models, _touching(pairs, own))
    checked = [claim for claim in known.claims if claim.id in trajectory.task.claims]
    claims = [concluding.confirmed(run.question.language, claim, found) for claim in checked]
    return Feedback(
        task_id=trajectory.task.id,
        role="verify",
        outcome=trajectory.outcome,
        reason=trajectory.reason,
        claims=(*claims, *_current(run, trajectory.task.id, known, contradictions, found)),
        contradictions=contradictions,
        queries=tuple(q for o in observations for q in o.queries),
        pages=len({reading for o in observations for reading in o.readings}),
    )


def _touching(pairs: Sequence[Pair], own: Sequence[Statement]) -> list[Pair]:
    """The pairs with a claim on one side at least."""
    claimed = {statement.evidence.quote for statement in own}
    return [
        pair for pair in pairs if {pair.first.evidence.quote, pair.second.evidence.quote} & claimed
    ]


def _new(own: Sequence[Statement], statements: Sequence[Statement]) -> list[Statement]:
    known = {statement.evidence.quote for statement in own}
    return [statement for statement in statements if statement.evidence.quote not in known]


def _current(
    run: Run, task_id: str, known: Ledger, contradictions: Sequence[Contradiction], found: Seen
) -> list[Claim]:
    """The value that holds as a claim, where only the one it supersedes was one."""
    fresh = []
    for place, dispute in enumerate(contradictions):
        *old, last = dispute.sides
        quotes = {q.quote for side in old for q in side.evidence}
        replaced = [claim for claim in known.claims if quotes & {q.quote for q in claim.evidence}]
        held = {q.quote for q in last.evidence}
        if (
            dispute.kind != "superseded"
            or not replaced
            or any(held & {q.quote for q in claim.evidence} for claim in known.claims)
        ):
            continue
        best = max(replaced, key=lambda claim: (bool(claim.answer), claim.relevance))
        changes = {
            "id": f"{task_id}.s{place}",
            "text": last.text,
            "evidence": last.evidence,
            "verdict": "supported",
            "documents": found.origins.independent(last.evidence),
            "answer": last.text if best.answer else "",
            "standing": highest(found.documents[q.reading_id].standing for q in last.evidence),
            "reason": concluding.WORDS[run.question.language]["supersedes"],
        }
        fresh.append(best.model_copy(update=changes))
    return fresh


async def settle(run: Run, models: Models, pairs: Sequence[Pair]) -> tuple[Contradiction, ...]:
    """The pairs that contradict each other: the certain ones, and of the likeliest others those
    that a model takes for one thing."""
    certain = [pair for pair in pairs if pair.certain]
    settled = await _one_question(
        run, models, [pair for pair in pairs if not pair.certain][: run.effort.pairs]
    )
    return disputes.contradictions([*certain[:MOST], *settled])


def _shown(run: Run, pair: Pair) -> str:
    goal = pair.first.goal or pair.second.goal or run.question.text
    return f"{goal} {_told(pair.first)} / {_told(pair.second)}"


def _told(statement: Statement) -> str:
    return f"[{clip(statement.title, 40)}] {clip(statement.text, 220)}"


async def _one_question(run: Run, models: Models, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs whose statements, says the model, answer one question; none where it gave no
    answer."""
    if not pairs:
        return []
    names = [f"P{number}" for number in range(1, len(pairs) + 1)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"enum": ["yes", "no"]} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    shown = "\n".join(
        f"{name}: {_shown(run, pair)}" for name, pair in zip(names, pairs, strict=True)
    )
    try:
        answer = await ask(
            run,
            models,
            "verify",
            "compare",
            Same,
            schema=schema,
            max_tokens=20 + 9 * len(pairs),
            pairs=shown,
        )
    except BudgetExhausted as error:
        await run.floor("compare", str(error))
        return []
    return [pair for number, pair in enumerate(pairs, 1) if answer and answer.holds(number)]
