"""The `leadline` command. Thin: each command reads the settings, calls what does the work, and prints.

Reports go to stdout, all else to stderr. The exit status is 0 when there is a report, also one that says there was not enough
evidence; 1 for an error of ours, told with what mends it; 130 when stopped from the keyboard. Commands of other packages join through
the entry points `leadline.commands`.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
import typer
from rich.console import Console

from api import asking, searching
from api.input import InputRequest, give, read_input
from api.jobs import submit
from api.requests import read_request
from research.errors import InputNeeded, LeadlineError, ReportMissing, WeightsUnavailable
from research.report import Report
from research.settings import Settings, load_settings
from research.store import Store
from research.types import Clarify, Effort, Mode

ResultT = TypeVar("ResultT")
app = typer.Typer(name="leadline", help="Deep research that brings up its proof.", no_args_is_help=True, pretty_exceptions_enable=False)
report_app = typer.Typer(help="Stored reports.", no_args_is_help=True)
library_app = typer.Typer(help="Private documents, by name.", no_args_is_help=True)
app.add_typer(report_app, name="report")
app.add_typer(library_app, name="library")
app.command()(searching.search)


def main() -> None:
    os.environ["LANGSMITH_TRACING"] = "false"  # LangChain would send prompts, private text included, to a service of its own
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))  # standard output is for reports
    _join_commands()
    try:
        app()
    except LeadlineError as error:
        _say(f"Error: {error}")
        if error.mend:
            _say(error.mend)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _join_commands() -> None:
    """Add the commands that other packages bring; one that cannot be loaded is told and left out."""
    for point in entry_points(group="leadline.commands"):
        try:
            app.add_typer(point.load(), name=point.name)
        except ImportError as error:
            _say(f"Warning: the command {point.name} is not available: {error}")


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _run(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    return asyncio.run(work)


# Research


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    library: Annotated[list[str] | None, typer.Option(help="A folder, a .jsonl file or the name of a library; may be given again.")] = None,
    web: Annotated[bool | None, typer.Option("--web/--no-web", help="Search the web; on unless a library is given.")] = None,
    mode: Annotated[Mode, typer.Option(help="Several agents or one.")] = "multi_agent",
    effort: Annotated[Effort | None, typer.Option(help="Default: quick with the embedded model, else standard.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file instead.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="Cap on model calls.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Cap on tokens.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Cap on seconds.")] = None,
    clarify: Annotated[Clarify, typer.Option(help="Ask back first; needs a terminal.")] = "auto",
    approve_plan: Annotated[bool, typer.Option("--approve-plan", help="Show the plan first; needs a terminal.")] = False,
) -> None:
    """Research a question: prints the job's id, shows the work as it goes, then prints the report."""
    budget = {"calls": max_calls, "tokens": max_tokens, "seconds": max_seconds}
    there = sys.stdin.isatty() and sys.stderr.isatty()  # without a terminal nobody answers, and nothing waits
    waits = {"clarify": clarify if there else "never", "approve_plan": approve_plan and there}
    asked = {"question": question, "mode": mode, "effort": effort, "budget": budget, **waits}
    _run(_ask(load_settings(), asked, library or [], web, as_json=as_json, out=out))


async def _ask(settings: Settings, asked: dict[str, Any], library: list[str], web: bool | None, *, as_json: bool, out: Path | None) -> None:
    read_request(asked)  # what is wrong in itself is told before any library is read
    async with Store.open(settings.database) as store:
        names = await asking.libraries_of(library, store, lambda line: _say(f"Warning: {line}"))
        job = await submit(read_request(asked | {"sources": {"web": web, "libraries": names}}), settings, store)
        typer.echo(job.id, err=as_json)
        await _run_job(job.id, settings, store, as_json=as_json, out=out)


