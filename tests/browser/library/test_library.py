"""Libraries: read once, again where changed; what cannot be read is told; search in two languages."""

import json
import os
from pathlib import Path

import pytest

from browser.library.chunks import chunks_of
from browser.library.indexes import Indexes
from browser.library.library import LibrarySync, open_document, spellings, sync_library
from browser.surfer import INDEXES, Surfer
from browser.types import Opened
from research.domain import ReadingNote, SourceChoice
from research.errors import LibraryError
from research.settings import Settings
from research.store.database import Store
from tests.browser.documents.test_documents import pdf_of

NOTES = {
    "tides.md": "# Tides\n\nThe spring tide at Brest reaches 7.1 metres. Neap tides are half of that.\n",
    "deep/er/ports.csv": "Port,Depth\nBrest,12 m\nSkerry,9 m\n",
    "水电.txt": "东湖电站于二〇二三年投入运行。总装机容量为一千二百兆瓦。\n西湖电站仍在建设之中。\n",
    ".hidden.md": "Nobody reads this.",
    ".git/config.md": "Nor this.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in NOTES.items():
        path = tmp_path / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "notes"


def counts(sync: LibrarySync) -> tuple[int, int, int, int, int]:
    return sync.added, sync.changed, sync.unchanged, sync.removed, len(sync.failed)


async def find(store: Store, name: str, query: str) -> list[str]:
    library = await store.library(name)
    assert library
    return [hit.document.path for hit in (await INDEXES.of(store, library)).search(query, 5)]


async def test_a_folder_is_read_once_and_again_where_it_changed(store: Store, folder: Path) -> None:
    assert counts(await sync_library(store, "notes", folder)) == (3, 0, 0, 0, 0)
    again = await sync_library(store, "notes", folder)
    assert counts(again) == (0, 0, 3, 0, 0)
    (folder / "tides.md").write_text("# Tides\n\nThe lamp at Ushant was lit in 1863.\n")
    (folder / "deep/er/ports.csv").unlink()
    (folder / "new.txt").write_text("A new note about keepers.")
    changed = await sync_library(store, "notes", folder)
    assert counts(changed) == (1, 1, 1, 1, 0)
    assert changed.library.revision > again.library.revision
    assert await find(store, "notes", "when was Ushant lit") == ["tides.md"]
    assert await find(store, "notes", "Neap Brest") == []


async def test_documents_keep_their_place_and_privacy(store: Store, folder: Path) -> None:
    sync = await sync_library(store, "my notes", folder)
    rows = {row.path: row for row in await store.documents(sync.library.id)}
    assert rows["deep/er/ports.csv"].url == "library://my%20notes/deep/er/ports.csv"
    assert rows["deep/er/ports.csv"].url in spellings("library://my notes/deep/er/ports.csv")
    opened = await open_document(store, sync.library, rows["tides.md"])
    assert (opened.private, opened.via, opened.page.title, opened.page.sections) == (
        True,
        "library",
        "Tides",
        ((0, "Tides"),),
    )
    assert opened.snapshot.sentence(0) == "The spring tide at Brest reaches 7.1 metres."
    open_to_all = await sync_library(store, "open", folder, private=False)
    assert not open_to_all.library.private


async def test_chinese_and_english_search(store: Store, folder: Path) -> None:
    await sync_library(store, "notes", folder)
    assert await find(store, "notes", "东湖电站的装机容量是多少") == ["水电.txt"]
    assert (await find(store, "notes", "How high are spring tides?"))[0] == "tides.md"
    assert await find(store, "notes", "zebra") == []
    assert await find(store, "notes", "?!") == []


async def test_what_cannot_be_read_is_told_each_time(store: Store, folder: Path) -> None:
    (folder / "cut.pdf").write_bytes(pdf_of("whole")[:150])
    (folder / "locked.pdf").write_bytes(pdf_of("secret", password="x"))
    (folder / "sheet.xlsx").write_bytes(b"PK\x03\x04 xl/workbook")
    (folder / "blank.md").write_text("\n")
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("Its name is no UTF-8.")
    expected = {
        "cut.pdf": "broken",
        "locked.pdf": "encrypted",
        "sheet.xlsx": "broken",
        "blank.md": "empty",
    }
    for _ in range(2):
        sync = await sync_library(store, "notes", folder)
        assert {error.url.rsplit("/", 1)[1]: error.kind for error in sync.failed} == expected
    stored = {row.path: row.error for row in await store.documents(sync.library.id) if row.error}
    assert {path: error["kind"] for path, error in stored.items() if error} == expected
    (folder / "cut.pdf").write_bytes(pdf_of("The whole of it."))
    assert "cut.pdf" not in {
        error.url.rsplit("/", 1)[1] for error in (await sync_library(store, "notes", folder)).failed
    }


async def test_links_do_not_lead_outside(store: Store, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("The password is swordfish.")
    (folder / "link.md").symlink_to(outside / "secret.md")
    (folder / "linked").symlink_to(outside)
    (folder / "within.md").symlink_to(folder / "tides.md")
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    sync = await sync_library(store, "notes", folder)
    assert {error.url.rsplit("/", 1)[1]: error.kind for error in sync.failed} == {
        "link.md": "blocked",
        "linked": "blocked",
        "nowhere.md": "unsupported",
    }
    assert await find(store, "notes", "swordfish password") == []


async def test_too_large(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("browser.library.library.MAX_BYTES", 60)
    sync = await sync_library(store, "notes", folder)
    assert {error.kind for error in sync.failed} == {"too_large"}


async def test_json_lines(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "wiki.jsonl"
    records: list[object] = [
        {"title": "Brest", "text": "Brest is a port in Brittany."},
        {
            "title": "Ushant",
            "text": "Ushant is an island.",
            "url": "https://example.org/ushant",
            "published_at": "5 March 2024",
        },
        {"title": "Brest", "text": "Brest is also a city in Belarus."},
        {"title": "No text"},
        ["not", "an", "object"],
        {"title": "Blank", "text": "  "},
    ]
    lines = [json.dumps(record) for record in records]
    path.write_text("\n".join([*lines[:3], "{broken", "", *lines[3:]]))
    sync = await sync_library(store, "wiki", path)
    assert (sync.added, len(sync.failed)) == (3, 4)
    assert [error.reason.split(" ")[1].rstrip(":") for error in sync.failed] == ["4", "6", "7", "8"]
    rows = {row.url: row for row in await store.documents(sync.library.id) if row.snapshot_id}
    assert set(rows) == {
        "library://wiki/Brest",
        "library://wiki/Brest~2",
        "https://example.org/ushant",
    }
    assert rows["https://example.org/ushant"].published_at == "2024-03-05"
    # Moving lines changes nothing; a line that goes is removed.
    path.write_text("\n".join([lines[1], lines[0]]))
    assert counts(await sync_library(store, "wiki", path)) == (0, 0, 2, 1, 0)


async def test_nothing_to_read(store: Store, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="there is no"):
        await sync_library(store, "notes", tmp_path / "none")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(LibraryError, match="empty"):
        await sync_library(store, "notes", empty)
    (empty / "a.pdf").write_bytes(b"%PDF-nothing")
    with pytest.raises(LibraryError, match=r"a\.pdf \(broken\)"):
        await sync_library(store, "notes", empty)
    assert await store.library("notes") is None


async def test_a_folder_that_became_empty_does_not_empty_the_library(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    sync = await sync_library(store, "notes", folder)
    empty = tmp_path / "unmounted"
    empty.mkdir()
    with pytest.raises(LibraryError):
        await sync_library(store, "notes", empty)
    assert len(await store.documents(sync.library.id)) == 3


async def test_an_index_is_built_once_for_a_revision(store: Store, folder: Path) -> None:
    sync = await sync_library(store, "notes", folder)
    indexes = Indexes()
    first = await indexes.of(store, sync.library)
    assert await indexes.of(store, sync.library) is first
    (folder / "more.md").write_text("More about the Ushant lamp.")
    newer = await indexes.of(store, (await sync_library(store, "notes", folder)).library)
    assert newer is not first
    assert len(newer.documents) == 4


async def test_passages_cover_every_sentence(store: Store, folder: Path) -> None:
    (folder / "long.md").write_text(" ".join(f"Sentence number {n} is here." for n in range(23)))
    sync = await sync_library(store, "notes", folder)
    row = next(row for row in await store.documents(sync.library.id) if row.path == "long.md")
    snapshot = await store.snapshot(row.snapshot_id or "")
    assert snapshot
    together = " ".join(chunk.text for chunk in chunks_of(row.title, snapshot))
    assert all(snapshot.sentence(n) in together for n in range(23))


async def test_what_a_text_lacks_stays_with_the_document(store: Store, folder: Path) -> None:
    sync = await sync_library(store, "notes", folder)
    document = (await store.documents(sync.library.id))[0]
    document.notes = [{"kind": "hidden_sheets", "count": 2, "detail": "Costs, Rates"}]
    await store.put_documents(sync.library.id, [document])
    stored = (await store.documents(sync.library.id))[0]
    opened = await open_document(store, sync.library, stored)
    note = ReadingNote(kind="hidden_sheets", count=2, detail="Costs, Rates")
    assert opened.page.notes == (note,)
    assert opened.reading("job").notes == (note,)


async def test_a_document_is_opened_by_its_name_in_plain_letters_too(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "运营 数据.md").write_text(
        "# 运营\n\n一月能耗为每公里1.38千瓦时。\n", encoding="utf-8"
    )
    (folder / "%41 #2.md").write_text("# Odd\n\nThis paper has an odd name.\n", encoding="utf-8")
    (folder / "A #2.md").write_text("# Plain\n\nThis paper has a plain one.\n", encoding="utf-8")
    await sync_library(store, "papers", folder)
    async with Surfer(settings, store, SourceChoice(libraries=("papers",))) as surfer:
        [opened, odd] = await surfer.open(
            ["library://papers/运营 数据.md", "library://papers/%41 #2.md"]
        )
        assert isinstance(odd, Opened) and "odd name" in odd.snapshot.text
        named = surfer.address_of("运营 数据.md")
        assert isinstance(opened, Opened) and named == opened.canonical_url
        assert surfer.address_of("no such.md") == "no such.md"
        assert surfer.address_of("papers/运营 数据.md") == named
        assert [surfer.address_of(name) for name in ("", "/", ".md")] == ["", "/", ".md"]
    assert isinstance(opened, Opened) and "1.38" in opened.snapshot.text
