"""A closed corpus with multi-hop questions, such as HippoRAG's samples of HotpotQA and MuSiQue:
`passages.jsonl` of `{id, title, text}` and `questions.jsonl` of `{id, set, question, gold}`, either
of them also as `.gz`. Every line is checked. Where answers are measured, a question also has its
`answer` and may have `aliases`.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from evals.errors import DataInvalid, EvalError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[\w.:-]+$", max_length=200)]
NAMES = {"hotpot": "hotpotqa", "musique": "musique"}


class Item(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: Id


class Passage(Item):
    title: Text
    text: Text


class MultiHop(Item):
    """A question and the passages that together answer it."""

    set: Text
    question: Text
    gold: Annotated[tuple[Id, ...], Field(min_length=1)]

    @property
    def dataset(self) -> str:
        """The set's public name: `hotpotqa` for `hotpot_train`."""
        return next(
            (name for begins, name in NAMES.items() if self.set.startswith(begins)), self.set
        )


class Answered(MultiHop):
    """A question with its right answer, and other forms of that."""

    answer: Text
    aliases: tuple[str, ...] = ()

    @property
    def right(self) -> tuple[str, ...]:
        return (self.answer, *self.aliases)


ItemT = TypeVar("ItemT", bound=Item)
QuestionT = TypeVar("QuestionT", bound=MultiHop)


def load_corpus(folder: Path) -> tuple[list[Passage], list[MultiHop]]:
    """Read both files. Raises `DataInvalid` with the first line that is wrong, `EvalError` when a
    file is missing or empty."""
    return load_corpus_of(folder, MultiHop)


def load_corpus_of(folder: Path, kind: type[QuestionT]) -> tuple[list[Passage], list[QuestionT]]:
    """The same, with questions of a kind."""
    passages = _load(folder, "passages.jsonl", Passage)
    path = _path(folder, "questions.jsonl")
    questions = _load(folder, "questions.jsonl", kind)
    known = {passage.id for passage in passages}
    for number, question in enumerate(questions, 1):
        if missing := set(question.gold) - known:
            raise DataInvalid(line=number, path=path, reason=f"there is no passage {min(missing)}")
    return passages, questions


def _path(folder: Path, name: str) -> Path:
    packed = folder / f"{name}.gz"
    return packed if packed.is_file() else folder / name


def _load(folder: Path, name: str, kind: type[ItemT]) -> list[ItemT]:
    path = _path(folder, name)
    items: dict[str, ItemT] = {}
    try:
        for number, line in enumerate(_lines(path), 1):
            if line.strip():
                item = _item(path, number, line, kind)
                if item.id in items:
                    raise DataInvalid(
                        line=number, path=path, reason=f"the id {item.id} was given before"
                    )
                items[item.id] = item
    except (OSError, EOFError) as error:
        raise EvalError(
            reason=f"{path} cannot be read: {error}", mend="Name the folder with --data."
        ) from error
    if not items:
        raise EvalError(reason=f"{path} holds nothing", mend="Name the folder with --data.")
    return list(items.values())


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        yield from stream


def _item(path: Path, number: int, line: bytes, kind: type[ItemT]) -> ItemT:
    try:
        return kind.model_validate(json.loads(line))
    except (ValueError, RecursionError) as error:
        first = (
            error.errors()[0]
            if isinstance(error, ValidationError)
            else {"loc": (), "msg": str(error)}
        )
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")
        raise DataInvalid(line=number, path=path, reason=reason) from error
