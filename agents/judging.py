"""What the check and the analysis ask a model: whether quotes support a statement, and whether a conclusion follows from its premises.

A quote is shown with the sentences beside it, so that a *not* before it is not cut off; the model in this process is shown the quote
alone. Without an answer nothing is believed. Not here: how entailment is asked (`entailment.py`), what becomes of a statement that fails
(`check.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from agents import entailment
from agents.asking import ask
from agents.entailment import in_context
from agents.models import Models
from research.crew import Run
from research.errors import BudgetExhausted
from research.types import Claim

BATCH = 12
Judged = Literal["supported", "partial", "unsupported"]
_FOLLOWS: dict[str, Judged] = {"follows": "supported", "plausible": "partial", "no": "unsupported"}


class Verdicts(BaseModel):
    """`I1`: follows, plausible or no, one field a conclusion."""

    model_config = ConfigDict(extra="allow")

    def of(self, number: int) -> Judged:
        return _FOLLOWS.get(str((self.model_extra or {}).get(f"I{number}")), "unsupported")


@dataclass(frozen=True)
class Statement:
    """What is to be judged, and what it is to be judged by."""

    text: str
    quotes: tuple[str, ...]


async def shown_quotes(run: Run, models: Models, claims: Sequence[Claim]) -> dict[str, tuple[str, ...]]:
    """The quotes of each claim as a judge is shown them, by claim id; of what was computed, the claim itself."""
    kept = {claim.id: claim.evidence[:2] for claim in claims}
    computed = {claim.id: (claim.text,) for claim in claims if claim.runs and not claim.evidence}
    if models.role("verify").embedded:
        return {claim_id: tuple(q.quote for q in quotes) for claim_id, quotes in kept.items()} | computed
    snapshots = await run.store.snapshots(list({q.snapshot_id for quotes in kept.values() for q in quotes}))
    shown = {
        claim_id: tuple(text for q in quotes if q.snapshot_id in snapshots for text in in_context(snapshots[q.snapshot_id], q.spans))
        for claim_id, quotes in kept.items()
    }
    return shown | computed


async def supported(run: Run, models: Models, statements: Sequence[Statement]) -> list[Judged]:
    """The verdict on each statement by its quotes, jointly."""
    items = [entailment.Item(statement.text, statement.quotes) for statement in statements]
    judged: list[Judged] = []
    asking = partial(ask, run, models, "verify")
    for start in range(0, len(items), BATCH):
        given: list[entailment.Judged | None] = [None] * len(items[start : start + BATCH])
        try:
            given = await entailment.verdicts(asking, items[start : start + BATCH], embedded=models.role("verify").embedded)
        except BudgetExhausted as error:
            await run.floor("check", str(error))
        judged += [one.verdict if one and one.verdict in ("supported", "partial") else "unsupported" for one in given]
    return judged


async def follows(run: Run, models: Models, conclusions: Sequence[Statement]) -> list[Judged]:
    """Whether each conclusion follows from its premises: supported if it does, partial if it is plausible."""
    verdicts: list[Judged] = []
    for start in range(0, len(conclusions), BATCH):
        batch = conclusions[start : start + BATCH]
        answer = await _ask(run, models, batch)
        verdicts += [answer.of(n) if answer else "unsupported" for n in range(1, len(batch) + 1)]
    return verdicts


async def _ask(run: Run, models: Models, batch: Sequence[Statement]) -> Verdicts | None:
    names = [f"I{n}" for n in range(1, len(batch) + 1)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"enum": list(_FOLLOWS)} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    shown = (
        f"{name} {s.text}\n" + "\n".join(f"   {quote}" for quote in dict.fromkeys(s.quotes)) for name, s in zip(names, batch, strict=True)
    )
    tokens = 1_000 + 10 * len(batch)
    try:
        return await ask(run, models, "verify", "follows", Verdicts, schema=schema, max_tokens=tokens, sentences="\n".join(shown))
    except BudgetExhausted as error:
        await run.floor("follows", str(error))
        return None
