"""Deaths of a process at a chosen point of a run: `kill -9` from within, so that no moment is
missed by racing it from outside.

Before a node: what came before is checkpointed. After it: its work is done and its checkpoint is
not written."""

import inspect
import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, Literal

When = Literal["before", "after"]
Step = Callable[..., Awaitable[Any]]
Within = Callable[[], None]


def at(node: str, when: When = "after") -> Within:
    """Have the process that calls this die at its first `node` of the graph: of an agent
    `role.node`, at the end `bind` and `store`."""
    return partial(_arm, node, when)


def _arm(node: str, when: When) -> None:
    from langgraph.graph import StateGraph  # here: only the process that is to die has it

    from research import run
    from research.store.records import JobRecords

    role, _, name = node.rpartition(".")
    whole = StateGraph.add_node

    def add_node(graph: Any, called: str, action: Any, **more: Any) -> Any:
        armed = called == name and inspect.iscoroutinefunction(action)
        return whole(graph, called, _deadly(action, when, role) if armed else action, **more)

    StateGraph.add_node = add_node  # type: ignore[method-assign, assignment]
    if node == "bind":
        run._report = _deadly(run._report, when)
    if node == "store":
        JobRecords.finish = _deadly(JobRecords.finish, when)  # type: ignore[method-assign]


def _deadly(step: Step, when: When, role: str = "") -> Step:
    @wraps(step)
    async def deadly(*given: Any, **more: Any) -> Any:
        mine = not role or given[0]["task"].role == role
        if mine and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = await step(*given, **more)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return deadly


def bug(task: str, node: str, message: str) -> Within:
    """Have the process that calls this meet a bug when the agent of this task comes to a node."""
    return partial(_plant, task, node, message)


def _plant(task: str, node: str, message: str) -> None:
    from langgraph.graph import StateGraph

    whole = StateGraph.add_node

    def add_node(graph: Any, called: str, action: Any, **more: Any) -> Any:
        return whole(
            graph, called, _faulty(action, task, message) if called == node else action, **more
        )

    StateGraph.add_node = add_node  # type: ignore[method-assign, assignment]


def _faulty(step: Step, task: str, message: str) -> Step:
    @wraps(step)
    async def faulty(state: Any) -> Any:
        if state["task"].id == task:
            raise RuntimeError(message)
        return await step(state)

    return faulty
