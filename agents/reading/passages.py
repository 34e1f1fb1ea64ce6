"""Documents as a strong model reads them: contiguous text under its headings, each sentence after
its name: `[d3.12] text`.

Text from outside is data: every sentence stands on one line, looks like no name of a sentence, and
is left out where it speaks to an assistant. Not here: which sentences are worth reading
(`choosing.py`).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from research.domain import LONGEST_ADDRESS, Line
from research.store.documents import Document, Documents
from research.text.sentences import clip, estimate_tokens, remembered

FILLED = 2  # sentences between two that are shown, at most, that are shown with them
TITLE, FACT, HEADING = 160, 80, 100  # characters
_FORGED = re.compile(r"\[(?=\s*d\d+(?:\.\d+)?\s*\])", re.IGNORECASE)
_CUT = "…"


def surrounded(document: Document, indexes: Collection[int]) -> list[int]:
    """The sentences with their neighbours under the same heading and what lies in small gaps;
    without those that speak to an assistant."""
    near = {index for index in indexes if 0 <= index < document.size}
    for index in list(near):
        for beside in (index - 1, index + 1):
            if 0 <= beside < document.size and document.headings(beside) == document.headings(
                index
            ):
                near.add(beside)
    filled = set(near)
    last: int | None = None
    for index in sorted(near):
        if last is not None and index - last <= FILLED + 1:
            filled.update(range(last + 1, index))
        last = index
    return [index for index in sorted(filled) if is_shown(document, index)]


def is_shown(document: Document, index: int) -> bool:
    """Whether a sentence is one for readers."""
    return not addresses_assistant(document.snapshot.sentence(index))


def cost(document: Document, indexes: Iterable[int]) -> int:
    """About how many tokens sentences are, with their names."""
    return sum(estimate_tokens(_sentence(document, index)) for index in indexes)


def within(
    documents: Documents, chosen: Mapping[int, Sequence[int]], room: int | None
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """What of the chosen sentences there is room for, in order, and what there is not."""
    kept: dict[int, list[int]] = {}
    left: dict[int, list[int]] = {}
    for number, indexes in chosen.items():
        document = documents.get(number)
        for index in indexes if document else ():
            size = cost(document, [index]) if document and room is not None else 0
            fits = not left and (room is None or size <= room)
            (kept if fits else left).setdefault(number, []).append(index)
            room = room - size if room is not None and fits else room
    return kept, left


def text_of(documents: Documents, chosen: Mapping[int, Sequence[int]]) -> str:
    """Exactly these sentences, document by document."""
    found = ((documents.get(number), indexes) for number, indexes in chosen.items())
    return "\n\n".join(
        _document(document, indexes) for document, indexes in found if document and indexes
    )


def head(document: Document) -> str:
    """The line above a document: what it is, whose, and when it was published and read."""
    reading = document.reading
    read = f"read {reading.fetched_at.date().isoformat()}"
    when = f"published {_fact(reading.published_at)} ({read})" if reading.published_at else read
    facts = [_fact(reading.site), _fact(reading.author), when, _address(reading.url)]
    facts += [
        _fact(reading.media_type),
        f"{document.size} sentence{'s' if document.size > 1 else ''}",
    ]
    return f"[{document.name}] {title(document)} — {', '.join(fact for fact in facts if fact)}"


def title(document: Document) -> str:
    reading = document.reading
    said = clip(inert(reading.title), TITLE)
    return said if said and not addresses_assistant(said) else _fact(reading.site) or _CUT


def _fact(said: str | None, most: int = FACT) -> str:
    """Something that a document says of itself; '' where it speaks to an assistant."""
    text = clip(inert(said or ""), most)
    return "" if addresses_assistant(text) else text


def _address(url: str) -> str:
    """Whole or not at all: a part of an address leads elsewhere."""
    return _fact(url, LONGEST_ADDRESS) if len(url) <= LONGEST_ADDRESS else ""


@remembered  # a sentence is shown, and what it costs is counted, again and again
def inert(text: str) -> str:
    """Text from outside on one line, where nothing looks like the name of a sentence or of a
    document."""
    told = _FORGED.sub("(", on_one_line(text))
    return text if told == text else told  # kept once where nothing changes


def _document(document: Document, indexes: Sequence[int]) -> str:
    runs = [_run(document, run) for run in runs_of(indexes)]
    return f"{head(document)}\n\n" + f"\n\n{_CUT}\n\n".join(runs)


def runs_of(indexes: Iterable[int]) -> list[list[int]]:
    """Sentences that follow each other, together."""
    ordered = sorted(set(indexes))
    groups = groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0])
    return [[index for _, index in group] for _, group in groups]


def _run(document: Document, run: Sequence[int]) -> str:
    """Sentences that follow each other, with their headings, in the paragraphs and rows they stand
    in."""
    text = ""
    path: tuple[str, ...] = ()
    for index in run:
        above = document.headings(index)
        gap = _gap(document, index) if text else ""
        if above != path:
            path = above
            gap = "\n\n" if text else ""
            gap += f"{_heading(above)}\n\n" if above else ""
        text += gap + _sentence(document, index)
    return text


def _gap(document: Document, index: int) -> str:
    """What parts a sentence from the one before it: an empty line between paragraphs, a line end
    between rows."""
    between = document.gap(index)
    if "\n\n" in between:
        return "\n\n"
    return "\n" if "\n" in between else " "


def _heading(path: Sequence[str]) -> str:
    names = (clip(inert(name), HEADING) for name in path)
    return f"## {' > '.join(_CUT if addresses_assistant(name) else name for name in names)}"


def _sentence(document: Document, index: int) -> str:
    return f"[{document.mark(index)}] {inert(document.snapshot.sentence(index))}"


def line_of(document: Document, index: int) -> Line:
    """A sentence of a document, as an agent was shown it."""
    return Line(
        number=index + 1,
        document=document.number,
        reading_id=document.reading.id,
        snapshot_id=document.snapshot.id,
        index=index,
        text=document.snapshot.sentence(index),
    )


def places_of(lines: Iterable[Line]) -> dict[int, list[int]]:
    """The places of sentences, from 0, by the number of their document."""
    places: dict[int, list[int]] = {}
    for line in lines:
        places.setdefault(line.document, []).append(line.index)
    return places


def named(places: Mapping[int, Iterable[int]]) -> str:
    """Sentences by their names, those that follow each other as a range: `d3.12–20, d3.40`."""
    names: list[str] = []
    for number, indexes in places.items():
        for run in runs_of(indexes):
            last = f"–{run[-1] + 1}" if len(run) > 1 else ""
            names.append(f"d{number}.{run[0] + 1}{last}")
    return ", ".join(names)
