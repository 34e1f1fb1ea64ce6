"""Condense what an agent saw into feedback: what each document answers, and the sentences that say
it.

The model answers the goal from each document on its own; code finds the sentences that hold an
answer (`picking.py`) and copies them as claims. So a dispute shows at once: two documents, two
answers. The floor: sentences whose measured relevance is high enough."""

from collections.abc import Iterable, Sequence
from string import ascii_uppercase
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.extractive.picking import Page, Pick, pick
from agents.guarding.fence import on_one_line
from agents.models import Models
from agents.tools.batch_web_surfer import heading
from research.crew import Run
from research.domain import (
    Claim,
    Feedback,
    Language,
    Line,
    Observation,
    Reading,
    Snapshot,
    Trajectory,
)
from research.errors import BudgetExhausted
from research.ledger.document_status import document_of
from research.reporting import bind as cite
from research.text.figures import gives_what_is_asked
from research.text.sentences import language_of

BATCH = 40  # sentences shown at once
LONGEST: dict[Language, int] = {"en": 60, "zh": 36}  # characters of an answer
NAME: dict[Language, str] = {"en": "Document {}", "zh": "文档{}"}


class Answers(BaseModel):
    """A short answer for each document by its name."""

    model_config = ConfigDict(extra="allow")

    def by_place(self, names: Sequence[str]) -> dict[int, str]:
        given = self.model_extra or {}
        return {place: str(given[name]) for place, name in enumerate(names) if name in given}


async def observed(run: Run, trajectory: Trajectory) -> list[Observation]:
    """The observations of a trajectory, in order."""
    found = [
        await run.store.observation(run.job.id, step.observation_id)
        for step in trajectory.steps
        if step.observation_id
    ]
    return [observation for observation in found if observation is not None]


async def summarise(run: Run, models: Models, trajectory: Trajectory) -> Feedback:
    """What a search agent's trajectory gives: claims, an answer if there is one, a gap if there is
    none."""
    observations = await observed(run, trajectory)
    readings = {reading.id: reading for reading in await run.store.readings(run.job.id)}
    lines = _numbered_through(
        {(line.snapshot_id, line.index): line for o in observations for line in o.lines}.values()
    )
    goal = trajectory.task.goal
    abroad = next(
        (query for query in trajectory.task.queries if language_of(query) != language_of(goal)), ""
    )
    share = max(4, run.effort.claims // run.effort.tasks)
    claims: list[Claim] = []
    picked: list[Pick] = []
    documents = await run.store.snapshots(list({line.snapshot_id for line in lines}))
    for pages in batches(lines, readings, documents):
        answers = await _read(run, models, goal, pages)
        picks = pick(run.question.text, goal, pages, answers, share, abroad)
        claims += [
            claim_of(
                f"{trajectory.task.id}.{one.line.number}",
                goal,
                one,
                readings[one.line.reading_id],
                documents[one.line.snapshot_id],
            )
            for one in picks
        ]
        picked += picks
    answer = _answer(goal, picked)
    return Feedback(
        task_id=trajectory.task.id,
        role="search",
        outcome=trajectory.outcome,
        reason=trajectory.reason,
        claims=tuple(claims),
        gaps=() if answer else (goal,),
        dead_ends=() if lines else tuple(q for o in observations for q in o.queries),
        queries=tuple(q for o in observations for q in o.queries),
        pages=len({reading for o in observations for reading in o.readings}),
        answer=answer,
    )


def _numbered_through(lines: Iterable[Line]) -> list[Line]:
    """The lines; those that are numbered within their documents get numbers of their own here."""
    return [
        line.model_copy(update={"number": n, "document": 0}) if line.document else line
        for n, line in enumerate(lines, 1)
    ]


def batches(
    lines: Sequence[Line], readings: dict[str, Reading], documents: dict[str, Snapshot]
) -> list[list[Page]]:
    """The sentences by document, in the order they were seen, as many as are shown at once."""
    by_reading: dict[str, list[Line]] = {}
    for line in lines:
        by_reading.setdefault(line.reading_id, []).append(line)
    shown: list[list[Page]] = []
    size = BATCH
    for reading_id, own in by_reading.items():
        if size + len(own) > BATCH or len(shown[-1]) == len(ascii_uppercase):
            shown.append([])
            size = 0
        shown[-1].append(
            Page(heading(readings[reading_id]), tuple(own), documents[own[0].snapshot_id].text)
        )
        size += len(own)
    return shown


async def _read(
    run: Run, models: Models, goal: str, pages: Sequence[Page]
) -> dict[int, str] | None:
    """What each page answers, by its place; None where the model gave nothing that fits."""
    language = run.question.language
    names = [NAME[language].format(letter) for letter in ascii_uppercase[: len(pages)]]
    try:
        given = await ask(
            run,
            models,
            "summary",
            "summary",
            Answers,
            schema=_schema(language, names),
            max_tokens=36 * len(names),
            documents="\n\n".join(
                _shown(name, page) for name, page in zip(names, pages, strict=True)
            ),
            goal=goal,
        )
    except BudgetExhausted as error:
        await run.floor("summary", str(error))
        return None
    return given.by_place(names) if given else None


def _shown(name: str, page: Page) -> str:
    lines = (text for line in page.lines if (text := on_one_line(line.text)))
    return "\n".join([f"{name} ({page.title}):", *lines])


def _schema(language: Language, names: Sequence[str]) -> dict[str, Any]:
    answer = {"type": "string", "minLength": 2, "maxLength": LONGEST[language]}
    return {
        "type": "object",
        "properties": dict.fromkeys(names, answer),
        "required": list(names),
        "additionalProperties": False,
    }


def _answer(goal: str, picks: Sequence[Pick]) -> str:
    """The answer of the sentence that answers best."""
    best = max(
        (p for p in picks if p.answer),
        key=lambda p: (gives_what_is_asked(goal, p.line.text), p.relevance),
        default=None,
    )
    return best.answer if best else ""


def claim_of(id: str, goal: str, one: Pick, reading: Reading, snapshot: Snapshot) -> Claim:
    """A picked sentence as a claim in its own words."""
    quote = cite.quote(snapshot, [snapshot.sentences[one.line.index]], reading.id)
    return Claim(
        id=id,
        text=cite.plain(one.line.text),
        evidence=(quote,),
        relevance=round(one.relevance, 3),
        verdict="insufficient",
        goal=goal if one.answer else "",
        answer=one.answer,
        private=reading.private,
        standing=document_of(
            reading.url, reading.title, snapshot.text, reading.published_at
        ).standing,
    )
