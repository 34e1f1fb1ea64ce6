"""Search, open and read for an agent with a strong model: regions of documents that bear on its
goal, the next part of what it knows, who answered its searches, and what else was found.

What stands in the agent's context is named, not shown again. Not here: the tool's form
(`agents/tools/batch_web_surfer.py`), which text is chosen (`choosing.py`), what is told of a call
(`telling.py`).
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.guarding import provenance
from agents.loop.history import visible
from agents.reading.choosing import (
    Choice,
    Places,
    add_best,
    add_next,
    add_range,
    is_small,
    no_places,
    whole_of,
)
from agents.reading.finding import COMMON, add_places, is_under, places_with
from agents.reading.linking import Told, choose_links, linked_pages, of_shown
from agents.reading.opening import admitted, open_pages, record, seconds
from agents.reading.ordering import best_first
from agents.reading.passages import line_of
from agents.reading.telling import Found, told
from browser.net.urls import canonical_url
from browser.passages import Passage, choose_passages
from browser.surfer import Surfer
from browser.types import SearchOutcome
from research.crew import Run
from research.domain import Line, Observation, Step, Task
from research.errors import SearchFailed, ToolError
from research.ledger.follow_up import readings_of
from research.store.documents import Document, Documents, documents
from research.text.sentences import term_set

READ = {"quick": 10, "standard": 10, "deep": 15}  # results that a search opens for the small model
OPENED = {"quick": 12, "standard": 15, "deep": 15}  # for a strong one, at most
EACH, FEWEST = 4, 8  # of each query, and of few queries together
TOP_K = 20
LISTED = 30  # results of all queries that are opened or told of
PER_PAGE = 12  # best sentences of a page around which it is read, more where there are few pages
ASKED_AT_ONCE = 3  # searches, addresses and places of a call that share an ordinary call's room
BEGINNING = 4  # sentences of a document that was asked for
PASSAGE_TOKENS = 60  # of a sentence with those beside it


@dataclass(frozen=True)
class Asked:
    """What one call asks for: searches, addresses to open, places to read on at, and words to be
    found exactly so."""

    queries: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # to be found as they stand
    under: str = ""  # a part of the title or address of the documents to find them in


class Reader:
    """The reading of one run's strong agents. Calls of one turn are carried out together: each
    shows what the others do not."""

    def __init__(self, surfer: Surfer) -> None:
        self._surfer = surfer
        self._choosing = asyncio.Lock()
        self._shown: dict[tuple[str, int], Places] = {}  # in a turn
        self._linked: dict[tuple[str, int], set[str]] = {}  # addresses told of in a turn

    async def read(self, run: Run, task: Task, step: Step, asked: Asked) -> Observation:
        """Carry out one call within the run's time. Raises `ToolError` where nothing is asked for,
        `SearchFailed` where nobody answered, `BudgetExhausted`."""
        if not (any(asked.queries) or asked.urls or asked.places or asked.words):
            raise ToolError(tool=step.tool, reason="give queries, find, urls or read")
        found = await self._find(run, step, asked)
        readings = await record(run, task, found.pages)
        known = await documents(run.store, run.job)
        room = _room(run, step, asked)
        passages = await asyncio.to_thread(self._scored, room, task, found)
        found.places = await asyncio.to_thread(
            lambda: {words: places_with(known, words, found.under) for words in found.words}
        )
        pages = await linked_pages(run, self._surfer, found, known, asked.places)
        async with self._choosing:
            seen, told_of = await self._in_context(run, task, step)
            choice = Choice(seen)
            asked_for = " ".join([task.goal, run.question.text, *found.queries])
            wanted = term_set(provenance.without_addresses(asked_for))
            links = await asyncio.to_thread(choose_links, pages, wanted, known, told_of, room)
            room -= sum(one.tokens for one in links)
            goes_on = await asyncio.to_thread(
                _choose, room, known, found, asked.places, passages, choice
            )
            links = of_shown(links, choice)
            self._keep(task, step, choice, links)
        # not in the model's words: reports tell failures
        if unknown := known.unknown(asked.places):
            found.failures.append(f"{len(unknown)} of the places to read on at are in no document")
        texts = {one.page.document.number: one.text for one in links}
        lines = lines_of(known, choice.shown)
        read = [*(reading.id for reading in readings), *(line.reading_id for line in lines)]
        return Observation(
            text=told(self._surfer, found, known, choice, goes_on, texts),
            lines=tuple(lines),
            queries=(*filter(found.is_answered, found.queries), *found.looked_for()),
            readings=tuple(dict.fromkeys(read)),
            failures=tuple(found.failures + [str(error) for error in found.unread]),
            unread={error.url: error.kind for error in found.unread},
        )

    async def _find(self, run: Run, step: Step, asked: Asked) -> Found:
        """Search, and open what was asked for and the best of what was found."""
        known = await provenance.given(run)
        wanted_urls = list(map(self._surfer.address_of, asked.urls))
        listed = await provenance.listed(run, step.tool) if wanted_urls else frozenset()
        urls, refused = admitted(known.also(listed), wanted_urls)
        queries = [query for query in dict.fromkeys(map(known.query, asked.queries)) if query]
        named = frozenset(map(canonical_url, urls))
        words = await self._findable(run, known, asked)
        if asked.words and not (words or queries or wanted_urls or asked.places):
            raise ToolError(tool=step.tool, reason="there is nothing yet to find these words in")
        found = Found(queries=queries, failures=refused, asked_for=named, words=words)
        found.under = known.query(asked.under)
        if refused:
            found.near = provenance.nearest(set(wanted_urls).difference(urls), listed)
        if queries:
            alone = not (urls or asked.places or words)
            found.outcome = await self._search(run, found, alone=alone)
            most = min(OPENED[run.job.effort], max(FEWEST, EACH * len(queries)))
            urls += [hit.url for hit in found.outcome.hits[:most]]
        if words and self._surfer.libraries:
            found.held = [
                one.replace(
                    hits=tuple(h for h in one.hits if is_under(h.title, h.url, found.under))
                )
                for one in await self._surfer.holding(words)
            ]
            some = [one for one in found.held if len(one.hits) <= COMMON]
            best = best_first(some)[: OPENED[run.job.effort]]
            found.for_words = frozenset(hit.url for hit in best).difference(urls)
            urls += sorted(found.for_words)
        wanted = list(dict.fromkeys(urls))
        found.pages, found.unread = await open_pages(self._surfer, wanted, seconds(run))
        return found

    async def _findable(self, run: Run, known: provenance.Given, asked: Asked) -> list[str]:
        """The words to be found, as free of addresses and keys as queries are, for they are told;
        none where nothing is there to find them in."""
        there = self._surfer.libraries or asked.urls or asked.places
        if not (there or await readings_of(run.store, run.job)):
            return []
        return [words for words in dict.fromkeys(map(known.query, asked.words)) if words]

    async def _search(self, run: Run, found: Found, *, alone: bool) -> SearchOutcome:
        """What the searches gave. Where nobody answers, that is told beside what else the call asks
        for."""
        try:
            outcome = await self._surfer.search(found.queries, TOP_K, seconds=seconds(run))
        except SearchFailed as error:
            if alone:
                raise
            outcome = SearchOutcome(hits=(), failures=(str(error),))
        found.failures += outcome.failures
        return outcome.replace(hits=tuple(best_first(outcome.ranked)[:LISTED]))

    def _scored(self, room: int, task: Task, found: Found) -> list[Passage]:
        """CPU work: called in a thread."""
        share = room // (PASSAGE_TOKENS * max(1, len(found.pages)))
        return choose_passages(
            found.pages,
            task.goal,
            found.queries,
            token_budget=room,
            per_page=max(PER_PAGE, share),
            embedder=self._surfer.embedder,
        )

    async def _in_context(self, run: Run, task: Task, step: Step) -> tuple[Places, set[str]]:
        """The sentences and the addresses that stand in the agent's context: in results it still
        sees, and in those of this turn."""
        own = await run.store.steps(run.job.id, task.id)
        seen = no_places()
        addresses = set(self._linked.get((task.id, step.turn), ()))
        for one in visible([other for other in own if other.index != step.index]):
            observation = await run.observed(one)
            for line in observation.lines if observation else ():
                seen[line.document].add(line.index)
            addresses |= provenance.addresses_in(observation.text) if observation else set()
        for number, indexes in self._shown.get((task.id, step.turn), {}).items():
            seen[number] |= indexes
        return seen, addresses

    def _keep(self, task: Task, step: Step, choice: Choice, links: Sequence[Told]) -> None:
        """Remember what this turn shows; an agent's earlier turns are stored by now."""
        place = task.id, step.turn
        for earlier in [key for key in self._shown if key[0] == task.id and key != place]:
            del self._shown[earlier]
            self._linked.pop(earlier, None)
        shown = self._shown.setdefault(place, no_places())
        for number, indexes in choice.shown.items():
            shown[number] |= indexes
        self._linked.setdefault(place, set()).update(
            link.url for one in links for link in one.links
        )


