"""The Master Agent: plans, routes each round to search or verify, and says when to write. It has no search tool and sees no page.

Its limits are code's: as many tasks and rounds as the effort allows, no task twice, and claims are verified once before they are written
up. The floor of planning is the question itself."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.asked import said_beside
from agents.asking import ask
from agents.models import Models
from agents.relevance import grounded
from research.crew import Run
from research.errors import BudgetExhausted, SearchFailed
from research.figures import kinds_asked, names, subject_of
from research.text import clip, language_of, terms
from research.types import Claim, Ledger, Plan, Task

RISKY = 8  # claims a verify agent is given at once


class SubQuestions(BaseModel):
    questions: list[str] = Field(min_length=1)


class Decision(BaseModel):
    answer: str
    next: Literal["search", "write"]
    questions: list[str] = []


async def plan(run: Run, models: Models, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()) -> Plan:
    """What to do in this round. A spent budget plans nothing more: the run writes up what it has."""
    try:
        if last is None:
            return await _first(run, models, notes)
        return await _next(run, models, ledger, last, round, notes)
    except BudgetExhausted as error:
        return Plan(done=True, answered=bool(ledger.answers), reason=str(error))


async def _first(run: Run, models: Models, notes: Sequence[str]) -> Plan:
    question = run.question.text
    if run.job.mode == "react":
        return Plan(brief=question, must_contain=(question,), tasks=_search_tasks(run, [question], 1))
    made = await ask(
        run,
        models,
        "master",
        "plan",
        SubQuestions,
        schema=_sub_questions(run.effort.tasks),
        max_tokens=130 if models.role("master").embedded else 2_000,
        tasks=run.effort.tasks,
        question=question,
        instructions=said_beside(run.question, notes),
    )
    goals = _kept_to(question, made.questions if made else [], run.effort.tasks)
    return Plan(brief=question, must_contain=tuple(goals), tasks=_search_tasks(run, goals, 1))


def _sub_questions(most: int) -> dict[str, Any]:
    item = {"type": "string", "maxLength": 160}
    questions = {"type": "array", "minItems": 1, "maxItems": most, "items": item}
    return {"type": "object", "properties": {"questions": questions}, "required": ["questions"], "additionalProperties": False}


def _kept_to(question: str, proposed: Sequence[str], most: int) -> list[str]:
    """The sub-questions that keep to the question: those that share its words, once each. One that names nothing is told what it is about.
    If together they lose one of the question's names, the question itself is asked as well."""
    asked = set(terms(question))
    goals: list[str] = []
    for text in (_named(question, clip(p.strip(), 300)) for p in proposed if p.strip()):
        words = set(terms(text))
        if words & asked and not any(_same_question(text, goal) for goal in goals):
            goals.append(text)
    goals = goals[:most]
    covered = {term for goal in goals for term in terms(goal)}
    lost = any(not set(terms(name)) & covered for name in names(question))
    if not goals or lost:
        goals = [question, *goals][:most]
    return goals


def _named(question: str, goal: str) -> str:
    """The sub-question, with the question's names where it has none of them: *what did the project do about it (Kestrel Bridge)*."""
    wanted = sorted(names(question), key=question.index) if language_of(question) == "en" else []
    held = set(terms(goal))
    return goal if not wanted or any(set(terms(name)) & held for name in wanted) else f"{goal} ({', '.join(wanted)})"


def _same_question(first: str, second: str) -> bool:
    """Whether two questions ask one thing: *how long is the bridge*, *what is the length of the bridge*."""
    kinds = kinds_asked(first), kinds_asked(second)
    if any(one is None or other is None or one & other for one in kinds[0] for other in kinds[1]):
        return set(terms(subject_of(first))) == set(terms(subject_of(second)))
    return set(terms(first)) == set(terms(second))


def _search_tasks(run: Run, goals: Sequence[str], round: int) -> tuple[Task, ...]:
    return tuple(Task(id=f"r{round}s{i}", role="search", goal=goal) for i, goal in enumerate(goals, 1))


