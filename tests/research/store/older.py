"""Databases as earlier versions left them."""

import asyncio

from alembic import command
from alembic.config import Config

from research.store.schema import MIGRATIONS


async def take_back(url: str, revision: str) -> None:
    """Undo the migrations after `revision`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    await asyncio.to_thread(command.downgrade, config, revision)
