"""Ask a model whether quotes support statements, many in one call; and whether conclusions follow from premises.

A quote is shown with the sentences beside it, so that a *not* before it is not cut off; the model in this process is shown the quote
alone. Without an answer nothing is believed. Not here: what becomes of a statement that fails (`check.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.models import Models
from research.crew import Run
from research.errors import BudgetExhausted
from research.text import clip
from research.types import Claim, Quote, Snapshot

BATCH = 12
Judged = Literal["supported", "partial", "unsupported"]
_SUPPORT: tuple[Judged, ...] = ("supported", "partial", "unsupported")
_FOLLOWS: dict[str, Judged] = {"follows": "supported", "plausible": "partial", "no": "unsupported"}


class Verdicts(BaseModel):
    """`S1`: supported, partial or unsupported, one field a statement."""

    model_config = ConfigDict(extra="allow")

    def of(self, name: str) -> str:
        return str((self.model_extra or {}).get(name, ""))


@dataclass(frozen=True)
class Statement:
    """What is to be judged, and what it is to be judged by."""

    text: str
    quotes: tuple[str, ...]


async def shown_quotes(run: Run, models: Models, claims: Sequence[Claim]) -> dict[str, tuple[str, ...]]:
    """The quotes of each claim as a judge is shown them, by claim id."""
    kept = {claim.id: claim.evidence[:2] for claim in claims}
    if models.role("verify").embedded:
        return {claim_id: tuple(f"“{q.quote}”" for q in quotes) for claim_id, quotes in kept.items()}
    snapshots = await run.store.snapshots(list({q.snapshot_id for quotes in kept.values() for q in quotes}))
    return {claim_id: tuple(_beside(q, snapshots) for q in quotes) for claim_id, quotes in kept.items()}


def _beside(quote: Quote, snapshots: Mapping[str, Snapshot]) -> str:
    """A quote between the sentences that stand before and after it."""
    snapshot = snapshots.get(quote.snapshot_id)
    if snapshot is None or not quote.spans:
        return f"“{quote.quote}”"
    first, last = quote.spans[0][0], quote.spans[-1][1]
    before = [snapshot.text[a:b] for a, b in snapshot.sentences if b <= first and first - b < 3][-1:]
    after = [snapshot.text[a:b] for a, b in snapshot.sentences if a >= last and a - last < 3][:1]
    sides = [f"({clip(text, 200)})" for text in before], [f"({clip(text, 200)})" for text in after]
    return " ".join([*sides[0], f"“{quote.quote}”", *sides[1]])


async def supported(run: Run, models: Models, statements: Sequence[Statement]) -> list[Judged]:
    """The verdict on each statement by its quotes."""
    return await _judged(run, models, "check", statements, "S", {value: value for value in _SUPPORT})


async def follows(run: Run, models: Models, conclusions: Sequence[Statement]) -> list[Judged]:
    """Whether each conclusion follows from its premises: supported if it does, partial if it is plausible."""
    return await _judged(run, models, "follows", conclusions, "I", _FOLLOWS)


async def _judged(
    run: Run, models: Models, prompt: str, statements: Sequence[Statement], letter: str, values: Mapping[str, Judged]
) -> list[Judged]:
    verdicts: list[Judged] = []
    for start in range(0, len(statements), BATCH):
        batch = statements[start : start + BATCH]
        names = [f"{letter}{n}" for n in range(1, len(batch) + 1)]
        answer = await _ask(run, models, prompt, names, batch, list(values))
        verdicts += [values.get(answer.of(name), "unsupported") if answer else "unsupported" for name in names]
    return verdicts


async def _ask(
    run: Run, models: Models, prompt: str, names: Sequence[str], batch: Sequence[Statement], values: Sequence[str]
) -> Verdicts | None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"enum": list(values)} for name in names},
        "required": list(names),
        "additionalProperties": False,
    }
    shown = (
        f"{name} {s.text}\n" + "\n".join(f"   {quote}" for quote in dict.fromkeys(s.quotes)) for name, s in zip(names, batch, strict=True)
    )
    tokens = 1_000 + 10 * len(batch)
    try:
        return await ask(run, models, "verify", prompt, Verdicts, schema=schema, max_tokens=tokens, sentences="\n".join(shown))
    except BudgetExhausted as error:
        await run.floor(prompt, str(error))
        return None
