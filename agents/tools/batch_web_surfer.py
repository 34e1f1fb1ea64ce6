"""`batch_web_surfer`: many queries or many addresses in one call. What is found is read at once,
and what is read becomes sentences with names.

A search opens its best results itself, so that a turn of a model ends in text and not in a list of
links. Each page read is a reading of the job. Failures are told beside the sentences, one a page; a
search that no provider answered raises. Here is how the small model is shown sentences, numbered
S1, S2 through its trajectory. Not here: what a strong model reads (`agents/reading/`), how pages
are fetched (`browser/`)."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field, field_validator

from agents.guarding import provenance
from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.models import ToolSpec
from agents.models.types import WINDOW
from agents.reading.opening import admitted, open_pages, record, seconds
from agents.reading.surfing import READ, TOP_K, Asked, Reader
from agents.reading.whole import read_all
from agents.tools.types import Tool, arguments_of
from browser.library.embeddings import Embedder
from browser.passages import Passage, choose_passages
from browser.surfer import Surfer
from browser.types import Opened
from research.crew import Run
from research.domain import Language, Ledger, Line, Observation, Reading, Step, Task
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
    whole: bool = False

    @field_validator("queries", "urls", "read", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [part.strip(" \"'") for part in value.strip("[]").split('", "')]
        return (
            [clip(str(part).strip(), 400) for part in value if str(part).strip()]
            if isinstance(value, list)
            else value
        )


_TRANSLATED: dict[Language, str] = {"en": "english_query", "zh": "chinese_query"}


def spec(other: Language | None = None, *, searches_only: bool = False) -> ToolSpec:
    """The tool as a model is offered it; an agent of one turn only searches."""
    properties: dict[str, Any] = {"queries": _texts(8, 200)}
    if other:
        properties[_TRANSLATED[other]] = {"type": "string", "maxLength": 200}
    parameters = {"type": "object", "properties": properties, "additionalProperties": False}
    if searches_only:
        description = (
            "Search and read: the best results are opened, and shown where they bear on the goal."
        )
        return ToolSpec(
            name=NAME, description=description, parameters={**parameters, "required": ["queries"]}
        )
    properties["urls"] = _texts(10, 2_000)
    properties["read"] = _texts(10, 40)
    return ToolSpec(name=NAME, description=_STRONG, parameters=parameters)


_STRONG = (
    "Search and read. queries: the best results are opened, and shown where they bear on the "
    "goal. urls: addresses to open, from results "
    "or documents; one that was opened before goes on with its next part. read: where to read "
    "on in a document that you know, d3.40 from "
    "that sentence on, d3.40-60 those."
)


def _texts(most: int, longest: int) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "maxLength": longest}, "maxItems": most}


def tool(surfer: Surfer, *, strong: bool = False, window: int = WINDOW) -> Tool:
    """The tool over one run's surfer, for agents with a `strong` model or for the small one; an
    agent of one turn searches only. `window` is that of the smallest model that will read what all
    sources say."""
    reader = Reader(surfer)

    def told(run: Run) -> ToolSpec:
        other = next(iter(set(surfer.languages) - {run.question.language}), None)
        return spec(other, searches_only=run.turns == 1)

    async def call(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
        also = _own_words(run, task, step, ledger)
        if not strong:
            return await surf(
                run, surfer, task, step, first_number=1 + step.index * run.effort.lines, also=also
            )
        asked = arguments_of(Arguments, step)
        if asked.whole:
            return await read_all(run, surfer, task, step, window)
        wanted = (*asked.queries, asked.english_query, asked.chinese_query)
        searches = (*wanted, *also) if any(wanted) or not (asked.urls or asked.read) else ()
        return await reader.read(
            run, task, step, Asked(searches, tuple(asked.urls), tuple(asked.read))
        )

    return Tool(NAME, told, call, single=True)


def _own_words(run: Run, task: Task, step: Step, ledger: Ledger) -> list[str]:
    """The words of the task and of the question, and the Master's queries, are always searched for
    at first: an agent's may miss the point."""
    if step.index:
        return []
    if task.role == "search":
        return [clip(task.goal, 300), clip(run.question.text, 300), *task.queries]
    return [claim.text for claim in ledger.claims if claim.id in task.claims][:4]


