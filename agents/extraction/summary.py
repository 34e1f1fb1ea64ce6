"""The Summary Agent: what an agent was shown becomes claims that can be understood by themselves,
in one call for a trajectory (in several where it does not fit): everything that bears on any part
of the question, not only what answers the agent's goal.

Evidence is named by sentence; code copies the words. The fallback: the sentences that the agent was
shown, as claims in their own words. Not here: what the ledger makes of claims
(`research/ledger/merging.py`)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from agents.asked import said_beside
from agents.asking import affordable, ask
from agents.extraction import claims as made_of
from agents.extraction.claims import Checking, Found, Summary
from agents.guarding.untrusted_text import of_a_program, on_one_line
from agents.models import Models
from agents.prompts import answer_language
from agents.reading.passages import cost, places_of, text_of
from research.crew import Run
from research.domain import Feedback, Ledger, Observation, Plan, Trajectory
from research.flow import FINISH, LOOK, NOTE
from research.store.documents import Document, Documents, documents
from research.text.sentences import clip

ANSWER_TOKENS = 16_000
SHARE = 0.45  # of the window that passages may fill in one call
ALL = (
    "For a small source this means nearly everything in it; for a large one, tens of claims "
    "rather than a handful."
)
FEW = "This is for a short report: give the thirty claims that matter most for the answer, no more."
NOTED = (
    "What the agent noted as it read (leads, to be proved by the passages or left out like "
    "anything else):"
)
KNOWN = (
    "Claimed from these documents before. Give none of it again, but where it is a side of a "
    "conflict with something new:"
)
OUTPUTS = "\nOutputs of programs that the agent ran:"
TOLD_IN = {NOTE: "text", FINISH: "findings"}  # the argument of a tool in which an agent says it
FALLBACK = 24  # sentences that are claims of their own where the model gives none


async def summarise(
    run: Run, models: Models, trajectory: Trajectory, ledger: Ledger, plan: Plan
) -> Feedback:
    """What a trajectory gives."""
    observations = await run.all_observed(trajectory.steps)
    read = await documents(run.store, run.job)
    rows = await made_of.runs_done(run.store, run.job.id, trajectory.task.id)
    checking = [claim for claim in ledger.claims if claim.id in trajectory.task.claims]
    room = int(models.role("summary").window * SHARE)
    found = Found(task_id=trajectory.task.id, documents=read, runs=rows)
    parts = enumerate(plan.must_contain or (run.question.text,), 1)
    told = {
        "parts": "\n".join(f"{n} {part}" for n, part in parts),
        "checking": made_of.asked_of(checking, read),
    }
    for wanted in batches(observations, read, room):
        known = _known(ledger, read, wanted)
        made = await _ask(run, models, trajectory, found, wanted, known=known, **told)
        if made is None:
            found.claims += made_of.verbatim(
                found.task_id, trajectory.task.goal, read, wanted, FALLBACK
            )
        else:
            found.add(made)
    if trajectory.task.id == LOOK:  # it looked for nothing in particular
        found.gaps, found.dead_ends = [], []
    checked, conflicts = made_of.checked(found.checks, checking, run.question.language)
    return Feedback(
        task_id=trajectory.task.id,
        role=trajectory.task.role,
        outcome=trajectory.outcome,
        reason=trajectory.reason,
        claims=(*found.claims, *checked),
        contradictions=(*found.contradictions, *conflicts),
        surprises=tuple(found.surprises),
        gaps=tuple(dict.fromkeys(found.gaps)),
        dead_ends=tuple(dict.fromkeys(found.dead_ends)),
        queries=tuple(query for one in observations for query in one.queries),
        pages=len({reading for one in observations for reading in one.readings}),
        drawings=await made_of.drawings(run, rows.values()),
        standings=found.standings,
    )


def batches(
    observations: Sequence[Observation], read: Documents, room: int
) -> list[dict[int, list[int]]]:
    """The sentences that were shown, by document, in as many parts as fit the room; always one, so
    that outputs of programs are summed up even where nothing was read. A document that does not fit
    is cut."""
    shown = places_of(line for one in observations for line in one.lines)
    parts: list[dict[int, list[int]]] = [{}]
    left = room
    for document in (one for one in read if one.number in shown):
        for some in _cut(document, sorted(set(shown[document.number])), room):
            size = cost(document, some)
            if size > left and parts[-1]:
                parts.append({})
                left = room
            parts[-1].setdefault(document.number, []).extend(some)
            left -= size
    return parts


def _cut(document: Document, places: Sequence[int], room: int) -> Iterator[list[int]]:
    some: list[int] = []
    left = room
    for place in places:
        size = cost(document, [place])
        if some and size > left:
            yield some
            some, left = [], room
        some.append(place)
        left -= size
    yield some


def _noted(trajectory: Trajectory) -> str:
    """What the agent noted and found, in its own words; '' where that is nothing."""
    said = [
        str(step.arguments.get(TOLD_IN[step.tool], ""))
        for step in trajectory.steps
        if step.tool in TOLD_IN
    ]
    return _section(NOTED, (f"- {clip(on_one_line(one), 8_000)}" for one in said if one.strip()))


def _known(ledger: Ledger, read: Documents, wanted: Collection[int]) -> str:
    """What earlier rounds claimed from these documents, so that it is not claimed again; '' where
    that is nothing."""
    snapshots = {document.snapshot.id for document in read if document.number in wanted}
    known = [
        claim
        for claim in ledger.claims
        if any(quote.snapshot_id in snapshots for quote in claim.evidence)
    ]
    return _section(f"\n{KNOWN}", (f"- {clip(on_one_line(one.text), 160)}" for one in known))


def _section(name: str, lines: Iterable[str]) -> str:
    """Lines under a name; '' where there are none."""
    told = "\n".join(lines)
    return f"{name}\n{told}\n" if told else ""


async def _ask(
    run: Run,
    models: Models,
    trajectory: Trajectory,
    found: Found,
    wanted: Mapping[int, Sequence[int]],
    **told: Any,
) -> Summary | None:
    """What one call makes of these sentences; `told` is what it is to know beside them."""
    outputs = [f"[{id}] {row.code}\n→ {of_a_program(row.stdout)}" for id, row in found.runs.items()]
    asked = ask(
        run,
        models,
        "summary",
        "claims",
        Checking if told["checking"] else Summary,
        max_tokens=ANSWER_TOKENS,
        task_id=trajectory.task.id,
        phase="outline",  # what was read is never lost for want of a summary
        today=run.question.today,
        language=answer_language(run.question),
        question=run.question.text,
        instructions=said_beside(run.question),
        goal=trajectory.task.goal,
        noted=_noted(trajectory),
        amount=FEW if run.effort.short else ALL,
        passages=text_of(found.documents, wanted) or "(nothing was read)",
        outputs=_section(OUTPUTS, ["\n\n".join(outputs)]),
        **told,
    )
    return await affordable(run, "summary", asked)
