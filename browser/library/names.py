"""The names a text states: what links one document to another. Pure.

In Latin, Greek and Cyrillic script a name is a run of capitalised words; in Chinese it is what
stands between book title marks, or a title of the library that a text holds. A guess, made for
search: what begins a sentence may be taken for a name, and is then too common to weigh much. Not
here: what is made of the links (`links.py`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from research.text.sentences import STOPWORDS, language_of

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff"
_WORD = rf"(?:[A-Z]\.|[A-ZÀ-ÞΑ-ΩА-Я](?:(?![{_CJK}])[\w'’-])*)"
_RUN = re.compile(
    rf"(?:{_WORD}|\b\d{{4}}\b)(?:\s+(?:(?:of|the|de|la|von|van|and|for|in|&|du"
    rf"|del)\s+){{0,2}}(?:{_WORD}|\d+))*"
)
_JOINTS = re.compile(r"\s+(?:of|the|and|for|in|&)(?:\s+the)?\s+")
_MARKED = re.compile(r"[《〈]([^》〉]{2,30})[》〉]")
_ASIDE = re.compile(r"\s*[\(（][^)）]*[\)）]\s*$")
_DATED = re.compile(r"^\d+ (?=.{3})")
_YEAR = re.compile(r"\d{1,4}")
_CHINESE_RUN = re.compile(rf"[{_CJK}]+")
_LEADING = STOPWORDS | set("during however although since until under among".split())
SHORTEST_CHINESE = 2


def names_in(text: str) -> set[str]:
    """The names of a text, lower case: whole runs and their parts, "gulf of mexico" and
    "mexico"."""
    found = {
        name
        for run in _RUN.findall(text)
        for part in {run, *_JOINTS.split(run)}
        if (name := _name(part))
    }
    undated = {_DATED.sub("", name) for name in found}
    return found | undated | {marked.strip() for marked in _MARKED.findall(text)}


def title_names(title: str) -> set[str]:
    """The names a title states, and the whole title without an aside in brackets at its end."""
    whole = _whole(title)
    return names_in(whole) | ({whole.lower()} if whole else set())


def _whole(title: str) -> str:
    return _ASIDE.sub("", title).strip() or title.strip()


def _name(run: str) -> str | None:
    words = run.replace("’", "'").strip(" .'-").removesuffix("'s").lower().split()
    while words and words[0] in _LEADING:
        words.pop(0)
    name = " ".join(words)
    return name if len(name) > 2 and not _YEAR.fullmatch(name) else None


class ChineseTitles:
    """Finds titles of Chinese documents in Chinese text, where no capital shows a name."""

    def __init__(self, titles: Iterable[str]) -> None:
        self._by_head: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for title in map(_whole, titles):
            if len(title) >= SHORTEST_CHINESE and language_of(title) == "zh":
                self._by_head[title[:2].lower()][len(title)].add(title.lower())

    def in_text(self, text: str) -> set[str]:
        if not self._by_head or not _CHINESE_RUN.search(text):
            return set()
        text = text.lower()
        found = set()
        for start in range(len(text) - 1):
            for length, titles in self._by_head.get(text[start : start + 2], {}).items():
                if text[start : start + length] in titles:
                    found.add(text[start : start + length])
        return found
