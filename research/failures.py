"""What the models of a run failed at: told in its report, in its job and, where it is too much, as
its error.

A request fails when the model's answers to it are of no use, twice; plain code then takes over the
step. Not here: an endpoint that is gone, which stops the run (docs/decisions/0002), and what
becomes of the step (the crew).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from research.errors import ModelError, ModelUnreliable
from research.reporting.words import words_of
from research.store.database import Store


@dataclass(frozen=True)
class Failures:
    """`told` are the `floor` events of the requests that failed, in order; `answered` is how many
    did not."""

    told: Sequence[Mapping[str, Any]]
    answered: int

    @property
    def asked(self) -> int:
        return self.answered + len(self.told)

    @property
    def too_many(self) -> bool:
        """Whether as many requests failed as were answered, or more."""
        return 0 < self.asked <= 2 * len(self.told)

    def by_model(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for one in self.told:
            found.setdefault(one["model"], []).append(one)
        return found

    def error(self) -> ModelUnreliable:
        """The model that failed most, and what it did last."""
        failed = max(self.by_model().values(), key=len)
        last = failed[-1]
        return ModelUnreliable(
            model=last["model"],
            failed=len(failed),
            asked=self.asked,
            step=last["step"],
            reason=last["cause"],
            mend=last["mend"],
        )

    def limitations(self, language: str) -> list[str]:
        """A line for each model, in words of code: what a model said itself has no place in a
        report."""
        words = words_of(language)
        lines = []
        for model, failed in self.by_model().items():
            ways = dict.fromkeys(words.get(one["code"], one["code"]) for one in failed)
            line = words["model_failed"].format(
                # no address leads out of a report
                model=model.replace("https://", "").replace("http://", ""),
                failed=len(failed),
                asked=self.asked,
                how=words["comma"].join(ways),
            )
            lines.append(f"{line} {failed[-1]['mend']}".strip())
        return lines


def about(error: ModelError) -> dict[str, str]:
    """What a `floor` event tells of a failed request."""
    fields = error.fields
    return {
        "code": error.code,
        "model": str(fields["model"]),
        "cause": str(fields["reason"]),
        "mend": error.mend,
    }


async def failures_of(store: Store, job_id: str) -> Failures:
    told = [floor for floor in await store.fallback_events(job_id) if "code" in floor]
    return Failures(told, await store.answers(job_id))
