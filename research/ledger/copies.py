"""Texts that are near-copies of each other: syndicated articles, mirrors, one page under two
addresses. Pure.

Measured by the share of five-word shingles (five characters in Chinese) of the smaller text that
are in the larger one too (Broder 1997, containment), so that an article in a longer page is still
found. Copies never count as corroboration. They are read all the same and may contradict each
other: an archived page and its newer version are near-copies too. Not here: copies of single
sentences (`ledger.py`), paraphrases, translations.
"""

import re
import unicodedata
import zlib
from collections.abc import Mapping

from research.process.lru_cache import LruCache
from research.text.language import HAN

COPIED = 0.8
WORDS = 5
# a text much shorter than the other is a part of it, an abstract say, and makes two that hold it no
# copies of each other
COMPARABLE = 0.25
LEAST = 25  # with fewer shingles a text is too short to be told from a common phrase
_WORD = re.compile(rf"[{HAN}]|[^\W_]+")

KEPT = 500_000  # shingles of texts that are kept once hashed: each round looks at them again

Sketch = frozenset[int]
_sketches: LruCache[tuple[int, int], Sketch] = LruCache(KEPT, len)


def sketch(text: str) -> Sketch:
    """The hashes of a text's shingles, the same for the same text in every process."""
    key = len(text), hash(text)
    if key not in (found := _sketches.found([key])):
        words = words_of(text)
        shingles = map(" ".join, zip(*(words[i:] for i in range(WORDS)), strict=False))
        hashed = (zlib.crc32(one.encode("utf-8", "replace")) for one in shingles)
        found[key] = frozenset(hashed)
        _sketches.keep(found)
    return found[key]


def words_of(text: str) -> list[str]:
    """The words of a text alone, a Chinese character being one."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def resemblance(first: Sketch, second: Sketch) -> float:
    """The share of the smaller sketch that is in the larger (0 to 1); 0 where it is too small to
    tell, or a small part of the other."""
    smaller, larger = sorted((first, second), key=len)
    comparable = len(smaller) >= max(LEAST, COMPARABLE * len(larger))
    return len(smaller & larger) / len(smaller) if comparable else 0.0


def copies_of(texts: Mapping[str, str]) -> dict[str, str]:
    """For each text that is a near-copy of one before it, the id of that one; the first of a family
    is no copy."""
    originals: dict[str, Sketch] = {}
    found: dict[str, str] = {}
    for name, text in texts.items():
        own = sketch(text)
        for known, theirs in originals.items():
            if resemblance(own, theirs) >= COPIED:
                found[name] = known
                break
        else:
            originals[name] = own
    return found
