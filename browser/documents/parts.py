"""From pieces of a document to its text: headings, paragraphs and rows joined into Markdown with
sentences and sections at known offsets.

Every extractor ends here, so that all snapshots are cleaned and split alike. A row of a table is
one sentence.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from browser.documents.dates import Byline, byline_of
from research.domain import NoteKind, PageText, ReadingNote, Snapshot, Span
from research.text.sentences import clean_text, clip, sentence_spans

# Characters that show nothing: they hide words from people or break them for search. Joiners stay,
# scripts need them.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
CODE_LINE = 200  # characters
NOTE_DETAIL = 200  # characters


@dataclass(frozen=True)
class Part:
    """A piece of a document. `marks` name the sections (pages) that start in it, each at an offset
    of its text."""

    text: str
    kind: Literal["heading", "paragraph", "row", "code"] = "paragraph"
    level: int = 2
    marks: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Facts:
    """What a document says about itself."""

    title: str = ""
    site: str = ""
    author: str | None = None
    published_at: str | None = None


def tidy(text: str) -> str:
    """One line of clean text."""
    if not (text.isascii() and text.isprintable()):  # else it has no other space than " "
        text = _INVISIBLE.sub("", clean_text(text))
    return " ".join(text.split())


def compose(
    parts: Iterable[Part],
    facts: Facts,
    *,
    media_type: str,
    extractor: str,
    notes: Iterable[ReadingNote] = (),
) -> PageText:
    """Join the parts: rows by a line end, all else by an empty line. A byline under the title fills
    in facts that are missing. `notes` are what the reader left out; alike ones are counted as one.
    """
    said = [(part, body) for part in parts if (body := _body(part))]
    facts = with_byline(facts, [part for part, _ in said], plain=media_type == "text/plain")
    text = ""
    sentences: list[Span] = []
    sections: list[tuple[int, str]] = []
    last = ""
    for part, body in said:
        text += ("\n" if part.kind == last == "row" else "\n\n") if text else ""
        start = len(text)
        sections.extend((start + min(at, len(body)), tidy(name)) for at, name in part.marks)
        if part.kind == "heading":
            sections.append((start, body.replace("\n", " ")))
            text += "#" * part.level + " " + body.replace("\n", " ")
        else:
            text += body
            spans = _spans(part, body)
            sentences.extend((start + left, start + right) for left, right in spans)
        last = part.kind
    return PageText(
        text=text,
        sentences=tuple(sentences),
        sections=tuple(
            sorted(sections, key=lambda section: section[0])
        ),  # where a page begins with a heading, that comes last
        title=tidy(facts.title),
        site=tidy(facts.site),
        author=tidy(facts.author) if facts.author else None,
        published_at=facts.published_at,
        media_type=media_type,
        extractor=extractor,
        notes=summed(notes),
    )


def _body(part: Part) -> str:
    """The clean text of a part, '' where nothing shows."""
    if part.kind == "code":
        return _code(part.text) if tidy(part.text) else ""
    return "\n".join(line for raw in part.text.split("\n") if (line := tidy(raw)))


def why_empty(page: PageText) -> str:
    """The reason to give for a page without a sentence."""
    unread = any(note.kind in ("parts_unread", "parts_cut") for note in page.notes)
    return "its text stands in parts that could not be read" if unread else "no text in it"


def summed(notes: Iterable[ReadingNote]) -> tuple[ReadingNote, ...]:
    """One note for all of a kind and detail, with their counts added, in the order of the first."""
    counts: dict[tuple[NoteKind, str], int] = {}
    for note in notes:
        key = (note.kind, clip(tidy(note.detail), NOTE_DETAIL))
        counts[key] = counts.get(key, 0) + note.count
    return tuple(
        ReadingNote(kind=kind, count=count, detail=detail)
        for (kind, detail), count in counts.items()
    )


def _spans(part: Part, body: str) -> tuple[Span, ...]:
    """A row is one sentence, a line of code one at most."""
    if part.kind == "code":
        return _lines_of_code(body)
    return ((0, len(body)),) if part.kind == "row" else sentence_spans(body)


def _lines_of_code(body: str) -> tuple[Span, ...]:
    """The lines between the fences that have a letter or a figure; a long one may be prose, and is
    parted."""
    spans: list[Span] = []
    start = 0
    lines = body.split("\n")
    for number, line in enumerate(lines):
        text = line.strip()
        if 0 < number < len(lines) - 1 and any(char.isalnum() for char in text):
            begins = start + line.index(text)
            inner = sentence_spans(text) if len(text) > CODE_LINE else ((0, len(text)),)
            spans.extend((begins + left, begins + right) for left, right in inner)
        start += len(line) + 1
    return tuple(spans)


def _code(text: str) -> str:
    """Code between fences, its lines as they are indented."""
    lines = [
        _INVISIBLE.sub("", clean_text(line)).replace("\t", "    ").rstrip()
        for line in text.split("\n")
    ]
    return "\n".join(["```", *lines, "```"])


UNDER_TITLE = 3  # lines among which a byline is looked for


def with_byline(facts: Facts, parts: Sequence[Part], *, plain: bool = False) -> Facts:
    """The facts, with those of a byline under the title where they are missing. `plain` text marks
    no headings."""
    known = facts.author and facts.published_at
    byline = (
        _byline(parts[1 : 1 + UNDER_TITLE])
        if not known and parts and _is_title(parts[0], facts, plain)
        else None
    )
    if not byline:
        return facts
    return replace(
        facts,
        author=facts.author or byline.author,
        published_at=facts.published_at or byline.published_at,
    )


def _is_title(part: Part, facts: Facts, plain: bool) -> bool:
    """In plain text a short first line will do."""
    text = tidy(part.text)
    short = plain and len(text) <= 120 and text[-1] not in ".。"
    return part.kind == "heading" or text == tidy(facts.title) or short


def _byline(parts: Sequence[Part]) -> Byline | None:
    for part in parts:
        text = tidy(part.text)
        if part.kind != "paragraph" or text[-1] in ".!?。！？":
            return None
        if byline := byline_of(text):
            return byline
    return None


def snapshot_of(page: PageText) -> Snapshot:
    return Snapshot(
        id=hashlib.sha256(page.text.encode()).hexdigest(), text=page.text, sentences=page.sentences
    )


_CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def join_lines(lines: Sequence[str]) -> str:
    """Wrapped lines as one; Chinese without a space between."""
    text = ""
    for line in (line.strip() for line in lines):
        gap = "" if not text or (_CJK.match(text[-1]) and _CJK.match(line)) else " "
        text += gap + line
    return text
