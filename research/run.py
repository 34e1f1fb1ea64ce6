"""Run one job from where it stands to its end: the same for the CLI, the worker and the evals.

The job was taken before (`Store.take`). Its heart beats while it works; asked to cancel, it stops;
an error of ours ends it as failed with the error in its row, and it can be resumed. Not here: who
runs which job when (`api/jobs/queueing.py`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import Command, StateSnapshot
from sqlalchemy.exc import SQLAlchemyError

from research.budget import Budget, cached_weight
from research.crew import Crew, Run
from research.domain import Draft, Feedback, Job, Ledger, Quote, ReportStatus, Task
from research.domain.report import Report, Usage
from research.efforts import CACHED_RESERVE, limits_for
from research.errors import (
    CheckpointUnreadable,
    Drained,
    FenceLost,
    InputNeeded,
    JobEnded,
    LeadlineError,
    ModelError,
    NothingWritten,
    StoreUnreadable,
)
from research.failures import Failures, failures_of
from research.flow import Graph, JobState, build, recursion_limit, tell_claims
from research.ledger.follow_up import parents_ledger, readings_of
from research.reporting import bind as cite
from research.reporting.bind import Bindings
from research.reporting.words import words_of
from research.settings import Settings
from research.store.checkpoints import open_saver
from research.store.condition.readable import readable
from research.store.database import Store
from research.store.inputs import inputs
from research.store.records import JobRecords
from research.tracing import job_span, traced

_log = structlog.get_logger("leadline.run")


class Runs:
    """All runs of one process, which can be asked to stop."""

    def __init__(self, crew: Crew, store: Store, settings: Settings) -> None:
        self._crew, self._store, self._settings = crew, store, settings
        self._control = RunControl()

    async def __call__(self, job: Job) -> Report:
        return await run_job(job, self._crew, self._store, self._settings, self._control)

    def drain(self) -> None:
        """Have each run end after the step it is at, so that what was asked of a model is kept."""
        self._control.request_drain()


async def run_job(
    job: Job, crew: Crew, store: Store, settings: Settings, control: RunControl | None = None
) -> Report:
    """Take a job to its end and return its report. Raises `LeadlineError` when there is none; the
    job's row says the same. `InputNeeded` means that it waits for a person and is nobody's until
    `inputs.answer`.

    Cancelled from outside (the process ends), or drained by its control, it leaves the job as it
    is, to be resumed."""
    records = JobRecords(store, job)
    with job_span(job):
        try:
            async with _beating(records, settings.heartbeat_seconds):
                return await _run(records, crew, settings, control)
        except (Drained, FenceLost, InputNeeded, StoreUnreadable):
            raise  # of the last nothing could be written down: the job stays to be taken up
        except _CancelRequested:
            await records.cancelled()
            raise JobEnded(job_id=job.id, status="cancelled") from None
        except LeadlineError as error:
            await records.fail(error)
            raise


async def _run(
    records: JobRecords, crew: Crew, settings: Settings, control: RunControl | None
) -> Report:
    job, store = records.job, records.store
    effort = crew.efforts[job.effort]
    limits = limits_for(effort, job.budget)
    budget = Budget(
        limits=limits,
        shares=effort.shares(),
        cached_reserve=CACHED_RESERVE if settings.one_endpoint and not effort.short else 1.0,
        kept=effort.kept_calls(limits),
        cached_weight=cached_weight(settings),
        earlier_seconds=await store.seconds(job.id),
    )
    for call in await store.model_calls(job.id):
        budget.add(call)
    run = Run(job=job, store=store, records=records, budget=budget, effort=effort)
    crew = traced(crew)
    async with open_saver(store, job) as saver:
        graph = build(run, crew, saver)
        with readable(store.url):
            await _tell_start(run, graph)
            async with crew.equip(run):
                saved = await _advance(graph, run, crew, control)
    if saved.interrupts:
        if not await records.wait(saved.interrupts[0].value):
            raise _CancelRequested
        raise InputNeeded(job_id=job.id, waits_for=await store.waits_for(job.id))
    state = _whole(job, saved.values)
    failures = await failures_of(store, job.id)
    capped = await store.capped(job.id)
    status, error = _outcome(state, failures, capped=capped)
    limitations = failures.limitations(job.question.language)
    if _unwritten(state):
        status, error = "partial", error or await _nothing_written(run)
        limitations.append(words_of(job.question.language)["nothing_written"])
    report = await _report(run, state, status, limitations)
    await records.finish(report, state["ledger"], error)
    return report


async def _tell_start(run: Run, graph: Graph) -> None:
    """Tell that the run begins, or goes on: then with the steps that were in flight when it was
    left, which are taken again."""
    about = {"attempt": run.job.attempts, "effort": run.job.effort, "mode": run.job.mode}
    if run.job.attempts <= 1:
        await run.emit("job.started", **about)
        return
    saved = await _saved(graph, run, subgraphs=True)
    await run.emit("job.resumed", **about, in_flight=list(_in_flight(saved)))


def _in_flight(saved: StateSnapshot) -> Iterator[str]:
    """The steps that come next, those of agents with their tasks: `plan`, `t1 think`."""
    for task in saved.tasks:
        if task.result is not None:
            continue  # done, and stored
        if not isinstance(task.state, StateSnapshot):
            yield task.name
            continue
        about = task.state.values.get("task")
        for name in task.state.next:
            yield f"{about.id} {name}" if isinstance(about, Task) else name


async def _saved(graph: Graph, run: Run, *, subgraphs: bool = False) -> StateSnapshot:
    """Where the graph stands. Raises `CheckpointUnreadable`."""
    try:
        return await graph.aget_state(_config(run), subgraphs=subgraphs)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise CheckpointUnreadable(
            job_id=run.job.id, reason=f"{type(error).__name__}: {error}"
        ) from error


def _config(run: Run) -> RunnableConfig:
    return {"configurable": {"thread_id": run.job.id}, "recursion_limit": recursion_limit(run)}


async def _advance(graph: Graph, run: Run, crew: Crew, control: RunControl | None) -> StateSnapshot:
    """Run the graph from its last checkpoint to its end, or to where it waits for a person."""
    job, config = run.job, _config(run)
    saved = await _saved(graph, run)
    fresh = saved.created_at is None
    entry: JobState | Command[Any] | None = None
    if fresh:
        entry = JobState(round=0, feedback=[], merged=0, ledger=await _known_before(run, crew))
    if saved.interrupts:
        given = await inputs(run.store, job.id, saved.interrupts[0].value["kind"])
        if not given:
            return saved
        entry = Command(resume=given[-1].data)
    # not `saved.next`: it leaves out tasks whose writes are stored and await the next checkpoint
    if fresh or saved.tasks:
        try:
            await graph.ainvoke(entry, config, durability="sync", control=control)
        except GraphDrained:
            raise Drained(job_id=job.id) from None
        saved = await graph.aget_state(config)
    return saved


async def _known_before(run: Run, crew: Crew) -> Ledger:
    """What a follow-up starts from; nothing for a question of its own."""
    if run.job.parent_id is None:
        return Ledger()
    known = await crew.inherit(run, await parents_ledger(run.store, run.job))
    await tell_claims(run, Ledger(), known)
    return known


def _whole(job: Job, values: dict[str, Any]) -> JobState:
    if not isinstance(values.get("ledger"), Ledger) or not isinstance(values.get("draft"), Draft):
        raise CheckpointUnreadable(job_id=job.id, reason="it holds no finished draft")
    return cast(JobState, values)


async def _report(
    run: Run, state: JobState, status: ReportStatus, limitations: Sequence[str]
) -> Report:
    """The report, with these limitations before those of the draft."""
    ledger, draft = state["ledger"], state["draft"]
    draft = draft.replace(limitations=(*limitations, *draft.limitations))
    readings = {reading.id: reading for reading in await readings_of(run.store, run.job)}
    snapshots = await run.store.snapshots(
        list({reading.snapshot_id for reading in readings.values()})
    )
    floors = await run.store.fallbacks(run.job.id)
    pages = sum(reading.job_id == run.job.id for reading in readings.values())
    return cite.bind(
        draft,
        ledger,
        Bindings(readings, snapshots),
        job=run.job,
        status=status,
        usage=_usage(run, state["feedback"], pages),
        floors=floors,
    )


def _outcome(
    state: JobState, failures: Failures, *, capped: bool
) -> tuple[ReportStatus, ModelError | None]:
    """How the run ended, and the failure of its model where that is what it ended with. Raises it
    where nothing was found: what a model failed to do is never told as missing evidence. A step
    that the budget had no room for leaves the report partial."""
    status = _status(state["draft"])
    status = "partial" if capped and status == "complete" else status
    if not failures.told or (status != "insufficient_evidence" and not failures.too_many):
        return status, None
    if status == "insufficient_evidence" and not state["ledger"].claims:
        raise failures.error()
    return "partial", failures.error()


def _unwritten(state: JobState) -> bool:
    """Whether there are claims that the writer held to answer, and not a sentence of its report
    stands."""
    draft = state["draft"]
    return bool(state["ledger"].claims) and draft.answered and not draft.written()


async def _nothing_written(run: Run) -> NothingWritten:
    writers = [row.model for row in await run.store.model_calls(run.job.id) if row.role == "writer"]
    return NothingWritten(
        model=", ".join(dict.fromkeys(writers)), reason="it rests on nothing that was read"
    )


def _status(draft: Draft) -> ReportStatus:
    found = any(
        s.claims or any(isinstance(one, Quote) for one in s.evidence) for s in draft.written()
    )
    if not draft.answered or not found:
        return "insufficient_evidence"
    return "complete" if draft.complete else "partial"


def _usage(run: Run, feedback: Sequence[Feedback], pages: int) -> Usage:
    """What this job took; what the jobs before it took is in their reports."""
    return Usage(
        **run.budget.spent.model_dump(),
        seconds=round(run.budget.seconds(), 2),
        searches=len({query for one in feedback for query in one.queries}),
        pages_read=pages,
        by_role=run.budget.by_role,
    )


class _CancelRequested(Exception):
    """The job's row asks it to stop."""


@asynccontextmanager
async def _beating(records: JobRecords, interval: float) -> AsyncIterator[None]:
    """Beat while the block runs; a lost fence, a wish to cancel or a bug stops the block with that
    reason. A beat that the database refuses for the moment is made up for by the next."""
    block = asyncio.current_task()
    assert block is not None  # a coroutine always runs in a task
    stop_reason: list[Exception] = []

    async def beat() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(interval)
            at = time.monotonic()
            try:
                if await records.heartbeat(at - last):
                    stop_reason.append(_CancelRequested())
                last = at
            except SQLAlchemyError as error:  # a lock, a deadlock, no free connection
                _log.warning("a heartbeat was not written", reason=type(error).__name__)
            except Exception as error:  # noqa: BLE001  # without its heart a run must not go on
                stop_reason.append(error)
            if stop_reason:
                block.cancel()
                return

    beating = asyncio.create_task(beat())
    try:
        yield
    except asyncio.CancelledError:
        if stop_reason:
            block.uncancel()
            raise stop_reason[0] from None
        raise
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