async def surf(
    run: Run, surfer: Surfer, task: Task, step: Step, *, first_number: int, also: Sequence[str] = ()
) -> Observation:
    """Carry out one call within the run's time; `also` are queries that code adds. Raises
    `ToolError` for arguments that do not fit, `SearchFailed`, `BudgetExhausted`."""
    arguments = arguments_of(Arguments, step)
    known = await provenance.given(run)
    wanted = (*arguments.queries, arguments.english_query, arguments.chinese_query, *also)
    queries = [query for query in dict.fromkeys(map(known.query, wanted)) if query]
    urls, failures = admitted(known, arguments.urls)
    if queries:
        found = await surfer.search(queries, TOP_K, seconds=seconds(run))
        failures += found.failures
        urls += [hit.url for hit in found.hits[: READ[run.job.effort]]]
    pages, unread = await open_pages(surfer, list(dict.fromkeys(urls)), seconds(run))
    readings = await record(run, task, pages)
    passages = await asyncio.to_thread(_passages, run, task, queries, pages, surfer.embedder)
    lines = _lines(run, pages, readings, passages, first_number)
    return Observation(
        id=f"{task.id}:{step.index}",
        text=as_text(lines, {reading.id: reading for reading in readings}),
        lines=tuple(lines),
        queries=tuple(queries),
        readings=tuple(reading.id for reading in readings),
        failures=tuple(failures + [str(error) for error in unread]),
        unread={error.url: error.kind for error in unread},
    )


def _passages(
    run: Run, task: Task, queries: Sequence[str], pages: Sequence[Opened], embedder: Embedder | None
) -> list[Passage]:
    """CPU work: called in a thread."""
    effort = run.effort
    per_page = max(3, effort.lines // 4)
    return choose_passages(
        pages,
        task.goal,
        queries,
        token_budget=effort.passage_tokens,
        per_page=per_page,
        embedder=embedder,
    )


def _lines(
    run: Run,
    pages: Sequence[Opened],
    readings: Sequence[Reading],
    passages: Sequence[Passage],
    first: int,
) -> list[Line]:
    fit = [p for p in passages if _states_something(pages[p.page].snapshot.sentence(p.sentence))]
    ranked = sorted(fit, key=lambda passage: -passage.score)
    strongest = set(list(dict.fromkeys(passage.page for passage in ranked))[: run.effort.documents])
    best = [passage for passage in ranked if passage.page in strongest][: run.effort.lines]
    shown = sorted(best, key=lambda passage: (passage.page, passage.sentence))
    return [
        Line(
            number=first + i,
            reading_id=readings[passage.page].id,
            snapshot_id=pages[passage.page].snapshot.id,
            index=passage.sentence,
            text=pages[passage.page].snapshot.sentence(passage.sentence),
        )
        for i, passage in enumerate(shown)
    ]


def _states_something(sentence: str) -> bool:
    """Whether a sentence can be evidence: not a question, and not spoken to a model."""
    return sentence[-1:] not in "?？" and not addresses_assistant(sentence)


def as_text(lines: Sequence[Line], readings: dict[str, Reading]) -> str:
    """The lines as a model sees them: under each page's title, numbered."""
    shown: list[str] = []
    last = None
    for line in lines:
        if line.reading_id != last:
            last = line.reading_id
            shown.append(f"[{heading(readings[line.reading_id])}]")
        shown.append(f"S{line.number} {on_one_line(line.text)}")
    return "\n".join(shown)


def heading(reading: Reading) -> str:
    """A page's title with its year, as a model sees it."""
    year = on_one_line(reading.published_at or "")[:4]
    title = clip(on_one_line(reading.title), 70)
    if addresses_assistant(title):
        title = on_one_line(reading.site) or "…"
    return f"{title}, {year}" if year and year not in title else title
