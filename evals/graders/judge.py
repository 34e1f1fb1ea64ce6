"""The judge: asks a model whether a report meets criteria, and keeps each verdict.

A criterion of negative weight is asked as the fault it describes, with a prompt of its own. A call
that fails leaves its criteria without a verdict: that is told, and is never a verdict of no. Not
here: what a verdict is worth (`scores.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from agents.models import CallUsage, RoleModel
from evals.data.rubric_tasks import Criterion, RubricTask
from evals.errors import Ungraded
from evals.graders import prompts
from evals.graders.judgements import ANSWERS, Answer, Judgement, Judgements, key_of
from evals.graders.prompts import Prompt
from research.budget import total
from research.domain.report import RoleUsage
from research.errors import ModelError, ModelRefused, ModelUnavailable, WeightsUnavailable

GIVE_UP_AFTER = 5
GONE = (ModelUnavailable, ModelRefused, WeightsUnavailable)


class Verdict(BaseModel):
    id: int
    verdict: Answer
    reason: str = ""


class Verdicts(BaseModel):
    verdicts: list[Verdict]


@dataclass
class Judge:
    """One model in the role of the judge. `label` tells the model, its endpoint and its temperature
    apart from others."""

    model: RoleModel
    label: str
    kept: Judgements
    batch: int = 1
    usage: RoleUsage = field(default_factory=RoleUsage)
    _gone_in_a_row: int = 0

    def batches(self, criteria: Sequence[Criterion]) -> list[list[int]]:
        """Which criteria are asked together, as indices: never a fault with a criterion."""
        wanted = [i for i, c in enumerate(criteria) if c.weight > 0]
        faults = [i for i, c in enumerate(criteria) if c.weight < 0]
        return [
            kind[i : i + self.batch]
            for kind in (wanted, faults)
            for i in range(0, len(kind), self.batch)
        ]

    async def judge(
        self, task: RubricTask, report: str, batch: Sequence[Criterion], repeat: int
    ) -> list[Judgement | Ungraded]:
        """A judgement for each criterion of the batch, in order; what is kept is not asked
        again."""
        prompt: Prompt = "fault" if batch[0].weight < 0 else "criterion"
        keys = [self._key(prompt, task, report, criterion, repeat) for criterion in batch]
        missing = [i for i, key in enumerate(keys) if self.kept.get(key) is None]
        failure = "the judge gave no verdict on it"
        if missing:
            try:
                answers = await self._ask(
                    prompt, task, report, [batch[i].criterion for i in missing]
                )
            except ModelError as error:
                answers, failure = {}, str(error)
            for place, judgement in answers.items():
                i = missing[place]
                self.kept.put(
                    keys[i],
                    judgement,
                    sample_id=task.sample_id,
                    criterion=batch[i].criterion,
                    repeat=repeat,
                    judge=self.label,
                )
        return [self.kept.get(key) or Ungraded(reason=failure) for key in keys]

    def _key(
        self, prompt: Prompt, task: RubricTask, report: str, criterion: Criterion, repeat: int
    ) -> str:
        return key_of(
            self.label,
            prompts.version(prompt),
            self.batch,
            repeat,
            task.prompt,
            report,
            criterion.criterion,
        )

    async def _ask(
        self, prompt: Prompt, task: RubricTask, report: str, criteria: Sequence[str]
    ) -> dict[int, Judgement]:
        """The judgements by place in `criteria`. Raises `ModelError`; after a row of failures of
        the endpoint without asking it again."""
        if self._gone_in_a_row >= GIVE_UP_AFTER:
            raise ModelUnavailable(
                model=self.label, reason=f"it was given up after {GIVE_UP_AFTER} failures in a row"
            )
        brief = self.model.embedded
        try:
            told = await self.model.ask(
                prompts.render(prompt, task=task.prompt, report=report, criteria=criteria),
                Verdicts,
                schema=answer_schema(len(criteria), reasons=not brief),
                max_tokens=40 * len(criteria) + 40 if brief else 4_000 + 200 * len(criteria),
                on_call=self._count,
            )
        except GONE:
            self._gone_in_a_row += 1
            raise
        self._gone_in_a_row = 0
        return _once_each(told.verdicts, len(criteria))

    async def _count(self, call: CallUsage) -> None:
        spent = RoleUsage(
            model_calls=1,
            prompt_tokens=call.prompt_tokens,
            cached_tokens=call.cached_tokens,
            completion_tokens=call.completion_tokens,
            usd=call.usd,
        )
        self.usage = total([self.usage, spent])


def _once_each(verdicts: Sequence[Verdict], size: int) -> dict[int, Judgement]:
    """The verdicts by place; a criterion that was given two different ones has none."""
    found: dict[int, Judgement] = {}
    torn: set[int] = set()
    for given in verdicts:
        place = given.id - 1
        if place in found and found[place].verdict != given.verdict:
            torn.add(place)
        if 0 <= place < size:
            found.setdefault(place, Judgement(verdict=given.verdict, reason=given.reason))
    return {place: judgement for place, judgement in found.items() if place not in torn}


def answer_schema(size: int, *, reasons: bool) -> dict[str, Any]:
    """One verdict for each number. The verdict comes before its reason: small models judge worse
    the other way round."""
    fields: dict[str, Any] = {
        "id": {"type": "integer", "enum": list(range(1, size + 1))},
        "verdict": {"type": "string", "enum": list(ANSWERS)},
    }
    if reasons:
        fields["reason"] = {
            "type": "string",
            "description": "one sentence: where the report shows it, or what is missing",
        }
    verdict = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    verdicts = {"type": "array", "items": verdict, "minItems": size, "maxItems": size}
    return {
        "type": "object",
        "properties": {"verdicts": verdicts},
        "required": ["verdicts"],
        "additionalProperties": False,
    }
