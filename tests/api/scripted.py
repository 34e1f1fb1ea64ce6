"""A scripted run: it writes the rows and events that a real run writes, without models, and binds a
real report from them."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.jobs.queueing import Runner
from research.domain import (
    Claim,
    Contradiction,
    Draft,
    DraftSection,
    DraftSentence,
    Inference,
    Job,
    Ledger,
    Line,
    Observation,
    PageText,
    Plan,
    Quote,
    Reading,
    ReadingNote,
    Side,
    Snapshot,
    Step,
    Task,
    Trajectory,
    now,
)
from research.domain.report import Report, Usage
from research.reporting.bind import Bindings, bind, quote
from research.store.database import Store
from research.store.records import JobRecords, reading_id
from research.store.tables import ModelCallRow
from research.text.sentences import sentence_spans

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
DEEP = """# Sounding the Challenger Deep 🌊

The Challenger expedition sounded the trench on 23 March 1875 and found 4,475 fathoms. \
The line was of Italian hemp 🪢 and took more than an hour to run out.

Two thermometers came up crushed by the pressure. The sounding was not repeated for three quarters of a century.

In 1951 HMS Challenger measured about 5,960 fathoms by echo sounding. Her scientists timed the echo by hand with a stopwatch."""
SONAR = """# Depth by sonar and by pressure

Modern surveys by multibeam sonar put the greatest depth at 10,935 metres, give or take 6 metres. A survey of 2010 put it at 10,994 metres.

