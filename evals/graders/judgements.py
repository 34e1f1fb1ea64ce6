"""Judgements that were paid for: a file of JSON lines that only grows, so that a run goes on where
it stopped.

A key holds everything a judgement depends on. A line that cannot be read (a torn write) is a
judgement to make again, no more.
"""

import hashlib
import json
from pathlib import Path
from typing import Literal, get_args

from research.domain import Noun, now

Answer = Literal["yes", "partly", "no"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


class Judgement(Noun):
    """One verdict on one criterion of one report, and why, if the judge said so."""

    verdict: Answer
    reason: str = ""


def key_of(*parts: object) -> str:
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()


class Judgements:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = dict(_read(path))

    def get(self, key: str) -> Judgement | None:
        return self._known.get(key)

    def put(self, key: str, judgement: Judgement, **about: object) -> None:
        """Keep a judgement at once; `about` is for the reader of the file."""
        self._known[key] = judgement
        line = json.dumps(
            {"key": key, **judgement.model_dump(), **about, "at": now().isoformat()},
            ensure_ascii=True,
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+") as file:
            file.seek(max(0, file.tell() - 1))
            whole = file.read(1) in (b"", b"\n")
            file.write((line if whole else "\n" + line).encode() + b"\n")


def _read(path: Path) -> list[tuple[str, Judgement]]:
    found = []
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        try:
            data = json.loads(line)
            found.append(
                (
                    str(data["key"]),
                    Judgement(verdict=data["verdict"], reason=data.get("reason", "")),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return found