@app.command("input")
def give_input(
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    answer: Annotated[list[str] | None, typer.Option(help="An answer, in the order of the questions; '' leaves one open.")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Go on with the plan as it is.")] = False,
    plan: Annotated[Path | None, typer.Option(help="A JSON file of {brief?, must_contain?, tasks?: [{goal, queries?}]}.")] = None,
    note: Annotated[str | None, typer.Option(help="Something to heed from the next turn on.")] = None,
) -> None:
    """Answer what a job waits for, or send a note to one that has not ended."""
    said = {"answers": answer, "approve": approve or None, "plan": asking.read_plan(plan) if plan else None, "note": note}
    _run(_give_input(load_settings(), job_id, read_input(said)))


async def _give_input(settings: Settings, job_id: str, said: InputRequest) -> None:
    async with Store.open(settings.database) as store:
        job = await give(job_id, said, store)
        _say("Noted." if said.note else f"The job {job.id} goes on when a worker takes it; `leadline resume {job.id}` does so here.")


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


async def _run_job(job_id: str, settings: Settings, store: Store, *, as_json: bool, out: Path | None) -> None:
    try:
        report = await _run_answered(job_id, settings, store)
    except asyncio.CancelledError:
        _say(f"Stopped. Nothing is lost: `leadline resume {job_id}` goes on from the last step.")
        raise
    asking.write_report(report, as_json=as_json, out=out, echo=typer.echo)
    _tell_where(report, settings, out)


async def _run_answered(job_id: str, settings: Settings, store: Store) -> Report:
    """Run a job, asking at the terminal when it waits. Raises `InputNeeded` when there is no terminal."""
    while True:
        try:
            return await asking.run_watched(job_id, settings, store, Console(stderr=True))
        except InputNeeded:
            if not (sys.stdin.isatty() and sys.stderr.isatty()):
                raise
            said = await asyncio.to_thread(_asked_here, await store.asked(job_id))
            await give(job_id, read_input(said), store)


def _asked_here(asked: dict[str, Any]) -> dict[str, Any]:
    """What the person at the terminal says. An empty line leaves a question open."""
    if asked["kind"] == "answers":
        return {"answers": [typer.prompt(question, default="", show_default=False, err=True) for question in asked["questions"]]}
    for task in asked["plan"]["tasks"]:
        _say(f"- {task['goal']}")
    if typer.confirm("Go on with this plan?", default=True, err=True):
        return {"approve": True}
    goals = iter(lambda: typer.prompt("What to search for (an empty line ends)", default="", show_default=False, err=True), "")
    tasks = [{"goal": goal} for goal in goals]
    return {"plan": {"tasks": tasks}} if tasks else {"approve": True}


def _tell_where(report: Report, settings: Settings, out: Path | None) -> None:
    if out:
        _say(f"Written to {out}")
    where = settings.data_dir / "leadline.db" if settings.database_url is None else "the database of LEADLINE_DATABASE_URL"
    _say(f"Stored in {where}; `leadline report show {report.id}` prints it again.")
    _say(f"To read it with its sources beside it: `leadline serve`, then http://127.0.0.1:8321/research/{report.id}")


@app.command()
def read(
    places: Annotated[list[str], typer.Argument(metavar="URL|FILE…")],
    as_json: Annotated[bool, typer.Option("--json", help="Source JSON, one a line.")] = False,
) -> None:
    """Show what an agent would see of pages and files. The exit status is 1 if none could be read."""
    from api.reading import read as read_places  # here, because the parsers of documents are slow to load

    if not _run(read_places(places, load_settings(), as_json=as_json, echo=typer.echo, tell=_say)):
        raise typer.Exit(1)


# Service


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to bind; beyond this machine LEADLINE_API_KEY is needed.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8321,
) -> None:
    """Serve the API and the viewer, and work on queued jobs."""
    from api.serving import serve as serve_until_stopped  # here, because no other command needs the web framework

    with suppress(KeyboardInterrupt):
        _run(serve_until_stopped(load_settings(), host=host, port=port, tell=_say))


