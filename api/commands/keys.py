"""`leadline key`: who may use the service, as which tenant, and for what."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, get_args

import typer

from api.commands.terminal import say
from research.access import keys
from research.domain import DEFAULT_TENANT, Scope, now
from research.settings import Settings, load_settings
from research.store.database import Store
from research.store.tables import KeyRow

app = typer.Typer(help="API keys.", no_args_is_help=True)
USUAL: tuple[Scope, ...] = ("research:read", "research:write", "libraries:read", "libraries:write")


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What or whom it is for.")],
    tenant: Annotated[
        str, typer.Option(help="Whose jobs and libraries it opens; a new name is a new tenant.")
    ] = DEFAULT_TENANT,
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"May be given again; default: {', '.join(USUAL)}."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Expires after so many days.")
    ] = None,
) -> None:
    """Make a key and print it. It is shown this once; the database keeps a digest of it. From the
    first key on, the service answers nobody without one."""
    expires_at = now() + timedelta(days=days) if days else None
    scopes = tuple(_known(one) for one in scope or USUAL)
    key = asyncio.run(_create(load_settings(), name, tenant, scopes, expires_at))
    typer.echo(key)
    say("Keep it now: it cannot be shown again.")


def _known(scope: str) -> Scope:
    known: tuple[Scope, ...] = get_args(Scope)
    for one in known:
        if one == scope:
            return one
    raise typer.BadParameter(f"{scope!r} is none of {', '.join(known)}", param_hint="--scope")


async def _create(
    settings: Settings,
    name: str,
    tenant: str,
    scopes: tuple[Scope, ...],
    expires_at: datetime | None,
) -> str:
    async with Store.open(settings.database) as store:
        return await keys.create_key(
            store, name, tenant=tenant, scopes=scopes, expires_at=expires_at
        )


@app.command("list")
def list_keys() -> None:
    """List the keys: id, tenant, name, how each stands, when it was used last, scopes."""
    for row in asyncio.run(_all(load_settings())):
        used = f"used {row.used_at:%Y-%m-%d %H:%M}" if row.used_at else "never used"
        typer.echo(
            f"{row.id}  {row.tenant}  {row.name}  {_standing(row)}  {used}  {' '.join(row.scopes)}"
        )


async def _all(settings: Settings) -> list[KeyRow]:
    async with Store.open(settings.database) as store:
        return await keys.all_keys(store)


def _standing(row: KeyRow) -> str:
    if row.revoked_at:
        return f"revoked {row.revoked_at:%Y-%m-%d}"
    if row.expires_at is None:
        return "valid"
    return f"{'valid until' if keys.is_valid(row) else 'expired'} {row.expires_at:%Y-%m-%d}"


@app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `leadline key list` shows it.")],
) -> None:
    """Let a key, and whoever signed in with it, in no more."""
    asyncio.run(_revoke(load_settings(), key_id))
    say(f"The key {key_id} is revoked.")


async def _revoke(settings: Settings, key_id: str) -> None:
    async with Store.open(settings.database) as store:
        await keys.revoke_key(store, key_id)
