"""`batch_web_surfer`: many queries or many addresses in one call. What is found is read at once,
and what is read becomes sentences with names.

A search opens its best results itself, so that a turn of a model ends in text and not in a list of
links. Each page read is a reading of the job. Failures are told beside the sentences, one a page; a
search that no provider answered raises. Here is which sentences the small model is shown. Not here:
what a strong model reads (`agents/reading/`), how pages are fetched (`browser/`)."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field, field_validator

from agents.guarding import provenance
from agents.guarding.untrusted_text import addresses_assistant
from agents.models import ToolSpec
from agents.models.types import WINDOW
from agents.reading.opening import open_pages, record, seconds
from agents.reading.passages import text_of
from agents.reading.surfing import READ, TOP_K, Asked, Reader, lines_of
from agents.reading.whole import read_all
from agents.schemas import list_of
from agents.tools.types import Tool, arguments_of
from browser.passages import Passage, choose_passages
from browser.surfer import Surfer
from browser.types import Opened
from research.crew import Run
from research.domain import Language, Ledger, Observation, Step, Task
from research.store.documents import documents
from research.text.sentences import clip

NAME = "batch_web_surfer"


class Arguments(BaseModel):
    """A model may hand a list as a string; that is accepted. The query in another language joins
    the others. `whole` is for code."""

    queries: list[str] = Field(default=[], max_length=8)
    english_query: str = ""
    chinese_query: str = ""
    urls: list[str] = Field(default=[], max_length=20)
    read: list[str] = Field(default=[], max_length=20)
    find: list[str] = Field(default=[], max_length=8)
    under: str = Field(default="", max_length=100)
    whole: bool = False

    @field_validator("queries", "urls", "read", "find", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [part.strip(" \"'") for part in value.strip("[]").split('", "')]
        if not isinstance(value, list):
            return value
        parts = (str(part).strip() for part in value)
        return [clip(part, 2_000) for part in parts if part]


_TRANSLATED: dict[Language, str] = {"en": "english_query", "zh": "chinese_query"}


def spec(other: Language | None = None, *, searches_only: bool = False) -> ToolSpec:
    """The tool as a model is offered it; an agent of one turn only searches."""
    properties: dict[str, Any] = {"queries": _texts(8, 200)}
    if other:
        properties[_TRANSLATED[other]] = {"type": "string", "maxLength": 200}
    parameters = {"type": "object", "properties": properties, "additionalProperties": False}
    if searches_only:
        return ToolSpec(NAME, _SEARCHES, {**parameters, "required": ["queries"]})
    properties["urls"] = _texts(10, 2_000)
    properties["read"] = _texts(10, 40)
    properties["find"] = _texts(8, 100)
    properties["under"] = {"type": "string", "maxLength": 100}
    return ToolSpec(NAME, _STRONG, parameters)


_SEARCHES = "Search and read: the best results are opened, and shown where they bear on the goal."
_STRONG = (
    "Search and read. queries: the best results are opened, and shown where they bear on the "
    "goal. urls: addresses to open, from results or documents, or among their links; one that "
    "was opened before goes on with its next part and its further links. read: where to read on"
    " in a document that you know, d3.40 from that sentence on, d3.40-60 those. find: whole "
    "words that stand exactly so (a name, a parameter, a version, a figure): every document of "
    "the libraries that has them, and each place in what was read; short and exact, for what a "
    "search by meaning misses or to see all places there are. under: find only in documents "
    "whose title or address has these words (a folder, a version, a year)."
)


def _texts(most: int, longest: int) -> dict[str, Any]:
    return list_of({"type": "string", "maxLength": longest}, maxItems=most)


def tool(surfer: Surfer, *, strong: bool = False, window: int = WINDOW) -> Tool:
    """The tool over one run's surfer, for agents with a `strong` model or for the small one; an
    agent of one turn searches only. `window` is that of the smallest model that will read what all
    sources say."""
    reader = Reader(surfer)

    def told(run: Run) -> ToolSpec:
        other = next(iter(set(surfer.languages) - {run.question.language}), None)
        return spec(other, searches_only=run.turns == 1)

    async def call(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        asked = arguments_of(Arguments, step)
        if asked.whole:
            return await read_all(run, surfer, task, step, window)
        queries = (*asked.queries, asked.english_query, asked.chinese_query)
        searches: tuple[str, ...] = ()
        if any(queries) or not (asked.urls or asked.read or asked.find):
            searches = (*queries, *_own_words(run, task, step, ledger, strong=strong))
        if not strong:
            return await surf(run, surfer, task, step, searches)
        find = tuple(dict.fromkeys(asked.find))
        wanted = Asked(searches, tuple(asked.urls), tuple(asked.read), find, asked.under)
        return await reader.read(run, task, step, wanted)

    return Tool(NAME, told, call, single=True)


def _own_words(run: Run, task: Task, step: Step, ledger: Ledger, *, strong: bool) -> list[str]:
    """The Master's queries are always searched for at first, and for the small model the words of
    the task and of the question too: its own may miss the point."""
    if step.index:
        return []
    if task.role != "search":
        return [claim.text for claim in ledger.claims if claim.id in task.claims][:4]
    if strong and task.queries:
        return list(task.queries)
    return [clip(task.goal, 300), clip(run.question.text, 300), *task.queries]


async def surf(
    run: Run, surfer: Surfer, task: Task, step: Step, asked: Sequence[str]
) -> Observation:
    """Search for the small model, and show it the sentences that bear on its goal. Raises
    `SearchFailed`, `BudgetExhausted`."""
    given = await provenance.given(run)
    queries = list(dict.fromkeys(filter(None, map(given.query, asked))))
    found = await surfer.search(queries, TOP_K, seconds=seconds(run))
    hits = found.hits[: READ[run.job.effort]]
    urls = list(dict.fromkeys(hit.url for hit in hits))
    pages, unread = await open_pages(surfer, urls, seconds(run))
    readings = await record(run, task, pages)
    passages = await asyncio.to_thread(
        choose_passages,
        pages,
        task.goal,
        queries,
        token_budget=run.effort.passage_tokens,
        per_page=max(3, run.effort.lines // 4),
        embedder=surfer.embedder,
    )
    shown: dict[int, list[int]] = {}
    for passage in _best(run, pages, passages):
        shown.setdefault(readings[passage.page].document, []).append(passage.sentence)
    known = await documents(run.store, run.job)
    return Observation(
        text=text_of(known, shown),
        lines=tuple(lines_of(known, shown)),
        queries=tuple(queries),
        readings=tuple(reading.id for reading in readings),
        failures=(*found.failures, *map(str, unread)),
        unread={error.url: error.kind for error in unread},
    )


def _best(run: Run, pages: Sequence[Opened], passages: Sequence[Passage]) -> list[Passage]:
    """The best passages of the pages that have the best ones, in reading order."""
    fit = [one for one in passages if _states_something(pages[one.page], one.sentence)]
    fit.sort(key=lambda passage: -passage.score)
    pages_in_order = list(dict.fromkeys(passage.page for passage in fit))
    strongest = pages_in_order[: run.effort.documents]
    best = [passage for passage in fit if passage.page in strongest]
    return sorted(best[: run.effort.lines], key=lambda one: (one.page, one.sentence))


def _states_something(page: Opened, index: int) -> bool:
    """Whether a sentence can be evidence: not a question, and not spoken to a model."""
    sentence = page.snapshot.sentence(index)
    return sentence[-1:] not in "?？" and not addresses_assistant(sentence)
