"""What documents were found to be (a draft, archived, superseded), as the judge is asked whether
they are: whoever was misled by one page could call another outdated.

Asked over how a document begins and what in it comes nearest to such a mark."""

import asyncio
from collections.abc import Mapping

from agents.judge.judging import Judge, Statement
from agents.judge.nearness import Nearness
from research.domain import Standing
from research.store.documents import Documents

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
    verdicts = await judge.verdicts(list(asked.values()))
    held = {
        id
        for id, verdict in zip(asked, verdicts, strict=True)
        if verdict is not None and verdict.word == "supported"
    }
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
        near = nearness.nearest(f"{standing} {_MARKED[standing]}", {document.reading.id})
        text = f"This document says of itself that it is {_MARKED[standing]}."
        asked[snapshot_id] = Statement(
            text, "fact", evidence=tuple(dict.fromkeys((beginning, *near)))
        )
    return asked
