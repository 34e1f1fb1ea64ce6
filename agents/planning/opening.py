"""The start of the work: what a good answer must contain, and whom to send first. The fallback
is the question itself."""

from typing import Annotated

from pydantic import Field

from agents.asked import known_beside, said_beside
from agents.guarding.untrusted_text import on_one_line
from agents.planning.sharing import most_tasks
from agents.planning.sources import Situation, where
from agents.planning.tasks import Sought, search_tasks
from agents.reading.first_look import shown_at_first
from agents.schemas import Form, bounded, sized
from research.domain import Plan
from research.text.sentences import clip

PARTS, LONGEST_PART = 20, 600


class Opening(Form):
    brief: str
    must_contain: Annotated[tuple[str, ...], sized(minItems=1, maxItems=PARTS)] = ()
    tasks: list[Sought] = Field(min_length=1)


async def first(at: Situation) -> Plan:
    run, question = at.run, at.run.question
    alone = at.sources.whole or run.job.mode == "react"
    most = 1 if alone else max(1, most_tasks(run, 1))
    made = await at.ask(
        "plan_first",
        Opening,
        schema=bounded(Opening, tasks={"maxItems": most}),
        tasks=most,
        sources=where(run, at.sources) + await shown_at_first(run),
        instructions=said_beside(question, at.notes) + known_beside(question, at.ledger),
    )
    made = made or Opening(brief="", tasks=[Sought(goal=question.text)])
    parts = [clip(on_one_line(part), LONGEST_PART) for part in made.must_contain if part.strip()]
    return Plan(
        brief=clip(made.brief.strip(), 1_500) or question.text,
        must_contain=tuple(dict.fromkeys(parts))[:PARTS] or (question.text,),
        tasks=search_tasks(made.tasks, 1, (), most),
        heard=len(at.notes),
        round=1,
    )
