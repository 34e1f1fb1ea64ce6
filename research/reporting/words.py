"""The fixed words of a report, in English and Chinese; they stand in `words.toml`, as prompts stand
in files. Not here: the viewer's own, its banners among them (`api/viewer/strings.py`)."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

Words = Mapping[str, Mapping[str, str]]  # by language, then by name


def words_in(file: Path) -> Words:
    return tomllib.loads(file.read_text(encoding="utf-8"))


WORDS = words_in(Path(__file__).with_suffix(".toml"))


def words_of(language: str, words: Words = WORDS) -> Mapping[str, str]:
    """The words of a language by its tag, English ones where we have none."""
    return words.get(language.split("-")[0].lower(), words["en"])
