"""A question that lists its parts: each is looked for, told under its name, and named where nothing
answers it."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from agents.extractive.briefs import by_part, of_parts, unmet
from agents.extractive.writer import write
from research.text.listing import listing

from agents.crew import crew_of
from agents.models import Message, ScriptedModels
from api.input import give, read_input
from browser.library.library import sync_library
from evals.graders.invariants import violations
from research.budget import Budget
from research.crew import Run
from research.domain import (
    BudgetLimits,
    Claim,
    Effort,
    Job,
    Ledger,
    Mode,
    Plan,
    Question,
    Role,
    SourceChoice,
    now,
)
from research.domain.report import Report
from research.efforts import EMBEDDED_EFFORTS
from research.errors import InputNeeded
from research.flow import most_tasks
from research.reporting import bind as cite
from research.run import run_job
from research.settings import Settings
from research.store.database import Store, new_id
from research.store.records import JobRecords
from tests.acceptance.conftest import embedded
from tests.acceptance.test_ask import stored_texts
from tests.agents.crews import ask, by_rule, library
from tests.agents.extractive.test_master import claim
from tests.agents.written import PLAN, desk, models
from tests.research.crews import new_job, question

Handler = Callable[[Role, Sequence[Message], dict[str, Any]], dict[str, Any]]
BRIEF = "Write a brief on Brennan Ferries: passengers, crew, fuel costs and lawsuits."
QUESTION = (
    "What is known of the sea, its depth, its salt, its ships and colour, its age and its name?"
)
PARTS = [
    "passengers (Brennan Ferries)",
    "crew (Brennan Ferries)",
    "fuel costs (Brennan Ferries)",
    "lawsuits (Brennan Ferries)",
]
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
    old = {
        name: "Harbour Oil"
        for name, text in documents.items()
        if "Harbour Oil" in text and goal.startswith("fuel")
    }
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
    assert [
        next(part for part, answer in HOLDING.items() if answer in text) for text in told
    ] == list(HOLDING)
    assert report.status == "partial"
    assert "Not found in the sources: lawsuits (Brennan Ferries)" in report.markdown
    assert report.markdown.count("Not found") == 1
    assert "canteen" not in report.markdown and "Harbour Oil" not in report.markdown
    searched = [
        [t["goal"] for t in plan["tasks"] if t["role"] == "search"]
        for plan in await plans(store, report.id)
    ]
    assert [goal for goals in searched for goal in goals][: len(PARTS)] == PARTS
    assert len(searched[0]) == (4 if effort == "quick" else EMBEDDED_EFFORTS["standard"].tasks)
    assert report.usage.model_calls <= (EMBEDDED_EFFORTS[effort].limits.calls or 0)


def reading(**holding: str) -> Handler:
    """A small model that answers each part from the documents that hold its answer, in these words."""

    def handle(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        names = schema.get("properties", {})
        if "next" in names:
            return {
                name: value
                for name, value in {
                    "answer": "1,642 metres",
                    "next": "write",
                    "questions": [],
                }.items()
                if name in names
            }
        if not any(name.startswith("Document ") for name in names):
            return by_rule(role, messages, schema)
        prompt = messages[-1]["content"]
        goal = prompt.rsplit("Question: ", 1)[1]
        answers = [
            answer for part, answer in holding.items() if goal.startswith(part.replace("_", " "))
        ]
        documents = {name: prompt.split(f"{name} (")[1].split("\n\n")[0] for name in names}
        return {
            name: next((answer for answer in answers if answer in text), "not stated")
            for name, text in documents.items()
        }

    return handle


async def reported(
    store: Store,
    settings: Settings,
    tmp_path: Path,
    request: str,
    papers: dict[str, str],
    handler: Handler,
    **job: Any,
) -> Report:
    return await ask(
        store,
        settings,
        library(tmp_path / "library", papers),
        request,
        ScriptedModels(handler, embedded=True),
        **job,
    )


def not_found(report: Report) -> list[str]:
    lines = report.markdown.splitlines()
    return [
        line.split("sources: ")[1].split(" (")[0]
        for line in lines
        if "Not found in the sources: " in line
    ]


async def test_an_answer_to_one_part_is_no_answer_to_all(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    papers = {
        "a.md": "# Lake Baikal: soundings\n\nLake Baikal is 1,642 metres deep.\n",
        "b.md": "# Lake Baikal: shores\n\nLake Baikal is 636 kilometres long.\n",
        "c.md": "# Lake Baikal: origins\n\nThe age of Lake Baikal is 25 million years.\n",
    }
    handler = reading(depth="1,642 metres", length="636 kilometres", age="25 million years")
    request = "Write a brief on Lake Baikal: depth, length, price and age."
    report = await reported(store, settings, tmp_path, request, papers, handler, effort="standard")
    assert [s.text.split()[-2] for s in report.answer] == ["metres", "kilometres", "million"]
    assert not_found(report) == ["price"]


TWELVE = "passengers crew fuel insurance harbours routes tickets repairs lawsuits subsidies accidents canteens".split()


@pytest.mark.parametrize(("effort", "count"), [("quick", 10), ("standard", 12), ("deep", 12)])
async def test_as_many_parts_as_the_calls_suffice_for_are_told_and_none_disputes_another(
    store: Store, settings: Settings, tmp_path: Path, effort: Effort, count: int
) -> None:
    words = TWELVE[:count]
    papers = {
        f"{w}.md": f"# Brennan Ferries: {w}\n\nThe {w} of Brennan Ferries came to {n}17 in 2025.\n"
        for n, w in enumerate(words, 2)
    }
    request = f"Write a brief on Brennan Ferries: {', '.join(words[:-1])} and {words[-1]}."
    handler = reading(**{word: f"{n}17" for n, word in enumerate(words, 2)})
    report = await reported(store, settings, tmp_path, request, papers, handler, effort=effort)
    assert [s.text.split()[1] for s in report.answer] == words
    assert not_found(report) == [] and report.contradictions == ()
    assert report.usage.model_calls <= (EMBEDDED_EFFORTS[effort].limits.calls or 0)


async def test_what_a_page_of_today_says_in_other_words_comes_before_the_archive(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    papers = PAPERS | {
        "now.md": "# Brennan Ferries: court news\n\nBrennan Ferries is being sued by Orion for 4 million euros.\n",
        "archive/old.md": "# Brennan Ferries: lawsuits\n\nBrennan Ferries has 0 open lawsuits.\n",
    }
    handler = reading(lawsuits="sued by Orion", passengers="418,000")
    report = await reported(store, settings, tmp_path, BRIEF, papers, handler)
    assert "Brennan Ferries is being sued by Orion for 4 million euros." in [
        s.text for s in report.answer
    ]
    assert "0 open" not in report.markdown.split("## Sources")[0].split("## Where")[0]


async def test_the_figures_of_another_a_section_or_a_date_answer_nothing(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    papers = {
        "rivals.md": "# Veltrix: rivals\n\nVeltrix competes with Orion. Orion's revenue was 90 million dollars in 2025.\n",
        "policy.md": "# Veltrix: notes\n\nGross margin is shown as in section 4. Litigation was on the agenda of 5 May.\n",
    }
    request = "Write a brief on Veltrix: revenue, gross margin, litigation and patents."
    report = await reported(store, settings, tmp_path, request, papers, reading())
    assert report.status == "insufficient_evidence"
    assert len(not_found(report)) == 4


async def test_what_only_superseded_papers_tell_is_named_so(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    papers = {
        "traffic.md": PAPERS["traffic.md"],
        "old/staff.md": "# Brennan Ferries: crew (superseded)\n\nThe crew of Brennan Ferries numbers 96 people.\n",
    }
    report = await reported(
        store, settings, tmp_path, BRIEF, papers, reading(passengers="418,000", crew="96 people")
    )
    assert "crew" not in not_found(report) and "96 people" not in report.markdown
    assert "Only superseded documents tell of: crew (Brennan Ferries)" in report.markdown


async def test_what_another_agent_found_is_told_and_is_no_gap(store: Store) -> None:
    request = "Write a brief on Veltrix: revenue, litigation and patents."
    known = await desk(
        store,
        "Revenue of Veltrix was $21.4M in Q1.",
        "Veltrix holds 12 patents.",
        asked=request,
        effort="quick",
    )
    listed = listing(request)
    assert listed is not None
    revenue, litigation, patents = listed.goals
    claims = tuple(
        claim.model_copy(update={"goal": revenue, "answer": claim.text})
        for claim in known.ledger.claims
    )
    ledger = known.ledger.model_copy(update={"claims": claims, "gaps": (litigation, patents)})
    plan = PLAN.model_copy(
        update={"must_contain": tuple(listed.goals), "asked": tuple(listed.goals)}
    )
    draft = await write(known.run, models(lambda *_: None, embedded=True), ledger, plan)
    assert [s.text for s in draft.answer] == [
        "Revenue of Veltrix was $21.4M in Q1.",
        "Veltrix holds 12 patents.",
    ]
    assert [s.text for section in draft.sections for s in section.written()] == [
        f"Not found in the sources: {litigation}"
    ]


async def test_a_part_that_stands_in_anothers_sentence_is_told_whatever_its_agent_found(
    store: Store,
) -> None:
    request = "Write a brief on Veltrix: revenue, gross margin and patents."
    texts = (
        "Revenue of $21.4M came with a gross margin of 62%.",
        "The gross margin was 33% once.",
        "Veltrix holds 12 patents.",
    )
    known = await desk(store, *texts, asked=request, effort="quick")
    listed = listing(request)
    assert listed is not None
    revenue, margin, _ = listed.goals
    both, old, third = (
        claim.model_copy(update={"goal": revenue, "answer": claim.text})
        for claim in known.ledger.claims
    )
    claims = (both, old.model_copy(update={"goal": margin, "verdict": "superseded"}), third)
    ledger = known.ledger.model_copy(update={"claims": claims, "gaps": (margin,)})
    draft = await write(
        known.run,
        models(lambda *_: None, embedded=True),
        ledger,
        PLAN.model_copy(update={"must_contain": tuple(listed.goals)}),
    )
    assert [s.text for s in draft.answer] == [texts[0], texts[2]]
    assert (draft.sections, draft.limitations, draft.complete) == ((), (), True)


async def test_a_plan_that_a_person_edited_is_what_is_looked_for_and_told(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    director = "Who is the director of Brennan Ferries?"
    papers = PAPERS | {
        "people.md": "# Brennan Ferries: people\n\nAda Byron has been director of Brennan Ferries since 2019.\n"
    }
    models_ = ScriptedModels(
        reading(passengers="418,000", crew="96 people", Who="Ada Byron"), embedded=True
    )
    await sync_library(store, "test", library(tmp_path / "library", papers))
    asked = Question(
        text=BRIEF, language="en", today=date(2026, 1, 1), sources=SourceChoice(libraries=("test",))
    )
    job = await store.create_job(
        Job(id=new_id(), question=asked, created_at=now(), effort="quick", approve_plan=True)
    )
    crew = crew_of(settings, store, models_)
    with pytest.raises(InputNeeded):
        await run_job(await store.take(job.id, stale_seconds=15), crew, store, settings)
    await give(
        job.id, read_input({"plan": {"tasks": [{"goal": PARTS[0]}, {"goal": director}]}}), store
    )
    report = await run_job(await store.take(job.id, stale_seconds=15), crew, store, settings)
    assert [s.text.split()[0] for s in report.answer] == ["Brennan", "Ada"]
    assert not_found(report) == []
    sent = {
        task["goal"]
        for plan in (await plans(store, job.id))[1:]
        for task in plan["tasks"]
        if task["role"] == "search"
    }
    assert sent == {PARTS[0], director}


async def test_a_part_may_have_a_task_in_a_plan_that_a_person_approves(store: Store) -> None:
    async def most(asked: Question, effort: Effort, mode: Mode = "multi_agent") -> int:
        job = await new_job(store, question=asked, effort=effort, mode=mode)
        budget, plan = Budget(BudgetLimits()), EMBEDDED_EFFORTS[effort]
        return most_tasks(
            Run(job=job, store=store, records=JobRecords(store, job), budget=budget, effort=plan)
        )

    assert [await most(question(BRIEF), effort) for effort in ("quick", "standard")] == [4, 3]
    assert await most(question(), "quick") == 2
    assert await most(question(BRIEF), "quick", "react") == 1


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
    assert {goal: [one.id for one in own] for goal, own in found.items()} == {
        depth: ["c3", "c4"],
        width: ["c1"],
    }
    draft = by_part(listed, found, question("Write a brief on the sea: depth, width and colour."))
    assert [s.claims for s in draft.answer] == [("c3",), ("c1",)]
    assert [
        (section.heading, [s.claims for s in section.written()]) for section in draft.sections
    ] == [("Depth", [("c4",)])]
    assert [len(own) for own in of_parts(listed, claims, most=2).values()] == [1, 1]
    both = [
        of(depth, 8, text="Its depth of 9 metres and its width of 4 metres are known."),
        of(depth, 9, text="Its depth is 9 metres."),
    ]
    assert {
        goal: [one.id for one in own] for goal, own in of_parts(listed, both, most=2).items()
    } == {depth: ["c9"], width: ["c8"]}


def test_a_sentence_is_told_under_the_part_that_it_names() -> None:
    listed = listing(
        "Write a brief on Veltrix: revenue, annual recurring revenue, cash runway, and staff."
    )
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
        must_contain=(
            "the depth of the sea",
            "its salt",
            "its ships",
            "its colour",
            "its age",
            "its name",
            "its weather",
        ),
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
    assert unmet(QUESTION, plan, Ledger(claims=claims, gaps=("its colour", "its ships"))) == [
        "its age"
    ]
    assert (
        unmet(QUESTION, plan, Ledger(claims=(claim(5, text="大海很深。"),))) == []
    )  # words cannot tell across languages


async def test_of_a_list_the_one_agent_of_react_names_what_it_did_not_find(store: Store) -> None:
    known = await desk(
        store,
        "The depth of the sea is 4,000 metres.",
        asked="Write a brief on the sea: depth, salt and ships.",
    )
    listed = listing(known.run.question.text)
    assert listed is not None
    plan = PLAN.model_copy(update={"must_contain": (known.run.question.text,)})
    draft = await write(known.run, models(lambda *_: None), known.ledger, plan)
    named = [
        s.text for section in draft.sections for s in section.written() if s.kind == "absence"
    ] + list(draft.limitations)
    assert [part for part in listed.parts if any(part in text for text in named)] == [
        "salt",
        "ships",
    ]
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
