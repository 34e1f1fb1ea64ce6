"""A trajectory becomes claims in one call, in several where it does not fit; without a model in its
sources' own words."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.extraction.summary import batches, summarise
from agents.models import ScriptedModels
from agents.models.scripted import Scripted
from agents.reading.passages import cost, line_of
from research.domain import Feedback, Observation, Plan, Step, Task, Trajectory
from research.errors import BudgetExhausted, ModelOutputInvalid
from research.store.database import Store
from research.store.documents import documents
from tests.agents.writing.pages import documents_of
from tests.agents.written import Desk, desk

TEXTS = ("The trench is 7,420 metres deep. It lies in the north.", "A gauge gave 7,510 metres.")
PLAN = Plan(must_contain=("How deep it is", "Where it lies"))
GIVEN = {
    "claims": [{"text": "The trench is 7,420 m deep.", "parts": [1], "evidence": [["d1.1"]]}],
    "gaps": ["its width"],
    "dead_ends": [""],
}


async def summed_up(
    store: Store, answer: Callable[[str], Scripted], **task: Any
) -> tuple[Feedback, list[str], Desk]:
    """What comes of an agent that was shown all of the texts."""
    known = await desk(store, *TEXTS)
    shown: list[str] = []

    def handler(role: str, messages: Any, schema: dict[str, Any]) -> Scripted:
        shown.append(messages[-1]["content"])
        return answer(shown[-1])

    task_of = Task(
        id="r1s1", role=task.pop("role", "search"), goal="How deep is the trench?", **task
    )
    lines = tuple(
        line_of(one, place)
        for one in await documents(store, known.run.job)
        for place in range(one.size)
    )
    step = Step(index=0, tool="batch_web_surfer", observation_id="r1s1:0")
    seen = Observation(
        id="r1s1:0",
        text="",
        lines=lines,
        queries=("depth",),
        readings=tuple({line.reading_id for line in lines}),
    )
    await known.run.records.put_trajectory(Trajectory(task=task_of), open=True)
    await known.run.records.put_step(task_of.id, step, seen)
    made = await summarise(
        known.run,
        ScriptedModels(handler),
        Trajectory(task=task_of, steps=(step,)),
        known.ledger,
        PLAN,
    )
    return made, shown, known


async def test_everything_an_agent_was_shown_is_asked_about_with_the_parts_of_the_whole_question(
    store: Store,
) -> None:
    made, (prompt,), _ = await summed_up(store, lambda _: GIVEN)
    assert "1 How deep it is\n2 Where it lies" in prompt
    assert (
        "[d1.1] The trench is 7,420 metres deep. [d1.2] It lies in the north." in prompt
        and "[d2.1] A gauge" in prompt
    )
    assert "sent to check" not in prompt
    before, after = prompt.split("Passages:\n")
    assert "Claimed from these documents before" in before
    assert "- A gauge gave 7,510 metres." in before and "- A gauge" not in after
    (claim,) = made.claims
    assert (claim.text, claim.parts, claim.evidence[0].quote) == (
        "The trench is 7,420 m deep.",
        (1,),
        "The trench is 7,420 metres deep.",
    )
    assert (made.gaps, made.dead_ends, made.queries, made.pages) == (
        ("its width",),
        (),
        ("depth",),
        2,
    )


@pytest.mark.parametrize(
    "error", [ModelOutputInvalid(model="m", reason="no"), BudgetExhausted(limit=1, unit="tokens")]
)
async def test_a_model_that_fails_leaves_the_sentences_themselves(
    store: Store, error: Exception
) -> None:
    made, _, known = await summed_up(store, lambda _: error)
    assert [claim.text for claim in made.claims] == [
        "The trench is 7,420 metres deep.",
        "It lies in the north.",
        "A gauge gave 7,510 metres.",
    ]
    assert await store.fallbacks(known.run.job.id)


async def test_a_verify_agents_claims_are_named_and_come_back_with_what_was_found(
    store: Store,
) -> None:
    check = {"claim": "c1", "finding": "contradicted", "evidence": [["d2.1"]], "why": "A gauge."}
    made, (prompt,), _ = await summed_up(
        store, lambda _: {"claims": [], "checked": [check]}, role="verify", claims=("c1",)
    )
    assert "sent to check" in prompt and "\nc1 The trench is 7,420 metres deep. [d1.1]\n" in prompt
    assert [(claim.id, claim.verdict) for claim in made.claims] == [("c1", "contested")]
    assert len(made.contradictions) == 1


def test_what_does_not_fit_goes_in_parts_that_hold_every_sentence_once() -> None:
    texts = [
        " ".join(f"Sentence {n} of text {m} tells of depth." for n in range(12)) for m in range(4)
    ]
    read = documents_of(*texts)
    lines = tuple(line_of(one, place) for one in read for place in range(one.size))
    room = 100
    parts = batches([Observation(id="o", text="", lines=(*lines, *lines[:5]))], read, room)
    assert len(parts) > 4
    held = [
        (number, place) for part in parts for number, places in part.items() for place in places
    ]
    assert sorted(held) == [(one.number, place) for one in read for place in range(one.size)]
    for part in parts:
        sizes = [
            cost(document, places)
            for number, places in part.items()
            if (document := read.get(number)) is not None
        ]
        assert sum(sizes) <= room


def test_outputs_of_programs_are_summed_up_even_where_nothing_was_read() -> None:
    assert list(batches([], documents_of("A."), 100)) == [{}]


async def test_what_the_agent_noted_is_told_as_a_lead(store: Store) -> None:
    known = await desk(store, *TEXTS)
    shown: list[str] = []

    def handler(role: str, messages: Any, schema: dict[str, Any]) -> Scripted:
        shown.append(messages[-1]["content"])
        return GIVEN

    steps = (
        Step(index=0, tool="note", arguments={"text": "The gauge\nwas replaced (d2.1)."}),
        Step(index=1, turn=1, tool="finish", arguments={"findings": "Two depths are told."}),
    )
    task = Task(id="r1s1", role="search", goal="How deep is the trench?")
    await known.run.records.put_trajectory(Trajectory(task=task), open=True)
    trajectory = Trajectory(task=task, steps=steps)
    await summarise(known.run, ScriptedModels(handler), trajectory, known.ledger, PLAN)
    before = shown[0].split("Passages:")[0]
    assert "- The gauge was replaced (d2.1).\n- Two depths are told.\n" in before
