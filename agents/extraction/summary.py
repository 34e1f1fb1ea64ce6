"""The Summary Agent: what an agent was shown becomes claims that can be understood by themselves,
in one call for a trajectory (in several where it does not fit): everything that bears on any part
of the question, not only what answers the agent's goal.

Evidence is named by sentence; code copies the words. The fallback: the sentences that the agent was
shown, as claims in their own words. Not here: what the ledger makes of claims
(`research/ledger/merging.py`)."""

from collections.abc import Iterable, Mapping, Sequence

from agents.asked import said_beside
from agents.asking import ask
from agents.extraction import claims as made_of
from agents.extraction.claims import Checking, Found, Summary
from agents.guarding.untrusted_text import of_a_program, on_one_line
from agents.models import Models
from agents.prompts import answer_language
from agents.reading.passages import cost, text_of
from research.crew import Run
from research.domain import Claim, Feedback, Ledger, Observation, Plan, Trajectory
from research.errors import BudgetExhausted
from research.flow import FINISH, LOOK, NOTE
from research.store.documents import Documents, documents
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
    for wanted in batches(observations, read, room):
        known = _known(ledger, read, wanted)
        made = await _ask(run, models, trajectory, read, wanted, checking, known, plan, found)
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
) -> list[dict[int, frozenset[int]]]:
    """The sentences that were shown, by document, in as many parts as fit the room; always one, so
    that outputs of programs are summed up even where nothing was read. A document that does not fit
    is cut."""
    wanted: dict[int, set[int]] = {}
    for line in (line for one in observations for line in one.lines):
        if (document := read.of_snapshot(line.snapshot_id)) is not None:
            wanted.setdefault(document.number, set()).add(line.index)
    parts: list[dict[int, frozenset[int]]] = [{}]
    left = room
    for number, places in wanted.items():
        for some in _cut(read, number, sorted(places), room):
            size = _size(read, number, some)
            if size > left and parts[-1]:
                parts.append({})
                left = room
            parts[-1][number] = parts[-1].get(number, frozenset()) | frozenset(some)
            left -= size
    return parts


def _cut(read: Documents, number: int, places: Sequence[int], room: int) -> Iterable[list[int]]:
    some: list[int] = []
    size = 0
    for place in places:
        own = _size(read, number, [place])
        if some and size + own > room:
            yield some
            some, size = [], 0
        some.append(place)
        size += own
    if some:
        yield some


def _size(read: Documents, number: int, places: Iterable[int]) -> int:
    document = read.get(number)
    return cost(document, places) if document else 0


def _noted(trajectory: Trajectory) -> str:
    """What the agent noted and found, in its own words; '' where that is nothing."""
    notes = [str(step.arguments.get("text", "")) for step in trajectory.steps if step.tool == NOTE]
    notes += [
        str(step.arguments.get("findings", ""))
        for step in trajectory.steps
        if step.tool == FINISH and step.arguments
    ]
    lines = [f"- {clip(on_one_line(note), 8_000)}" for note in notes if note.strip()]
    return f"{NOTED}\n" + "\n".join(lines) + "\n" if lines else ""


def _known(ledger: Ledger, read: Documents, wanted: Mapping[int, frozenset[int]]) -> str:
    """What earlier rounds claimed from these documents, so that it is not claimed again; '' where
    that is nothing."""
    snapshots = {document.snapshot.id for document in read if document.number in wanted}
    lines = [
        f"- {clip(on_one_line(claim.text), 160)}"
        for claim in ledger.claims
        if any(quote.snapshot_id in snapshots for quote in claim.evidence)
    ]
    return f"\n{KNOWN}\n" + "\n".join(lines) + "\n" if lines else ""


async def _ask(
    run: Run,
    models: Models,
    trajectory: Trajectory,
    read: Documents,
    wanted: Mapping[int, frozenset[int]],
    checking: Sequence[Claim],
    known: str,
    plan: Plan,
    found: Found,
) -> Summary | None:
    outputs = "\n\n".join(
        f"[{id}] {row.code}\n→ {of_a_program(row.stdout)}" for id, row in found.runs.items()
    )
    parts = plan.must_contain or (run.question.text,)
    try:
        return await ask(
            run,
            models,
            "summary",
            "claims",
            Checking if checking else Summary,
            max_tokens=ANSWER_TOKENS,
            task_id=trajectory.task.id,
            phase="outline",  # what was read is never lost for want of a summary
            today=run.question.today,
            language=answer_language(run.question),
            question=run.question.text,
            instructions=said_beside(run.question),
            parts="\n".join(f"{n} {part}" for n, part in enumerate(parts, 1)),
            goal=trajectory.task.goal,
            noted=_noted(trajectory),
            amount=FEW if run.effort.short else ALL,
            passages=text_of(read, {n: sorted(places) for n, places in wanted.items()})
            if wanted
            else "(nothing was read)",
            outputs=f"\nOutputs of programs that the agent ran:\n{outputs}\n" if outputs else "",
            checking=made_of.asked_of(checking, read),
            known=known,
        )
    except BudgetExhausted as error:
        await run.capped("summary", error)
        return None
