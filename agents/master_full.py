"""The Master with a model that can judge: first what a good answer must contain and whom to send, then each round what is met, by which
claims, and what comes next. It reads the brief and the ledger's digest, never a page.

What it proposes goes through the rules (`goals.py`, `routing.py`); they also end the work. The floor of a round is to verify what was
found and to write. Not here: the small model's way (`master_brief.py`)."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents import digest
from agents.asking import ask
from agents.goals import fresh, kept_to, named
from agents.models import Models
from agents.relevance import grounded
from agents.routing import (
    asked_so_far,
    batches,
    last_round,
    search_tasks,
    seen_so_far,
    shares,
    still_met,
    unverified,
    verified,
    verify_room,
    verify_tasks,
)
from research.crew import Run
from research.text import clip
from research.types import Claim, Ledger, Plan, Task

ANSWER_TOKENS = 2_000
PARTS = 8  # a good answer's parts, at most
QUERIES = 3  # to start a search from


class Sought(BaseModel):
    goal: str
    queries: list[str] = []


class Opening(BaseModel):
    brief: str
    must_contain: list[str] = []
    tasks: list[Sought] = Field(min_length=1)


class Met(BaseModel):
    part: int
    claims: list[int] = []


class Decision(BaseModel):
    parts: list[Met] = []
    answer: str
    why: str
    next: Literal["go_on", "write"]
    search: list[Sought] = []
    verify: list[int] = []


async def first(run: Run, models: Models, beside: str, heard: int) -> Plan:
    """The first round: the brief, the parts of a good answer, a search for each of the first tasks."""
    question, most = run.question.text, run.effort.tasks
    values: dict[str, Any] = {"tasks": most, "today": run.question.today, "question": question, "instructions": beside}
    made = await ask(run, models, "master", "plan", Opening, schema=_opening(most), max_tokens=ANSWER_TOKENS, **values)
    if made is None:
        goals = kept_to(question, [], most)
        return Plan(brief=question, must_contain=tuple(goals), tasks=search_tasks(goals, 1), heard=heard, round=1)
    goals = kept_to(question, [task.goal for task in made.tasks], most)
    queries = {named(question, goal): own for goal, own in _queries(made.tasks).items()}
    parts = tuple(dict.fromkeys(clip(part.strip(), 200) for part in made.must_contain if part.strip()))[:PARTS]
    return Plan(
        brief=clip(made.brief.strip(), 800) or question,
        must_contain=parts or tuple(goals),
        tasks=search_tasks(goals, 1, queries),
        heard=heard,
        round=1,
    )


def _queries(tasks: Sequence[Sought]) -> dict[str, list[str]]:
    return {task.goal.strip(): [clip(query.strip(), 200) for query in task.queries if query.strip()][:QUERIES] for task in tasks}


async def later(run: Run, models: Models, ledger: Ledger, last: Plan, round: int, beside: str, heard: int) -> Plan:
    """A later round: what is met, and what comes next."""
    readings = await run.store.readings(run.job.id)
    now = seen_so_far(ledger, len({reading.snapshot_id for reading in readings}))
    changes = {
        "tasks": (),
        "asked": asked_so_far(last, ledger),
        "met": still_met(last.must_contain, last.met, ledger),
        "answered": bool(ledger.claims) and (bool(ledger.answers) or last.answered),
        "known": now,
        "heard": heard,
        "round": last.round + 1,
    }
    here = last.model_copy(update=changes)
    if over := _over(run, ledger, last, here, round):
        return _closed(run, ledger, here, round, over)
    years = {reading.id: (reading.published_at or "")[:4] for reading in readings}
    shown = digest.numbered(ledger, run.effort.claims)
    decision = await _decide(run, models, ledger, here, beside, digest.claims_told(shown, years, run.question.language), shown)
    if decision is None:
        return _closed(run, ledger, here, round, "the model gave no decision")
    return _followed(run, ledger, here, round, decision, shown)


def _over(run: Run, ledger: Ledger, last: Plan, here: Plan, round: int) -> str:
    """Why there is nothing left to decide; '' if there is. A note that was not heard yet is always heard."""
    searching = here.round <= run.effort.rounds
    if not searching and not ledger.claims:
        return "nothing found"
    over = here.round > last_round(run.effort) or not (searching or _verification(run, unverified(ledger), here, round, 1))
    noted = here.heard > last.heard and not over
    if not noted and _all_met(here) and verified(here.met, ledger):
        return "every part is met"
    if not noted and here.known == last.known:
        return "the last round brought nothing new"
    return "the rounds are over" if over else ""


def _closed(run: Run, ledger: Ledger, here: Plan, round: int, reason: str) -> Plan:
    """The end; but claims that nobody looked at are verified first, where there is room."""
    tasks = _verification(run, unverified(ledger), here, round, run.effort.tasks) if here.answered else ()
    return here.model_copy(update={"tasks": tasks, "done": not tasks, "reason": reason})


def _verification(run: Run, claims: Sequence[Claim], here: Plan, round: int, most: int) -> tuple[Task, ...]:
    if here.round > last_round(run.effort):
        return ()
    return verify_tasks(batches(claims, min(most, verify_room(run.budget, run.turns))), round)


def _followed(run: Run, ledger: Ledger, here: Plan, round: int, decision: Decision, shown: dict[int, Claim]) -> Plan:
    """What the model decided, as far as the rules allow it."""
    met = _met(decision, here.must_contain, shown)
    answered = here.answered or grounded(decision.answer, [claim.text for claim in ledger.claims])
    here = here.model_copy(update={"met": still_met(here.must_contain, met, ledger), "answered": bool(ledger.claims) and answered})
    if _all_met(here):
        return _closed(run, ledger, here, round, "every part is met")
    if decision.next == "write":
        return _closed(run, ledger, here, round, f"{len(here.met)} of {len(here.must_contain)} parts are met, the Master wants no more")
    proposed = decision.search if here.round <= run.effort.rounds else []
    goals = fresh((task.goal for task in proposed), here.asked)
    wanted = {shown[number].id for number in decision.verify if number in shown}
    risky = _verification(run, [claim for claim in unverified(ledger) if claim.id in wanted], here, round, run.effort.tasks)
    searching, verifying = shares(run.effort.tasks, len(goals), len(risky))
    tasks = search_tasks(goals[:searching], round, _new_queries(proposed, here.asked)) + risky[:verifying]
    if not tasks:
        return _closed(run, ledger, here, round, "what was proposed was asked before" if proposed else "nothing more was proposed")
    return here.model_copy(update={"tasks": tasks, "reason": clip(decision.why.strip(), 300)})


def _all_met(here: Plan) -> bool:
    return bool(here.met) and set(here.must_contain) <= set(here.met)


def _met(decision: Decision, must_contain: Sequence[str], shown: dict[int, Claim]) -> dict[str, tuple[str, ...]]:
    named_claims = {met.part: tuple(shown[n].id for n in met.claims if n in shown) for met in decision.parts}
    return {part: named_claims.get(number, ()) for number, part in enumerate(must_contain, 1)}


def _new_queries(proposed: Sequence[Sought], asked: Sequence[str]) -> dict[str, list[str]]:
    return {goal: [query for query in queries if query not in asked] for goal, queries in _queries(proposed).items()}


async def _decide(
    run: Run, models: Models, ledger: Ledger, here: Plan, beside: str, claims: str, shown: dict[int, Claim]
) -> Decision | None:
    searching = here.round <= run.effort.rounds
    left = ", ".join(f"{unit} {amount:g}" for unit, amount in run.budget.left().items())
    return await ask(
        run,
        models,
        "master",
        "route",
        Decision,
        schema=_decision(run.effort.tasks if searching else 0, len(here.must_contain), list(shown)),
        max_tokens=ANSWER_TOKENS,
        tasks=run.effort.tasks,
        today=run.question.today,
        question=run.question.text,
        instructions=beside,
        brief=here.brief,
        parts="\n".join(f"P{i} {part}" for i, part in enumerate(here.must_contain, 1)),
        claims=claims,
        open_ends=digest.open_ends(ledger, run.question.language),
        asked="\n".join(f"- {clip(goal, 160)}" for goal in here.asked[-40:]),
        rounds=max(0, run.effort.rounds - here.round + 1),
        left=left,
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _tasks(least: int, most: int) -> dict[str, Any]:
    query = {"type": "string", "maxLength": 80}
    item = _object(goal={"type": "string", "maxLength": 200}, queries={"type": "array", "maxItems": QUERIES, "items": query})
    return {"type": "array", "minItems": least, "maxItems": most, "items": item}


def _opening(most: int) -> dict[str, Any]:
    parts = {"type": "array", "minItems": 1, "maxItems": PARTS, "items": {"type": "string", "maxLength": 160}}
    return _object(brief={"type": "string", "maxLength": 600}, must_contain=parts, tasks=_tasks(1, most))


def _decision(searches: int, parts: int, numbers: Sequence[int]) -> dict[str, Any]:
    """The form of a decision. Without claims nothing is met and nothing can be verified; without rounds left nothing is searched."""
    form: dict[str, Any] = {}
    claims = {"type": "array", "maxItems": len(numbers), "items": {"type": "integer"}}
    if numbers:
        met = _object(part={"type": "integer", "minimum": 1, "maximum": max(1, parts)}, claims=claims)
        form["parts"] = {"type": "array", "maxItems": max(1, parts), "items": met}
    form["answer"] = {"type": "string", "maxLength": 200}
    form["why"] = {"type": "string", "maxLength": 300}
    form["next"] = {"enum": ["go_on", "write"]}
    if searches:
        form["search"] = _tasks(0, searches)
    if numbers:
        form["verify"] = claims
    return _object(**form)
