"""`leadline library`: private documents, by name."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from api import asking, searching
from api.commands.terminal import say
from research.settings import Settings, load_settings
from research.store import Store

app = typer.Typer(help="Private documents, by name.", no_args_is_help=True)


@app.command("add")
def add_library(
    name: Annotated[str, typer.Argument()],
    path: Annotated[Path, typer.Argument(help="A folder, or a .jsonl file of {title, text, url?, published_at?}.")],
    public: Annotated[bool, typer.Option("--public", help="Its text may be sent to remote models and search engines.")] = False,
) -> None:
    """Read documents into a library, or read again what has changed or is damaged."""
    asyncio.run(_add_library(load_settings(), name, path, private=not public))


async def _add_library(settings: Settings, name: str, path: Path, *, private: bool) -> None:
    from browser.library.library import sync_library  # here, because the parsers of documents are slow to load

    async with Store.open(settings.database) as store:
        resolved = await asyncio.to_thread(asking.existing_path, path)
        sync = await sync_library(store, name, resolved or path, private=private, mending=True)
        for line in asking.failures_told(sync):
            say(f"Warning: {line}")
        typer.echo(
            f"{name} ({'private' if private else 'public'}): {sync.added} added, {sync.changed} changed, "
            f"{sync.unchanged} unchanged, {sync.removed} removed, {len(sync.failed)} not readable"
        )
        say(await searching.embed_library(settings, store, sync.library))


@app.command("list")
def list_libraries() -> None:
    """List the libraries: name, documents, privacy, path."""
    asyncio.run(_list_libraries(load_settings()))


async def _list_libraries(settings: Settings) -> None:
    async with Store.open(settings.database) as store:
        for row, documents in await store.libraries():
            typer.echo(f"{row.name}  {documents} documents  {'private' if row.private else 'public'}  {row.path or ''}".rstrip())
