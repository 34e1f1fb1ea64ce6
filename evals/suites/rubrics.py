"""The suite *rubrics*: each task's report is judged criterion by criterion, and the weights make
the score (ResearchRubrics).

A task counts only when its report is there and every criterion that has a weight was judged; else
it is ungraded, with its reason, and in no metric. Start at `perform`. Not here: where reports come
from (`subjects/systems.py`), the asking (`graders/judge.py`), the formula (`graders/scores.py`).
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from agents.models import Models
from evals.data.rubric_tasks import Criterion, RubricTask, load_tasks
from evals.errors import Ungraded
from evals.graders.judge import Judge
from evals.graders.judgements import Answer, Judgement, Judgements
from evals.graders.scores import Metric, Outcome, axis_coverage, mean, task_score
from evals.subjects.systems import Asked, System, folder, leadline
from research.budget import total
from research.domain.report import Usage
from research.errors import InputRejected, LeadlineError
from research.settings import RoleSettings, Settings

Tell = Callable[[str], None]
TERNARY: Mapping[Answer, float] = {"yes": 1.0, "partly": 0.5, "no": 0.0}
BINARY: Mapping[Answer, float] = {"yes": 1.0, "partly": 0.0, "no": 0.0}


@dataclass(frozen=True)
class Ask:
    """What a run is asked for: tasks, whose reports, judged how. `asked` is for Leadline itself
    only."""

    data: Path
    reports: Path | None
    system: str | None
    judge: str
    limit: int | None
    out: Path | None
    binary: bool
    repeats: int
    batch: int
    asked: Asked


@dataclass(frozen=True)
class Graded:
    """What became of one task. `score` is None when it is ungraded; then `why` says it."""

    sample_id: str
    score: float | None = None
    coverage: Mapping[str, float] = field(default_factory=dict)
    criteria: int = 0
    judged: int = 0
    why: str = ""


async def perform(ask: Ask, settings: Settings, *, tell: Tell) -> Outcome:
    """Do a whole run: read the tasks, open system and judge, grade, keep the results. Raises
    `LeadlineError`."""
    if (ask.reports is None) == (ask.system is None) or ask.system not in (None, "leadline"):
        raise InputRejected(
            field="--reports",
            reason="a run grades a folder or Leadline",
            mend="Give --reports DIR or --system leadline.",
        )
    tasks = load_tasks(ask.data)[: ask.limit]
    settings = with_judge(settings, ask.judge)
    out = ask.out or settings.data_dir / "evals" / "rubrics"
    opened = nullcontext(folder(ask.reports)) if ask.reports else leadline(settings, ask.asked, out)
    async with opened as system, Models(settings, tell=tell) as models:
        model = models.role("judge")
        if model.embedded:
            tell(
                "The embedded model is no calibrated judge: its scores show that the run "
                "works, not how good a report is. See --judge."
            )
        label = (
            f"{model.name} at {settings.base_url('judge') or 'its own place'}, "
            f"temperature {settings.model_temperature}"
        )
        judge = Judge(model, label, Judgements(out / "judgements.jsonl"), ask.batch)
        outcome, graded = await run(
            tasks, system, judge, binary=ask.binary, repeats=ask.repeats, tell=tell
        )
    config = {
        "data": str(ask.data),
        "judge": label,
        "binary": ask.binary,
        "repeats": ask.repeats,
        "batch": ask.batch,
    }
    _write(out / "results.json", outcome, graded, config)
    tell(
        f"{outcome.n - outcome.ungraded} of {outcome.n} tasks graded; what each got is in "
        f"{out / 'results.json'}"
    )
    return outcome


def with_judge(settings: Settings, model: str) -> Settings:
    """The settings with another model for the judge, at the endpoint they name for it."""
    if model == "embedded":
        return settings
    own = settings.roles.get("judge", RoleSettings()).model_copy(update={"model": model})
    return settings.model_copy(update={"roles": {**settings.roles, "judge": own}})


async def run(
    tasks: Sequence[RubricTask],
    system: System,
    judge: Judge,
    *,
    binary: bool = False,
    repeats: int = 1,
    tell: Tell,
) -> tuple[Outcome, list[Graded]]:
    """Grade every task, one after another; the criteria of one are judged side by side."""
    started = time.monotonic()
    worth = BINARY if binary else TERNARY
    graded: list[Graded] = []
    for task in tasks:
        graded.append(await _grade(task, system, judge, worth, repeats))
        tell(_told(graded[-1]))
    spent = {"judge": judge.usage, **system.usage()}
    usage = Usage(
        **total(spent.values()).model_dump(),
        seconds=round(time.monotonic() - started, 2),
        by_role=spent,
    )
    return _outcome(system.name, graded, usage), graded


async def _grade(
    task: RubricTask, system: System, judge: Judge, worth: Mapping[Answer, float], repeats: int
) -> Graded:
    criteria = [
        c for c in task.rubrics if c.weight
    ]  # a weight of 0 changes no score: it is not judged
    try:
        report = await system.report(task)
    except LeadlineError as error:
        return Graded(task.sample_id, criteria=len(criteria), why=str(error))
    batches = judge.batches(criteria)
    rounds = [(batch, repeat) for batch in batches for repeat in range(repeats)]
    answers = await asyncio.gather(
        *(
            judge.judge(task, report, [criteria[i] for i in batch], repeat)
            for batch, repeat in rounds
        )
    )
    found: dict[int, list[Judgement | Ungraded]] = {}
    for (batch, _), judgements in zip(rounds, answers, strict=True):
        for i, judgement in zip(batch, judgements, strict=True):
            found.setdefault(i, []).append(judgement)
    return _weigh(task, criteria, [found[i] for i in range(len(criteria))], worth)


def _weigh(
    task: RubricTask,
    criteria: Sequence[Criterion],
    found: Sequence[Sequence[Judgement | Ungraded]],
    worth: Mapping[Answer, float],
) -> Graded:
    """The score of a task all of whose criteria were judged each time. Repeated judgings of a
    criterion are averaged."""
    failed = [[f for f in judgements if isinstance(f, Ungraded)] for judgements in found]
    judged = sum(1 for failures in failed if not failures)
    if judged < len(criteria):
        first = next(failures[0] for failures in failed if failures)
        why = (
            f"{len(criteria) - judged} of {len(criteria)} criteria were not graded, the "
            f"first because: {first.fields['reason']}"
        )
        return Graded(task.sample_id, criteria=len(criteria), judged=judged, why=why)
    worths = [
        [worth[j.verdict] for j in judgements if isinstance(j, Judgement)] for judgements in found
    ]
    marks = [sum(values) / len(values) for values in worths]
    score = task_score(criteria, marks, task=task.sample_id)
    return Graded(task.sample_id, score, axis_coverage(criteria, marks), len(criteria), judged)


def _outcome(system: str, graded: Sequence[Graded], usage: Usage) -> Outcome:
    scored = [g for g in graded if g.score is not None]
    axes = dict.fromkeys(axis for g in scored for axis in g.coverage)
    criteria = sum(g.criteria for g in graded)
    metrics = {
        "score": mean([g.score for g in scored if g.score is not None]),
        **{
            f"coverage.{axis}": mean([g.coverage[axis] for g in scored if axis in g.coverage])
            for axis in axes
        },
        "criteria_graded": Metric(sum(g.judged for g in graded) / criteria if criteria else None),
    }
    return Outcome("rubrics", system, len(graded), len(graded) - len(scored), metrics, usage)


def _told(graded: Graded) -> str:
    if graded.score is None:
        return f"{graded.sample_id}: ungraded. {graded.why}"
    return f"{graded.sample_id}: {graded.score:.4f} ({graded.judged} criteria)"


def _write(
    path: Path, outcome: Outcome, graded: Sequence[Graded], config: Mapping[str, object]
) -> None:
    """Keep what every task got, for comparisons by task."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tasks = [vars(g) for g in graded]
    path.write_text(
        json.dumps(
            {**outcome.as_dict(), "config": config, "tasks": tasks}, ensure_ascii=False, indent=1
        )
        + "\n",
        encoding="utf-8",
    )
