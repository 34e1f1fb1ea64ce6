"""Condense what an agent saw into feedback: which sentences bear on its goal, and whether they answer it.

The model judges each numbered sentence and gives a short answer; code copies the sentences as claims and believes an answer only if it
stands in them. The floor: sentences whose measured relevance to the question is high enough."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.models import Models
from agents.relevance import ENOUGH, FLOOR, LEAST, NEAR, grounded, is_open, off_subject, relevance, says
from agents.tools.batch_web_surfer import as_text
from research import cite
from research.crew import Run
from research.errors import BudgetExhausted
from research.figures import gives_what_is_asked, is_of_the_kind
from research.types import Claim, Feedback, Line, Observation, Reading, Trajectory

BATCH = 40


class Judgement(BaseModel):
    """A short answer, then `S1`: yes or no, one field a sentence."""

    model_config = ConfigDict(extra="allow")
    answer: str

    def yes(self) -> set[int]:
        return {int(name[1:]) for name, value in (self.model_extra or {}).items() if value == "yes" and name[1:].isdigit()}


def _schema(lines: Sequence[Line]) -> dict[str, Any]:
    properties: dict[str, Any] = {"answer": {"type": "string", "maxLength": 90}}
    properties |= {f"S{line.number}": {"enum": ["yes", "no"]} for line in lines}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


async def observed(run: Run, trajectory: Trajectory) -> list[Observation]:
    """The observations of a trajectory, in order."""
    found = [await run.store.observation(run.job.id, step.observation_id) for step in trajectory.steps if step.observation_id]
    return [observation for observation in found if observation is not None]


async def summarise(run: Run, models: Models, trajectory: Trajectory) -> Feedback:
    """What a search agent's trajectory gives: claims, an answer if there is one, a gap if there is none."""
    observations = await observed(run, trajectory)
    readings = {reading.id: reading for reading in await run.store.readings(run.job.id)}
    lines = list({(line.snapshot_id, line.index): line for o in observations for line in o.lines}.values())
    goal = trajectory.task.goal
    claims: list[Claim] = []
    answers: list[str] = []
    for start in range(0, len(lines), BATCH):
        batch = lines[start : start + BATCH]
        judged = await _judge(run, models, goal, batch, readings)
        chosen = _chosen(run, goal, batch, readings, judged)
        claims += [await _claim(run, trajectory, line, readings, measured) for line, measured in chosen]
        if judged and (answer := _answer(goal, judged, chosen)):
            answers.append(answer)
    return Feedback(
        task_id=trajectory.task.id,
        role="search",
        outcome=trajectory.outcome,
        reason=trajectory.reason,
        claims=tuple(claims),
        gaps=() if answers else (goal,),
        dead_ends=() if lines else tuple(q for o in observations for q in o.queries),
        queries=tuple(q for o in observations for q in o.queries),
        pages=len({reading for o in observations for reading in o.readings}),
        answer=answers[0] if answers else "",
    )


async def _judge(run: Run, models: Models, goal: str, lines: Sequence[Line], readings: dict[str, Reading]) -> Judgement | None:
    tokens = 60 + 9 * len(lines)
    try:
        return await ask(
            run,
            models,
            "summary",
            "summary",
            Judgement,
            schema=_schema(lines),
            max_tokens=tokens if models.role("summary").embedded else tokens + 1_000,
            lines=as_text(lines, readings),
            goal=goal,
        )
    except BudgetExhausted as error:
        await run.floor("summary", str(error))
        return None


def _chosen(run: Run, goal: str, lines: Sequence[Line], readings: dict[str, Reading], judged: Judgement | None) -> list[tuple[Line, float]]:
    """The lines that become claims, with their relevance, at most an agent's share: those that hold the answer, then those that give a
    figure of the kind asked for, then the most relevant. Where nobody judged, relevance alone decides. Without an answer, sentences only
    near to a question for one fact are no claims."""
    holding = _holding(goal, judged.answer, lines, readings) if judged else set()
    yes = judged.yes() if judged and (holding or is_open(goal) or grounded(judged.answer, [line.text for line in lines])) else set()
    kept = []
    for line in lines:
        title = readings[line.reading_id].title
        if line.number not in holding and off_subject(goal, line.text, title) and off_subject(run.question.text, line.text, title):
            continue
        measures = [m for text in (goal, run.question.text) if (m := relevance(text, line.text, title)) is not None]
        measured = max(measures, default=FLOOR)
        if line.number in holding or (measured >= LEAST and line.number in yes) or (judged is None and measured >= FLOOR):
            kept.append((line, measured))
    share = max(4, run.effort.claims // run.effort.tasks)
    best = sorted(kept, key=lambda pair: (pair[0].number in holding, gives_what_is_asked(goal, pair[0].text), pair[1]), reverse=True)
    return sorted(best[:share], key=lambda pair: pair[0].number)


def _holding(goal: str, answer: str, lines: Sequence[Line], readings: dict[str, Reading]) -> set[int]:
    """The lines that hold the model's answer, on pages that are about the goal. A weak model answers rightly more often than it judges:
    asked for both, it calls the very sentence it answered from beside the point."""
    holding: set[int] = set()
    if not is_of_the_kind(goal, answer):
        return holding
    for line in lines:
        page = " ".join(other.text for other in lines if other.reading_id == line.reading_id)
        title = readings[line.reading_id].title
        about = relevance(goal, page, title)
        if says(line.text, answer) and (about is None or about >= FLOOR) and not off_subject(goal, page, title):
            holding.add(line.number)
    return holding


def _answer(goal: str, judged: Judgement, chosen: Sequence[tuple[Line, float]]) -> str:
    """The model's short answer where it stands in the sentences it chose; an open question is answered by the sentences themselves."""
    if is_of_the_kind(goal, judged.answer) and grounded(judged.answer, [line.text for line, _ in chosen]):
        return judged.answer
    near = [line for line, measured in sorted(chosen, key=lambda pair: -pair[1]) if measured >= NEAR]
    enough = len(near) >= ENOUGH and len({line.snapshot_id for line in near}) > 1
    return near[0].text if is_open(goal) and enough else ""


async def _claim(run: Run, trajectory: Trajectory, line: Line, readings: dict[str, Reading], measured: float) -> Claim:
    snapshot = await run.store.snapshot(line.snapshot_id)
    assert snapshot is not None  # a line is only made from a snapshot that was stored
    quote = cite.quote(snapshot, [snapshot.sentences[line.index]], line.reading_id)
    return Claim(
        id=f"{trajectory.task.id}.{line.number}",
        text=cite.plain(line.text),
        evidence=(quote,),
        relevance=round(measured, 3),
        verdict="insufficient",
        private=readings[line.reading_id].private,
    )
