"""What PostgreSQL tells of new events: `LISTEN`, over a connection of its own that is made anew
whenever it is lost.

The server is told by a trigger, within the transaction that writes the events. What is written
while there is no connection is not told of: whoever listens looks for it by `linked`. Not here: the
looking (`feed.py`)."""

import asyncio
from collections.abc import Callable

import psycopg
import structlog
from psycopg import AsyncConnection

from research.store.postgres.conninfo import conninfo

CHANNEL = "leadline_events"  # as in the trigger, `migrations/`
AGAIN_SECONDS = 1.0
_log = structlog.get_logger("leadline.feed")


async def listen(url: str, heard: Callable[[str], None], linked: Callable[[bool], None]) -> None:
    """Call `heard` with the job of each notification, until cancelled; `linked` is told whenever
    notifications begin and cease to come."""
    place = conninfo(url)
    listening = True
    while True:
        try:
            async with await AsyncConnection.connect(place, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                listening = True
                linked(listening)
                async for told in connection.notifies():
                    heard(told.payload)
        except psycopg.Error as error:
            if listening:
                _log.warning("the database does not tell of events", reason=type(error).__name__)
            listening = False
            linked(listening)
        await asyncio.sleep(AGAIN_SECONDS)