async def _next(run: Run, models: Models, ledger: Ledger, last: Plan, round: int, notes: Sequence[str]) -> Plan:
    if ledger.failures and not ledger.pages:
        return _after_outage(run, ledger, last, round)
    unverified = [claim for claim in ledger.claims if not claim.reason]
    searched = any(task.role == "search" for task in last.tasks)
    if run.job.mode == "react":
        return Plan(done=True, answered=bool(ledger.answers), reason="one agent, one loop")
    if unverified and searched and ledger.answers:
        return Plan(brief=last.brief, must_contain=last.must_contain, tasks=(_verify_task(unverified, round),))
    gaps = ledger.gaps
    if not gaps or (not ledger.claims and round > 2 * run.effort.rounds):
        return Plan(done=True, answered=bool(ledger.answers), reason="every part is answered" if not gaps else "nothing found")
    return await _routed(run, models, ledger, last, round, notes)


def _after_outage(run: Run, ledger: Ledger, last: Plan, round: int) -> Plan:
    """Nothing could be searched at all: that is an error, no lack of evidence. A resumed run searches again, once for each resumption."""
    with run.budget.admit("master", 1):  # what a spent budget cut short is no outage
        pass
    if run.job.attempts < round:
        raise SearchFailed(reason="; ".join(ledger.failures))
    return last.model_copy(update={"tasks": _search_tasks(run, [task.goal for task in last.tasks], round)})


def _verify_task(claims: Sequence[Claim], round: int) -> Task:
    """The riskiest claims first: figures, then those one text alone says, then the most relevant."""
    ranked = sorted(claims, key=lambda c: (not any(ch.isdigit() for ch in c.text), c.documents > 1, -c.relevance))[:RISKY]
    goal = "\n".join(f"- {clip(claim.text, 160)}" for claim in ranked[:4])
    return Task(id=f"r{round}v1", role="verify", goal=goal, claims=tuple(claim.id for claim in claims))


async def _routed(run: Run, models: Models, ledger: Ledger, last: Plan, round: int, notes: Sequence[str]) -> Plan:
    rounds_left = run.effort.rounds - (round // 2)
    if not ledger.claims and rounds_left <= 0:
        return Plan(done=True, reason="nothing found")
    decision = await _decide(run, models, ledger, notes)
    answered = bool(ledger.answers) or (decision is not None and grounded(decision.answer, [c.text for c in ledger.claims]))
    goals = _fresh(decision.questions if decision else [], [last], ledger)[: run.effort.tasks]
    if decision is None or decision.next == "write" or rounds_left <= 0 or not goals:
        return Plan(brief=last.brief, must_contain=last.must_contain, done=True, answered=answered, reason="enough, or no way on")
    must_contain = tuple(dict.fromkeys([*last.must_contain, *goals]))
    return Plan(brief=last.brief, must_contain=must_contain, tasks=_search_tasks(run, goals, round))


def _fresh(proposed: Sequence[str], plans: Sequence[Plan], ledger: Ledger) -> list[str]:
    """What was not asked before, in the same or nearly the same words."""
    asked = [set(terms(text)) for plan in plans for text in plan.must_contain] + [set(terms(q)) for q in ledger.queries]
    fresh = []
    for text in proposed:
        words = set(terms(text))
        if words and not any(len(words & old) >= 0.8 * len(words | old) for old in asked):
            fresh.append(clip(text.strip(), 300))
            asked.append(words)
    return fresh


async def _decide(run: Run, models: Models, ledger: Ledger, notes: Sequence[str]) -> Decision | None:
    shown = sorted(ledger.claims, key=lambda claim: -claim.relevance)[: run.effort.claims]
    gaps = "\n".join(f"? {gap}" for gap in ledger.gaps[:6])
    embedded = models.role("master").embedded
    return await ask(
        run,
        models,
        "master",
        "route",
        Decision,
        schema=_decision(run),
        max_tokens=110 if embedded else 2_000,
        claims="\n".join(f"- {clip(claim.text, 300)}" for claim in shown),
        gaps=gaps,
        question=run.question.text,
        instructions=said_beside(run.question, notes),
    )


def _decision(run: Run) -> dict[str, Any]:
    properties: dict[str, Any] = {"answer": {"type": "string", "maxLength": 90}, "next": {"enum": ["search", "write"]}}
    if run.effort.rounds > 1:
        item = {"type": "string", "maxLength": 160}
        properties["questions"] = {"type": "array", "maxItems": run.effort.tasks, "items": item}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
