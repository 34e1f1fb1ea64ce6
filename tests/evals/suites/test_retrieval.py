"""The suite retrieval: figures by hand, data that is checked, and a whole run over a small corpus."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.data.multi_hop import load_corpus
from evals.errors import DataInvalid, EvalError
from evals.suites.retrieval import ndcg, perform, recall
from research.settings import Settings

PASSAGES = [
    {
        "id": "a",
        "title": "Maximum Dread",
        "text": "Maximum Dread is a film by Stella Kemp, shot around Leland.",
    },
    {"id": "b", "title": "Stella Kemp", "text": "Her father was a merchant seaman."},
    *(
        {
            "id": f"n{n}",
            "title": f"Note {n}",
            "text": f"Note {n} is about ports, mills and the weather.",
        }
        for n in range(30)
    ),
]
QUESTIONS = [
    {
        "id": "q:1",
        "set": "hotpot_train",
        "question": "Who made the film that was shot around Leland?",
        "gold": ["a", "b"],
    },
    {"id": "q:2", "set": "musique", "question": "Which note is number 7?", "gold": ["n7"]},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data-set"
    folder.mkdir()
    (folder / "passages.jsonl.gz").write_bytes(
        gzip.compress("\n".join(map(json.dumps, PASSAGES)).encode())
    )
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    return folder


def test_figures_by_hand() -> None:
    assert recall({"a", "b"}, ["x", "a", "y", "b"], 2) == 0.5
    assert ndcg({"a"}, ["x", "a"], 10) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg({"a", "b"}, ["a", "b"], 10) == 1.0
    assert ndcg({"a"}, ["x"] * 10 + ["a"], 10) == 0.0


@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.permutations("abcdef"), st.integers(1, 6))
def test_figures_stay_between_nothing_and_all(gold: set[str], ids: list[str], depth: int) -> None:
    assert 0 <= ndcg(gold, ids, depth) <= 1 + 1e-9
    assert recall(gold, ids, 6) == 1


async def test_a_run(data: Path, settings: Settings) -> None:
    told: list[str] = []
    outcome = await perform(data, settings, part="all", keep=None, tell=told.append)
    assert (outcome.n, outcome.ungraded, outcome.system) == (2, 0, "leadline, no embeddings")
    metrics = outcome.metrics
    assert metrics["hotpotqa.all_gold@20"].value == 1.0
    assert metrics["bm25.hotpotqa.all_gold@20"].value == 0.0
    assert metrics["bm25.hotpotqa.recall@5"].value == 0.5
    assert metrics["musique.recall@5"].value == 1.0
    assert (metrics["query_ms.p95"].value or 0) > 0
    assert any("words and links alone" in line for line in told)
    assert json.loads(outcome.line())["suite"] == "retrieval"
    assert (await perform(data, settings, part="even", keep=None, tell=told.append)).n == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"id": "q:3"', "Expecting"),
        ('{"id": "q:3", "set": "x", "question": "?", "gold": []}', "gold"),
        ("7", "valid"),
    ],
)
def test_a_line_that_is_wrong_is_named(data: Path, line: str, why: str) -> None:
    (data / "questions.jsonl").write_text(json.dumps(QUESTIONS[0]) + "\n" + line)
    with pytest.raises(DataInvalid, match=rf"Line 2 .*{why}"):
        load_corpus(data)


def test_gold_must_be_there_and_so_must_the_files(data: Path, tmp_path: Path) -> None:
    (data / "questions.jsonl").write_text(json.dumps(QUESTIONS[0] | {"gold": ["nowhere"]}))
    with pytest.raises(DataInvalid, match="no passage nowhere"):
        load_corpus(data)
    with pytest.raises(EvalError, match="cannot be read"):
        load_corpus(tmp_path)
