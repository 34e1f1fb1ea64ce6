"""The `leadline` command. Thin: each command reads the settings, calls what does the work, and
prints.

Reports go to stdout, all else to stderr. The exit status is 0 when there is a report, also one that
says there was not enough evidence; 1 for an error of ours, told with what mends it; 3 when there is
a report and the model is to blame for what it lacks (docs/decisions/0002), told in the same way;
130 when stopped from the keyboard. Research is here, the other commands in `commands/`; those of
other packages join through the entry points `leadline.commands`.
"""

import asyncio
import os
import sys
import traceback
from collections.abc import Coroutine
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from api.commands import asking, keys, libraries, reports, searching, service, tenants
from api.commands.terminal import say
from api.jobs.queueing import estimate_of, submit
from api.messages.input import InputRequest, give, read_input
from api.messages.requests import read_request
from api.observing.logs import configure_logs
from api.observing.telemetry import tracing
from research.domain import Clarify, Effort, Mode
from research.domain.report import Report
from research.errors import InputNeeded, LeadlineError
from research.estimate import told
from research.settings import Settings, load_settings
from research.store.database import Store

ResultT = TypeVar("ResultT")
MODEL_FAILED = 3
app = typer.Typer(
    name="leadline",
    help="Deep research that brings up its proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(reports.app, name="report")
app.add_typer(libraries.app, name="library")
app.add_typer(keys.app, name="key")
app.add_typer(tenants.app, name="tenant")
for command in (
    searching.search,
    service.read,
    service.serve,
    service.worker,
    service.doctor,
    service.setup,
):
    app.command()(command)


def main() -> None:
    # LangChain would send prompts, private text included, to a service of its own
    os.environ["LANGSMITH_TRACING"] = "false"
    configure_logs()  # to standard error: standard output is for reports
    sys.excepthook = _tell_bug
    _join_commands()
    try:
        app()
    except LeadlineError as error:
        say(f"Error: {error}")
        if error.mend:
            say(error.mend)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _tell_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug's traceback, without the secrets that its message may hold."""
    say("".join(traceback.format_exception(kind, error, trace)).rstrip())


def _join_commands() -> None:
    """Add the commands that other packages bring; one that cannot be loaded is told and left
    out."""
    for point in entry_points(group="leadline.commands"):
        try:
            app.add_typer(point.load(), name=point.name)
        except ImportError as error:
            say(f"Warning: the command {point.name} is not available: {error}")


def _run(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    async def traced() -> ResultT:
        async with tracing("leadline"):
            return await work

    return asyncio.run(traced())


# Research


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    library: Annotated[
        list[str] | None,
        typer.Option(help="A folder, a .jsonl file or the name of a library; may be given again."),
    ] = None,
    web: Annotated[
        bool | None,
        typer.Option("--web/--no-web", help="Search the web; on unless a library is given."),
    ] = None,
    mode: Annotated[Mode, typer.Option(help="Several agents or one.")] = "multi_agent",
    effort: Annotated[
        Effort | None, typer.Option(help="Default: quick with the embedded model, else standard.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Of the report: en, zh, de, pt-BR, …; without it, that of the question."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file instead.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="Cap on model calls.")] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(help="Cap on tokens; cached ones count at their part of the price."),
    ] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Cap on seconds.")] = None,
    max_usd: Annotated[
        float | None, typer.Option(help="Cap on US dollars; needs LEADLINE_MODEL_PRICE.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only tell what it would probably take.")
    ] = False,
    clarify: Annotated[
        Clarify, typer.Option(help="Ask back first; auto does so at a terminal only.")
    ] = "auto",
    approve_plan: Annotated[
        bool, typer.Option("--approve-plan", help="Wait for a person to approve the plan.")
    ] = False,
    follow_up: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="A completed job to go on from; it looks where that one looked."
        ),
    ] = None,
) -> None:
    """Research a question: prints the job's id, shows the work as it goes, then prints the
    report."""
    budget = {"calls": max_calls, "tokens": max_tokens, "seconds": max_seconds, "usd": max_usd}
    unasked = (
        "never" if clarify == "auto" and not _is_person_here() else clarify
    )  # nobody would answer; what is asked for by name waits
    waits = {"clarify": unasked, "approve_plan": approve_plan, "parent_id": follow_up}
    asked = {
        "question": question,
        "mode": mode,
        "effort": effort,
        "language": language,
        "budget": budget,
        **waits,
    }
    if estimate:
        _run(_estimate(load_settings(), asked, as_json=as_json))
        return
    _run(_ask(load_settings(), asked, library or [], web, as_json=as_json, out=out))


async def _estimate(settings: Settings, asked: dict[str, Any], *, as_json: bool) -> None:
    async with Store.open(settings.database) as store:
        found = await estimate_of(read_request(asked), settings, store)
        typer.echo(found.model_dump_json() if as_json else told(found))


