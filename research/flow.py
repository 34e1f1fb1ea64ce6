"""The graph: the story of one question, from plan to checked draft.

    clarify → look → plan ⇄ {search, verify} → merge … → outline ⇄ {search} → write → check

The outline may send one more round of searches for what it needs.

What a person is asked is asked in one node and waited for in another: an interrupted node runs
again from its start, and a question is paid for once.

Each agent is a sub-graph, `think → act → think → … → summarise`, checkpointed step by step. State
holds claims and ids; what was read lives in the store. An error a branch expects ends that branch
as a failed trajectory and leaves its siblings alone; a model endpoint that is gone, a lost fence
and a bug stop the run, which goes on from its last checkpoint when it is resumed."""

import asyncio
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send, interrupt

from research.crew import Crew, Run
from research.domain import (
    AgentRole,
    Draft,
    Feedback,
    Ledger,
    Outline,
    Plan,
    Step,
    Task,
    Trajectory,
)
from research.errors import (
    BudgetExhausted,
    ReadingError,
    ReadingFailure,
    SearchFailed,
    ToolError,
)
from research.ledger import merging as ledgers
from research.ledger.follow_up import readings_of, renewed
from research.store.inputs import inputs
from research.text.sentences import clip

ROLES: tuple[AgentRole, ...] = ("search", "verify")
FINISH, CONTEXT, NOTE = "finish", "context", "note"
LOOK = "r0"  # the branch of the first look
LOOKS_AT_NOTHING = frozenset({FINISH, CONTEXT, NOTE})  # what these give is nothing that was found
EXPECTED = (BudgetExhausted, ReadingError, SearchFailed, ToolError)


class JobState(TypedDict, total=False):
    questions: list[str]
    approved: bool
    notes: int
    round: int
    looked: list[Step]
    plan: Plan
    feedback: Annotated[list[Feedback], operator.add]
    merged: int
    ledger: Ledger
    outline: Outline
    settling: bool
    draft: Draft


class AgentState(TypedDict, total=False):
    task: Task
    ledger: Ledger
    plan: Plan
    steps: list[Step]
    next: tuple[Step, ...]
    stopped: str
    feedback: Annotated[list[Feedback], operator.add]


class AgentOutput(TypedDict):
    feedback: Annotated[list[Feedback], operator.add]


Graph = CompiledStateGraph[Any, Any, Any, Any]


def build(run: Run, crew: Crew, saver: BaseCheckpointSaver[Any] | None) -> Graph:
    """The job's graph. What routes is asynchronous although nothing in it waits: LangGraph calls a
    plain function in a thread."""
    agent = build_agent(run, crew)
    graph = StateGraph(JobState)

    async def look(state: JobState) -> dict[str, Any]:
        return {"looked": await _look(run, crew, state["ledger"])}

    async def plan(state: JobState) -> dict[str, Any]:
        number = state["round"] + 1
        notes = [str(note.data["note"]) for note in await inputs(run.store, run.job.id, "note")]
        made = await crew.plan(run, state["ledger"], state.get("plan"), number, notes)
        made = made.replace(fence=run.job.fence)
        if fresh := notes[state.get("notes", 0) :]:
            await run.emit("input", kind="note", notes=fresh)
        await _tell_plan(run, made, number)
        return {"plan": made, "round": number, "notes": len(notes)}

    async def route(state: JobState) -> list[Send] | str:
        return _route(run, state)

    async def merge(state: JobState) -> dict[str, Any]:
        fresh = state["feedback"][state["merged"] :]
        before = state["ledger"]
        if run.job.parent_id:  # what was read before may have been read again
            before = renewed(before, await readings_of(run.store, run.job))
        claims = [*before.claims, *(claim for feedback in fresh for claim in feedback.claims)]
        cited = (quote.snapshot_id for claim in claims for quote in claim.evidence)
        after = ledgers.contested(ledgers.merge(before, fresh, await run.origins(cited)))
        await tell_claims(run, before, after)
        return {"ledger": after, "merged": len(state["feedback"])}

    for node in (look, plan, merge):
        graph.add_node(node.__name__, node)
    graph.add_edge("look", "plan")
    for role in ROLES:
        graph.add_node(role, agent)
        graph.add_edge(role, "merge")
    _add_people(graph, run, crew)
    _add_report(graph, run, crew)
    graph.add_conditional_edges("plan", route, [*ROLES, "await_plan", "outline"])
    graph.add_conditional_edges("await_plan", route, [*ROLES, "await_plan", "outline"])
    return graph.compile(checkpointer=saver)


