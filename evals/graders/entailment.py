"""Whether passages support a statement, as `evals/suites/verify.py` measures it.

A small model says whether the passages say all of it and whether they say some of it (given the
three verdicts to choose from, it gave one of them to every statement), a large one its reason
first. What code can see, it sees: a figure, a date or a name that the passages lack lowers a
verdict and never raises one. Not here: which passages are shown, and what becomes of a statement
that fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from research.text import quantities
from research.text.names import names
from research.text.sentences import clip, terms

Entailment = Literal["supported", "partial", "insufficient", "refuted"]
Asked = Literal["entail", "entail_brief"]
BATCH = 12
LONGEST = 700  # characters of a passage shown
_READ: dict[str, Entailment] = {
    "supported": "supported",
    "partial": "partial",
    "unsupported": "insufficient",
    "refuted": "refuted",
}


@dataclass(frozen=True)
class Item:
    """A statement and all that is to support it, jointly; `title` is the page's, if it is one
    page."""

    statement: str
    passages: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Judged:
    verdict: Entailment
    reason: str = ""


class Answers(BaseModel):
    """`S1`: whether all and whether some of it is said, or a reason and a verdict; one field a
    statement."""

    model_config = ConfigDict(extra="allow")

    def of(self, number: int) -> Judged | None:
        given = (self.model_extra or {}).get(f"S{number}")
        # a model may give the word alone
        said = given if isinstance(given, dict) else {"verdict": given}
        if {said.get("all"), said.get("some")} <= {"yes", "no"}:
            return Judged(
                "supported"
                if said["all"] == "yes"
                else "partial"
                if said["some"] == "yes"
                else "insufficient"
            )
        word = said.get("verdict")
        return (
            Judged(_READ[word], clip(str(said.get("reason", "")), 300))
            if isinstance(word, str) and word in _READ
            else None
        )


class Asking(Protocol):
    """How a model is asked by a prompt's name. None: no answer that fits."""

    async def __call__(
        self,
        prompt: Asked,
        answer: type[Answers],
        /,
        *,
        schema: dict[str, Any],
        max_tokens: int,
        statements: str,
    ) -> Answers | None: ...


async def verdicts(
    ask: Asking, items: Sequence[Item], *, embedded: bool, batch: int = BATCH
) -> list[Judged | None]:
    """A verdict on each item, in order; None where the model gave none. Raises what `ask`
    raises."""
    judged: list[Judged | None] = []
    for start in range(0, len(items), batch):
        part = items[start : start + batch]
        answers = await ask(
            "entail_brief" if embedded else "entail",
            Answers,
            schema=schema_of(len(part), embedded=embedded),
            max_tokens=20 + 20 * len(part) if embedded else 1_000 + 120 * len(part),
            statements="\n".join(
                (_shown_first if embedded else _shown)(number, item)
                for number, item in enumerate(part, 1)
            ),
        )
        given = [answers.of(number) if answers else None for number in range(1, len(part) + 1)]
        judged.extend(one and lowered(item, one) for item, one in zip(part, given, strict=True))
    return judged


def schema_of(size: int, *, embedded: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"enum": ["yes", "no"]}
    reason: dict[str, Any] = {"type": "string", "description": "one short sentence"}
    fields: dict[str, Any] = (
        {"all": said, "some": said}
        if embedded
        else {"reason": reason, "verdict": {"enum": list(_READ)}}
    )
    one = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    numbers = [f"S{number}" for number in range(1, size + 1)]
    return {
        "type": "object",
        "properties": dict.fromkeys(numbers, one),
        "required": numbers,
        "additionalProperties": False,
    }


def lowered(item: Item, judged: Judged) -> Judged:
    """The verdict, one step down from `supported` where the passages lack a figure or a name of the
    statement."""
    lacking = missing(item)
    if judged.verdict != "supported" or not lacking:
        return judged
    return replace(judged, verdict="partial", reason=f"not in the quotes: {', '.join(lacking)}")


def missing(item: Item) -> list[str]:
    """The figures, dates and names of a statement that stand nowhere in its passages or their
    title."""
    texts = [item.title, *item.passages]
    held = {term for text in texts for term in terms(text)}
    return [
        *quantities.missing(item.statement, texts),
        *sorted(n for n in names(item.statement) if not set(terms(n)) <= held),
    ]


def _shown(number: int, item: Item) -> str:
    title = [f"   [{_line(item.title, 120)}]"] if item.title else []
    quotes = [f"   “{_line(passage, LONGEST)}”" for passage in dict.fromkeys(item.passages)]
    return "\n".join([f"S{number} {_line(item.statement, LONGEST)}", *title, *quotes])


def _shown_first(number: int, item: Item) -> str:
    """The passages before what is to be judged by them: a small model reads in order."""
    title = [f"[{_line(item.title, 120)}]"] if item.title else []
    quotes = [f"“{_line(passage, LONGEST)}”" for passage in dict.fromkeys(item.passages)]
    return "\n".join(
        [f"Text {number}:", *title, *quotes, f"S{number}: {_line(item.statement, LONGEST)}", ""]
    )


def _line(text: str, limit: int) -> str:
    return clip(" ".join(text.split()), limit)
