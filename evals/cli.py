"""The commands `leadline eval …`. The last line that a run prints on standard output is one JSON object; progress goes to standard error.

Not here: what a suite does (`rubrics.py`, `citations.py`).
"""

import asyncio
import hashlib
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError

from research.errors import EvalError, InputRejected, LeadlineError, SettingsError
from research.settings import RoleSettings, Settings, load_settings
from research.types import Effort, Mode, SourceChoice

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Grade reports, by judges or by their own promises.")
suites = typer.Typer(no_args_is_help=True, help="Run a suite.")
app.add_typer(suites, name="run")


@app.callback()
def _evals() -> None:
    """Grade reports, by judges or by their own promises."""


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; an error of ours is told with its mend, and the exit status is 1."""
    try:
        return asyncio.run(work)
    except LeadlineError as error:
        _fail(error)
    except SQLAlchemyError as error:
        _fail(SettingsError(name="LEADLINE_DATABASE_URL", reason=str(error).split("\n")[0]))


def _fail(error: LeadlineError) -> NoReturn:
    _tell(str(error))
    if error.mend:
        _tell(error.mend)
    raise typer.Exit(1)


@suites.command()
def rubrics(
    data: Annotated[Path, typer.Option(help="Tasks in the format of ResearchRubrics, one a line.")],
    reports: Annotated[Path | None, typer.Option(help="A folder of <sample_id>.md or <sample_id>.json.")] = None,
    system: Annotated[str | None, typer.Option(help="`leadline`: have Leadline write the reports.")] = None,
    judge: Annotated[str, typer.Option(help="The judge's model; `embedded` or nothing leaves it to the settings.")] = "embedded",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first tasks.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where judgements, reports and results are kept; a run goes on from there.")] = None,
    binary: Annotated[bool, typer.Option("--binary", help="Partly met counts nothing.")] = False,
    repeats: Annotated[int, typer.Option(min=1, help="How often each criterion is judged; the mean counts.")] = 1,
    batch: Annotated[int, typer.Option(min=1, max=20, help="Criteria in one call; one is the most accurate.")] = 1,
    library: Annotated[list[str] | None, typer.Option(help="With --system leadline: a library to read; repeat for more.")] = None,
    web: Annotated[bool, typer.Option("--web", help="With --system leadline: search the web.")] = False,
    effort: Annotated[str | None, typer.Option(help="With --system leadline: quick, standard or deep.")] = None,
    mode: Annotated[str, typer.Option(help="With --system leadline: multi_agent or react.")] = "multi_agent",
) -> None:
    """Judge reports against weighted criteria: the score is Σ(w·m) / Σ(w where w > 0), the mean over tasks."""
    asked = {"library": tuple(library or ()), "web": web, "effort": effort, "mode": mode}
    options = {"binary": binary, "repeats": repeats, "batch": batch}
    _finish(_rubrics(data, reports, system, judge, limit, out, options, asked))


async def _rubrics(
    data: Path,
    reports: Path | None,
    system: str | None,
    judge: str,
    limit: int | None,
    out: Path | None,
    options: dict[str, Any],
    asked: dict[str, Any],
) -> None:
    from agents.models import Models
    from evals import prompts
    from evals import rubrics as suite
    from evals.judge import Judge
    from evals.judgements import Judgements
    from evals.rubric_data import load_tasks

    if (reports is None) == (system is None):
        raise InputRejected(field="--reports", reason="give either --reports DIR or --system leadline")
    tasks = load_tasks(data)[:limit]
    settings = with_judge(load_settings(), judge)
    out = out or settings.data_dir / "evals" / "rubrics"
    async with _open(settings, reports, system, asked, out) as graded_system, Models(settings, tell=_tell) as models:
        model = models.role("judge")
        label = f"{model.name} at {settings.base_url('judge') or 'its own place'}, temperature {settings.model_temperature}"
        judging = Judge(model, label, Judgements(out / "judgements.jsonl"), options["batch"])
        chosen = {"binary": options["binary"], "repeats": options["repeats"]}
        outcome, graded = await suite.run(tasks, graded_system, judging, **chosen, tell=_tell)
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    versions = {name: prompts.version(name) for name in ("criterion", "fault")}
    config = {"data": data.name, "data_sha256": digest, "judge": label, "prompts": versions, **options}
    suite.write_results(out / "results.json", outcome, graded, config)
    _tell(f"{outcome.n - outcome.ungraded} of {outcome.n} tasks graded; what each got is in {out / 'results.json'}")
    typer.echo(outcome.line())
