"""The graph: the story of one question, from plan to checked draft.

    plan ⇄ {search, verify} → merge … → analyse → write → check

Each agent is a sub-graph, `think → act → think → … → summarise`, checkpointed step by step. State holds claims and ids; what was read
lives in the store. An error a branch expects ends that branch as a failed trajectory and leaves its siblings alone; a model endpoint that
is gone, a lost fence and a bug stop the run, which goes on from its last checkpoint when it is resumed."""

import asyncio
import operator
from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from research import ledger as ledgers
from research.copies import copies_of
from research.crew import Crew, Run
from research.errors import BudgetExhausted, ReadingError, SearchFailed, ToolError
from research.types import AgentRole, Draft, Feedback, Ledger, Plan, Step, Task, Trajectory

FINISH = "finish"
EXPECTED = (BudgetExhausted, ReadingError, SearchFailed, ToolError)


class JobState(TypedDict, total=False):
    round: int
    plan: Plan
    feedback: Annotated[list[Feedback], operator.add]
    merged: int
    ledger: Ledger
    draft: Draft


class AgentState(TypedDict, total=False):
    task: Task
    ledger: Ledger
    steps: list[Step]
    next: Step | None
    stopped: str
    feedback: Annotated[list[Feedback], operator.add]


class AgentOutput(TypedDict):
    feedback: Annotated[list[Feedback], operator.add]


Graph = CompiledStateGraph[Any, Any, Any, Any]


def build(run: Run, crew: Crew, saver: BaseCheckpointSaver[Any] | None) -> Graph:
    """The job's graph."""
    agent = build_agent(run, crew)
    graph = StateGraph(JobState)

    async def plan(state: JobState) -> dict[str, Any]:
        number = state.get("round", 0) + 1
        made = await crew.plan(run, state.get("ledger", Ledger()), state.get("plan"), number)
        tasks = [{"id": t.id, "role": t.role, "goal": t.goal, "queries": t.queries} for t in made.tasks]
        about = made.model_dump(include={"brief", "must_contain", "done", "reason"})
        await run.emit("plan", round=number, tasks=tasks, **about)
        return {"plan": made, "round": number}

    def route(state: JobState) -> list[Send] | str:
        made = state["plan"]
        if made.done or not made.tasks:
            return "analyse"
        known = state.get("ledger", Ledger())
        return [Send(task.role, AgentState(task=task, ledger=known, steps=[], feedback=[])) for task in made.tasks]

    async def merge(state: JobState) -> dict[str, Any]:
        fresh = state["feedback"][state.get("merged", 0) :]
        before = state.get("ledger", Ledger())
        after = ledgers.contested(ledgers.merge(before, fresh, await _copies(run, before, fresh)))
        await _tell(run, before, after)
        return {"ledger": after, "merged": len(state["feedback"])}

    async def analyse(state: JobState) -> dict[str, Any]:
        known = state.get("ledger", Ledger())
        inferences, contradictions = await crew.analyse(run, known)
        after = ledgers.with_contradictions(known, contradictions).model_copy(update={"inferences": inferences})
        await _tell(run, known, after)
        return {"ledger": after}

    async def write(state: JobState) -> dict[str, Any]:
        return {"draft": await crew.write(run, state["ledger"], state["plan"])}

    async def check(state: JobState) -> dict[str, Any]:
        draft = await crew.check(run, state["draft"], state["ledger"])
        await run.emit("checked", sentences=len(draft.written()), dropped=draft.dropped)
        return {"draft": draft}

    for node in (plan, merge, analyse, write, check):
        graph.add_node(node.__name__, node)
    roles: tuple[AgentRole, ...] = ("search", "verify")
    for role in roles:
        graph.add_node(role, agent)
        graph.add_edge(role, "merge")
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", route, [*roles, "analyse"])
    graph.add_edge("merge", "plan")
    graph.add_edge("analyse", "write")
    graph.add_edge("write", "check")
    graph.add_edge("check", END)
    return graph.compile(checkpointer=saver)


