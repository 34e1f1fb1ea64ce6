"""Search, open and read for an agent with a strong model: regions of documents that bear on its goal, the
next part of what it knows, who answered its searches, and what else was found.

What stands in the agent's context is named, not shown again. Not here: the tool's form
(`agents/tools/batch_web_surfer.py`), how text is chosen and looks (`choosing.py`, `passages.py`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.fence import addresses_assistant, on_one_line
from agents.history import visible
from agents.reading.choosing import Choice, add_best, add_from, add_next, is_small
from agents.reading.opening import admitted, open_pages, record, seconds
from agents.reading.passages import head, line_of, named, text_of
from agents.tools import provenance
from browser.passages import Passage, choose_passages
from browser.surfer import Surfer
from browser.types import Hit, Opened, SearchOutcome
from browser.urls import canonical_url
from research.crew import Run
from research.documents import Document, Documents, documents
from research.errors import ReadingError, SearchFailed, ToolError
from research.text import clip
from research.types import Line, Observation, Step, Task

READ = {"quick": 10, "standard": 10, "deep": 15}  # results that a search opens
TOP_K = 20
LISTED = 10  # hits that were not opened, told of
PER_PAGE = 12  # best sentences of a page, around which it is read


@dataclass(frozen=True)
class Asked:
    """What one call asks for: searches, addresses to open, and places to read on at."""

    queries: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass
class Found:
    """What a call has found: its searches, the pages opened and those that could not be."""

    queries: list[str] = field(default_factory=list)
    outcome: SearchOutcome | None = None
    asked_for: frozenset[str] = frozenset()  # canonical addresses that the agent named
    pages: list[Opened] = field(default_factory=list)
    unread: list[ReadingError] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Reader:
    """The reading of one run's strong agents. Calls of one turn are carried out together: each shows what the
    others do not."""

    def __init__(self, surfer: Surfer) -> None:
        self._surfer = surfer
        self._choosing = asyncio.Lock()
        self._shown: dict[tuple[str, int], dict[int, set[int]]] = {}  # in a turn, by document

    async def read(self, run: Run, task: Task, step: Step, asked: Asked) -> Observation:
        """Carry out one call within the run's time. Raises `ToolError` where nothing is asked for,
        `SearchFailed` where nobody answered, `BudgetExhausted`."""
        if not (any(asked.queries) or asked.urls or asked.places):
            raise ToolError(tool=step.tool, reason="give queries, urls or places to read on at")
        found = await self._find(run, step, asked)
        readings = await record(run, task, found.pages)
        known = await documents(run.store, run.job)
        passages = await asyncio.to_thread(self._scored, run, task, found)
        async with self._choosing:
            choice = Choice(await self._seen(run, task, step))
            goes_on = await asyncio.to_thread(_choose, run, known, found, asked.places, passages, choice)
            self._keep(task, step, choice)
        if unknown := known.unknown(asked.places):  # in no words of the model's: failures are told in reports
            found.failures.append(f"{len(unknown)} of the places to read on at are in no document")
        lines = _lines(known, choice.shown)
        return Observation(
            id=f"{task.id}:{step.index}",
            text=self._told(found, known, choice, goes_on),
            lines=tuple(lines),
            queries=tuple(found.queries),
            readings=tuple(dict.fromkeys([*(reading.id for reading in readings), *(line.reading_id for line in lines)])),
            failures=tuple(found.failures + [str(error) for error in found.unread]),
            unread={error.url: error.kind for error in found.unread},
        )

    async def _find(self, run: Run, step: Step, asked: Asked) -> Found:
        """Search, and open what was asked for and the best of what was found."""
        known = await provenance.given(run)
        if asked.urls:
            known = known.also(await provenance.listed(run, step.tool))
        urls, refused = admitted(known, asked.urls)
        queries = [query for query in dict.fromkeys(map(known.query, asked.queries)) if query]
        found = Found(queries=queries, failures=refused, asked_for=frozenset(map(canonical_url, urls)))
        if queries:
            found.outcome = await self._search(run, found, alone=not (urls or asked.places))
            urls += [hit.url for hit in found.outcome.hits[: READ[run.job.effort]]]
        found.pages, found.unread = await open_pages(self._surfer, list(dict.fromkeys(urls)), seconds(run))
        return found

    async def _search(self, run: Run, found: Found, *, alone: bool) -> SearchOutcome:
        """What the searches gave. Where nobody answers, that is told beside what else the call asks for."""
        try:
            outcome = await self._surfer.search(found.queries, TOP_K, seconds=seconds(run))
        except SearchFailed as error:
            if alone:
                raise
            outcome = SearchOutcome(hits=(), failures=(str(error),))
        found.failures += outcome.failures
        return outcome

    def _scored(self, run: Run, task: Task, found: Found) -> list[Passage]:
        """CPU work: called in a thread."""
        room = run.effort.passage_tokens
        pages, queries, embedder = found.pages, found.queries, self._surfer.embedder
        return choose_passages(pages, task.goal, queries, token_budget=room, per_page=PER_PAGE, embedder=embedder)

    async def _seen(self, run: Run, task: Task, step: Step) -> dict[int, set[int]]:
        """The sentences that stand in the agent's context: in results it still sees, and in those of this
        turn."""
        rows = await run.store.trajectories(run.job.id)
        own = [one for row, steps in rows if row.task_id == task.id for one in steps if one.index != step.index]
        seen: dict[int, set[int]] = defaultdict(set)
        for one in visible(own):
            observation = await run.store.observation(run.job.id, one.observation_id) if one.observation_id else None
            for line in observation.lines if observation else ():
                seen[line.document].add(line.index)
        for number, indexes in self._shown.get((task.id, step.turn), {}).items():
            seen[number] |= indexes
        return dict(seen)

    def _keep(self, task: Task, step: Step, choice: Choice) -> None:
        """Remember what this turn shows; an agent's earlier turns are stored by now."""
        place = task.id, step.turn
        for earlier in [key for key in self._shown if key[0] == task.id and key != place]:
            del self._shown[earlier]
        shown = self._shown.setdefault(place, {})
        for number, indexes in choice.shown.items():
            shown[number] = shown.get(number, set()) | indexes

    def _told(self, found: Found, known: Documents, choice: Choice, goes_on: Mapping[int, int]) -> str:
        """The result as the agent sees it."""
        parts = ["\n".join(self._sources(found))]
        parts.append(text_of(known, {number: sorted(indexes) for number, indexes in choice.shown.items()}))
        notes = [f"({one.name} goes on at {one.mark(goes_on[one.number])})" for one in known if one.number in goes_on]
        if choice.above:
            notes.append(f"(shown above: {named(known, choice.above)})")
        parts += ["\n".join(notes), _passed_over(found, known, choice), _not_opened(found)]
        return "\n\n".join(part for part in parts if part)

    def _sources(self, found: Found) -> list[str]:
        """Where was searched, and who answered."""
        lines: list[str] = []
        if not self._surfer.web:
            lines.append(f"This run has no web: only the libraries {', '.join(self._surfer.libraries)}.")
        elif not self._surfer.providers:
            lines.append("No search of the web is set up: only addresses can be opened.")
        outcome = found.outcome
        return [*lines, *(_answered(query, outcome) for query in found.queries if outcome)]


