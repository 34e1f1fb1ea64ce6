"""The start of the work: what a good answer must contain, and whom to send first. The fallback
is the question itself."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from agents.asked import known_beside, said_beside
from agents.asking import ask
from agents.guarding.untrusted_text import on_one_line
from agents.models import Models
from agents.planning.sharing import most_tasks
from agents.planning.sources import Sources, where
from agents.planning.tasks import Sought, search_tasks
from agents.prompts import answer_language
from agents.reading.first_look import shown_at_first
from agents.schemas import Form, bounded, sized
from research.crew import Run
from research.domain import Ledger, Plan
from research.text.sentences import clip

ANSWER_TOKENS = 4_000
PARTS, LONGEST_PART = 20, 600


class Opening(Form):
    brief: str
    must_contain: Annotated[tuple[str, ...], sized(minItems=1, maxItems=PARTS)] = ()
    tasks: list[Sought] = Field(min_length=1)


async def first(
    run: Run, models: Models, ledger: Ledger, notes: Sequence[str], sources: Sources
) -> Plan:
    question = run.question
    most = 1 if sources.whole or run.job.mode == "react" else max(1, most_tasks(run, 1))
    made = await ask(
        run,
        models,
        "master",
        "plan_first",
        Opening,
        schema=bounded(Opening, tasks={"maxItems": most}),
        max_tokens=ANSWER_TOKENS,
        today=question.today,
        language=answer_language(question),
        tasks=most,
        sources=where(run, sources) + await shown_at_first(run),
        question=question.text,
        instructions=said_beside(question, notes) + known_beside(question, ledger),
    )
    made = made or Opening(brief="", tasks=[Sought(goal=question.text)])
    parts = [clip(on_one_line(part), LONGEST_PART) for part in made.must_contain if part.strip()]
    return Plan(
        brief=clip(made.brief.strip(), 1_500) or question.text,
        must_contain=tuple(dict.fromkeys(parts))[:PARTS] or (question.text,),
        tasks=search_tasks(made.tasks, 1, (), most),
        heard=len(notes),
        round=1,
    )