def _room(run: Run, step: Step, asked: Asked) -> int:
    """The tokens that a call may show: more where it asks for much; the calls of a turn share what
    a turn shows."""
    things = len(asked.queries) + len(asked.urls) + len(asked.places) + len(asked.words)
    wanted = run.effort.passage_tokens * max(1.0, things / ASKED_AT_ONCE)
    return min(int(wanted), run.effort.turn_tokens // step.together)


def _choose(
    room: int,
    known: Documents,
    found: Found,
    places: Sequence[str],
    passages: Sequence[Passage],
    choice: Choice,
) -> dict[int, int]:
    """Choose what is shown: places to read on at, addresses that were asked for, where words stand,
    then the best of what was found; gives where each document that was read in order goes on. CPU
    work: called in a thread."""
    read = {place: known.of_snapshot(page.snapshot.id) for place, page in enumerate(found.pages)}
    opened = {place: document for place, document in read.items() if document}
    asked = [place for place in opened if found.is_asked(found.pages[place])]
    goes_on = _read_on(choice, list(filter(None, map(known.find, places))), room)
    for place in asked:
        own = [passage for passage in passages if passage.page == place]
        after = _add_asked(choice, opened[place], own, room // len(asked))
        goes_on |= {opened[place].number: after} if after is not None else {}
    found.left = add_places(choice, known, found.all_places(), room)
    opened = {n: one for n, one in opened.items() if found.pages[n].url not in found.for_words}
    rest = [passage for passage in passages if passage.page in opened and passage.page not in asked]
    add_best(choice, opened, rest, room)
    return goes_on


def _read_on(choice: Choice, places: Sequence[tuple[Document, range]], room: int) -> dict[int, int]:
    """Take in what follows each place, the sentences of a range, or of a document the next part."""
    goes_on: dict[int, int] = {}
    for document, indexes in places:
        share = room // len(places)
        if indexes:
            wanted = indexes if len(indexes) > 1 else range(indexes[0], document.size)
            after = add_range(choice, document, wanted, share)
        else:
            after = add_next(choice, document, share)
        goes_on |= {document.number: after} if after is not None else {}
    return goes_on


def _add_asked(
    choice: Choice, document: Document, passages: Sequence[Passage], room: int
) -> int | None:
    """A document that the agent named: its next part if it knows it, all of one that there is room
    for, else how it begins, where it says what it is, and what is best for the goal."""
    entire = whole_of(document)
    fits = choice.cost(document, entire) <= room
    if choice.seen[document.number] or is_small(document) or fits or not passages:
        return add_next(choice, document, room)
    room -= choice.cost(document, entire[:BEGINNING])
    choice.add(document, entire[:BEGINNING])
    add_best(choice, {passage.page: document for passage in passages}, passages, room)
    return next(iter(choice.fresh(document, entire)), None)


def lines_of(known: Documents, shown: Mapping[int, Iterable[int]]) -> list[Line]:
    lines: list[Line] = []
    for number, indexes in shown.items():
        document = known.get(number)
        lines += [line_of(document, index) for index in sorted(indexes)] if document else []
    return lines
