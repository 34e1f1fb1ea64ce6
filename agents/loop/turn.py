"""The one loop of every agent: look at what was seen so far, decide on tool calls, carry them out.
Search and verify differ in their prompts. A history that is too long is cut first (`context.py`).

Not here: how the history looks (`history.py`), what becomes of a trajectory (`extraction/`,
`extractive/`)."""

from collections.abc import Sequence
from dataclasses import replace

from agents.asking import choose_actions
from agents.loop import context, history
from agents.loop.context import Policy
from agents.models import Action, Message, Models, ToolSpec
from agents.tools import batch_web_surfer, shell
from agents.tools.types import Toolbox
from research.crew import Run
from research.domain import Ledger, Observation, Step, Task
from research.errors import BudgetExhausted, ContextOverflow, ToolError
from research.flow import CONTEXT, FINISH, NOTE, next_turn
from research.store.documents import documents
from research.text.sentences import clip, estimate_tokens

FINISH_SPEC = ToolSpec(
    name=FINISH,
    description="Stop: the goal is met, or more searching will not help.",
    parameters={
        "type": "object",
        "properties": {"findings": {"type": "string", "maxLength": 1_500}},
        "required": ["findings"],
        "additionalProperties": False,
    },
)
UNKNOWN = "unknown"
MARGIN = 1.3  # on what is estimated, for a call is admitted by more than it will take
SUMMARY_TOKENS = 8_000  # that a summary writes, with its prompt
ANSWER_TOKENS = 4_000  # models that reason take most of them to think
LIKELY_TOKENS = 1_500  # of an answer, by which it is told whether another turn can be paid for
THOUGHT = 1_000  # characters kept of a thought
TOGETHER = 8  # calls that a model may make in one turn
COMPUTING = frozenset({shell.NAME, NOTE})  # what an agent that has read everything still needs
COMPUTING_TURNS = 3  # of it
LONG_TABLE = 20  # rows that nobody counts by looking


async def think(
    run: Run,
    models: Models,
    task: Task,
    steps: Sequence[Step],
    toolbox: Toolbox,
    policy: Policy,
    *,
    whole: bool = False,
) -> tuple[Step, ...]:
    """The agent's next turn, a step for each call; or a cut of its history. Raises
    `BudgetExhausted` at the agent's share of the tokens. The
    fallback: search for the task's own words once, then finish.

    Where the run's sources are read `whole`, the agent reads all of them and has nothing else to
    look for: a model is asked only what is to be computed from the rows of their tables."""
    if whole and (not steps or steps[0].observation_id):
        return await _of_whole(run, models, task, steps, toolbox)
    shown = await history.messages(run, task, steps)
    if context.due(policy, steps, shown):
        return (context.planned(policy, steps, shown, "size"),)
    try:
        actions = await _asked(run, models, task, steps, shown, toolbox)
    except ContextOverflow as error:
        if policy.strategy != "none" and context.fresh(steps):
            return (context.planned(policy, steps, shown, "overflow"),)
        await run.fallback(task.role, str(error))
        actions = None
    return _turn(task, steps, actions or (), toolbox)


async def _of_whole(
    run: Run, models: Models, task: Task, steps: Sequence[Step], toolbox: Toolbox
) -> tuple[Step, ...]:
    """The next turn of an agent whose sources are read whole: first all of them, then what is to be
    computed from long tables, as far as that can be paid for, then the end."""
    if not steps:
        return (Step(index=0, tool=batch_web_surfer.NAME, arguments={"whole": True}),)
    read = await documents(run.store, run.job)
    long = any(document.longest_table >= LONG_TABLE for document in read)
    if not long or shell.NAME not in toolbox or next_turn(steps) > COMPUTING_TURNS:
        return (_end(steps),)
    able = {name: tool for name, tool in toolbox.items() if name in COMPUTING}
    shown = await history.messages(run, task, steps)
    try:
        actions = await _asked(run, models, task, steps, shown, able)
    except (BudgetExhausted, ContextOverflow):
        return (_end(steps),)
    return _turn(task, steps, actions or (), able)


