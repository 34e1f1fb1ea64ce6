"""`leadline tenant`: what tenants may use a day, and what they used."""

import asyncio
from typing import Annotated

import typer

from api.commands.terminal import say
from research.access.quotas import Amounts, set_quota
from research.access.usage import DAYS, last_days
from research.settings import Settings, load_settings
from research.store.database import Store

app = typer.Typer(help="What tenants may use, and what they used.", no_args_is_help=True)


@app.command("quota")
def quota(
    tenant: Annotated[str, typer.Argument()],
    jobs: Annotated[int | None, typer.Option(min=0, help="Jobs a day.")] = None,
    tokens: Annotated[int | None, typer.Option(min=0, help="Tokens a day.")] = None,
    usd: Annotated[float | None, typer.Option(min=0, help="US dollars a day.")] = None,
    usual: Annotated[
        bool, typer.Option("--usual", help="Go back to LEADLINE_QUOTA_JOBS, _TOKENS and _USD.")
    ] = False,
) -> None:
    """Give a tenant a quota of its own, by day (UTC). What is not named is not bounded."""
    allowed = None if usual else Amounts(jobs, tokens, usd)
    asyncio.run(_set(load_settings(), tenant, allowed))
    say(f"The quota of {tenant} is {'the usual one' if usual else 'set'}.")


async def _set(settings: Settings, tenant: str, allowed: Amounts | None) -> None:
    async with Store.open(settings.database) as store:
        await set_quota(store, tenant, allowed)


@app.command("usage")
def usage(days: Annotated[int, typer.Option(min=1, max=366)] = DAYS) -> None:
    """List what each tenant used on each of the last days, the newest first."""
    asyncio.run(_list(load_settings(), days))


async def _list(settings: Settings, days: int) -> None:
    async with Store.open(settings.database) as store:
        for row in await last_days(store, days):
            tokens = row.prompt_tokens + row.completion_tokens
            typer.echo(
                f"{row.day}  {row.tenant}  {row.jobs} jobs  {tokens:,} tokens  {row.usd:.4f} USD"
            )
