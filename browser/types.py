"""The nouns of reading: what is searched for, what a search found, and a page that was opened. Not
here: the page's own nouns (`research.domain`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from research.domain import Noun, PageText, Reading, Snapshot, TextLanguage, now
from research.store.records import reading_id

Via = Literal["library", "http", "browser", "file"]


class Query(Noun):
    """What a provider is asked. Dates are inclusive; those and the domains are passed on where the
    provider knows them, and the answers are held to them anyway."""

    text: str
    language: TextLanguage = "en"
    after: date | None = None
    before: date | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class Hit(Noun):
    """One search result. `library` names the library it is from, None for the web; `score` is the
    fused rank score."""

    url: str
    title: str
    snippet: str
    provider: str
    published_at: str | None = None
    library: str | None = None
    score: float = 0.0


class Found(NamedTuple):
    """What one provider answered; `failures` are those of its parts, e.g. the engines of a
    metasearch."""

    hits: list[Hit]
    failures: tuple[str, ...] = ()


class Answered(Noun):
    """Who answered one query, `library NAME` or a provider of the web, and with how many hits; None
    where there was no answer."""

    query: str
    provider: str
    found: int | None


class Ranked(Noun):
    """What all that answered gave for one query, best first."""

    query: str
    hits: tuple[Hit, ...]


class SearchOutcome(Noun):
    """What was found and which providers failed, e.g. "duckduckgo: timed out". No hits and no
    failures means nothing was found. `hits` are the best over all queries, `ranked` those of each
    query that was answered.
    """

    hits: tuple[Hit, ...]
    ranked: tuple[Ranked, ...] = ()
    failures: tuple[str, ...] = ()
    answers: tuple[Answered, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A page that was really read: its text, the snapshot of it and where the bytes came from.
    `why` tells what made a browser necessary."""

    page: PageText
    snapshot: Snapshot
    url: str
    canonical_url: str
    via: Via
    raw_sha256: str
    private: bool
    why: str = ""

    def reading(self, job_id: str) -> Reading:
        """This act of reading, as a job keeps it."""
        return Reading(
            id=reading_id(job_id, self.canonical_url, self.snapshot.id),
            job_id=job_id,
            snapshot_id=self.snapshot.id,
            url=self.url,
            canonical_url=self.canonical_url,
            title=self.page.title or self.url,
            site=self.page.site,
            author=self.page.author,
            published_at=self.page.published_at,
            fetched_at=now(),
            media_type=self.page.media_type,
            via=self.via,
            raw_sha256=self.raw_sha256,
            extractor=self.page.extractor,
            private=self.private,
            notes=self.page.notes,
        )