def build_agent(run: Run, crew: Crew) -> Graph:
    """One agent's loop. The same for search and verify: their crew members differ."""
    graph = StateGraph(AgentState, output_schema=AgentOutput)

    async def think(state: AgentState) -> dict[str, Any]:
        task, steps = state["task"], state["steps"]
        if not steps:
            await run.records.put_trajectory(Trajectory(task=task), open=True)
            await run.emit("agent.started", task_id=task.id, role=task.role, goal=task.goal)
        try:
            return {"next": await crew.think(run, task, steps)}
        except EXPECTED as error:
            return {"next": None, "stopped": str(error)}

    async def act(state: AgentState) -> dict[str, Any]:
        task, step = state["task"], state["next"]
        assert step is not None  # the graph comes here only with a step to take
        done, stopped = await _take(run, crew, task, step, state["ledger"])
        return {"steps": [*state["steps"], done], "next": None, "stopped": stopped}

    async def summarise(state: AgentState) -> dict[str, Any]:
        trajectory = _trajectory(state["task"], state["steps"], state.get("stopped", ""))
        feedback = await crew.summarise(run, trajectory, state["ledger"])
        await run.records.put_trajectory(trajectory)
        about = trajectory.model_dump(include={"outcome", "reason"})
        task = trajectory.task
        await run.emit("agent.finished", task_id=task.id, role=task.role, claims=len(feedback.claims), answer=feedback.answer, **about)
        return {"feedback": [feedback]}

    def after_think(state: AgentState) -> str:
        step = state.get("next")
        return "summarise" if step is None or step.tool == FINISH else "act"

    def after_act(state: AgentState) -> str:
        over = state.get("stopped") or len(state["steps"]) >= run.effort.turns
        return "summarise" if over else "think"

    for node in (think, act, summarise):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", after_think, ["act", "summarise"])
    graph.add_conditional_edges("act", after_act, ["think", "summarise"])
    graph.add_edge("summarise", END)
    return graph.compile()


async def _take(run: Run, crew: Crew, task: Task, step: Step, known: Ledger) -> tuple[Step, str]:
    """Take one step and keep what it gave. An expected error ends the branch; it is kept with the step."""
    try:
        observation = await crew.act(run, task, step, known)
    except EXPECTED as error:
        failed = step.model_copy(update={"error": str(error)})
        await run.records.put_step(task.id, failed)
        return failed, str(error)
    done = step.model_copy(update={"observation_id": observation.id})
    await run.records.put_step(task.id, done, observation)
    await run.emit(
        "agent.step",
        task_id=task.id,
        index=done.index,
        tool=done.tool,
        arguments=done.arguments,
        thought=done.thought,
        failures=list(observation.failures),
    )
    return done, ""


def _trajectory(task: Task, steps: Sequence[Step], stopped: str) -> Trajectory:
    seen = any(step.observation_id for step in steps)
    if not stopped:
        return Trajectory(task=task, steps=tuple(steps))
    return Trajectory(task=task, steps=tuple(steps), outcome="stopped" if seen else "failed", reason=stopped)


async def _copies(run: Run, known: Ledger, fresh: Sequence[Feedback]) -> dict[str, str]:
    """Which of the texts that claims rest on are near-copies of others."""
    claims = [*known.claims, *(claim for feedback in fresh for claim in feedback.claims)]
    ids = list(dict.fromkeys(quote.snapshot_id for claim in claims for quote in claim.evidence))
    if len(ids) < 2:
        return {}
    snapshots = await run.store.snapshots(ids)
    return await asyncio.to_thread(copies_of, {id: snapshots[id].text for id in ids if id in snapshots})


async def _tell(run: Run, before: Ledger, after: Ledger) -> None:
    known = before.by_id()
    new = [{"id": c.id, "text": c.text, "verdict": c.verdict} for c in after.claims if c.id not in known]
    await run.emit("claims", total=len(after.claims), claims=new)
    for found in after.contradictions[len(before.contradictions) :]:
        await run.emit("contradiction", topic=found.topic, note=found.note, kind=found.kind)
