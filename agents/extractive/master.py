"""The Master: sub-questions at first; after a search that left a part open, an answer from all
claims and what comes next. Each a short call. It has no search tool and sees no page.

Its limits are code's: as many tasks and rounds as the effort allows, no task twice. What was found
and answers is verified once, by one agent, and a quarter of the calls at most goes into that. The
fallback of planning is the question itself."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.asked import said_beside
from agents.asking import ask
from agents.extractive.abroad import in_english
from agents.extractive.goals import fresh, kept_to, leads, named, with_leads
from agents.extractive.picking import answered_by
from agents.extractive.routing import (
    SHOWN,
    asked_so_far,
    by_risk,
    search_tasks,
    unverified,
    verify_room,
)
from agents.models import Models
from research.crew import Run
from research.domain import Claim, Ledger, Plan, Task
from research.errors import BudgetExhausted, SearchFailed
from research.flow import most_tasks
from research.text.figures import names
from research.text.listing import listing
from research.text.sentences import clip, terms

ANSWER_TOKENS = {"plan": 130, "route": 110}
LONGEST = 160  # characters of a sub-question


class SubQuestions(BaseModel):
    questions: list[str] = Field(min_length=1)


class Decision(BaseModel):
    answer: str
    next: Literal["search", "write"]
    questions: list[str] = []


async def plan(
    run: Run,
    models: Models,
    ledger: Ledger,
    last: Plan | None,
    round: int,
    notes: Sequence[str] = (),
) -> Plan:
    """What to do in this round. A spent budget plans nothing more: the run writes up what it has.
    Raises `SearchFailed`."""
    try:
        if last is None:
            return await _first(run, models, said_beside(run.question, notes), len(notes))
        return await _next(run, models, ledger, last, round, notes)
    except BudgetExhausted as error:
        before = last or Plan()
        answered = bool(ledger.claims) and (bool(ledger.answers) or before.answered)
        return before.model_copy(
            update={"tasks": (), "done": True, "answered": answered, "reason": str(error)}
        )


async def _next(
    run: Run, models: Models, ledger: Ledger, last: Plan, round: int, notes: Sequence[str]
) -> Plan:
    # no search was answered, not even with nothing
    if ledger.failures and not (ledger.pages or ledger.dead_ends):
        return _after_outage(run, ledger, last, round)
    if run.job.mode == "react":
        return last.model_copy(
            update={
                "tasks": (),
                "done": True,
                "answered": bool(ledger.answers),
                "reason": "one agent, one loop",
            }
        )
    return await _later(
        run, models, ledger, last, round, said_beside(run.question, notes), len(notes)
    )


def _after_outage(run: Run, ledger: Ledger, last: Plan, round: int) -> Plan:
    """Nothing could be searched at all: that is an error, no lack of evidence. Whoever takes the
    job up again searches again, once."""
    with run.budget.admit(1, 1):  # what a spent budget cut short is no outage
        pass
    if last.fence == run.job.fence:
        raise SearchFailed(reason="; ".join(ledger.failures))
    queries = {task.goal: task.queries for task in last.tasks}
    return last.model_copy(
        update={"tasks": search_tasks([task.goal for task in last.tasks], round, queries)}
    )


async def _first(run: Run, models: Models, beside: str, heard: int) -> Plan:
    """The first round: a search for each sub-question; for each part, where the question lists
    them."""
    question = run.question.text
    if run.job.mode == "react":
        return Plan(brief=question, must_contain=(question,), tasks=search_tasks([question], 1))
    if (listed := listing(question)) and not heard:  # a note may ask for more than what is listed
        goals = list(listed.goals)
        return Plan(
            brief=question,
            must_contain=tuple(goals),
            tasks=await _searches(run, models, goals, 1),
            heard=heard,
        )
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
    return Plan(
        brief=question,
        must_contain=tuple(goals),
        tasks=await _searches(run, models, goals, 1),
        heard=heard,
    )


async def _searches(run: Run, models: Models, goals: Sequence[str], round: int) -> tuple[Task, ...]:
    """As many tasks as a round may have. They start from the words of a part, and from a Chinese
    goal in English."""
    sent, listed = goals[: most_tasks(run)], listing(run.question.text)
    abroad, own = await in_english(run, models, sent), listed.queries if listed else {}
    return search_tasks(
        sent,
        round,
        {goal: [*own.get(goal, ()), *([abroad[goal]] if goal in abroad else [])] for goal in sent},
    )


def _sub_questions(most: int) -> dict[str, Any]:
    item = {"type": "string", "maxLength": LONGEST}
    questions = {"type": "array", "minItems": 1, "maxItems": most, "items": item}
    return {
        "type": "object",
        "properties": {"questions": questions},
        "required": ["questions"],
        "additionalProperties": False,
    }


async def _later(
    run: Run, models: Models, ledger: Ledger, last: Plan, round: int, beside: str, heard: int
) -> Plan:
    """A later round: search for what is missing; then verify what answers, once; else write."""
    asked, noted = asked_so_far(last, ledger), heard > last.heard
    searched = any(task.role == "search" for task in last.tasks)
    last = last.model_copy(
        update={
            "tasks": (),
            "asked": asked,
            "answered": bool(ledger.answers) or last.answered,
            "heard": heard,
        }
    )
    listed = listing(run.question.text)
    if (
        listed
        and _may_search(run, round)
        and (waiting := [part for part in last.must_contain if part not in asked])
    ):
        return last.model_copy(update={"tasks": await _searches(run, models, waiting, round)})
    # each part was searched for
    one_look = listed is not None and run.effort.rounds == 1 and not noted
    if searched and ledger.gaps and (ledger.claims or _may_search(run, round)) and not one_look:
        last = await _routed(run, models, ledger, last, round, beside)
        if last.tasks:
            return last
    claims = unverified(ledger)
    if claims and searched and last.answered and verify_room(run.budget, run.turns):
        return last.model_copy(update={"tasks": (_verify_task(claims, round),)})
    reason = (
        "nothing found"
        if not ledger.claims
        else "every part is answered"
        if not ledger.gaps
        else "enough, or no way on"
    )
    return last.model_copy(update={"done": True, "reason": reason})


def _verify_task(claims: Sequence[Claim], round: int) -> Task:
    goal = "\n".join(f"- {clip(claim.text, SHOWN)}" for claim in by_risk(claims)[:4])
    return Task(
        id=f"r{round}v1", role="verify", goal=goal, claims=tuple(claim.id for claim in claims)
    )


def _may_search(run: Run, round: int) -> bool:
    """Whether this round may search: where the effort has one round, one more, for what the first
    one's answers lead to."""
    return round <= max(2, run.effort.rounds)


