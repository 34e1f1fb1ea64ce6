"""The search of libraries: words, meaning and links together; embedding in the background, kept,
resumed and forgotten."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import LargeBinary, Text, cast, literal
from sqlmodel import col, update

from browser.library.embeddings import Vectors
from browser.library.index import LibraryIndex
from browser.library.indexes import Indexes, embed_missing
from browser.library.library import sync_library
from browser.library.ranking import WORDS_ALONE, Mix
from research.errors import LibraryDamaged
from research.store.database import Store
from research.store.tables import LibraryRow, SnapshotRow, VectorRow
from research.store.vectors import stored_vectors
from tests.browser.embedders import TableEmbedder

FILMS = {
    "Maximum Dread": "Maximum Dread is a film of 1986 that was shot around Leland. It was the first by Stella Kemp.",
    "Stella Kemp": "Stella Kemp (born 1947) is a novelist. Her father was a merchant seaman.",
    "Leland": "Leland is a town with a mill.",
    "Bread": "A loaf needs flour, water and time.",
    "Sourdough": "A starter of rye ferments for three days.",
}
CHINESE = {
    "东湖电站": "东湖电站由远山设计院设计，装机容量为一千二百兆瓦。",
    "远山设计院": "该院成立于一九五八年，院长是林海。",
    "西湖公园": "公园里有一座桥和两家餐馆。",
    "Harbour": "The harbour was dredged in 1932.",
}
AXES = {
    "loaf": 0,
    "bread": 0,
    "starter": 0,
    "rye": 0,
    "bake": 0,
    "film": 1,
    "movie": 1,
    "novelist": 2,
}


async def library_of(store: Store, folder: Path, texts: Mapping[str, str]) -> LibraryRow:
    path = folder / "documents.jsonl"
    path.write_text(
        "\n".join(json.dumps({"title": title, "text": text}) for title, text in texts.items())
    )
    return (await sync_library(store, "docs", path)).library


async def taught(store: Store, library: LibraryRow, embedder: TableEmbedder) -> LibraryIndex:
    index = await Indexes().of(store, library, embedder)
    await embed_missing(store, index, lambda done, total: None)
    return index


def titles(index: LibraryIndex, query: str, mix: Mix | None = None, limit: int = 3) -> list[str]:
    return [
        hit.document.title
        for hit in (index.search(query, limit, mix) if mix else index.search(query, limit))
    ]


async def test_links_lead_to_what_the_query_does_not_name(store: Store, tmp_path: Path) -> None:
    index = await Indexes().of(store, await library_of(store, tmp_path, FILMS))
    query = "father of whoever shot a film near Leland in 1986"
    assert "Stella Kemp" not in titles(index, "shot near Leland", WORDS_ALONE)
    assert "Stella Kemp" in titles(index, "shot near Leland")
    assert titles(index, query)[0] == "Maximum Dread"
    linked = next(
        hit for hit in index.search("shot near Leland", 3) if hit.document.title == "Stella Kemp"
    )
    assert linked.words == linked.meaning == 0 < linked.links


async def test_meaning_finds_what_shares_no_word(store: Store, tmp_path: Path) -> None:
    index = await taught(store, await library_of(store, tmp_path, FILMS), TableEmbedder(AXES))
    assert titles(index, "how do I bake", WORDS_ALONE) == []
    assert set(titles(index, "how do I bake", limit=2)) == {"Bread", "Sourdough"}
    hit = index.search("how do I bake", 1)[0]
    assert hit.words == 0 and hit.meaning == pytest.approx(1.0)
    assert titles(index, "quantum chromodynamics of zebras", limit=5) == []


async def test_chinese_is_found_by_words_and_links_whatever_the_embedder_says(
    store: Store, tmp_path: Path
) -> None:
    library = await library_of(store, tmp_path, CHINESE)
    plain = await Indexes().of(store, library)
    embedder = TableEmbedder({"湖": 0, "harbour": 0})
    index = await taught(store, library, embedder)
    assert embedder.seen == ["Harbour. The harbour was dredged in 1932."]
    query = "东湖电站的装机容量是多少？"
    assert index.search(query, 5) == plain.search(query, 5)
    assert titles(index, query)[:2] == ["东湖电站", "远山设计院"]
    assert titles(index, query, WORDS_ALONE)[0] == "东湖电站" and "远山设计院" not in titles(
        index, query, WORDS_ALONE
    )
    assert titles(index, "When was the harbour dredged?")[0] == "Harbour"


async def test_a_restart_does_not_embed_again_and_what_is_gone_is_forgotten(
    store: Store, tmp_path: Path
) -> None:
    first = TableEmbedder(AXES)
    library = await library_of(store, tmp_path, FILMS)
    await taught(store, library, first)
    assert len(first.seen) == 5
    again = TableEmbedder(AXES)
    index = await taught(store, library, again)
    assert again.seen == [] and "Sourdough" in titles(index, "how do I bake", limit=2)
    changed = {title: text for title, text in FILMS.items() if title != "Leland"} | {
        "Bread": "A loaf needs rye."
    }
    await taught(store, await library_of(store, tmp_path, changed), again)
    assert [text.split(".")[0] for text in again.seen if text != "how do I bake"] == ["Bread"]
    assert len(await stored_vectors(store, library.id, "table")) == 4
    assert await stored_vectors(store, library.id, "another model") == {}


async def test_an_open_index_learns_in_the_background_and_stops_with_its_last_user(
    store: Store, tmp_path: Path
) -> None:
    texts = {f"Note {n}": f"Loaf number {n} was baked on day {n}." for n in range(400)}
    library = await library_of(store, tmp_path, texts)
    embedder = TableEmbedder(AXES, seconds=0.02)
    indexes = Indexes()
    async with (
        indexes.open(store, library, embedder) as index,
        indexes.open(store, library, embedder) as same,
    ):
        assert same is index
        assert index.unlearned() == []
    assert len(embedder.seen) == 400


async def test_a_query_does_not_wait_for_the_embedding(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("browser.library.indexes.HEAD_START", 0.0)
    texts = {f"Note {n}": f"Loaf number {n} was baked on day {n}." for n in range(400)}
    library = await library_of(store, tmp_path, texts)
    embedder = TableEmbedder(AXES, seconds=0.05)
    indexes = Indexes()
    async with indexes.open(store, library, embedder) as index:
        assert (await asyncio.to_thread(titles, index, "loaf number 77"))[0] == "Note 77"
        assert index.unlearned()
        while len(index.unlearned()) > 300:
            await asyncio.sleep(0.01)
    left = len(index.unlearned())
    assert 0 < left <= 300
    assert len(await stored_vectors(store, library.id, "table")) >= 400 - left - 32
    async with indexes.open(store, library, embedder) as same:  # the next user goes on from there
        while same.unlearned():
            await asyncio.sleep(0.01)


async def test_an_embedding_that_fails_costs_nobody_the_search(
    store: Store, tmp_path: Path
) -> None:
    class Broken(TableEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            raise RuntimeError("no such operator")

    library = await library_of(store, tmp_path, FILMS)
    with structlog.testing.capture_logs() as logs:
        async with Indexes().open(store, library, Broken(AXES)) as index:
            assert await asyncio.to_thread(index.search, "mill", 3) is not None
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "a library could not be embedded"
    ]


async def test_documents_that_did_not_change_are_not_cut_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes = Indexes()
    await indexes.of(store, await library_of(store, tmp_path, FILMS))
    cut: list[str] = []
    from browser.library import index as module

    chunks_of = module.chunks_of
    monkeypatch.setattr(
        module, "chunks_of", lambda title, snapshot: cut.append(title) or chunks_of(title, snapshot)
    )
    index = await indexes.of(
        store,
        await library_of(store, tmp_path, FILMS | {"Mill": "The mill of Leland ground corn."}),
    )
    assert cut == ["Mill"]
    assert len(index.documents) == 6


async def test_damaged_vectors_are_made_anew(store: Store, tmp_path: Path) -> None:
    library = await library_of(store, tmp_path, FILMS)
    await taught(store, library, TableEmbedder(AXES))
    kept = sorted(await stored_vectors(store, library.id, "table"))
    not_a_number = b"\x00\x7e" * 384
    async with store.session() as session:
        for text, vector in ((kept[0], b"short"), (kept[1], not_a_number)):
            await session.exec(
                update(VectorRow).where(col(VectorRow.text_sha256) == text).values(vector=vector)
            )
    embedder = TableEmbedder(AXES)
    index = await taught(store, library, embedder)
    assert len(embedder.seen) == 2 and index.unlearned() == []
    assert "Sourdough" in titles(index, "how do I bake", limit=2)


@pytest.mark.parametrize(
    "written", ["Stella Kemp lied.", cast(literal(b"Stella \xff Kemp", LargeBinary), Text)]
)
async def test_an_index_over_a_text_that_is_another_or_none_is_refused(
    store: Store, tmp_path: Path, written: Any
) -> None:
    library = await library_of(store, tmp_path, FILMS)
    (stella,) = [d for d in await store.documents(library.id) if d.title == "Stella Kemp"]
    async with store.session() as session:
        await session.exec(
            update(SnapshotRow)
            .where(col(SnapshotRow.id) == stella.snapshot_id)
            .values(text=written)
        )
    with pytest.raises(LibraryDamaged) as caught:
        await Indexes().of(store, library)
    assert f"leadline library add docs {tmp_path / 'documents.jsonl'}" in caught.value.mend
    again = await sync_library(store, "docs", tmp_path / "documents.jsonl", mending=True)
    assert (again.changed, again.unchanged) == (1, 4)
    assert "Stella Kemp" in titles(await Indexes().of(store, again.library), "novelist")
