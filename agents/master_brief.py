"""The Master with a small model: sub-questions at first, later one word on what comes next. Two short calls in a run.

Verification is code's: what was found and answers is verified once, by one agent. Not here: a list of what a good answer must contain,
which takes a model that can judge it (`master_full.py`)."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.asking import ask
from agents.goals import fresh, kept_to
from agents.models import Models
from agents.relevance import grounded
from agents.routing import SHOWN, asked_so_far, by_risk, search_tasks, unverified, verify_room
from research.crew import Run
from research.text import clip
from research.types import Claim, Ledger, Plan, Task

ANSWER_TOKENS = {"plan": 130, "route": 110}
LONGEST = 160  # characters of a sub-question


class SubQuestions(BaseModel):
    questions: list[str] = Field(min_length=1)


class Decision(BaseModel):
    answer: str
    next: Literal["search", "write"]
    questions: list[str] = []


async def first(run: Run, models: Models, beside: str, heard: int) -> Plan:
    """The first round: a search for each sub-question."""
    question = run.question.text
    made = await ask(
        run,
        models,
        "master",
        "plan_brief",
        SubQuestions,
        schema=_sub_questions(run.effort.tasks),
        max_tokens=ANSWER_TOKENS["plan"],
        tasks=run.effort.tasks,
        question=question,
        instructions=beside,
    )
    goals = kept_to(question, made.questions if made else [], run.effort.tasks)
    return Plan(brief=question, must_contain=tuple(goals), tasks=search_tasks(goals, 1), heard=heard)


def _sub_questions(most: int) -> dict[str, Any]:
    item = {"type": "string", "maxLength": LONGEST}
    questions = {"type": "array", "minItems": 1, "maxItems": most, "items": item}
    return {"type": "object", "properties": {"questions": questions}, "required": ["questions"], "additionalProperties": False}


async def later(run: Run, models: Models, ledger: Ledger, last: Plan, round: int, beside: str, heard: int) -> Plan:
    """A later round: verify what answers, once; search for what is missing; else write."""
    asked = asked_so_far(last, ledger)
    searched = any(task.role == "search" for task in last.tasks)
    last = last.model_copy(update={"tasks": (), "asked": asked, "answered": bool(ledger.answers), "heard": heard})
    claims = unverified(ledger)
    if claims and searched and ledger.answers and verify_room(run.budget, run.turns):
        return last.model_copy(update={"tasks": (_verify_task(claims, round),)})
    gaps = ledger.gaps
    if not gaps or (not ledger.claims and round > 2 * run.effort.rounds):
        return last.model_copy(update={"done": True, "reason": "every part is answered" if not gaps else "nothing found"})
    return await _routed(run, models, ledger, last, round, beside)


def _verify_task(claims: Sequence[Claim], round: int) -> Task:
    goal = "\n".join(f"- {clip(claim.text, SHOWN)}" for claim in by_risk(claims)[:4])
    return Task(id=f"r{round}v1", role="verify", goal=goal, claims=tuple(claim.id for claim in claims))


async def _routed(run: Run, models: Models, ledger: Ledger, last: Plan, round: int, beside: str) -> Plan:
    rounds_left = run.effort.rounds - (round // 2)
    if not ledger.claims and rounds_left <= 0:
        return last.model_copy(update={"done": True, "reason": "nothing found"})
    decision = await _decide(run, models, ledger, beside)
    answered = last.answered or (decision is not None and grounded(decision.answer, [c.text for c in ledger.claims]))
    goals = fresh(decision.questions if decision else [], last.asked)[: run.effort.tasks]
    if decision is None or decision.next == "write" or rounds_left <= 0 or not goals:
        return last.model_copy(update={"done": True, "answered": answered, "reason": "enough, or no way on"})
    must_contain = tuple(dict.fromkeys([*last.must_contain, *goals]))
    return last.model_copy(update={"must_contain": must_contain, "answered": answered, "tasks": search_tasks(goals, round)})


async def _decide(run: Run, models: Models, ledger: Ledger, beside: str) -> Decision | None:
    shown = sorted(ledger.claims, key=lambda claim: -claim.relevance)[: run.effort.claims]
    return await ask(
        run,
        models,
        "master",
        "route_brief",
        Decision,
        schema=_decision(run),
        max_tokens=ANSWER_TOKENS["route"],
        claims="\n".join(f"- {clip(claim.text, 300)}" for claim in shown),
        gaps="\n".join(f"? {gap}" for gap in ledger.gaps[:6]),
        question=run.question.text,
        instructions=beside,
    )


def _decision(run: Run) -> dict[str, Any]:
    properties: dict[str, Any] = {"answer": {"type": "string", "maxLength": 90}, "next": {"enum": ["search", "write"]}}
    if run.effort.rounds > 1:
        item = {"type": "string", "maxLength": LONGEST}
        properties["questions"] = {"type": "array", "maxItems": run.effort.tasks, "items": item}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
