"""The Master's tasks go out as it made them, within what there is room for; code puts none in their
place."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import ScriptedModels
from agents.models.scripted import Scripted
from agents.planning.master import plan
from agents.planning.sources import Sources
from agents.planning.tasks import Sought as Task
from agents.planning.tasks import search_tasks, verify_tasks
from research.domain import Ledger, Plan
from research.efforts import EFFORTS
from research.errors import BudgetExhausted, ModelOutputInvalid, SearchFailed
from research.store.database import Store
from tests.agents.written import Desk, desk

OPENING = {
    "brief": "The depth, for a chart.",
    "must_contain": ["How deep\nit is", " ", "How deep it is", "Who found it"],
    "tasks": [
        {"goal": f"Search for part {n}", "queries": ["depth", " ", "trench"]} for n in range(9)
    ],
}
DECISION: dict[str, Any] = {"met": [], "why": "", "next": "go_on", "search": [], "verify": []}
TEXTS = ("The trench is 7,420 metres deep. It lies in the north.",)
BEFORE = Plan(
    brief="The depth.",
    must_contain=("How deep it is", "Who found it"),
    round=1,
    asked=(),
    tasks=search_tasks([Task(goal="depth")], 1, (), 1),
)
SEARCHED = Sources()


async def decided(
    store: Store,
    answer: Scripted | Callable[[str], Scripted],
    last: Plan | None = None,
    *,
    round: int = 2,
    notes: tuple[str, ...] = (),
    sources: Sources = SEARCHED,
    change: Callable[[Desk], Desk] = lambda known: known,
) -> tuple[Plan, list[str], Desk]:
    known = change(await desk(store, *TEXTS))
    asked: list[str] = []

    def handler(role: str, messages: Any, schema: dict[str, Any]) -> Scripted:
        assert role == "master"
        asked.append("\n".join(message["content"] for message in messages))
        return answer(asked[-1]) if callable(answer) else answer

    return (
        await plan(known.run, ScriptedModels(handler), known.ledger, last, round, notes, sources),
        asked,
        known,
    )


# The first round


async def test_the_first_plan_is_the_masters_capped_and_cleaned(store: Store) -> None:
    made, _, known = await decided(store, OPENING)
    assert made.brief == "The depth, for a chart." and made.must_contain == (
        "How deep it is",
        "Who found it",
    )
    assert [task.goal for task in made.tasks] == [
        f"Search for part {n}" for n in range(EFFORTS[known.run.job.effort].tasks)
    ]
    assert {task.queries for task in made.tasks} == {("depth", "trench")}
    assert (made.round, made.done) == (1, False)


async def test_small_sources_need_one_agent_and_the_master_is_told_what_there_is(
    store: Store,
) -> None:
    made, (prompt,), _ = await decided(
        store, OPENING, sources=Sources(whole=True, shelf="2 documents: The chart")
    )
    assert len(made.tasks) == 1
    assert (
        "They are small" in prompt
        and "2 documents: The chart" in prompt
        and "at most 1 tasks" in prompt
    )


async def test_a_note_stands_beside_the_question(store: Store) -> None:
    made, (prompt,), _ = await decided(store, OPENING, notes=("mind the units",))
    assert "mind the units" in prompt and made.heard == 1


@pytest.mark.parametrize(
    "answer",
    [ModelOutputInvalid(model="m", reason="no"), {"brief": "b", "must_contain": [], "tasks": []}],
)
async def test_without_a_first_plan_the_question_itself_is_searched_for(
    store: Store, answer: Scripted
) -> None:
    made, _, known = await decided(store, answer)
    assert [task.goal for task in made.tasks] == [known.run.question.text]
    assert made.must_contain == (known.run.question.text,)
    assert await store.fallbacks(known.run.job.id) == ["plan_first"]


async def test_a_spent_budget_plans_nothing_and_says_so(store: Store) -> None:
    made, _, _ = await decided(store, BudgetExhausted(limit=1, unit="tokens"))
    assert (made.done, made.capped, made.tasks) == (True, True, ()) and made.reason


# Later rounds


def unseen(known: Desk) -> Desk:
    """With claims that nobody has checked yet."""
    claims = tuple(claim.model_copy(update={"reason": ""}) for claim in known.ledger.claims)
    return Desk(known.run, Ledger(claims=claims), known.bindings)


async def test_what_is_missing_is_searched_for_and_what_is_doubtful_verified(store: Store) -> None:
    wanted = {
        "search": [{"goal": "Who found it?"}, {"goal": " DEPTH "}, {"goal": "who  found it?"}],
        "verify": ["c2", "c99", "c2"],
    }
    met = [
        {"part": 1, "claims": ["c1", "c77"]},
        {"part": 7, "claims": ["c1"]},
        {"part": 2, "claims": ["c77"]},
    ]
    made, (prompt,), _ = await decided(
        store, DECISION | wanted | {"met": met, "why": "nobody\nis named"}, BEFORE, change=unseen
    )
    assert [(task.id, task.role, task.goal) for task in made.tasks] == [
        ("r2s1", "search", "Who found it?"),
        ("r2v1", "verify", "- c2 It lies in the north."),
    ]
    assert made.tasks[1].claims == ("c2",)
    assert (
        made.met == {"How deep it is": ("c1",)}
        and made.reason == "nobody is named"
        and not made.done
    )
    assert (
        "P1 How deep it is\nP2 Who found it" in prompt
        and "c1 The trench is 7,420 metres deep. [d1.1]" in prompt
    )
    assert "Asked before:\n- depth" in prompt


@pytest.mark.parametrize(
    "more",
    [{"next": "write", "search": [{"goal": "Who found it?"}]}, {}, {"search": [{"goal": "depth"}]}],
)
async def test_the_work_is_done_when_the_master_says_so_or_sends_nobody_anew(
    store: Store, more: dict[str, Any]
) -> None:
    made, _, _ = await decided(store, DECISION | more, BEFORE)
    assert (made.done, made.tasks, made.answered) == (True, (), True)


async def test_without_a_decision_the_run_writes(store: Store) -> None:
    made, _, known = await decided(store, ModelOutputInvalid(model="m", reason="no"), BEFORE)
    assert (
        made.done
        and made.brief == "The depth."
        and await store.fallbacks(known.run.job.id) == ["plan_next"]
    )


async def test_a_spent_budget_keeps_the_plan_and_writes(store: Store) -> None:
    made, _, _ = await decided(store, BudgetExhausted(limit=1, unit="tokens"), BEFORE)
    assert (made.done, made.capped, made.must_contain) == (True, True, BEFORE.must_contain)


@pytest.mark.parametrize(
    ("last", "sources"),
    [(BEFORE, Sources(whole=True)), (BEFORE.model_copy(update={"round": 9}), Sources())],
)
async def test_nothing_is_asked_where_nothing_can_come_of_it_but_a_note_is_always_heard(
    store: Store, last: Plan, sources: Sources
) -> None:
    made, asked, _ = await decided(store, DECISION, last, sources=sources)
    assert made.done and asked == []
    heard = {"search": [{"goal": "the width"}]}
    made, asked, _ = await decided(
        store, DECISION | heard, last, sources=sources, notes=("and the width?",)
    )
    assert [task.goal for task in made.tasks] == ["the width"] and "and the width?" in asked[0]


async def test_after_an_outage_the_same_is_searched_again_by_the_next_attempt_and_never_in_this_one(
    store: Store,
) -> None:
    def failed(known: Desk) -> Desk:
        return Desk(known.run, Ledger(failures=("nobody answered",)), known.bindings)

    made, asked, _ = await decided(store, DECISION, BEFORE, change=failed)
    assert asked == [] and [(task.id, task.goal) for task in made.tasks] == [("r2s1", "depth")]
    with pytest.raises(SearchFailed, match="nobody answered"):
        await decided(store, DECISION, BEFORE.model_copy(update={"fence": 1}), change=failed)


async def test_claims_that_were_looked_at_are_not_verified_again(store: Store) -> None:
    known = await desk(store, *TEXTS)
    fresh = known.ledger.claims[0].model_copy(update={"reason": ""})
    ledger = Ledger(claims=(fresh, known.ledger.claims[1]))
    assert [task.claims for task in verify_tasks(ledger, ["c1", "c2"], 3)] == [("c1",)]


async def test_a_search_that_was_answered_and_found_nothing_is_no_outage(store: Store) -> None:
    def empty(known: Desk) -> Desk:
        return Desk(
            known.run, Ledger(failures=("nobody answered",), queries=("depth",)), known.bindings
        )

    made, asked, _ = await decided(
        store, DECISION, BEFORE.model_copy(update={"fence": 1}), change=empty
    )
    assert made.done and len(asked) == 1