async def _routed(
    run: Run, models: Models, ledger: Ledger, last: Plan, round: int, beside: str
) -> Plan:
    """The plan with the answer to the whole question, if the claims hold it, and with searches for
    what is missing, if there may be any."""
    decision = await _decide(run, models, ledger, beside, searching=_may_search(run, round))
    if decision is None:
        return last
    last = _told(run, ledger, last, decision.answer)
    goals = _onward(run.question.text, decision.questions, last.asked, ledger)[: _most(run)]
    if last.answer or decision.next == "write" or not goals or not _may_search(run, round):
        return last
    must_contain = tuple(dict.fromkeys([*last.must_contain, *goals]))
    return last.model_copy(
        update={"must_contain": must_contain, "tasks": search_tasks(goals, round)}
    )


def _onward(
    question: str, proposed: Sequence[str], asked: Sequence[str], ledger: Ledger
) -> list[str]:
    """What to search for next: of what the model proposes first what takes up a name that was
    found; then the question itself with the names that were found, since a small model seldom sees
    that the answer to one part leads to another; then what shares the question's words, under the
    question's names. What does neither has left the subject."""
    found = leads(question, ledger) if listing(question) is None else []
    goals = fresh(proposed, asked)
    taken_up = [goal for goal in goals if names(goal) & set(found)]
    with_names = fresh(
        [with_leads(question, found)] if found else [], [a for a in asked if a != question]
    )
    about = [named(question, goal) for goal in goals if set(terms(goal)) & set(terms(question))]
    return list(dict.fromkeys([*taken_up, *with_names, *about]))


def _told(run: Run, ledger: Ledger, last: Plan, answer: str) -> Plan:
    """The plan with a short answer, as far as the claims bear it out."""
    # no part speaks for all
    held = (
        [] if listing(run.question.text) else answered_by(run.question.text, answer, ledger.claims)
    )
    return last.model_copy(update={"answered": True, "answer": answer.strip()}) if held else last


def _most(run: Run) -> int:
    return run.effort.tasks if run.effort.rounds > 1 else 1


async def _decide(
    run: Run, models: Models, ledger: Ledger, beside: str, *, searching: bool
) -> Decision | None:
    shown = sorted(ledger.claims, key=lambda claim: -claim.relevance)[: run.effort.claims]
    return await ask(
        run,
        models,
        "master",
        "route_brief",
        Decision,
        schema=_decision(_most(run) if searching else 0),
        max_tokens=ANSWER_TOKENS["route"],
        claims="\n".join(f"- {clip(claim.text, 300)}" for claim in shown),
        gaps="\n".join(f"? {gap}" for gap in ledger.gaps[:6]),
        question=run.question.text,
        instructions=beside,
    )


def _decision(most: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "answer": {"type": "string", "maxLength": 90},
        "next": {"enum": ["search", "write"]},
    }
    if most:
        properties["questions"] = {
            "type": "array",
            "maxItems": most,
            "items": {"type": "string", "maxLength": LONGEST},
        }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
