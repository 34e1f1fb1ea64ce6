"""Claims labelled against a whole page, in the format of WiCE: one JSON object a line. Not here:
judging them (`suites/verify.py`)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from research.errors import InputRejected
from research.text.sentences import sentence_spans

Label = Literal["supported", "partially_supported", "not_supported"]
LABELS: tuple[Label, ...] = get_args(Label)
TITLE = "(meta data) TITLE: "


@dataclass(frozen=True)
class Labelled:
    """A claim, the sentences of the page it cites, the label, and each set of sentence numbers that
    an annotator took for its support. `context` is the article it stands in, its heading there and
    the sentence before it, as far as they are told."""

    claim: str
    title: str
    sentences: tuple[str, ...]
    label: Label
    support: tuple[frozenset[int], ...]
    id: str = ""
    context: str = ""


def load(data: Path) -> list[Labelled]:
    """The claims of a file, or of `dev.jsonl` in a folder. Raises `InputRejected`."""
    path = data / "dev.jsonl" if data.is_dir() else data
    try:
        return list(_read(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputRejected(
            field="--data",
            reason=f"{path.name} cannot be read: {error}",
            mend="Give a file in the format of WiCE.",
        ) from error


def _read(path: Path) -> Iterator[Labelled]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["label"] not in LABELS:
            raise ValueError(f"unknown label {row['label']}")
        sentences = tuple(str(sentence) for sentence in row["evidence"])
        title = (
            sentences[0].removeprefix(TITLE) if sentences and sentences[0].startswith(TITLE) else ""
        )
        support = tuple(frozenset(one) for one in row["supporting_sentences"])
        about = row.get("meta", {})
        yield Labelled(
            str(row["claim"]),
            title,
            sentences,
            row["label"],
            support,
            str(about.get("id", "")),
            _context(about),
        )


def _context(about: Mapping[str, str]) -> str:
    """What a reader of the claim has read before it."""
    before = about.get("claim_context", "").strip()
    spans = sentence_spans(before)
    last = before[slice(*spans[-1])] if spans else ""
    parts = (
        about.get("claim_title", ""),
        about.get("claim_section", "").strip(" .").replace(".:", ": "),
        " ".join(last.split()),
    )
    return " · ".join(part for part in parts if part)
