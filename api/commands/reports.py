"""`leadline report`: the jobs there are, and what they left."""

import asyncio
from typing import Annotated

import typer

from api.commands import asking
from research.domain.report import Report
from research.errors import ReportMissing
from research.settings import Settings, load_settings
from research.store.database import Store

app = typer.Typer(help="Stored reports.", no_args_is_help=True)


@app.command("list")
def list_reports(limit: Annotated[int, typer.Option(min=1, max=1000)] = 50) -> None:
    """List the jobs, newest first: id, status, day, question."""
    asyncio.run(_list_reports(load_settings(), limit))


async def _list_reports(settings: Settings, limit: int) -> None:
    async with Store.open(settings.database) as store:
        for job in await store.jobs(limit=limit):
            question = " ".join(job.question.text.split())
            typer.echo(
                f"{job.id}  {job.status:<10}  {job.created_at:%Y-%m-%d %H:%M}  {question[:100]}"
            )


@app.command("show")
def show_report(
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print a stored report."""
    report = asyncio.run(_stored_report(load_settings(), job_id))
    asking.write_report(report, as_json=as_json, out=None, echo=typer.echo)


async def _stored_report(settings: Settings, job_id: str) -> Report:
    async with Store.open(settings.database) as store:
        job = await store.job(job_id)
        report = await store.report(job_id)
        if report is None:
            raise ReportMissing(
                job_id=job_id,
                status=job.status,
                mend=f"`leadline resume {job_id}` goes on with it.",
            )
        return report
