"""Embeddings: batches that fit, a model that is missing or not trusted is told, and the real one
where it is on this machine."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.library.embeddings import (
    BATCH_TOKENS,
    FILES,
    MODEL,
    TOKENIZER,
    Embedder,
    _batches,
    embedding_folder,
    missing,
    open_embedder,
)
from research.settings import Settings, load_settings

CACHE = embedding_folder(Settings(embedding_weights=None))
needs_embeddings = pytest.mark.skipif(
    not (CACHE / MODEL.file).is_file(),
    reason=f"{CACHE} has no embedding model; `leadline setup` gets it",
)


@given(st.lists(st.integers(1, 256), max_size=200))
def test_batches_hold_every_text_once_and_stay_small(lengths: list[int]) -> None:
    batches = list(_batches(lengths))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    assert all(
        len(batch) * max(lengths[place] for place in batch) <= BATCH_TOKENS for batch in batches
    )


async def test_without_its_files_there_is_no_embedder_and_the_reason_is_told(
    tmp_path: Path,
) -> None:
    settings = load_settings(embedding_weights=tmp_path, cache_dir=tmp_path / "cache")
    assert missing(settings) == f"{tmp_path / MODEL.file} is not there"
    assert await open_embedder(settings) is None


async def test_other_bytes_are_not_loaded(tmp_path: Path) -> None:
    for weights in FILES:
        (tmp_path / weights.file).write_bytes(b"x" * weights.size)
    settings = load_settings(embedding_weights=tmp_path, cache_dir=tmp_path / "cache")
    assert "does not hold the trusted bytes" in missing(settings)
    assert await open_embedder(settings) is None


def test_what_is_trusted_is_pinned() -> None:
    assert [weights.sha256[:12] for weights in FILES] == ["8199be6f699a", "d241a60d5e8f"]
    assert all(len(weights.sha256) == 64 and "==" in weights.parts[0] for weights in FILES)
    assert TOKENIZER.url.startswith("https://huggingface.co/")


@pytest.mark.model
@needs_embeddings
async def test_what_means_the_same_is_near() -> None:
    embedder = await asyncio.to_thread(Embedder, CACHE)
    texts = [
        "How deep is the ocean?",
        "The depth of the sea was measured.",
        "He baked bread at night.",
        "word " * 5000,
    ]
    vectors = await asyncio.to_thread(embedder.embed, texts)
    near = vectors @ vectors.T
    assert near.diagonal() == pytest.approx([1.0] * 4, abs=1e-4)
    assert near[0, 1] > 0.5 > 0.25 > near[0, 2]
    alone = await asyncio.to_thread(embedder.embed, texts[:1])
    assert alone[0] @ vectors[0] == pytest.approx(
        1.0, abs=0.02
    )  # int8: the batch moves a vector a little, no more