async def _asked(
    run: Run,
    models: Models,
    task: Task,
    steps: Sequence[Step],
    shown: Sequence[Message],
    toolbox: Toolbox,
) -> Sequence[Action] | None:
    """What the model wants to do next. Raises `BudgetExhausted` and `ContextOverflow`."""
    more = LIKELY_TOKENS + await _summing_up(run, steps)
    context.within_share(run, task, history.size(shown), more)
    offered, model = _offered(run, task, toolbox), models.role(task.role)
    return await choose_actions(
        run, model, task, shown, offered, max_tokens=ANSWER_TOKENS, most=TOGETHER
    )


def _end(steps: Sequence[Step]) -> Step:
    return Step(index=len(steps), turn=next_turn(steps), tool=FINISH)


async def _summing_up(run: Run, steps: Sequence[Step]) -> int:
    """What the summary of all that an agent was shown will take."""
    seen = [await run.observed(step) for step in steps]
    return SUMMARY_TOKENS + int(MARGIN * sum(estimate_tokens(one.text) for one in seen if one))


def _offered(run: Run, task: Task, toolbox: Toolbox) -> list[ToolSpec]:
    single = run.turns == 1
    own = [
        tool for tool in toolbox.values() if task.role in tool.roles and (tool.single or not single)
    ]
    tools = [tool.spec(run) for tool in own]
    return tools if single else [*tools, FINISH_SPEC]


def _turn(
    task: Task, steps: Sequence[Step], actions: Sequence[Action], toolbox: Toolbox
) -> tuple[Step, ...]:
    """The calls as steps. What is called beside `finish` is still wanted: the agent sees it before
    it finishes; notes are part of what it found. A tool that there is not has no name: what a model
    calls it would stand in errors, and they in reports."""
    wanted = [action for action in actions if action.tool != FINISH] or list(actions[:1])
    if len(wanted) < len(actions) and all(action.tool == NOTE for action in wanted):
        wanted = [_finished(actions)]
    if not wanted:
        return (search_once(task, steps),)
    first, turn = len(steps), next_turn(steps)
    return tuple(
        Step(
            index=first + i,
            turn=turn,
            together=len(wanted),
            thought=clip(action.thought, THOUGHT),
            reasoning=action.reasoning,
            tool=action.tool if action.tool in toolbox or action.tool == FINISH else UNKNOWN,
            arguments=action.arguments,
        )
        for i, action in enumerate(wanted)
    )


def _finished(actions: Sequence[Action]) -> Action:
    """The end of a turn that else only notes, with the notes behind what was found."""
    end = next(action for action in actions if action.tool == FINISH)
    notes = [str(one.arguments.get("text", "")) for one in actions if one.tool == NOTE]
    findings = "\n".join(filter(None, [str(end.arguments.get("findings", "")), *notes]))
    return replace(end, arguments={**end.arguments, "findings": findings})


def search_once(task: Task, steps: Sequence[Step]) -> Step:
    """A search for the task's own words, and after it the end: no model is asked."""
    if steps:
        return _end(steps)
    return Step(
        index=0,
        tool=batch_web_surfer.NAME,
        arguments={"queries": list(task.queries) or [clip(task.goal, 200)]},
    )


async def act(
    run: Run, models: Models, task: Task, step: Step, ledger: Ledger, toolbox: Toolbox
) -> Observation:
    """Carry out a step. Raises `ToolError` for a tool that the agent does not have."""
    if step.tool == CONTEXT:
        return await context.cut(run, models, task, step)
    tool = toolbox.get(step.tool)
    if tool is None or task.role not in tool.roles:
        raise ToolError(tool=step.tool, reason="there is no such tool for this agent")
    return await tool.call(run, task, step, ledger)