The speed of sound changes with temperature, salinity and pressure, and the depth is no better than the profile that was used."""


def snapshot_of(text: str) -> Snapshot:
    return Snapshot(
        id=hashlib.sha256(text.encode()).hexdigest(), text=text, sentences=sentence_spans(text)
    )


def page_of(snapshot: Snapshot, title: str) -> PageText:
    return PageText(
        text=snapshot.text,
        sentences=snapshot.sentences,
        title=title,
        media_type="text/html",
        extractor="scripted/1",
    )


def reading_of(
    job: Job,
    snapshot: Snapshot,
    *,
    url: str,
    title: str,
    via: str = "http",
    notes: tuple[ReadingNote, ...] = (),
) -> Reading:
    return Reading(
        id=reading_id(job.id, url, snapshot.id),
        job_id=job.id,
        snapshot_id=snapshot.id,
        url=url,
        canonical_url=url,
        title=title,
        site=url.split("/")[2] if "//" in url else "",
        author="M. Fathom" if via == "http" else None,
        published_at="2019-05-01",
        fetched_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        media_type="text/html",
        via=via,
        raw_sha256="0" * 64,
        extractor="scripted/1",
        notes=notes,
    )


def quote_of(reading_id: str, snapshot: Snapshot, indices: tuple[int, ...]) -> Quote:
    return quote(snapshot, [snapshot.sentences[index] for index in indices], reading_id)


def claim_of(
    claim_id: str,
    text: str,
    reading: Reading,
    snapshot: Snapshot,
    indices: tuple[int, ...],
    **more: object,
) -> Claim:
    evidence = quote_of(reading.id, snapshot, indices)
    return Claim.model_validate(
        {
            "id": claim_id,
            "text": text,
            "evidence": [evidence.model_dump()],
            "verdict": "supported",
            **more,
        }
    )


@dataclass
class Script:
    """What the run reads: `title`, `url` and `notes` are the first source's. `gate` is awaited
    before each stage, to hold the run."""

    store: Store
    title: str = "Sounding the Challenger Deep"
    url: str = "https://deep.example.org/challenger"
    notes: tuple[ReadingNote, ...] = ()
    gate: Callable[[Job, str], Awaitable[None]] | None = None
    runs: list[str] = field(default_factory=list)

    @property
    def runner(self) -> Runner:
        return self.run

    async def run(self, job: Job) -> Report:
        self.runs.append(job.id)
        records = JobRecords(self.store, job)
        await records.emit(
            "job.started", attempt=job.attempts, model="scripted", effort=job.effort, mode=job.mode
        )
        first, second = snapshot_of(DEEP), snapshot_of(SONAR)
        readings = [
            reading_of(job, first, url=self.url, title=self.title, notes=self.notes),
            reading_of(
                job,
                second,
                url="https://sonar.example.com/depth?a=1&b=2",
                title="Depth by sonar and by pressure",
            ),
        ]
        stages = {
            "plan": self._plan,
            "agents": self._agents,
            "sources": self._sources,
            "claims": self._claims,
            "calls": self._calls,
            "writing": self._writing,
        }
        for name, stage in stages.items():
            if self.gate is not None:
                await self.gate(job, name)
            await stage(job, records, readings, [first, second])
        ledger = ledger_of(readings, [first, second])
        report = report_of(job, ledger, readings, [first, second])
        await records.finish(report, ledger)
        return report

    async def _plan(
        self, job: Job, records: JobRecords, readings: list[Reading], snapshots: list[Snapshot]
    ) -> None:
        plan = Plan(
            brief="Find who measured the greatest depth, how, and when.",
            must_contain=("each depth with its year",),
        )
        await records.emit(
            "plan",
            round=1,
            **plan.model_dump(mode="json", include={"brief", "must_contain", "done"}),
            tasks=[],
        )

    async def _agents(
        self, job: Job, records: JobRecords, readings: list[Reading], snapshots: list[Snapshot]
    ) -> None:
        for task in TASKS:
            await records.put_trajectory(Trajectory(task=task), open=True)
            await records.emit("agent.started", task_id=task.id, role=task.role, goal=task.goal)
            queries = ["Challenger Deep depth measured", "greatest ocean depth"]
            step = Step(
                index=0,
                thought="Start wide.",
                tool="batch_web_surfer",
                arguments={"queries": queries},
                observation_id=f"{task.id}-0",
            )
            line = Line(
                number=1,
                reading_id=readings[0].id,
                snapshot_id=snapshots[0].id,
                index=0,
                text=snapshots[0].sentence(0),
            )
            seen = Observation(
                id=f"{task.id}-0",
                text=f"S1 {line.text}",
                lines=(line,),
                queries=tuple(queries),
                failures=("timeout",),
            )
            await records.put_step(task.id, step, seen)
            await records.emit(
                "agent.step",
                task_id=task.id,
                **step.model_dump(mode="json", exclude={"observation_id", "error"}),
                failures=[],
            )

    async def _sources(
        self, job: Job, records: JobRecords, readings: list[Reading], snapshots: list[Snapshot]
    ) -> None:
        for reading, snapshot in zip(readings, snapshots, strict=True):
            await records.add_readings([(page_of(snapshot, reading.title), snapshot, reading)])
            await records.emit(
                "source", task_id="t1", reading_id=reading.id, title=reading.title, url=reading.url
            )

    async def _claims(
        self, job: Job, records: JobRecords, readings: list[Reading], snapshots: list[Snapshot]
    ) -> None:
        ledger = ledger_of(readings, snapshots)
        told = [
            {
                "id": claim.id,
                "text": claim.text,
                "verdict": claim.verdict,
                "title": readings[0].title,
            }
            for claim in ledger.claims
        ]
        await records.emit("claims", total=len(told), claims=told)
        await records.put_trajectory(Trajectory(task=TASKS[0], outcome="finished"))
        await records.emit(
            "agent.finished",
            task_id="t1",
            role="search",
            outcome="finished",
            reason="",
            claims=len(told),
        )

    async def _calls(
        self, job: Job, records: JobRecords, readings: list[Reading], snapshots: list[Snapshot]
    ) -> None:
        for index, role in enumerate(("master", "search", "writer")):
            call = ModelCallRow(
                id=f"{job.id}-{index}",
                job_id=job.id,
                role=role,
                model="scripted",
                at=now(),
                seconds=1.5,
            )
            call.prompt_tokens, call.cached_tokens, call.completion_tokens = 900 + index, 100, 50
            left = {"calls": 37 - index, "tokens": 397_000, "seconds": 3_540, "usd": None}
            counted = {"prompt_tokens": 900 + index, "cached_tokens": 100, "completion_tokens": 50}
            await records.put_model_call(call, role=role, seconds=1.5, budget_left=left, **counted)

    async def _writing(
        self, job: Job, records: JobRecords, readings: list[Reading], snapshots: list[Snapshot]
    ) -> None:
        await records.emit("floor", step="analyse", reason="the answer did not fit its schema")
        await records.emit("writing", sections=2)
        await records.emit("checked", sentences=8, dropped=1)


TASKS = (
    Task(
        id="t1",
        role="search",
        goal="Find every historical measurement of the Challenger Deep, with its year and method.",
    ),
    Task(
        id="t2",
        role="verify",
        goal="Check the depth that modern sonar gives against another site.",
        claims=("c3",),
    ),
)


def ledger_of(readings: list[Reading], snapshots: list[Snapshot]) -> Ledger:
    (first, second), (deep, sonar) = readings, snapshots
    superseded = Contradiction(
        topic="Greatest depth by sonar",
        note="Two surveys differ by 59 metres, more than either allows for.",
        kind="conflict",
        sides=(
            Side(text="10,935 metres", evidence=(quote_of(second.id, sonar, (0,)),)),
            Side(text="10,994 metres", evidence=(quote_of(second.id, sonar, (1,)),)),
        ),
    )
    return Ledger(
        claims=(
            claim_of(
                "c1",
                "The Challenger expedition found 4,475 fathoms on 23 March 1875.",
                first,
                deep,
                (0,),
            ),
            claim_of(
                "c2",
                "The line was of hemp and took more than an hour; two thermometers were crushed.",
                first,
                deep,
                (1, 2),
            ),
            claim_of(
                "c3",
                "Multibeam sonar puts the greatest depth at 10,935 metres.",
                second,
                sonar,
                (0,),
                verdict="contested",
            ),
            claim_of(
                "c4",
                "In 1951 HMS Challenger measured about 5,960 fathoms by echo.",
                first,
                deep,
                (4,),
                verdict="partial",
            ),
            claim_of(
                "c5",
                "The speed of sound changes with temperature, salinity and pressure.",
                second,
                sonar,
                (2,),
            ),
        ),
        contradictions=(superseded,),
        inferences=(
            Inference(
                text="Most of the remaining uncertainty is in the speed of sound.",
                premises=("c3", "c5"),
            ),
        ),
        queries=("Challenger Deep depth",),
        pages=2,
    )


def report_of(
    job: Job, ledger: Ledger, readings: list[Reading], snapshots: list[Snapshot]
) -> Report:
    def said(text: str, *claims: str, **more: object) -> DraftSentence:
        return DraftSentence.model_validate(
            {"text": text, "claims": claims, "verdict": "supported", **more}
        )

    draft = Draft(
        title="How deep is the Challenger Deep?",
        answer=(
            said(
                "Multibeam sonar puts the Challenger Deep at 10,935 metres.",
                "c3",
                verdict="contested",
            ),
            said("The first sounding, in 1875, found 4,475 fathoms.", "c1"),
        ),
        sections=(
            DraftSection(
                heading="By line and by echo",
                sentences=(
                    said(
                        "The Challenger expedition sounded the trench on 23 March 1875 and found 4,475 fathoms.",
                        "c1",
                    ),
                    said(
                        "The line was of hemp, took more than an hour to run out, and two thermometers came up crushed.",
                        "c2",
                    ),
                    said(
                        "In 1951 HMS Challenger measured 5,960 fathoms by echo sounding.",
                        "c4",
                        verdict="partial",
                    ),
                    said("The crew repeated the sounding twice.", verdict="unverified"),
                ),
            ),
            DraftSection(
                heading="What limits the figure",
                sentences=(
                    said(
                        "The speed of sound changes with temperature, salinity and pressure.", "c5"
                    ),
                    said(
                        "We infer that most of the remaining uncertainty lies in the speed of sound.",
                        "c3",
                        "c5",
                        kind="inference",
                    ),
                ),
            ),
        ),
        limitations=("No measurement by a submersible's own pressure gauge was found.",),
        dropped=1,
    )
    bindings = Bindings(
        {reading.id: reading for reading in readings},
        {snapshot.id: snapshot for snapshot in snapshots},
    )
    usage = Usage(
        model_calls=3,
        prompt_tokens=2_703,
        cached_tokens=300,
        completion_tokens=150,
        seconds=42.0,
        searches=4,
        pages_read=2,
    )
    return bind(
        draft,
        ledger,
        bindings,
        job=job,
        status="partial",
        usage=usage,
        floors=("analyse: the answer did not fit its schema",),
    )
