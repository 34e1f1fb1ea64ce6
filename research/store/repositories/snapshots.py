"""What was read: the readings of jobs and the texts they gave, each stored once."""

import asyncio
import json
from collections.abc import Sequence, Set
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Text, cast
from sqlmodel import col, select, update

from research.domain import Link, PageText, Reading, Snapshot
from research.errors import SnapshotDamaged
from research.process.lru_cache import LruCache
from research.store.repositories.base import Repository
from research.store.repositories.held import READ
from research.store.shield import shielded
from research.store.tables import (
    Pairs,
    ReadingRow,
    SnapshotRow,
    TextBytes,
    inserting,
    table_of,
)

AT_ONCE = 500  # rows of a query by id
KEPT = 8_000_000  # characters of snapshots that are kept once read: they never change
READINGS, SNAPSHOTS = table_of(ReadingRow), table_of(SnapshotRow)
AS_BYTES = TextBytes(SNAPSHOTS.c.text)
READING = tuple(READINGS.c[name] for name in Reading.model_fields)
Sections = tuple[tuple[int, str], ...]  # where each part of a text begins, and its name
Stored = tuple[Snapshot, Sections]


class Snapshots(Repository):
    def __init__(self) -> None:
        self._cache: LruCache[str, Stored] = LruCache(KEPT, lambda stored: len(stored[0].text))

    async def readings(self, job_id: str) -> list[Reading]:
        return list(await self.find(job_id, READ, self._readings))

    @shielded
    async def _readings(self, job_id: str) -> list[Reading]:
        query = (
            sqlalchemy.select(*READING)
            .where(READINGS.c.job_id == job_id)
            .order_by(READINGS.c.fetched_at)
        )
        rows = await self.reading(lambda connection: connection.execute(query).mappings().all())
        return [Reading.model_validate(dict(row)) for row in rows]

    async def links(self, reading_id: str) -> tuple[Link, ...]:
        """The links of the page that was read; none where none are known."""
        query = select(ReadingRow.links).where(ReadingRow.id == reading_id)
        found = await self.rows(query)
        return links_of(found[0]) if found else ()

    async def snapshot(self, snapshot_id: str) -> Snapshot | None:
        return (await self.snapshots([snapshot_id])).get(snapshot_id)

    async def snapshots(self, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Those of them that are stored. Raises `SnapshotDamaged` for one that is not what was
        read."""
        return {id: snapshot for id, (snapshot, _) in (await self.with_sections(ids)).items()}

    async def with_sections(self, ids: Sequence[str]) -> dict[str, Stored]:
        """The same, each with its sections."""
        found = self._cache.found(ids)
        if missing := [id for id in ids if id not in found]:
            read = await self._stored(missing)
            for id, (snapshot, _) in read.items():
                if not snapshot.is_whole():
                    raise SnapshotDamaged(snapshot_id=id)
            self._cache.keep(read)
            found |= read
        return found

    def forget(self, ids: Sequence[str]) -> None:
        """Keep nothing of these snapshots in this process."""
        self._cache.forget(ids)

    async def stored_snapshots(self, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Those of them that are stored, as they stand there, damaged or not."""
        return {id: snapshot for id, (snapshot, _) in (await self._stored(ids)).items()}

    @shielded
    async def _stored(self, ids: Sequence[str]) -> dict[str, Stored]:
        own = SNAPSHOTS.c
        query = sqlalchemy.select(own.id, AS_BYTES, own.sentences, own.sections)
        query = query.where(own.id.in_(ids))
        stored: dict[str, Stored] = {}
        rows = await self.reading(lambda connection: connection.execute(query).all())
        for id, text, sentences, sections in rows:
            spans = tuple((start, end) for start, end in sentences)
            snapshot = Snapshot(id=id, text=text.decode(errors="replace"), sentences=spans)
            stored[id] = snapshot, tuple((start, name) for start, name in sections)
        return stored

    async def damaged_snapshots(self, ids: Sequence[str]) -> set[str]:
        """Those of these snapshots that are missing or not what was written."""
        whole: set[str] = set()
        for start in range(0, len(ids), AT_ONCE):
            # as it stands: what is no JSON would raise for all of them
            sentences = cast(col(SnapshotRow.sentences), Text)
            query = select(SnapshotRow.id, AS_BYTES, sentences).where(
                col(SnapshotRow.id).in_(ids[start : start + AT_ONCE])
            )
            whole |= await asyncio.to_thread(_whole, await self.rows(query))
        return set(ids) - whole


def add_snapshots(
    connection: Connection,
    read: Sequence[tuple[PageText, Snapshot]],
    damaged: Set[str] = frozenset(),
) -> None:
    """Store many snapshots, each text once: a second one with the same text changes nothing. Those
    that are `damaged` are written anew."""
    ids = {snapshot.id: (page, snapshot) for page, snapshot in read}
    stored = set(
        connection.execute(
            select(col(SnapshotRow.id))
            .where(col(SnapshotRow.id).in_(ids))
            .order_by(col(SnapshotRow.id))
            .with_for_update(read=True, key_share=True)  # nobody deletes them meanwhile
        ).scalars()
    )
    if fresh := sorted(ids.keys() - stored):  # in one order: two that insert never wait in a ring
        unless_there = inserting(SnapshotRow, connection.dialect.name).on_conflict_do_nothing()
        connection.execute(unless_there, [_snapshot_row(*ids[new]) for new in fresh])
    for broken in stored & damaged:
        connection.execute(
            update(SnapshotRow)
            .where(col(SnapshotRow.id) == broken)
            .values(**_snapshot_row(*ids[broken]))
        )


def pairs_of(links: Sequence[Link]) -> Pairs:
    return [[link.url, link.text] for link in links]


def links_of(pairs: Sequence[Sequence[str]] | None) -> tuple[Link, ...]:
    return tuple(Link(url=url, text=text) for url, text in pairs or ())


def _whole(rows: Sequence[tuple[str, bytes, str]]) -> set[str]:
    """The ids of the rows that are what was written. CPU work: called in a thread."""
    found = set()
    for id, text, sentences in rows:
        try:
            spans = tuple((start, end) for start, end in json.loads(sentences))
            whole = Snapshot(id=id, text=text.decode(), sentences=spans).is_whole()
        except (ValueError, TypeError):
            continue
        found |= {id} if whole else set()
    return found


def _snapshot_row(page: PageText, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "text": snapshot.text,
        "sentences": [list(span) for span in snapshot.sentences],
        "sections": [list(section) for section in page.sections],
    }
