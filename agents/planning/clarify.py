"""Ask the person before the work begins, only for a fact without which the question cannot be
researched.

At most three questions, in the language of the question. The fallback: `auto` asks nothing,
`always` asks one plain question. A `small` model is asked only for `always`. Not here: waiting for
the answers (`research/flow.py`).
"""

from typing import Annotated

from pydantic import WithJsonSchema

from agents.asked import said_beside
from agents.asking import ask
from agents.models import Models
from agents.schemas import Form, bounded, list_of
from research.crew import Run
from research.domain import Language
from research.errors import BudgetExhausted
from research.text.sentences import clean_text, clip

MOST = 3
_PLAIN: dict[Language, str] = {
    "en": "What should the research keep to: which place, period or use do you have in mind?",
    "zh": "研究应限定在什么范围：地点、时间或用途？",
}


Questions = WithJsonSchema(list_of({"type": "string", "maxLength": 200}, maxItems=MOST))


class Unclear(Form):
    unclear: Annotated[list[str], Questions]


async def clarify(run: Run, models: Models, *, small: bool = False) -> tuple[str, ...]:
    """The questions to ask, none if nothing is missing. Raises `ModelUnavailable`,
    `ModelRefused`."""
    always = run.job.clarify == "always"
    if run.job.clarify == "never" or (small and not always):
        return ()
    try:
        made = await ask(
            run,
            models,
            "master",
            "clarify",
            Unclear,
            schema=bounded(Unclear, unclear={"minItems": 1 if always else 0}),
            max_tokens=130 if small else 2_000,
            today=run.question.today,
            question=run.question.text,
            instructions=said_beside(run.question),
        )
    except BudgetExhausted:
        made = None
    texts = [
        clip(" ".join(clean_text(text).split()), 300) for text in (made.unclear if made else [])
    ]
    questions = tuple(dict.fromkeys(text for text in texts if text))[:MOST]
    return questions or ((_PLAIN[run.question.language],) if always else ())