def _answered(query: str, outcome: SearchOutcome) -> str:
    answers = [one for one in outcome.answers if one.query == query]
    gave = ", ".join(f"{one.provider} {one.found}" for one in answers if one.found is not None)
    silent = ", ".join(one.provider for one in answers if one.found is None)
    told = f"Searched “{clip(on_one_line(query), 100)}”: {gave or 'nobody answered'}"
    return f"{told}; no answer from {silent}" if silent else told


def _choose(run: Run, known: Documents, found: Found, places: Sequence[str], passages: Sequence[Passage], choice: Choice) -> dict[int, int]:
    """Choose what is shown: places to read on at, addresses that were asked for, then the best of what was
    found; gives where each document that was read in order goes on. CPU work: called in a thread."""
    room = run.effort.passage_tokens
    opened = {place: one for place, page in enumerate(found.pages) if (one := known.of_snapshot(page.snapshot.id))}
    asked = [place for place in opened if _is_asked(found.pages[place], found)]
    goes_on = _read_on(choice, list(filter(None, map(known.find, places))), room)
    for place in asked:
        own = [passage for passage in passages if passage.page == place]
        goes_on[opened[place].number] = _add_asked(choice, opened[place], own, room // len(asked))
    rest = [passage for passage in passages if passage.page in opened and passage.page not in asked]
    add_best(choice, opened, rest, room)
    return {number: index for number, index in goes_on.items() if index is not None}


def _read_on(choice: Choice, places: Sequence[tuple[Document, range]], room: int) -> dict[int, int | None]:
    """Take in what follows each place, the sentences of a range, or of a document the next part."""
    goes_on: dict[int, int | None] = {}
    for document, indexes in places:
        share = room // len(places)
        if indexes:
            wanted = indexes if len(indexes) > 1 else range(indexes[0], document.size)
            goes_on[document.number] = add_from(choice, document, wanted, share)
        else:
            goes_on[document.number] = add_next(choice, document, share)
    return goes_on


def _is_asked(page: Opened, found: Found) -> bool:
    return page.canonical_url in found.asked_for or canonical_url(page.url) in found.asked_for


def _add_asked(choice: Choice, document: Document, passages: Sequence[Passage], room: int) -> int | None:
    """A document that the agent named: its next part if it knows it, all of a small one, else what is best
    for the goal."""
    if choice.seen.get(document.number) or is_small(document) or not passages:
        return add_next(choice, document, room)
    add_best(choice, {passage.page: document for passage in passages}, passages, room)
    return None


def _lines(known: Documents, shown: Mapping[int, Iterable[int]]) -> list[Line]:
    lines: list[Line] = []
    for number, indexes in shown.items():
        document = known.get(number)
        lines += [line_of(document, index) for index in sorted(indexes)] if document else []
    return lines


def _passed_over(found: Found, known: Documents, choice: Choice) -> str:
    """The documents that were opened and of which nothing is shown."""
    opened = dict.fromkeys(known.of_snapshot(page.snapshot.id) for page in found.pages)
    heads = [head(document) for document in opened if document and not choice.has(document)]
    return "\n".join(["Opened too, nothing of it shown:", *heads]) if heads else ""


def _not_opened(found: Found) -> str:
    """The hits that were not opened, with their addresses."""
    tried = {canonical_url(page.url) for page in found.pages} | {page.canonical_url for page in found.pages}
    tried |= {canonical_url(error.url) for error in found.unread}
    hits = [hit for hit in (found.outcome.hits if found.outcome else ()) if canonical_url(hit.url) not in tried]
    return "\n".join(["Found too, not opened:", *map(_hit, hits[:LISTED])]) if hits else ""


def _hit(hit: Hit) -> str:
    title = clip(on_one_line(hit.title), 120)
    return f"- {'…' if addresses_assistant(title) else title} — {on_one_line(hit.url)}"