async def _ask(
    settings: Settings,
    asked: dict[str, Any],
    library: list[str],
    web: bool | None,
    *,
    as_json: bool,
    out: Path | None,
) -> None:
    read_request(asked)  # what is wrong in itself is told before any library is read
    async with Store.open(settings.database) as store:
        names = await asking.libraries_of(library, store, lambda line: say(f"Warning: {line}"))
        sources = {"sources": {"web": web, "libraries": names}} if names or web is not None else {}
        job = await submit(read_request(asked | sources), settings, store)
        typer.echo(job.id, err=as_json)
        say(told(await estimate_of(read_request(asked), settings, store)))
        await _run_job(job.id, settings, store, as_json=as_json, out=out)


@app.command("input")
def give_input(
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    answer: Annotated[
        list[str] | None,
        typer.Option(help="An answer, in the order of the questions; '' leaves one open."),
    ] = None,
    approve: Annotated[
        bool, typer.Option("--approve", help="Go on with the plan as it is.")
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(help="A JSON file of {brief?, must_contain?, tasks?: [{goal, queries?}]}."),
    ] = None,
    note: Annotated[
        str | None, typer.Option(help="Something to heed from the next turn on.")
    ] = None,
) -> None:
    """Answer what a job waits for, or send a note to one that has not ended."""
    said = {
        "answers": answer,
        "approve": approve or None,
        "plan": asking.read_plan(plan) if plan else None,
        "note": note,
    }
    _run(_give_input(load_settings(), job_id, read_input(said)))


async def _give_input(settings: Settings, job_id: str, said: InputRequest) -> None:
    async with Store.open(settings.database) as store:
        job = await give(job_id, said, store)
        say(
            "Noted."
            if said.note
            else f"The job {job.id} goes on when a worker takes it; `leadline resume "
            f"{job.id}` does so here."
        )


@app.command()
def resume(
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file instead.")] = None,
) -> None:
    """Go on with a job that was stopped or failed, from its last step."""
    _run(_resume(load_settings(), job_id, as_json=as_json, out=out))


async def _resume(settings: Settings, job_id: str, *, as_json: bool, out: Path | None) -> None:
    async with Store.open(settings.database) as store:
        await asking.make_ready(job_id, settings, store)
        typer.echo(job_id, err=as_json)
        await _run_job(job_id, settings, store, as_json=as_json, out=out)


async def _run_job(
    job_id: str, settings: Settings, store: Store, *, as_json: bool, out: Path | None
) -> None:
    try:
        report = await _run_answered(job_id, settings, store)
    except LeadlineError:
        raise
    except BaseException:  # stopped from the keyboard, or by a bug
        say(f"Stopped. Nothing is lost: `leadline resume {job_id}` goes on from the last step.")
        raise
    asking.write_report(report, as_json=as_json, out=out, echo=typer.echo)
    _tell_where(report, settings, out)
    if error := (await store.job(job_id)).error:
        say(f"Error: {error['message']}")
        say(error["mend"])
        raise typer.Exit(MODEL_FAILED)


async def _run_answered(job_id: str, settings: Settings, store: Store) -> Report:
    """Run a job, asking at the terminal when it waits. Raises `InputNeeded` when there is no
    terminal."""
    while True:
        try:
            return await asking.run_watched(job_id, settings, store, Console(stderr=True))
        except InputNeeded:
            if not _is_person_here():
                raise
            said = await asyncio.to_thread(_asked_here, await store.asked(job_id))
            await give(job_id, read_input(said), store)


def _is_person_here() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked_here(asked: dict[str, Any]) -> dict[str, Any]:
    """What the person at the terminal says. An empty line leaves a question open."""
    if asked["kind"] == "answers":
        return {
            "answers": [
                typer.prompt(question, default="", show_default=False, err=True)
                for question in asked["questions"]
            ]
        }
    for task in asked["plan"]["tasks"]:
        say(f"- {task['goal']}")
    if typer.confirm("Go on with this plan?", default=True, err=True):
        return {"approve": True}
    goals = iter(
        lambda: typer.prompt(
            "What to search for (an empty line ends)", default="", show_default=False, err=True
        ),
        "",
    )
    tasks = [{"goal": goal} for goal in goals]
    return {"plan": {"tasks": tasks}} if tasks else {"approve": True}


def _tell_where(report: Report, settings: Settings, out: Path | None) -> None:
    if out:
        say(f"Written to {out}")
    where = (
        settings.data_dir / "leadline.db"
        if settings.database_url is None
        else "the database of LEADLINE_DATABASE_URL"
    )
    say(f"Stored in {where}; `leadline report show {report.id}` prints it again.")
    say(
        f"To read it with its sources beside it: `leadline serve`, then "
        f"http://127.0.0.1:8321/research/{report.id}"
    )


if __name__ == "__main__":
    main()