@app.command()
def doctor() -> None:
    """Show what works here, what does not, and what mends it."""
    from api.doctor import examine

    findings = _run(examine(load_settings()))
    for finding in findings:
        mark = "ok     " if finding.works else ("MISSING" if finding.needed else "absent ")
        typer.echo(f"{mark}  {finding.name}: {finding.detail}")
        if finding.mend and (not finding.works or finding.name == "web search"):
            typer.echo(f"         {finding.mend}")
    if any(finding.needed and not finding.works for finding in findings):
        raise typer.Exit(1)


@app.command()
def setup() -> None:
    """Download the weights of the embedded models, saying first what comes from where."""
    from agents.models.weights import find_weights
    from browser.embeddings import fetch_embedder

    settings = load_settings()
    if settings.embedding_weights is None:
        try:
            typer.echo(f"The embedding model is at {_run(fetch_embedder(settings, _say))}")
        except WeightsUnavailable as error:
            _say(f"Warning: {error} Libraries are searched by words and links alone until then. {error.mend}")
    if settings.embedded():
        typer.echo(f"The weights are at {_run(find_weights(settings, _say))}")
    else:
        _say("A model is configured: its weights are not downloaded.")


# Reports and libraries


@report_app.command("list")
def list_reports(limit: Annotated[int, typer.Option(min=1, max=1000)] = 50) -> None:
    """List the jobs, newest first: id, status, day, question."""
    _run(_list_reports(load_settings(), limit))


async def _list_reports(settings: Settings, limit: int) -> None:
    async with Store.open(settings.database) as store:
        for job in await store.jobs(limit=limit):
            question = " ".join(job.question.text.split())
            typer.echo(f"{job.id}  {job.status:<10}  {job.created_at:%Y-%m-%d %H:%M}  {question[:100]}")


@report_app.command("show")
def show_report(
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print a stored report."""
    report = _run(_stored_report(load_settings(), job_id))
    asking.write_report(report, as_json=as_json, out=None, echo=typer.echo)


async def _stored_report(settings: Settings, job_id: str) -> Report:
    async with Store.open(settings.database) as store:
        job = await store.job(job_id)
        report = await store.report(job_id)
        if report is None:
            raise ReportMissing(job_id=job_id, status=job.status, mend=f"`leadline resume {job_id}` goes on with it.")
        return report


@library_app.command("add")
def add_library(
    name: Annotated[str, typer.Argument()],
    path: Annotated[Path, typer.Argument(help="A folder, or a .jsonl file of {title, text, url?, published_at?}.")],
    public: Annotated[bool, typer.Option("--public", help="Its text may be sent to remote models and search engines.")] = False,
) -> None:
    """Read documents into a library, or read again what has changed."""
    _run(_add_library(load_settings(), name, path, private=not public))


async def _add_library(settings: Settings, name: str, path: Path, *, private: bool) -> None:
    from browser.library import sync_library  # here, because the parsers of documents are slow to load

    async with Store.open(settings.database) as store:
        resolved = await asyncio.to_thread(asking.existing_path, path)
        sync = await sync_library(store, name, resolved or path, private=private)
        for line in asking.failures_told(sync):
            _say(f"Warning: {line}")
        typer.echo(
            f"{name} ({'private' if private else 'public'}): {sync.added} added, {sync.changed} changed, "
            f"{sync.unchanged} unchanged, {sync.removed} removed, {len(sync.failed)} not readable"
        )
        _say(await searching.embed_library(settings, store, sync.library))


@library_app.command("list")
def list_libraries() -> None:
    """List the libraries: name, documents, privacy, path."""
    _run(_list_libraries(load_settings()))


async def _list_libraries(settings: Settings) -> None:
    async with Store.open(settings.database) as store:
        for row, documents in await store.libraries():
            typer.echo(f"{row.name}  {documents} documents  {'private' if row.private else 'public'}  {row.path or ''}".rstrip())


if __name__ == "__main__":
    main()