def _add_report(graph: StateGraph[Any, Any, Any, Any], run: Run, crew: Crew) -> None:
    """What becomes of all that is known: an outline, which may ask for one more round of searches,
    a draft, its check."""

    async def outline(state: JobState) -> dict[str, Any]:
        run.budget.phase = "outline"
        known = state["ledger"]
        made = await crew.outline(run, known, state["plan"])
        await tell_claims(run, known, made.ledger)
        settling = not state.get("settling", False)
        tasks = _needed(run, made.outline, state["round"]) if settling else ()
        sent = state["plan"].replace(tasks=tasks)
        if sent.tasks:
            run.budget.phase = "research"
            if left := len(set(made.outline.needs)) - len(sent.tasks):
                await run.emit(
                    "warning",
                    message=f"{left} of the searches that the outline needs are left out: too "
                    f"few tokens are left.",
                )
            await _tell_plan(run, sent, state["round"] + 1)
        return {
            "ledger": made.ledger,
            "plan": sent,
            "outline": made.outline,
            "settling": settling and bool(sent.tasks),
        }

    async def needs(state: JobState) -> list[Send] | str:
        return _sends(run, state) if state["plan"].tasks else "write"

    async def after_merge(state: JobState) -> str:
        return "outline" if state.get("settling") else "plan"

    async def write(state: JobState) -> dict[str, Any]:
        run.budget.phase = "write"
        return {"draft": await crew.write(run, state["ledger"], state["plan"], state["outline"])}

    async def check(state: JobState) -> dict[str, Any]:
        run.budget.phase = "check"
        draft = await crew.check(
            run, state["draft"], state["ledger"], state["plan"], state["outline"]
        )
        await run.emit("checked", sentences=len(draft.written()), dropped=draft.dropped)
        return {"draft": draft}

    for node in (outline, write, check):
        graph.add_node(node.__name__, node)
    graph.add_conditional_edges("merge", after_merge, ["plan", "outline"])
    graph.add_conditional_edges("outline", needs, [*ROLES, "write"])
    graph.add_edge("write", "check")
    graph.add_edge("check", END)


def _add_people(graph: StateGraph[Any, Any, Any, Any], run: Run, crew: Crew) -> None:
    """Where a person is asked, and where the graph waits for what they say."""

    async def clarify(state: JobState) -> dict[str, Any]:
        return {"questions": list(await crew.clarify(run)) if run.job.clarify != "never" else []}

    async def await_answers(state: JobState) -> dict[str, Any]:
        # the answers are in the job's row by then
        interrupt({"kind": "answers", "questions": state["questions"]})
        return {"questions": []}

    async def await_plan(state: JobState) -> dict[str, Any]:
        made = state["plan"]
        about = made.model_dump(mode="json", include={"brief", "must_contain", "tasks"})
        said = interrupt({"kind": "plan", "plan": about, "most_tasks": most_tasks(run)})
        edited = _edited(made, said)
        if edited != made:
            await _tell_plan(run, edited, state["round"], once=True)
        return {"plan": edited.replace(fence=run.job.fence), "approved": True}

    async def after_clarify(state: JobState) -> str:
        return "await_answers" if state["questions"] else "look"

    for node in (clarify, await_answers, await_plan):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "clarify")
    graph.add_conditional_edges("clarify", after_clarify, ["await_answers", "look"])
    graph.add_edge("await_answers", "look")


async def _look(run: Run, crew: Crew, known: Ledger) -> list[Step]:
    """Look around before anything is planned, as the branch of an agent that nobody sent; what it
    saw is summed up beside the agents of the first round."""
    if (step := await crew.look(run, ())) is None:
        return []
    task = _looking(run)
    begun = {"task_id": task.id, "role": task.role, "goal": task.goal}
    await run.records.put_trajectory(Trajectory(task=task), open=True, told=[begun])
    steps: list[Step] = []
    stopped = ""
    while step is not None and not stopped:
        kept = await _kept(run, task, (step,))
        taken, stopped = await _take(run, crew, task, step, known, False, kept)
        steps.append(taken)
        step = await crew.look(run, steps)
    return steps


def _looking(run: Run) -> Task:
    return Task(id=LOOK, role="search", goal=run.question.text)


def _route(run: Run, state: JobState) -> list[Send] | str:
    """Where a plan leads: to its agents, to the person who approves it, or to the report."""
    made = state["plan"]
    if made.done or not made.tasks or state["round"] > run.most_plans:
        return "outline"
    if run.job.approve_plan and not state.get("approved"):
        return "await_plan"
    return _sends(run, state)


