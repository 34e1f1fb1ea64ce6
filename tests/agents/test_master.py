"""The Master of an endpoint model: what it decides is followed as far as the rules allow, and told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents import master
from agents.models import Message, ScriptedModels
from research.budget import EFFORTS, Budget
from research.crew import Run
from research.errors import ModelOutputInvalid
from research.records import JobRecords
from research.settings import Settings
from research.store import Store
from research.types import BudgetLimits, Claim, Ledger, Plan, Quote, Role, Task
from tests.agents.crews import ask, by_rule, library
from tests.research.crews import new_job

QUESTION = "What is the depth of the Kestrel Trench, and who built the cable railway?"
PAGES = {
    "trench.md": "# The trench\n\nThe depth of the Kestrel Trench is 7,420 metres. The trench lies in the cold north.\n",
    "railway.md": "# The railway\n\nMaribel Ortiz built the cable railway in 1931. It carries herring.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return library(tmp_path / "library", PAGES)


class Deciding:
    """Answers by rule; its decisions are these, the last again and again. `prompts` are those of its decisions."""

    def __init__(self, *decisions: dict[str, Any] | Exception) -> None:
        self.decisions = list(decisions)
        self.prompts: list[str] = []
        self.asked: list[Role] = []

    def __call__(self, role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any] | Exception:
        self.asked.append(role)
        names = schema.get("properties", {})
        if "why" not in names or not self.decisions:
            return by_rule(role, messages, schema)
        self.prompts.append("\n".join(message["content"] for message in messages))
        given = self.decisions.pop(0) if len(self.decisions) > 1 else self.decisions[0]
        return given if isinstance(given, Exception) else {name: value for name, value in given.items() if name in names}


def decision(next: str = "go_on", **fields: Any) -> dict[str, Any]:
    return {"parts": [], "answer": "not stated", "why": "because", "next": next, "search": [], "verify": [], **fields}


def sought(*goals: str) -> list[dict[str, Any]]:
    return [{"goal": goal, "queries": [goal]} for goal in goals]


async def a_run(store: Store, **job: Any) -> Run:
    made = await store.take((await new_job(store, **{"effort": "standard", **job})).id, stale_seconds=15)
    effort = EFFORTS[made.effort]
    return Run(job=made, store=store, records=JobRecords(store, made), budget=Budget(limits=effort.limits), effort=effort)


def claim(number: int, **fields: object) -> Claim:
    text = f"The sea is {number} metres deep."
    quote = Quote(reading_id="r", snapshot_id=f"s{number}", spans=((0, 1),), quote=text)
    return Claim.model_validate({"id": f"c{number}", "text": text, "evidence": (quote,), "relevance": 0.9, **fields})


LAST = Plan(
    brief="The depth of the sea.",
    must_contain=("the depth", "the width"),
    tasks=(Task(id="r1s1", role="search", goal="How deep is the sea?"),),
    round=1,
)
FOUND = Ledger(claims=(claim(1), claim(2)), answers=("1 metres",), queries=("sea depth",), pages=2)


async def plans(store: Store, job_id: str) -> list[dict[str, Any]]:
    return [event.data for event in await store.events(job_id) if event.type == "plan"]


async def test_search_and_verify_go_out_in_one_round_and_it_ends_when_every_part_is_met(
    store: Store, settings: Settings, folder: Path
) -> None:
    report = await ask(store, settings, folder, QUESTION, ScriptedModels(by_rule), effort="standard")
    told = await plans(store, report.id)
    assert [[task["role"] for task in plan["tasks"]] for plan in told[:2]] == [["search"], ["search", "verify"]]
    assert list(told[0]["must_contain"]) == ["What is the depth of the Kestrel Trench", "who built the cable railway?"]
    assert (told[-1]["done"], told[-1]["reason"]) == (True, "every part is met")
    assert report.status == "complete"
    assert "Ortiz" in report.markdown


@pytest.mark.parametrize("effort", ["quick", "standard"])
async def test_an_empty_ledger_is_never_written_up(store: Store, settings: Settings, folder: Path, effort: str) -> None:
    """Whatever the model says: that all is met, by which claims ever, that it knows the answer, that it is time to write."""
    for page in folder.iterdir():
        page.write_text("Herring is eaten with onions. The harbour sells herring on Fridays.", encoding="utf-8")
    met = [{"part": 1, "claims": [1, 2]}, {"part": 2, "claims": [3]}]
    sure = Deciding(decision("write", parts=met, answer="The Kestrel Trench is 7,420 metres deep.", verify=[1, 2]))
    report = await ask(store, settings, folder, QUESTION, ScriptedModels(sure), effort=effort)
    assert report.status == "insufficient_evidence"
    assert report.answer == report.sections == ()
    assert "writer" not in sure.asked
    assert not (await store.ledger(report.id) or Ledger(answers=("",))).claims


@pytest.mark.parametrize(
    "said", [decision("write", answer="42", parts=[{"part": 1, "claims": [1]}]), ModelOutputInvalid(model="m", reason="")]
)
async def test_no_plan_over_an_empty_ledger_is_answered(store: Store, said: dict[str, Any] | Exception) -> None:
    run = await a_run(store)
    for round in range(2, 7):
        made = await master.plan(run, ScriptedModels(Deciding(said)), Ledger(answers=("42",), pages=1), LAST, round)
        assert not made.answered
        assert not any(task.role == "verify" for task in made.tasks)


async def test_what_was_asked_before_is_refused_and_ends_the_work(store: Store, settings: Settings, folder: Path) -> None:
    again = Deciding(decision(search=sought("the Kestrel Trench depth", "the depth of the Kestrel Trench?"), verify=[1]))
    report = await ask(store, settings, folder, QUESTION, ScriptedModels(again), effort="standard")
    told = await plans(store, report.id)
    goals = [task["goal"] for plan in told for task in plan["tasks"] if task["role"] == "search"]
    assert goals == ["What is the depth of the Kestrel Trench"]
    assert (told[-1]["done"], told[-1]["reason"]) == (True, "what was proposed was asked before")


async def test_tasks_of_all_earlier_rounds_count(store: Store) -> None:
    run = await a_run(store)
    last = LAST.model_copy(update={"asked": ("How warm is the sea?",)})
    models = ScriptedModels(Deciding(decision(search=sought("how warm is the sea", "how deep is the sea", "Who sails the sea?"))))
    made = await master.plan(run, models, FOUND, last, 2)
    assert [task.goal for task in made.tasks] == ["Who sails the sea?"]
    assert set(made.asked) >= {"How warm is the sea?", "How deep is the sea?", "sea depth"}


async def test_a_round_that_brought_nothing_new_is_the_last_unless_a_note_came(store: Store) -> None:
    run = await a_run(store)
    ledger = FOUND.model_copy(update={"claims": tuple(claim(n, verdict="supported", reason="said by one text") for n in (1, 2))})
    more = Deciding(decision(search=sought("Who sails the sea?")))
    second = await master.plan(run, ScriptedModels(more), ledger, LAST, 2)
    assert not second.done
    third = await master.plan(run, ScriptedModels(more), ledger, second, 3)
    assert (third.done, third.answered, third.reason) == (True, True, "the last round brought nothing new")
    more = Deciding(decision(search=sought("Who sails the sea in winter, and on which ships?")))
    steered = await master.plan(run, ScriptedModels(more), ledger, second, 3, ["Look at winter too."])
    assert not steered.done
    assert "Look at winter too." in more.prompts[0]


async def test_it_reads_brief_digest_budget_and_rounds_and_no_page(store: Store) -> None:
    run = await a_run(store)
    asked = Deciding(decision("write"))
    ledger = FOUND.model_copy(update={"gaps": ("the width",), "dead_ends": ("sea width",)})
    await master.plan(run, ScriptedModels(asked), ledger, LAST, 2, ["In metres, please."])
    (prompt,) = asked.prompts
    for told in (
        "Brief: The depth of the sea.",
        "P2 the width",
        "1 [not verified, 1 source] The sea is 1 metres deep.",
        "Not found: the width",
        "Searched without a result: sea width",
        "- How deep is the sea?",
        "Rounds of searching left: 2",
        "calls 40",
        "In metres, please.",
    ):
        assert told in prompt


async def test_no_more_agents_than_the_effort_allows_and_no_claim_twice(store: Store) -> None:
    run = await a_run(store)
    many = (*map(claim, range(1, 40)), claim(40, verdict="supported", reason="said by one text"))
    goals = sought("Who sails the sea?", "Which fish lives there?", "When did it freeze?")
    said = decision(search=goals, verify=[*range(1, 41), 99])
    made = await master.plan(run, ScriptedModels(Deciding(said)), FOUND.model_copy(update={"claims": many}), LAST, 2)
    assert len(made.tasks) <= run.effort.tasks
    assert {task.role for task in made.tasks} == {"search", "verify"}
    sent = [id for task in made.tasks for id in task.claims]
    assert len(sent) == len(set(sent))
    assert "c40" not in sent


async def test_nothing_is_verified_once_a_quarter_of_the_calls_went_into_it(store: Store, settings: Settings, folder: Path) -> None:
    report = await ask(store, settings, folder, QUESTION, ScriptedModels(by_rule), effort="standard", budget=BudgetLimits(calls=15))
    assert {row.task["role"] for row, _ in await store.trajectories(report.id)} == {"search"}
    report = await ask(store, settings, folder, QUESTION, ScriptedModels(by_rule), effort="standard", budget=BudgetLimits(calls=24))
    assert 0 < report.usage.by_role["verify"].model_calls <= 6


async def test_without_a_usable_decision_what_was_found_is_verified_and_written(store: Store, settings: Settings, folder: Path) -> None:
    silent = Deciding(ModelOutputInvalid(model="m", reason="nonsense"))
    report = await ask(store, settings, folder, QUESTION, ScriptedModels(silent), effort="standard")
    told = await plans(store, report.id)
    assert [[task["role"] for task in plan["tasks"]] for plan in told] == [["search"], ["verify"], []]
    assert "route" in report.floors
    assert any("7,420" in sentence.text for sentence in report.answer)


async def test_a_part_met_by_a_refuted_claim_is_open_again(store: Store) -> None:
    run = await a_run(store)
    both = {"the depth": ("c1",), "the width": ("c2",)}
    looked = tuple(claim(n, verdict="supported", reason="said by one text") for n in (1, 2))
    last = LAST.model_copy(update={"met": both, "known": (1, 0, 0, 0)})
    quiet = Deciding(decision("write"))
    done = await master.plan(run, ScriptedModels(quiet), FOUND.model_copy(update={"claims": looked}), last, 3)
    assert (done.done, done.reason, done.met) == (True, "every part is met", both)
    assert quiet.asked == []
    refuted = (looked[0], looked[1].model_copy(update={"verdict": "refuted"}))
    more = Deciding(decision(search=sought("What is the width of the sea?"), parts=[{"part": 2, "claims": [2]}]))
    made = await master.plan(run, ScriptedModels(more), FOUND.model_copy(update={"claims": refuted}), last, 3)
    assert [task.goal for task in made.tasks] == ["What is the width of the sea?"]
    assert made.met == {}


async def test_rounds_end(store: Store) -> None:
    run = await a_run(store)
    endless = Deciding(decision(search=sought("Who sails the sea?"), verify=[1]))
    late = LAST.model_copy(update={"round": run.effort.rounds})
    made = await master.plan(run, ScriptedModels(endless), FOUND, late, 9)
    assert [task.role for task in made.tasks] == ["verify"]
    checked = tuple(one.model_copy(update={"verdict": "supported", "reason": "said by one text"}) for one in FOUND.claims)
    over = await master.plan(run, ScriptedModels(endless), FOUND.model_copy(update={"claims": checked}), made, 10)
    assert (over.done, over.answered, over.reason) == (True, True, "the rounds are over")
