"""The vectors of a library's passages: rows beside the library, so that a restart does not embed
again.

A vector belongs to one library and goes with it, and it says which model made it and of which text.
Not here: making them.
"""

from collections.abc import Mapping, Set

from sqlmodel import col, delete, select

from research.store.database import Store
from research.store.shield import shielded
from research.store.tables import VectorRow, inserting

BATCH = 500


async def stored_vectors(store: Store, library_id: str, model: str) -> dict[str, bytes]:
    """The vectors that the model made for the library, by the sha-256 of their texts."""
    query = select(VectorRow.text_sha256, VectorRow.vector).where(
        VectorRow.library_id == library_id, VectorRow.model == model
    )
    return dict(await store.rows(query))


@shielded
async def put_vectors(
    store: Store, library_id: str, model: str, vectors: Mapping[str, bytes]
) -> None:
    """Keep vectors; those that another process has kept meanwhile stay as they are."""
    rows = [
        {"library_id": library_id, "model": model, "text_sha256": text, "vector": vector}
        for text, vector in vectors.items()
    ]
    unless_there = inserting(VectorRow, store.engine.dialect.name).on_conflict_do_nothing()
    if rows:
        async with store.engine.begin() as connection:
            await connection.execute(unless_there, rows)


@shielded
async def forget_vectors(store: Store, library_id: str, model: str, texts: Set[str]) -> None:
    """Forget the vectors of these texts, and all that other models made for the library."""
    async with store.session() as session:
        mine = col(VectorRow.library_id) == library_id
        await session.exec(delete(VectorRow).where(mine, col(VectorRow.model) != model))
        gone = sorted(texts)
        for start in range(0, len(gone), BATCH):
            batch = col(VectorRow.text_sha256).in_(gone[start : start + BATCH])
            await session.exec(delete(VectorRow).where(mine, col(VectorRow.model) == model, batch))
