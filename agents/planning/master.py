"""The Master Agent of a model that can judge: what a good answer must contain, whom to send, and
each round what is still missing. It reads claims, never a page.

Its tasks go out as it made them: code caps them and leaves out what was sent before, and never puts
one of its own in their place. The fallback of the first round is the question itself, of a later
one to write. Not here: the agents' work (`agents/loop/turn.py`), what the outline asks for
(`agents/writing/outline.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.asked import known_beside, said_beside
from agents.asking import ask
from agents.guarding.fence import on_one_line
from agents.models import Models
from agents.prompts import answer_language
from agents.writing import evidence
from research.crew import Run
from research.domain import Ledger, Plan, Task
from research.errors import BudgetExhausted, SearchFailed
from research.store.documents import documents
from research.text.sentences import clip

ANSWER_TOKENS = 4_000
PARTS = 20
CHECKED = 10  # claims that one verify agent is sent to check
VERIFYING = 0.25  # of the tokens that are spent, at most
FOR_OUTLINE = 0.2  # of research's tokens that are left for what the outline asks for
# of what research has that the agents of a round may use, where another may follow
FIRST_ROUND = 0.65
LONGEST = 1_500  # characters of a goal


class Sought(BaseModel):
    goal: str
    queries: list[str] = []


class Opening(BaseModel):
    brief: str
    must_contain: list[str] = []
    tasks: list[Sought] = Field(min_length=1)


class Met(BaseModel):
    part: int
    claims: list[str] = []


class Decision(BaseModel):
    met: list[Met] = []
    why: str = ""
    next: Literal["go_on", "write"]
    search: list[Sought] = []
    verify: list[str] = []


@dataclass(frozen=True)
class Sources:
    """Whether the sources are read `whole`, by one agent, and what the libraries hold."""

    whole: bool = False
    shelf: str = ""


async def plan(
    run: Run,
    models: Models,
    ledger: Ledger,
    last: Plan | None,
    round: int,
    notes: Sequence[str],
    sources: Sources,
) -> Plan:
    """What to do in this round. A spent budget plans nothing more: the run writes up what it has.
    Raises `SearchFailed` where nothing could be searched at all."""
    try:
        if last is None:
            return _shared_out(run, await _first(run, models, ledger, notes, sources))
        return _shared_out(run, await _later(run, models, ledger, last, round, notes, sources))
    except BudgetExhausted as error:
        before = last or Plan(brief=run.question.text, must_contain=(run.question.text,))
        return before.model_copy(
            update={"tasks": (), "done": True, "capped": True, "reason": str(error)}
        )


def _shared_out(run: Run, made: Plan) -> Plan:
    """The plan, with what each of its agents may use of the tokens that research has left."""
    room = _room(run, made.round)
    if room is None or not made.tasks:
        return made
    most = _most_tasks(run, made.round)
    if not most:
        return made.model_copy(
            update={
                "tasks": (),
                "done": True,
                "capped": True,
                "reason": "too few tokens are left for another search",
            }
        )
    tasks = made.tasks[:most]
    return made.model_copy(
        update={
            "tasks": tuple(task.model_copy(update={"tokens": room // len(tasks)}) for task in tasks)
        }
    )


def _room(run: Run, round: int) -> int | None:
    """The tokens that the agents of a round may use; None is no cap. Something is left for what the
    outline will ask for."""
    room = run.budget.room("research")
    if room is None:
        return None
    cap = run.budget.limits.tokens or 0
    spare = (
        room
        if run.effort.short or run.job.mode == "react"
        else room - int(cap * run.budget.shares["research"] * FOR_OUTLINE)
    )
    least = run.effort.agent_tokens
    room = spare if spare > least else room if round <= 1 else spare
    return (
        int(room * FIRST_ROUND)
        if round < run.effort.rounds and room * FIRST_ROUND > least
        else max(0, room)
    )


def _most_tasks(run: Run, round: int, *, deciding: bool = False) -> int:
    """How many agents a round can pay for, the Master's own decision about them too where that is
    still to come; a small budget has one at least in the first."""
    room = _room(run, round)
    if room is None:
        return run.effort.tasks
    before = run.budget.by_role.get("master")
    room -= (
        2 * (before.prompt_tokens + before.completion_tokens) // before.model_calls
        if deciding and before
        else 0
    )
    return min(run.effort.tasks, max(room // run.effort.agent_tokens, int(round <= 1)))


async def _first(
    run: Run, models: Models, ledger: Ledger, notes: Sequence[str], sources: Sources
) -> Plan:
    question = run.question
    most = 1 if sources.whole or run.job.mode == "react" else max(1, _most_tasks(run, 1))
    made = await ask(
        run,
        models,
        "master",
        "plan_first",
        Opening,
        schema=_opening(most),
        max_tokens=ANSWER_TOKENS,
        today=question.today,
        language=answer_language(question),
        tasks=most,
        sources=_where(run, sources),
        question=question.text,
        instructions=said_beside(question, notes) + known_beside(question, ledger),
    )
    if made is None:
        alone = (Task(id="r1s1", role="search", goal=clip(question.text, LONGEST)),)
        return Plan(
            brief=question.text,
            must_contain=(question.text,),
            tasks=alone,
            heard=len(notes),
            round=1,
        )
    parts = tuple(
        dict.fromkeys(clip(on_one_line(part), 300) for part in made.must_contain if part.strip())
    )[:PARTS]
    return Plan(
        brief=clip(made.brief.strip(), 1_500) or question.text,
        must_contain=parts or (question.text,),
        tasks=search_tasks(made.tasks, 1, (), most),
        heard=len(notes),
        round=1,
    )


async def _later(
    run: Run,
    models: Models,
    ledger: Ledger,
    last: Plan,
    round: int,
    notes: Sequence[str],
    sources: Sources,
) -> Plan:
    # a search that finds nothing was answered
    if ledger.failures and not (ledger.pages or ledger.queries):
        return _after_outage(run, ledger, last, round)
    here = last.model_copy(
        update={
            "tasks": (),
            "asked": (*last.asked, *(task.goal for task in last.tasks)),
            "answered": bool(ledger.claims),
            "heard": len(notes),
            "round": last.round + 1,
        }
    )
    if reason := _over(run, here, whole=sources.whole, noted=len(notes) > last.heard):
        return here.model_copy(update={"done": True, "reason": reason})
    if not (most := _most_tasks(run, here.round, deciding=True)):
        return here.model_copy(
            update={
                "done": True,
                "capped": True,
                "reason": "too few tokens are left for another search",
            }
        )
    decision = await _decide(run, models, ledger, here, notes, sources, most)
    if decision is None:
        return here.model_copy(update={"done": True, "reason": "the model gave no decision"})
    return _followed(run, ledger, here, round, decision)


def _over(run: Run, here: Plan, *, whole: bool, noted: bool) -> str:
    """Why there is nothing left to decide; '' if there is. A note that was not heard yet is always
    heard."""
    if noted:
        return ""
    if run.job.mode == "react":
        return "one agent, one loop"
    if whole:
        return "all sources were read whole"
    return "the rounds are over" if here.round > run.effort.rounds else ""


def _followed(run: Run, ledger: Ledger, here: Plan, round: int, decision: Decision) -> Plan:
    """What the model decided, as far as there is room for it."""
    known = ledger.by_id()
    met = {
        here.must_contain[one.part - 1]: tuple(id for id in one.claims if id in known)
        for one in decision.met
        if 0 < one.part <= len(here.must_contain)
    }
    here = here.model_copy(
        update={
            "met": {part: ids for part, ids in met.items() if ids},
            "reason": clip(on_one_line(decision.why), 400),
        }
    )
    if decision.next == "write":
        return here.model_copy(update={"done": True})
    searching = search_tasks(decision.search, round, here.asked, run.effort.tasks)
    verifying = verify_tasks(ledger, decision.verify, round) if _may_verify(run) else ()
    tasks = (*searching, *verifying)[: run.effort.tasks]
    return here.model_copy(update={"tasks": tasks, "done": not tasks})


def search_tasks(
    proposed: Sequence[Sought], round: int, asked: Sequence[str], most: int
) -> tuple[Task, ...]:
    """The tasks as they were proposed, at most so many; none that was sent before in the same
    words."""
    before = {_bare(goal) for goal in asked}
    tasks: list[Task] = []
    for one in proposed:
        goal = clip(" ".join(one.goal.split()), LONGEST)
        if goal and _bare(goal) not in before:
            before.add(_bare(goal))
            queries = tuple(
                clip(on_one_line(query), 200) for query in one.queries if query.strip()
            )[:6]
            tasks.append(
                Task(id=f"r{round}s{len(tasks) + 1}", role="search", goal=goal, queries=queries)
            )
    return tuple(tasks[:most])


def verify_tasks(ledger: Ledger, wanted: Sequence[str], round: int) -> tuple[Task, ...]:
    """Claims that nobody has looked at, some to an agent."""
    known = ledger.by_id()
    fresh = [
        known[id]
        for id in dict.fromkeys(wanted)
        if id in known and not known[id].reason and known[id].evidence
    ]
    batches = [fresh[start : start + CHECKED] for start in range(0, len(fresh), CHECKED)]
    return tuple(
        Task(
            id=f"r{round}v{n}",
            role="verify",
            goal="\n".join(f"- {claim.id} {clip(claim.text, 240)}" for claim in batch),
            claims=tuple(claim.id for claim in batch),
        )
        for n, batch in enumerate(batches, 1)
    )


def _may_verify(run: Run) -> bool:
    """Whether verify agents have used less than their share so far."""
    by_role = run.budget.by_role
    spent = {role: usage.prompt_tokens + usage.completion_tokens for role, usage in by_role.items()}
    return spent.get("verify", 0) <= VERIFYING * sum(spent.values())


def _after_outage(run: Run, ledger: Ledger, last: Plan, round: int) -> Plan:
    """Nothing could be searched at all: that is an error, no lack of evidence. Whoever takes the
    job up again searches again, once."""
    with run.budget.admit(1, 1):  # what a spent budget cut short is no outage
        pass
    if last.fence == run.job.fence:
        raise SearchFailed(reason="; ".join(ledger.failures))
    tasks = tuple(
        task.model_copy(update={"id": f"r{round}s{n}"}) for n, task in enumerate(last.tasks, 1)
    )
    return last.model_copy(update={"tasks": tasks})


async def _decide(
    run: Run,
    models: Models,
    ledger: Ledger,
    here: Plan,
    notes: Sequence[str],
    sources: Sources,
    most: int,
) -> Decision | None:
    read = await documents(run.store, run.job)
    open_ends = [
        *(f"not found: {gap}" for gap in ledger.gaps),
        *(f"searched without result: {end}" for end in ledger.dead_ends),
    ]
    open_ends += [f"failed: {failure}" for failure in ledger.failures]
    return await ask(
        run,
        models,
        "master",
        "plan_next",
        Decision,
        schema=_decision(most),
        max_tokens=ANSWER_TOKENS,
        today=run.question.today,
        language=answer_language(run.question),
        tasks=most,
        sources=_where(run, sources),
        question=run.question.text,
        instructions=said_beside(run.question, notes),
        brief=here.brief,
        parts="\n".join(f"P{n} {part}" for n, part in enumerate(here.must_contain, 1)),
        claims=evidence.claims(ledger, read),
        conflicts=evidence.contradictions(ledger, read) or "(none)",
        surprises="\n".join(f"- {one.text}" for one in ledger.surprises) or "(none)",
        open_ends="\n".join(f"- {clip(end, 300)}" for end in open_ends) or "(none)",
        asked="\n".join(f"- {clip(on_one_line(goal), 200)}" for goal in here.asked),
        rounds=max(0, run.effort.rounds - here.round + 1),
        left=", ".join(f"{unit} {amount:,.0f}" for unit, amount in run.budget.left().items()),
    )


def _where(run: Run, sources: Sources) -> str:
    """Where agents can look."""
    allowed = run.question.sources
    where = [f"the private libraries {', '.join(allowed.libraries)}"] if allowed.libraries else []
    where += ["the web"] if allowed.web else []
    told = [f"{' and '.join(where)}."] + ([] if allowed.web else ["There is no web."])
    told += (
        ["They are small: one agent reads all of them whole, so one task is enough."]
        if sources.whole
        else []
    )
    told += [f"The libraries hold {sources.shelf}"] if sources.shelf else []
    return " ".join(told)


def _bare(goal: str) -> str:
    return " ".join(goal.lower().split())


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _tasks(least: int, most: int) -> dict[str, Any]:
    text = {"type": "string"}
    item = _object(goal=text, queries={"type": "array", "items": text})
    return {"type": "array", "minItems": least, "maxItems": most, "items": item}


def _opening(most: int) -> dict[str, Any]:
    parts = {"type": "array", "minItems": 1, "maxItems": PARTS, "items": {"type": "string"}}
    return _object(brief={"type": "string"}, must_contain=parts, tasks=_tasks(1, most))


def _decision(most: int) -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    met = {"type": "array", "items": _object(part={"type": "integer"}, claims=texts)}
    why = {"type": "string"}
    return _object(
        met=met, why=why, next={"enum": ["go_on", "write"]}, search=_tasks(0, most), verify=texts
    )