def _sends(run: Run, state: JobState) -> list[Send]:
    """The agents that a plan sends out, each with what it may know; with those of the first round
    what the first look saw."""
    known, made = state["ledger"], state["plan"]
    looked = state.get("looked", []) if state["round"] == 1 else []
    sent = [(_looking(run), looked)] if looked else []
    return [
        Send(task.role, AgentState(task=task, ledger=known, plan=made, steps=steps, feedback=[]))
        for task, steps in [*sent, *((task, []) for task in made.tasks)]
    ]


def _needed(run: Run, outline: Outline, round: int) -> tuple[Task, ...]:
    """The searches that an outline asks for, where there is still room for research."""
    if run.job.mode == "react" or not run.budget.allows("research"):
        return ()
    goals, room = list(dict.fromkeys(outline.needs)), run.budget.room("research")
    if room is not None:
        goals = goals[: max(1, room // run.effort.agent_tokens)]
    tokens = (room or 0) // max(1, len(goals))
    return tuple(
        Task(id=f"r{round + 1}n{n}", role="search", goal=goal, tokens=tokens)
        for n, goal in enumerate(goals, 1)
    )


def most_tasks(run: Run) -> int:
    """How many tasks a plan of this run may have."""
    return 1 if run.job.mode == "react" else run.effort.tasks


def _edited(plan: Plan, said: Mapping[str, Any]) -> Plan:
    """The plan as the person wants it: what they did not give stays; their tasks are searches."""
    given = said.get("plan") or {}
    changes: dict[str, Any] = {}
    if "brief" in given:
        changes["brief"] = given["brief"]
    if "must_contain" in given:
        changes["must_contain"] = tuple(given["must_contain"])
    if "tasks" in given:
        wanted, sent = {t["goal"] for t in given["tasks"]}, {task.goal for task in plan.tasks}
        kept = tuple(part for part in plan.must_contain if part in wanted or part not in sent)
        changes.setdefault("must_contain", kept)
        tasks = enumerate(given["tasks"], 1)
        changes["tasks"] = tuple(
            Task(id=f"r1s{i}", role="search", goal=t["goal"], queries=tuple(t.get("queries", ())))
            for i, t in tasks
        )
    return plan.replace(**changes)


async def _tell_plan(run: Run, plan: Plan, round: int, *, once: bool = False) -> None:
    """Tell of a plan; `once` if a run that was cut short may have told of it."""
    shown = {"id", "role", "goal", "queries"}
    tasks = [task.model_dump(mode="json", include=shown) for task in plan.tasks]
    about = {"round": round, "tasks": tasks} | plan.model_dump(
        mode="json", include={"brief", "must_contain", "met", "done", "reason"}
    )
    if not once or await run.store.newest(run.job.id, "plan") != about:
        await run.emit("plan", **about)


def build_agent(run: Run, crew: Crew) -> Graph:
    """One agent's loop. The same for search and verify: their crew members differ."""
    graph = StateGraph(AgentState, output_schema=AgentOutput)

    async def think(state: AgentState) -> dict[str, Any]:
        task, steps = state["task"], state["steps"]
        if not steps:
            started = {"task_id": task.id, "role": task.role, "goal": task.goal}
            await run.records.put_trajectory(Trajectory(task=task), open=True, told=[started])
        try:
            return {"next": await crew.think(run, task, steps)}
        except EXPECTED as error:
            return {"next": (), "stopped": str(error)}

    async def act(state: AgentState) -> dict[str, Any]:
        task, steps, turn = state["task"], state["steps"], state["next"]
        kept = await _kept(run, task, turn)
        taken = await asyncio.gather(
            *(
                _take(run, crew, task, step, state["ledger"], refused(steps, turn, step), kept)
                for step in turn
            )
        )
        stopped = next((reason for _, reason in taken if reason), "")
        return {"steps": [*steps, *(step for step, _ in taken)], "next": (), "stopped": stopped}

    async def summarise(state: AgentState) -> dict[str, Any]:
        steps, findings = await _with_findings(run, state)
        trajectory = _trajectory(state["task"], steps, state.get("stopped", ""))
        feedback = await crew.summarise(run, trajectory, state["ledger"], state["plan"])
        about = {
            **trajectory.model_dump(include={"outcome", "reason"}),
            "answer": feedback.answer,
            "findings": findings,
        }
        task = trajectory.task
        finished = {"task_id": task.id, "role": task.role, "claims": len(feedback.claims), **about}
        await run.records.put_trajectory(trajectory, told=[finished])
        return {"feedback": [feedback]}

    async def after_think(state: AgentState) -> str:
        turn = state.get("next")
        return "summarise" if not turn or turn[0].tool == FINISH else "act"

    async def after_act(state: AgentState) -> str:
        over = state.get("stopped") or next_turn(state["steps"]) >= run.turns
        return "summarise" if over else "think"

    for node in (think, act, summarise):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", after_think, ["act", "summarise"])
    graph.add_conditional_edges("act", after_act, ["think", "summarise"])
    graph.add_edge("summarise", END)
    return graph.compile()


def recursion_limit(run: Run) -> int:
    """The steps that the job's graph, or the longest agent's (each counts its own), can take, and
    no step more.

    A round is a plan, a wait for its approval, its agents and a merge; a turn a thought and its
    calls, and a cut of the context and its thought before them."""
    job = 4 * (run.most_plans + 1) + 10
    agent = 4 * run.turns + 3
    return max(job, agent)


def next_turn(steps: Sequence[Step]) -> int:
    return steps[-1].turn + 1 if steps else 0


def refused(steps: Sequence[Step], turn: Sequence[Step], step: Step) -> bool:
    """Whether a call is one the agent made before, in this turn or an earlier one. One that failed
    may be tried again in a later turn."""
    earlier = [s for s in steps if s.error is None] + [s for s in turn if s.index < step.index]
    return any((s.tool, s.arguments) == (step.tool, step.arguments) for s in earlier)


async def _kept(run: Run, task: Task, turn: Sequence[Step]) -> dict[int, Step]:
    """What a turn that was cut short has carried out already, by index. While nobody has run the
    job before, nothing was cut short."""
    if run.job.fence <= 1:
        return {}
    planned = {step.index: step.arguments for step in turn}
    own = await run.store.steps(run.job.id, task.id)
    done = (step for step in own if step.observation_id)
    return {step.index: step for step in done if planned.get(step.index) == step.arguments}


async def _take(
    run: Run,
    crew: Crew,
    task: Task,
    step: Step,
    known: Ledger,
    repeated: bool,
    kept: Mapping[int, Step],
) -> tuple[Step, str]:
    """Take one step and keep what it gave. An expected error is kept and told to the agent; a spent
    budget ends the branch."""
    if step.index in kept:
        return kept[step.index], ""
    try:
        if repeated:
            raise ToolError(
                tool=step.tool,
                reason="the same call was made before, its result is kept; call it with "
                "something else",
            )
        observation = await crew.act(run, task, step, known)
    except EXPECTED as error:
        failed = step.replace(error=str(error))
        await run.records.put_step(task.id, failed, told=_told_step(task, failed, [str(error)]))
        return failed, str(error) if isinstance(error, BudgetExhausted) else ""
    told = _told_step(task, step, observation.failures, observation.unread.values())
    return await run.records.put_step(task.id, step, observation, told=told), ""


def _told_step(
    task: Task, step: Step, failures: Sequence[str], unread: Iterable[ReadingFailure] = ()
) -> list[dict[str, Any]]:
    """What is told of a step, with the kind of failure of each page that could not be read; nothing
    of a cut of the history, which is told by an event of its own."""
    if step.tool == CONTEXT:
        return []
    about = step.model_dump(include={"index", "turn", "tool", "arguments", "thought"})
    failed = {"failures": list(failures), "unread": list(unread)}
    return [{"task_id": task.id, **failed, **about}]


async def _with_findings(run: Run, state: AgentState) -> tuple[list[Step], str]:
    """The steps, with the call that ended the branch where it says what was found."""
    for last in state.get("next", ()):
        if findings := clip(str(last.arguments.get("findings", "")), 1_500):
            await run.records.put_step(state["task"].id, last)
            return [*state["steps"], last], findings
    return state["steps"], ""


def _trajectory(task: Task, steps: Sequence[Step], stopped: str) -> Trajectory:
    """The branch as it ended: it failed only if no call of it gave anything, for another reason
    than its budget."""
    seen = any(step.observation_id for step in steps if step.tool not in LOOKS_AT_NOTHING)
    errors = "; ".join(
        dict.fromkeys(step.error for step in steps if step.error and step.error != stopped)
    )
    if seen or not errors:
        return Trajectory(
            task=task,
            steps=tuple(steps),
            outcome="stopped" if stopped else "finished",
            reason=stopped,
        )
    return Trajectory(task=task, steps=tuple(steps), outcome="failed", reason=errors)


async def tell_claims(run: Run, before: Ledger, after: Ledger) -> None:
    known = before.by_id()
    new = [
        {"id": c.id, "text": c.text, "verdict": c.verdict}
        for c in after.claims
        if c.id not in known
    ]
    await run.emit("claims", total=len(after.claims), claims=new)
    for found in (one for one in after.contradictions if one not in before.contradictions):
        await run.emit("contradiction", topic=found.topic, note=found.note, kind=found.kind)
