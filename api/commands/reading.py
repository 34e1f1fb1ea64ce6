"""`leadline read`: what an agent would see of pages and files, as text or as Source JSON, one a
line.

A file is read as it lies there, so a page that a person captured in a browser of their own can be
handed in: its `via` says `file`. Nothing is stored and no model is asked; without a URL there is no
network. Not here: how pages are opened (`browser/`).
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from api.messages.answers import SourceAnswer
from browser.opener import Opener, open_file
from browser.types import Opened
from research.errors import ReadingError
from research.reporting.missing import missing
from research.settings import Settings

Say = Callable[[str], None]


async def read(
    places: Sequence[str], settings: Settings, *, as_json: bool, echo: Say, tell: Say
) -> int:
    """Read URLs and files in the order given, telling each failure; gives how many could be
    read."""
    results = await _open_all(places, settings)
    pages = [result for result in results if isinstance(result, Opened)]
    for result in results:
        if isinstance(result, ReadingError):
            tell(f"Error: {result}")
    for page in pages:
        echo(as_line(page) if as_json else as_text(page))
    return len(pages)


async def _open_all(places: Sequence[str], settings: Settings) -> list[Opened | ReadingError]:
    if not any(map(_is_url, places)):
        return [await _attempt(place, None) for place in places]
    async with Opener(settings) as opener:
        return list(await asyncio.gather(*(_attempt(place, opener) for place in places)))


def _is_url(place: str) -> bool:
    return "://" in place


async def _attempt(place: str, opener: Opener | None) -> Opened | ReadingError:
    try:
        if opener is not None and _is_url(place):
            return await opener.open(place)
        return await open_file(Path(place))
    except ReadingError as error:
        return error


def as_line(page: Opened) -> str:
    """The page as Source JSON; its reading belongs to no job."""
    return json.dumps(_source(page).model_dump(mode="json"), ensure_ascii=False)


def as_text(page: Opened) -> str:
    """The page for a person: what is known of it, then its sentences as agents see them, numbered,
    under their headings."""
    source = _source(page)
    facts = [
        ("url", source.url),
        ("site", source.site),
        ("author", source.author),
        ("published", source.published_at),
    ]
    known = [f"{name}: {value}" for name, value in facts if value]
    via = f"{page.via} ({page.why})" if page.why else page.via
    read = f"read: {via}, {source.media_type}, {source.extractor}"
    lacks = [f"missing: {'; '.join(missing(source.notes, 'en'))}"] if source.notes else []
    return "\n".join([f"# {source.title}", *known, read, *lacks, "", *_sentences(page), ""])


def _sentences(page: Opened) -> list[str]:
    headings = list(page.page.sections)
    shown: list[str] = []
    for number, (start, end) in enumerate(page.snapshot.sentences, 1):
        while headings and headings[0][0] <= start:
            shown.append(f"\n[{headings.pop(0)[1]}]")
        shown.append(f"S{number} {page.snapshot.text[start:end]}")
    return shown


def _source(page: Opened) -> SourceAnswer:
    return SourceAnswer.of(page.reading(""), page.snapshot)
