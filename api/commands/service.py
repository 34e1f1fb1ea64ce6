"""Commands about the service itself: `serve`, `doctor`, `setup`, and `read`, which shows what its
agents would see."""

import asyncio
from contextlib import suppress
from typing import Annotated

import typer

from api.commands.terminal import say
from research.errors import WeightsUnavailable
from research.secrets.redaction import redact
from research.settings import load_settings


def read(
    places: Annotated[list[str], typer.Argument(metavar="URL|FILE…")],
    as_json: Annotated[bool, typer.Option("--json", help="Source JSON, one a line.")] = False,
) -> None:
    """Show what an agent would see of pages and files. The exit status is 1 if none could be
    read."""
    from api.commands.reading import (
        read as read_places,
    )  # here, because the parsers of documents are slow to load

    if not asyncio.run(
        read_places(places, load_settings(), as_json=as_json, echo=typer.echo, tell=say)
    ):
        raise typer.Exit(1)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to bind; beyond this machine LEADLINE_API_KEY is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8321,
    with_worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker",
            help="Also work on jobs in this process. Default: on SQLite; on PostgreSQL, "
            "`leadline worker` does.",
        ),
    ] = None,
) -> None:
    """Serve the API and the viewer; on SQLite, work on queued jobs too."""
    from api.jobs.serving import (
        serve as serve_until_stopped,
    )  # here, because no other command needs the web framework

    with suppress(KeyboardInterrupt):
        asyncio.run(
            serve_until_stopped(load_settings(), host=host, port=port, tell=say, worker=with_worker)
        )


def worker() -> None:
    """Work on queued jobs until told to stop. Any number of workers may run beside `serve`, on this
    machine and on others; they need a PostgreSQL database."""
    from api.jobs.working import work_until_stopped  # here, because agents are slow to load

    asyncio.run(work_until_stopped(load_settings(), tell=say))


def doctor() -> None:
    """Show what works here, what does not, and what mends it."""
    from api.commands.doctor import examine

    findings = asyncio.run(examine(load_settings()))
    for finding in findings:
        mark = "ok     " if finding.works else ("MISSING" if finding.needed else "absent ")
        typer.echo(redact(f"{mark}  {finding.name}: {finding.detail}"))
        if finding.mend and (not finding.works or finding.name == "web search"):
            typer.echo(redact(f"         {finding.mend}"))
    if any(finding.needed and not finding.works for finding in findings):
        raise typer.Exit(1)


def setup() -> None:
    """Download the weights of the embedded models, saying first what comes from where."""
    from agents.models.embedded.weights import find_weights
    from browser.library.embeddings import fetch_embedder

    settings = load_settings()
    if settings.embedding_weights is None:
        try:
            typer.echo(f"The embedding model is at {asyncio.run(fetch_embedder(settings, say))}")
        except WeightsUnavailable as error:
            say(
                f"Warning: {error} Libraries are searched by words and links alone until "
                f"then. {error.mend}"
            )
    if settings.embedded():
        typer.echo(f"The weights are at {asyncio.run(find_weights(settings, say))}")
    else:
        say("A model is configured: its weights are not downloaded.")
