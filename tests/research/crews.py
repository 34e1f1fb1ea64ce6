"""A crew of plain functions over one small document, with a count of what each was asked, and
places where it can be made to fail."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date

from research.crew import Crew, Outlined, Run
from research.domain import (
    Claim,
    Draft,
    DraftSection,
    DraftSentence,
    Feedback,
    Job,
    Ledger,
    Line,
    Observation,
    Outline,
    PageText,
    Plan,
    Question,
    SourceChoice,
    Step,
    Task,
    Trajectory,
    new_id,
    now,
)
from research.reporting import bind as cite
from research.store.database import Store
from tests.research.readings import reading_of, snapshot_of

TEXT = "The sea is deep. It was measured in 1875."
SNAPSHOT = snapshot_of(TEXT)
PAGE = PageText(
    text=TEXT,
    sentences=SNAPSHOT.sentences,
    title="The sea",
    media_type="text/plain",
    extractor="test",
)


def question(text: str = "How deep is the sea?") -> Question:
    return Question(
        text=text, language="en", today=date(2026, 1, 1), sources=SourceChoice(libraries=("sea",))
    )


async def new_job(store: Store, **fields: object) -> Job:
    return await store.create_job(
        Job.model_validate(
            {
                "id": new_id(),
                "question": question(),
                "effort": "quick",
                "created_at": now(),
                **fields,
            }
        )
    )


@dataclass
class Script:
    """What the crew does. `before` is awaited with the step's name before each step."""

    calls: Counter[str] = field(default_factory=Counter)
    tasks: int = 2
    before: Callable[[str], Awaitable[None]] | None = None

    def stops_at(self, step: str) -> asyncio.Event:
        """Reach this step and go no further, once; the event tells that it is reached."""
        reached = asyncio.Event()

        async def stop(name: str) -> None:
            if name == step and not reached.is_set():
                await asyncio.sleep(1.5)  # its siblings finish, on a busy machine too
                reached.set()
                await asyncio.sleep(3600)

        self.before = stop
        return reached

    async def count(self, name: str) -> None:
        if self.before is not None:
            await self.before(name)
        self.calls[name] += 1


def scripted(script: Script) -> Crew:
    def equip(run: Run) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def plan(
        run: Run, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()
    ) -> Plan:
        await script.count("plan")
        if last is not None:
            return Plan(done=True, answered=True)
        return Plan(
            tasks=tuple(
                Task(id=f"t{i}", role="search", goal=f"part {i}") for i in range(script.tasks)
            )
        )

    async def think(run: Run, task: Task, steps: Sequence[Step]) -> tuple[Step, ...]:
        await script.count(f"think {task.id}")
        return (
            Step(
                index=len(steps), turn=len(steps), tool="look", arguments={"queries": [task.goal]}
            ),
        )

    async def act(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        await script.count(f"act {task.id}")
        url = f"library://sea/{task.id}"
        reading = reading_of(
            SNAPSHOT, url, job_id=run.job.id, title="The sea", site="sea", via="library"
        )
        await run.records.add_readings([(PAGE, SNAPSHOT, reading)])
        lines = tuple(
            Line(
                number=i,
                reading_id=reading.id,
                snapshot_id=SNAPSHOT.id,
                index=i,
                text=SNAPSHOT.sentence(i),
            )
            for i in range(2)
        )
        return Observation(
            id=f"{task.id}:{step.index}",
            text=TEXT,
            lines=lines,
            readings=(reading.id,),
            queries=(task.goal,),
        )

    async def summarise(run: Run, trajectory: Trajectory, ledger: Ledger, plan: Plan) -> Feedback:
        await script.count(f"summarise {trajectory.task.id}")
        claims = []
        for step in trajectory.steps:
            observation = await run.store.observation(run.job.id, step.observation_id or "")
            for line in observation.lines if observation else ():
                quote = cite.quote(SNAPSHOT, [SNAPSHOT.sentences[line.index]], line.reading_id)
                claims.append(
                    Claim(
                        id=f"{trajectory.task.id}.{line.number}", text=line.text, evidence=(quote,)
                    )
                )
        about = trajectory.model_dump(include={"outcome", "reason"})
        return Feedback(
            task_id=trajectory.task.id,
            role="search",
            claims=tuple(claims),
            answer="deep",
            pages=1,
            **about,
        )

    async def outline(run: Run, ledger: Ledger, plan: Plan) -> Outlined:
        await script.count("outline")
        return Outlined(ledger)

    async def write(run: Run, ledger: Ledger, plan: Plan, outline: Outline) -> Draft:
        await script.count("write")
        sentences = tuple(
            DraftSentence(text=claim.text, claims=(claim.id,)) for claim in ledger.claims
        )
        return Draft(
            title="The sea",
            answer=sentences[:1],
            sections=(DraftSection(heading="More", sentences=sentences[1:]),),
        )

    async def check(run: Run, draft: Draft, ledger: Ledger, plan: Plan, outline: Outline) -> Draft:
        await script.count("check")
        answer = tuple(s.model_copy(update={"verdict": "supported"}) for s in draft.answer)
        return draft.model_copy(update={"answer": answer})

    return Crew(
        equip=equip,
        plan=plan,
        think=think,
        act=act,
        summarise=summarise,
        outline=outline,
        write=write,
        check=check,
    )


def without_act(crew: Crew, error: Exception, task_id: str) -> Crew:
    """The same crew, but one task's tool always fails."""
    working = crew.act

    async def act(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        if task.id == task_id:
            raise error
        return await working(run, task, step, ledger)

    return replace(crew, act=act)
