"""Alembic's entry: runs the migrations against the URL that `schema.migrate` hands over, all in one
transaction: whoever is killed half way leaves the schema that was there."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import research.store.tables  # noqa: F401  # fills the metadata


def _run(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # Python begins a transaction at the first row that is written, and not before a CREATE
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def _migrate() -> None:
    engine = create_async_engine(context.config.attributes["url"])
    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_migrate())
