"""`leadline library`: private documents, by name."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from api.commands import asking, searching
from api.commands.terminal import say
from api.messages.answers import AddedAnswer
from research.access import grants
from research.access.keys import tenant_named
from research.domain import DEFAULT_TENANT
from research.errors import LibraryEmpty
from research.reporting.missing import missing
from research.settings import Settings, load_settings
from research.store.database import Store

Tenant = Annotated[str, typer.Option(help="Whose library.")]
app = typer.Typer(help="Private documents, by name.", no_args_is_help=True)


@app.command("add")
def add_library(
    name: Annotated[str, typer.Argument()],
    path: Annotated[
        Path,
        typer.Argument(help="A folder, or a .jsonl file of {title, text, url?, published_at?}."),
    ],
    public: Annotated[
        bool,
        typer.Option("--public", help="Its text may be sent to remote models and search engines."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was read, and what was not, as JSON.")
    ] = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Read documents into a library, or read again what has changed or is damaged. Ends with how
    many were read in full, in part and not at all; fails only where there are none that can be
    read."""
    adding = _add_library(load_settings(), tenant, name, path, private=not public, as_json=as_json)
    asyncio.run(adding)


async def _add_library(
    settings: Settings, tenant: str, name: str, path: Path, *, private: bool, as_json: bool
) -> None:
    from browser.library.library import (
        sync_library,
    )  # here, because the parsers of documents are slow to load

    async with Store.open(settings.database) as opened:
        store = opened.of(tenant_named(tenant))
        resolved = await asyncio.to_thread(asking.existing_path, path)
        try:
            sync = await sync_library(store, name, resolved or path, private=private, mending=True)
        except LibraryEmpty as error:
            nothing = AddedAnswer.nothing(name, private, error.failed)
            _name_those_not_whole(nothing)
            if as_json:
                typer.echo(nothing.model_dump_json())
            raise
        answer = AddedAnswer.of(sync)
        _name_those_not_whole(answer)
        say(await searching.embed_library(settings, store, sync.library))
        typer.echo(answer.model_dump_json() if as_json else _told(answer))


def _name_those_not_whole(added: AddedAnswer) -> None:
    """Each document that was read in part or not at all, with what it lacks or why."""
    for document in added.in_part:
        say(f"Read in part: {document.path}: {'; '.join(missing(document.notes, 'en'))}")
    for unread in added.not_read:
        say(f"Not read: {unread.path} ({unread.kind}): {unread.reason}")


def _told(added: AddedAnswer) -> str:
    return (
        f"{added.name} ({'private' if added.private else 'public'}): {added.added} added, "
        f"{added.changed} changed, "
        f"{added.unchanged} unchanged, {added.removed} removed, {len(added.not_read)} not "
        f"readable\n"
        f"Documents read in full: {added.in_full}, in part: {len(added.in_part)}, not at all: "
        f"{len(added.not_read)}"
    )


@app.command("list")
def list_libraries(tenant: Tenant = DEFAULT_TENANT) -> None:
    """List the libraries that a tenant may read: name, documents, privacy, path, and whom it shares
    its own with."""
    asyncio.run(_list_libraries(load_settings(), tenant))


async def _list_libraries(settings: Settings, tenant: str) -> None:
    async with Store.open(settings.database) as opened:
        store = opened.of(tenant)
        for row, documents in await store.libraries():
            privacy = "private" if row.private else "public"
            parts = [store.name_of(row), f"{documents} documents", privacy, row.path or ""]
            if row.tenant == tenant and (others := await grants.granted_to(store, row)):
                parts.append(f"shared with {', '.join(others)}")
            typer.echo("  ".join(part for part in parts if part))


@app.command("grant")
def grant_library(
    name: Annotated[str, typer.Argument()],
    to: Annotated[str, typer.Argument(metavar="TENANT", help="Who may read it.")],
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Let another tenant read a library, and nothing more: it asks for it as OWNER/NAME."""
    asyncio.run(_share(load_settings(), tenant, name, to, grants.grant))
    say(f"{to} may read it as {tenant}/{name}.")


@app.command("revoke")
def revoke_library(
    name: Annotated[str, typer.Argument()],
    to: Annotated[str, typer.Argument(metavar="TENANT", help="Who may read it no longer.")],
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Share a library with a tenant no longer. What its reports quote already stays theirs."""
    asyncio.run(_share(load_settings(), tenant, name, to, grants.revoke))
    say(f"{to} may not read it any more.")


async def _share(
    settings: Settings,
    tenant: str,
    name: str,
    to: str,
    change: Callable[[Store, str, str], Awaitable[None]],
) -> None:
    async with Store.open(settings.database) as store:
        await change(store.of(tenant), name, to)
