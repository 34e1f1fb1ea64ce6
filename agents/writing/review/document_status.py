"""What documents were found to be (a draft, archived, superseded), as the judge is asked whether
they are: whoever was misled by one page could call another outdated.

Asked over how a document begins, what in it comes nearest to such a mark, and, for one that is
superseded, what other documents of the same place say of it: a site or a library may call its own
outdated, no stranger may."""

import asyncio
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.judge.judging import Judge, Statement
from agents.judge.nearness import Nearness
from research.domain import Quote, Standing
from research.store.documents import Document, Documents
from research.text.sentences import clip

BEGINNING = 4  # sentences of a document
_MARKED: Mapping[Standing, str] = {
    "draft": "a draft, a consultation or a proposal",
    "archived": "archived",
    "superseded": "superseded, replaced, withdrawn or no longer current",
}


async def marked(
    found: Mapping[str, Standing], judge: Judge, documents: Documents, nearness: Nearness
) -> dict[str, Standing]:
    """The standings that hold, by snapshot. One that does not is the reader's to find: its page
    says what it is."""
    asked = await asyncio.to_thread(_statements, found, documents, nearness)
    held = await judge.supported(asked)
    return {id: standing for id, standing in found.items() if id in held}


def _statements(
    found: Mapping[str, Standing], documents: Documents, nearness: Nearness
) -> dict[str, Statement]:
    asked: dict[str, Statement] = {}
    for snapshot_id, standing in found.items():
        document = documents.of_snapshot(snapshot_id)
        if document is None or standing not in _MARKED or not document.size:
            continue
        beginning = documents.quote(document.number, range(min(BEGINNING, document.size)))
        mark = f"{standing} {_MARKED[standing]}"
        near = nearness.nearest(mark, {document.reading.id})
        name = clip(on_one_line(unquote(urlsplit(document.reading.url).path)), 120)
        text = f"“{name}” is {_MARKED[standing]}: its text, its name or its folder says so."
        if standing == "superseded" and (said := _said_beside(document, documents, nearness, mark)):
            near = (*near, *said)
            text = (
                f"“{clip(on_one_line(document.reading.title), 120)}” is {_MARKED[standing]}: "
                "it says so of itself, or another document of its place says so of it."
            )
        evidence = tuple(dict.fromkeys((beginning, *near)))
        asked[snapshot_id] = Statement(text, "fact", evidence=evidence)
    return asked


def _said_beside(
    document: Document, documents: Documents, nearness: Nearness, mark: str
) -> tuple[Quote, ...]:
    """What other documents of the same site or library say that comes nearest to a mark of this
    one; nothing of a title that speaks to an assistant."""
    own = document.reading
    if addresses_assistant(own.title):
        return ()
    others = {one.reading.id for one in documents if one.reading.site == own.site} - {own.id}
    return nearness.nearest(f"{own.title} {mark}", others) if others else ()
