"""Where the reports to grade come from: a folder of them, or Leadline itself, run in this process.

A run of Leadline is a job in its database and its report a file of the run's folder: stopped at any
point, the run goes on from there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from evals.data.rubric_tasks import RubricTask
from evals.errors import ReportAbsent, ReportUnreadable
from evals.graders.judgements import key_of
from research.admission import admit_sources
from research.budget import total
from research.crew import Crew
from research.domain import Effort, Job, Mode, Question, SourceChoice, new_id, now
from research.domain.report import Report, RoleUsage
from research.errors import InputRejected, JobEnded, ReportMissing
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.text.language import interface_language_of
from research.text.sentences import clean_text


@dataclass(frozen=True)
class System:
    """What is graded: its name, its report of a task (raises `LeadlineError` when there is none),
    and what it spent so far."""

    name: str
    report: Callable[[RubricTask], Awaitable[str]]
    usage: Callable[[], Mapping[str, RoleUsage]] = dict


def read_report(path: Path) -> Report:
    """Read a Report JSON. Raises `ReportUnreadable`."""
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReportUnreadable(path=path, reason=error.strerror) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReportUnreadable(
            path=path, reason=f"it is no Report JSON: {place}: {first['msg']}"
        ) from error


def folder(path: Path) -> System:
    """Reports as `<sample_id>.md`, or as `<sample_id>.json` in our Report format, of which the
    Markdown is graded."""

    async def report(task: RubricTask) -> str:
        markdown, data = path / f"{task.sample_id}.md", path / f"{task.sample_id}.json"
        if markdown.is_file():
            text = _text(markdown)
        elif data.is_file():
            text = read_report(data).markdown
        else:
            raise ReportAbsent(
                task=task.sample_id, reason=f"{path} holds neither {markdown.name} nor {data.name}"
            )
        if not text.strip():
            raise ReportAbsent(task=task.sample_id, reason="the file is empty")
        return text

    if not path.is_dir():
        raise InputRejected(field="--reports", reason=f"{path} is no folder")
    return System(path.resolve().name, report)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportUnreadable(path=path, reason=str(error)) from error


@dataclass(frozen=True)
class Asked:
    """How Leadline is asked each prompt. Without an effort it tries as hard as the service would:
    quick with the embedded model."""

    sources: SourceChoice
    mode: Mode
    effort: Effort | None


@asynccontextmanager
async def leadline(settings: Settings, asked: Asked, out: Path) -> AsyncIterator[System]:
    """Leadline with a real crew. Raises `InputRejected`, `LibraryError`, `PrivateSourceRefused`
    before anything is run."""
    from agents.crew import assemble  # late: grading a folder of reports needs no crew

    async with Store.open(settings.database) as store:
        await admit_sources(asked.sources, settings, store)
        async with assemble(settings, store) as crew:
            arm = _Leadline(
                settings, store, crew, asked, out / f"reports-{_arm(settings, asked)[:8]}"
            )
            yield System("leadline", arm.report, lambda: arm.spent)


def _arm(settings: Settings, asked: Asked) -> str:
    """Names what can change a report, so that a run never goes on with the reports of another
    arm."""
    roles = {
        role: own.model_dump(exclude={"model_api_key"})
        for role, own in sorted(settings.roles.items())
        if role != "judge"
    }
    models = (
        settings.model,
        settings.model_base_url,
        settings.model_weights,
        settings.model_temperature,
        roles,
    )
    return key_of(
        asked.sources.model_dump_json(),
        asked.mode,
        asked.effort,
        settings.search,
        settings.database,
        *models,
    )


@dataclass
class _Leadline:
    settings: Settings
    store: Store
    crew: Crew
    asked: Asked
    reports: Path
    spent: dict[str, RoleUsage] = field(default_factory=dict)

    async def report(self, task: RubricTask) -> str:
        path = self.reports / f"{task.sample_id}.json"
        prompt = clean_text(task.prompt).strip()
        if path.is_file():
            kept = read_report(path)
            if kept.question == prompt:
                return kept.markdown
        made = await self._make(task, prompt)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".part")
        fresh.write_text(made.model_dump_json(by_alias=True), encoding="utf-8")
        fresh.replace(path)
        return made.markdown

    async def _make(self, task: RubricTask, prompt: str) -> Report:
        """Run the task's job to its end. The job of a run that was stopped is taken up where it
        stands."""
        question = Question(
            text=prompt,
            language=interface_language_of(prompt),
            today=now().date(),
            sources=self.asked.sources,
        )
        effort = self.asked.effort or ("quick" if self.settings.embedded() else "standard")
        fresh = Job(
            id=new_id(), question=question, mode=self.asked.mode, effort=effort, created_at=now()
        )
        once = f"eval:{key_of(self.reports.resolve(), task.sample_id, prompt)}"
        job = await self.store.create_job(fresh, idempotency_key=once)
        try:
            taken = await self.store.take(job.id, stale_seconds=self.settings.stale_seconds)
        except JobEnded as ended:
            report = await self.store.report(job.id)
            if report is None:
                raise ReportMissing(job_id=job.id, status=ended.fields["status"]) from ended
            return report
        report = await run_job(taken, self.crew, self.store, self.settings)
        for role, usage in report.usage.by_role.items():
            self.spent[role] = total([self.spent.get(role, RoleUsage()), usage])
        return report
