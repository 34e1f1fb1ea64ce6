"""The nouns of reading: what a search found, and a page that was opened. Not here: the page's own nouns
(`research.types`).
"""

from dataclasses import dataclass
from typing import Literal

from research.types import Noun, PageText, Snapshot

Via = Literal["library", "http", "browser", "file"]


class Hit(Noun):
    """One search result. `library` names the library it is from, None for the web; `score` is the fused rank score."""

    url: str
    title: str
    snippet: str
    provider: str
    published_at: str | None = None
    library: str | None = None
    score: float = 0.0


class SearchOutcome(Noun):
    """What was found and which providers failed, e.g. "duckduckgo: timed out". No hits and no failures means nothing
    was found."""

    hits: tuple[Hit, ...]
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A page that was really read: its text, the snapshot of it and where the bytes came from."""

    page: PageText
    snapshot: Snapshot
    url: str
    canonical_url: str
    via: Via
    raw_sha256: str
    private: bool
