"""A question that lists its parts: each is looked for, told under its name, and named where nothing answers it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.briefs import by_part, of_parts, unmet
from agents.models import Message, ScriptedModels
from agents.writer import write
from evals.invariants import violations
from research import cite
from research.budget import EFFORTS
from research.flow import most_tasks
from research.listing import listing
from research.report import Report
from research.settings import Settings
from research.store import Store
from research.types import Claim, Effort, Ledger, Plan, Role
from tests.acceptance.conftest import embedded
from tests.acceptance.test_ask import stored_texts
from tests.agents.crews import ask, by_rule, library
from tests.agents.test_master import claim, decision
from tests.agents.written import PLAN, desk, models
from tests.research.crews import new_job, question

BRIEF = "Write a brief on Brennan Ferries: passengers, crew, fuel costs and lawsuits."
QUESTION = "What is known of the sea, its depth, its salt, its ships and colour, its age and its name?"
PARTS = ["passengers (Brennan Ferries)", "crew (Brennan Ferries)", "fuel costs (Brennan Ferries)", "lawsuits (Brennan Ferries)"]
PAPERS = {
    "traffic.md": "# Brennan Ferries: traffic\n\nBrennan Ferries carried 418,000 passengers in 2025. Most passengers travel in July.\n",
    "staff.md": "# Brennan Ferries: staff\n\nThe crew of Brennan Ferries numbers 96 people. The crew wears blue.\n",
    "costs.md": "# Brennan Ferries: costs\n\nFuel costs of Brennan Ferries came to 2.4 million euros in 2025.\n",
    "archive/costs_2019.md": "# Brennan Ferries: how fuel was bought\n\nFuel of Brennan Ferries was bought from Harbour Oil in 2019.\n",
    "canteen.md": "# Brennan Ferries: canteen\n\nThe canteen of Brennan Ferries serves 120 lunches a day.\n",
}
HOLDING = {"passengers": "418,000", "crew": "96 people", "fuel costs": "2.4 million euros"}


def small(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
    """Answers a part from the document that holds its answer; of fuel also from the archive."""
    names = schema.get("properties", {})
    if not any(name.startswith("Document ") for name in names):
        return by_rule(role, messages, schema)
    prompt = messages[-1]["content"]
    goal = prompt.rsplit("Question: ", 1)[1]
    documents = {name: prompt.split(f"{name} (")[1].split("\n\n")[0] for name in names}
    answer = next((answer for part, answer in HOLDING.items() if goal.startswith(part)), "-")
    answers = {name: answer if answer in text else "not stated" for name, text in documents.items()}
    old = {name: "Harbour Oil" for name, text in documents.items() if "Harbour Oil" in text and goal.startswith("fuel")}
    return answers | old


async def brief(store: Store, settings: Settings, tmp_path: Path, **job: Any) -> Report:
    folder = library(tmp_path / "library", PAPERS)
    report = await ask(store, settings, folder, BRIEF, ScriptedModels(small, embedded=True), **job)
    snapshots = await store.snapshots([source.snapshot_id for source in report.sources])
    assert violations(report, {s.id: s.text for s in snapshots.values()}, render=cite.render) == []
    return report


async def plans(store: Store, job_id: str) -> list[dict[str, Any]]:
    return [event.data for event in await store.events(job_id) if event.type == "plan"]


@pytest.mark.parametrize("effort", ["quick", "standard"])
async def test_each_part_is_searched_for_and_the_answers_open_the_report(
    store: Store, settings: Settings, tmp_path: Path, effort: Effort
) -> None:
    report = await brief(store, settings, tmp_path, effort=effort)
    told = [sentence.text for sentence in report.answer]
    assert [next(part for part, answer in HOLDING.items() if answer in text) for text in told] == list(HOLDING)
    assert report.status == "partial"
    assert "Not found in the sources: lawsuits (Brennan Ferries)" in report.markdown
    assert report.markdown.count("Not found") == 1
    assert "canteen" not in report.markdown and "Harbour Oil" not in report.markdown
    searched = [[t["goal"] for t in plan["tasks"] if t["role"] == "search"] for plan in await plans(store, report.id)]
    assert [goal for goals in searched for goal in goals][: len(PARTS)] == PARTS
    assert len(searched[0]) == (4 if effort == "quick" else EFFORTS["standard"].tasks)
    assert report.usage.model_calls <= (EFFORTS[effort].limits.calls or 0)


async def test_a_part_may_have_a_task_in_a_plan_that_a_person_approves(store: Store) -> None:
    for effort, most in (("quick", 4), ("standard", 3)):
        assert most_tasks(await new_job(store, question=question(BRIEF), effort=effort)) == most
    assert most_tasks(await new_job(store, effort="quick")) == 2
    assert most_tasks(await new_job(store, question=question(BRIEF), effort="quick", mode="react")) == 1


def of(goal: str, number: int, **fields: Any) -> Claim:
    return claim(number, goal=goal, answer=f"{number} metres", **fields)


def test_a_part_is_told_by_its_best_claim_of_today() -> None:
    listed = listing("Write a brief on the sea: depth, width and colour.")
    assert listed is not None
    depth, width, colour = listed.goals
    claims = [
        of(width, 1, standing="archived"),
        of(depth, 2, relevance=0.3),
        of(depth, 3, relevance=0.8),
        of(depth, 4, relevance=0.7),
        of(depth, 5, standing="archived"),
        claim(6, goal=colour),
        claim(7),
    ]
    found = of_parts(listed, claims, most=12)
    assert {goal: [one.id for one in own] for goal, own in found.items()} == {depth: ["c3", "c4"], width: ["c1"]}
    draft = by_part(listed, found, "The sea")
    assert [s.claims for s in draft.answer] == [("c3",), ("c1",)]
    assert [(section.heading, [s.claims for s in section.written()]) for section in draft.sections] == [("Depth", [("c4",)])]
    assert [len(own) for own in of_parts(listed, claims, most=2).values()] == [1, 1]


def test_a_sentence_is_told_under_the_part_that_it_names() -> None:
    listed = listing("Write a brief on Veltrix: revenue, annual recurring revenue, cash runway, and staff.")
    assert listed is not None
    revenue, recurring, runway, staff = listed.goals
    claims = [
        of(revenue, 1, text="Annual recurring revenue reached $46.9M."),
        of(recurring, 2, text="Q1 revenue was $21.4M."),
        of(recurring, 3, text="Remote work is reviewed annually."),
        of(runway, 4, text="Cash and runway suffice for 20 months."),
        of(runway, 5, text="The staff has 40 engineers."),
        of(staff, 6, text="241 people work there."),
    ]
    found = of_parts(listed, claims, most=12)
    assert {goal: [one.id for one in own] for goal, own in found.items()} == {
        revenue: ["c2"],
        recurring: ["c1"],
        runway: ["c4"],
        staff: ["c5"],
    }


def test_what_nothing_that_holds_answers_is_unmet() -> None:
    plan = Plan(
        must_contain=("the depth of the sea", "its salt", "its ships", "its colour", "its age", "its name", "its weather"),
        met={"its salt": ("c2",), "its ships": ("c3",)},
        asked=("its name", "its age"),
    )
    claims = (
        claim(1),
        claim(2, text="It holds 35 grams a litre."),
        claim(3, text="Nine vessels sail on it.", verdict="refuted"),
        claim(4, text="It was blue.", goal="its age", answer="blue", verdict="superseded"),
    )
    assert unmet(QUESTION, plan, Ledger(claims=claims)) == ["its ships", "its colour", "its age"]
    assert unmet(QUESTION, plan, Ledger(claims=claims, gaps=("its colour", "its ships"))) == ["its age"]
    assert unmet(QUESTION, plan, Ledger(claims=(claim(5, text="大海很深。"),))) == []  # words cannot tell across languages


async def test_a_part_that_the_master_wanted_and_nothing_meets_is_named(store: Store, settings: Settings, tmp_path: Path) -> None:
    def opening(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        names = schema.get("properties", {})
        if "must_contain" in names:
            parts = ["How many passengers Brennan Ferries carries", "Who insures the hulls", "Which broker placed the cover"]
            goal = "How many passengers does Brennan Ferries carry?"
            return {"brief": "b", "must_contain": parts, "tasks": [{"goal": goal, "queries": [goal]}]}
        if "why" in names:
            met = decision("write", parts=[{"part": 1, "claims": [1]}])
            return {name: value for name, value in met.items() if name in names}
        return by_rule(role, messages, schema)

    asked = "How many passengers does Brennan Ferries carry, and who insures its hulls?"
    report = await ask(store, settings, library(tmp_path / "library", PAPERS), asked, ScriptedModels(opening), effort="standard")
    assert "418,000" in report.markdown
    assert report.status == "partial"
    assert "Not found in the sources: Who insures the hulls" in report.markdown
    assert report.markdown.count("Not found") == 1


async def test_of_a_list_the_one_agent_of_react_names_what_it_did_not_find(store: Store) -> None:
    known = await desk(store, "The depth of the sea is 4,000 metres.", asked="Write a brief on the sea: depth, salt and ships.")
    listed = listing(known.run.question.text)
    assert listed is not None
    draft = await write(known.run, models(lambda *_: None), known.ledger, PLAN.model_copy(update={"must_contain": tuple(listed.goals)}))
    named = [s.text for section in draft.sections for s in section.written() if s.kind == "absence"] + list(draft.limitations)
    assert [part for part in listed.parts if any(part in text for text in named)] == ["salt", "ships"]
    assert not draft.complete


@pytest.mark.model
def test_the_embedded_model_writes_a_brief_and_says_what_is_missing(tmp_path: Path) -> None:
    report = embedded(BRIEF, library(tmp_path / "library", PAPERS), tmp_path / "data")
    told = " ".join(sentence.text for sentence in report.answer)
    assert report.status == "partial"
    assert [figure for figure in ("418,000", "96", "2.4 million") if figure not in told] == []
    assert "Not found in the sources: lawsuits (Brennan Ferries)" in report.markdown
    assert report.floors == ()
    assert violations(report, stored_texts(tmp_path / "data"), render=cite.render) == []
