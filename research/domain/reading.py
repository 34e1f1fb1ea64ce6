"""What was read: the text of a page, one act of reading it, and what the reading left out.

What a page said lives in `Snapshot`; state, claims and reports hold ids and offsets into it.
"""

from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Literal

from pydantic import Field

from research.domain.base import Noun, Span

NoteKind = Literal[
    "pictures",  # pictures, drawings and charts whose content has no text
    "media",  # sound and film
    "form_fields",  # fields of a form whose values were not read
    "formulas",  # formulas that have no readable form
    "pages_without_text",  # pages that are pictures of their text
    "hidden_sheets",  # sheets, rows and slides that the document hides
    "withdrawn",  # passages that the document strikes out, left out of the text
    "attachments",  # files within the document
    "comments",  # remarks beside the text
    "parts_cut",  # parts read up to a limit
    "parts_unread",  # parts that could not be read at all
    "dialect_unknown",  # a table of text whose separator could not be told
    "bytes_lost",  # bytes that are no text in the document's encoding
]


LONGEST_ADDRESS = 500  # characters of an address that agents are told, and may open


class Link(Noun):
    """A link of a page: the whole address it leads to, and its visible text on one line."""

    url: str
    text: str


class Snapshot(Noun):
    """The text of a page as it was read; `id` is the lower-case hex sha-256 of `text` in UTF-8. A
    sentence is a span of the text."""

    id: str
    text: str
    sentences: tuple[Span, ...]

    def sentence(self, index: int) -> str:
        return self._cut[index]

    @cached_property
    def _cut(self) -> list[str]:
        """The sentences by themselves: each is asked for, and looked up by its hash, many times."""
        return [self.text[start:end] for start, end in self.sentences]

    def is_whole(self) -> bool:
        """Whether the text is the one the id names, with its sentences within it."""
        within = all(0 <= start < end <= len(self.text) for start, end in self.sentences)
        return within and sha256(self.text.encode()).hexdigest() == self.id


class ReadingNote(Noun):
    """What the text of a document lacks: `count` things of one kind. `detail` says which, in the
    document's own words (names of sheets or files), as one short line, '' where nothing names them.
    """

    kind: NoteKind
    count: int = Field(default=1, ge=1)
    detail: str = ""


class Reading(Noun):
    """One act of reading, in one job: where the text came from, when and how. `document` is the
    number of its snapshot in the job and those before it, counted from 1; 0 until the reading is
    stored."""

    id: str
    job_id: str
    snapshot_id: str
    url: str
    canonical_url: str
    title: str
    site: str
    author: str | None = None
    published_at: str | None = None
    fetched_at: datetime
    media_type: str
    via: str
    raw_sha256: str
    extractor: str
    private: bool = False
    document: int = 0
    notes: tuple[ReadingNote, ...] = ()


class PageText(Noun):
    """What extraction makes of bytes, before it is a reading. `sentences` are spans of `text`;
    `sections` name where each part stands (a heading, a page, a sheet) by the offset it starts
    at. `links` are those of a page in HTML, of its main text first."""

    text: str
    sentences: tuple[Span, ...]
    sections: tuple[tuple[int, str], ...] = ()
    title: str = ""
    site: str = ""
    author: str | None = None
    published_at: str | None = None
    media_type: str
    extractor: str
    notes: tuple[ReadingNote, ...] = ()
    links: tuple[Link, ...] = ()
