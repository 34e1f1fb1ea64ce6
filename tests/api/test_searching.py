"""`leadline search`: hits with what speaks for them and their sentences; without an embedding model
it says so."""

import json
from pathlib import Path

import pytest

from api.commands.searching import find
from browser.library.indexes import Indexes, embed_missing
from browser.library.library import sync_library
from research.store.database import Store
from tests.api.test_cli import leadline
from tests.browser.embedders import TableEmbedder

NOTES = {
    "tides.md": "# Tides\n\nThe spring tide at Brest reaches 7.1 metres. Neap tides are half of that.\n",
    "水电.txt": "东湖电站于二〇二三年投入运行。总装机容量为一千二百兆瓦。\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "notes"
    path.mkdir()
    for name, text in NOTES.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


def test_search_shows_what_an_agent_would_see(folder: Path) -> None:
    answer = leadline(
        "search",
        "How high is the spring tide?",
        "东湖电站的装机容量",
        "--library",
        str(folder),
        "--json",
    )
    assert answer.returncode == 0, answer.stderr
    tides, chinese = map(json.loads, answer.stdout.splitlines())
    assert tides["query"] == "How high is the spring tide?"
    hit = tides["hits"][0]
    assert (hit["title"], hit["path"], hit["private"], hit["provider"]) == (
        "Tides",
        "tides.md",
        True,
        "library",
    )
    assert hit["sentences"][0] == {
        "index": 0,
        "text": "The spring tide at Brest reaches 7.1 metres.",
    }
    assert hit["parts"]["words"] == 1.0 and hit["parts"]["meaning"] == 0.0
    assert {"index": 1, "text": "总装机容量为一千二百兆瓦。"} in chinese["hits"][0]["sentences"]
    assert "words and links alone" in answer.stderr and "leadline setup" in answer.stderr


def test_search_needs_a_library() -> None:
    answer = leadline("search", "tides")
    assert answer.returncode == 1 and "leadline library add" in answer.stderr


async def test_meaning_counts_among_what_speaks_for_a_hit(store: Store, folder: Path) -> None:
    embedder = TableEmbedder({"tide": 0, "ebb": 0})
    library = (await sync_library(store, "notes", folder)).library
    index = await Indexes().of(store, library, embedder)
    await embed_missing(store, index, lambda done, total: None)
    assert index.learned == (1, 1)
    (found,) = await find(store, [index], "ebb", 5, embedder)
    assert (found.hit.words, found.hit.meaning) == (0.0, pytest.approx(1.0))
    assert [text for _, text in found.sentences] == [
        "The spring tide at Brest reaches 7.1 metres.",
        "Neap tides are half of that.",
    ]
