"""A person at the viewer, the stream and the command: asked, approving, steering, asking on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from api.messages.input import give, read_input
from research.crew import Crew, Run
from research.domain import Ledger, Plan
from research.errors import InputNeeded
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.store.records import JobRecords
from tests.api.conftest import Service, Start
from tests.api.test_events import read
from tests.api.test_viewer import FORM, checked
from tests.research.crews import Script, new_job, scripted


def asking(script: Script, heard: list[str]) -> Crew:
    """A crew that asks one question of hostile form, and plans with queries."""
    crew = scripted(script)

    async def clarify(run: Run) -> tuple[str, ...]:
        return ("Which <b>sea</b>?", "Which year?")

    async def plan(
        run: Run, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()
    ) -> Plan:
        heard[:] = notes
        made = await crew.plan(run, ledger, last, round, notes)
        tasks = tuple(task.model_copy(update={"queries": ("q",)}) for task in made.tasks)
        return made.model_copy(
            update={"tasks": tasks, "brief": "The <i>depth</i>", "must_contain": ("a figure",)}
        )

    return replace(crew, clarify=clarify, plan=plan)


@pytest.fixture
async def people(start: Start, store: Store, settings: Settings) -> Service:
    crew = asking(Script(tasks=1), [])
    return await start(lambda job: run_job(job, crew, store, settings))


async def post(service: Service, job_id: str, form: str) -> int:
    return (
        await service.client.post(f"/research/{job_id}/input?lang=en", content=form, headers=FORM)
    ).status_code


async def test_a_waiting_job_is_answered_approved_and_followed_by_its_stream(
    people: Service,
) -> None:
    await people.store.put_library("sea", path=None, private=False)
    job_id = (await new_job(people.store, clarify="auto", approve_plan=True)).id
    watched = asyncio.create_task(read(people, job_id))
    await people.reaches(job_id, "needs_input")
    page = checked((await people.client.get(f"/research/{job_id}?lang=en")).text)
    assert "Waiting for you" in page.text and "Which <b>sea</b>?" in page.text
    assert (
        page.all("main", **{"data-waits": "yes"}) and len(page.all("textarea", name="answer")) == 2
    )
    assert not page.all("meta", **{"http-equiv": "refresh"})
    assert "研究开始之前" in (await people.client.get(f"/research/{job_id}?lang=zh")).text
    assert await post(people, job_id, "kind=approve") == 409
    assert await post(people, job_id, "kind=shout") == 422
    assert await post(people, job_id, "kind=note&note=") == 422
    assert await post(people, job_id, "kind=note&note=mind+the+fish") == 303
    assert await post(people, job_id, "kind=answers&answer=&answer=1875") == 303
    for _ in range(200):
        if (await people.store.asked(job_id))["kind"] == "plan":
            break
        await asyncio.sleep(0.02)
    await people.reaches(job_id, "needs_input")
    assert [c.answer for c in (await people.store.job(job_id)).question.clarifications] == [
        "",
        "1875",
    ]
    page = checked((await people.client.get(f"/research/{job_id}?lang=en")).text)
    assert "The <i>depth</i>" in page.text and "mind the fish" in page.text
    goals = page.all("input", name="goal")
    assert [goal["value"] for goal in goals][:1] == ["part 0"] and len(goals) == (
        await people.store.asked(job_id)
    )["most_tasks"]
    assert (
        await post(
            people,
            job_id,
            "kind=plan&brief=Depth&must_contain=a%0D%0Ab&goal=part+0&goal=its+%3Cu%3Ename&goal=",
        )
        == 303
    )
    assert (await people.ended(job_id))["status"] == "completed"
    events = await watched
    assert [event["data"]["kind"] for event in events if event["type"] == "needs_input"] == [
        "answers",
        "plan",
    ]
    edited = [event["data"] for event in events if event["type"] == "plan"][1]
    assert edited["must_contain"] == ["a", "b"] and edited["brief"] == "Depth"
    assert [(task["goal"], task["queries"]) for task in edited["tasks"]] == [
        ("part 0", ["q"]),
        ("its <u>name", []),
    ]
    assert [
        event["data"]["notes"]
        for event in events
        if event["type"] == "input" and "notes" in event["data"]
    ] == [["mind the fish"]]
    assert await post(people, job_id, "kind=note&note=late") == 409


async def test_a_form_of_another_site_says_nothing(people: Service) -> None:
    job_id = (await new_job(people.store, clarify="auto")).id
    await people.reaches(job_id, "needs_input")
    headers = FORM | {"Origin": "https://evil.example"}
    answer = await people.client.post(
        f"/research/{job_id}/input", content="kind=answers&answer=x", headers=headers
    )
    assert answer.status_code == 403 and (await people.store.job(job_id)).status == "needs_input"


async def test_a_note_while_it_runs_reaches_the_next_plan(
    start: Start, store: Store, settings: Settings
) -> None:
    heard: list[str] = []
    script, held, going = Script(tasks=1), asyncio.Event(), asyncio.Event()

    async def before(step: str) -> None:
        if step.startswith("act"):
            held.set()
            await going.wait()

    script.before = before
    service = await start(lambda job: run_job(job, asking(script, heard), store, settings))
    job_id = (await new_job(store)).id
    await asyncio.wait_for(held.wait(), 60)
    said = await service.client.post(
        f"/v1/research/{job_id}/input", json={"note": "only since 1900"}
    )
    assert said.status_code == 202 and said.json()["status"] == "running"
    going.set()
    await service.ended(job_id)
    assert heard == ["only since 1900"]


async def test_a_follow_up_is_asked_under_the_report_and_shows_the_sources_before(
    people: Service,
) -> None:
    from research.store.repositories.snapshots import add_snapshots
    from research.store.tables import DocumentRow
    from tests.research.crews import PAGE, SNAPSHOT

    library = await people.store.put_library("sea", path=None, private=False)
    async with people.store.engine.begin() as connection:
        await connection.run_sync(add_snapshots, [(PAGE, SNAPSHOT)])
    about = {
        "url": "",
        "title": "",
        "media_type": "",
        "raw_sha256": "",
        "extractor": "",
        "snapshot_id": SNAPSHOT.id,
    }
    await people.store.put_documents(
        library.id, [DocumentRow(library_id=library.id, path="a", **about)]
    )
    parent = (await new_job(people.store)).id
    await people.ended(parent)
    page = checked((await people.client.get(f"/research/{parent}?lang=en")).text)
    assert page.all("input", name="parent_id", value=parent)
    refused = await people.client.post(
        "/ask?lang=en", content=f"parent_id={parent}&question=+", headers=FORM
    )
    assert refused.status_code == 422 and checked(refused.text).all(
        "input", name="parent_id", value=parent
    )
    asked = await people.client.post(
        "/ask?lang=en", content=f"parent_id={parent}&question=And+how+salt%3F", headers=FORM
    )
    assert asked.status_code == 303
    child = asked.headers["location"].split("/")[-1].partition("?")[0]
    job = await people.ended(child)
    assert (
        job["parent_id"] == parent
        and job["sources"]["libraries"] == ["sea"]
        and not job["sources"]["web"]
    )
    page = checked((await people.client.get(f"/research/{child}?lang=en")).text)
    assert "Follows up:" in page.text and page.all("a", href=f"/research/{parent}?lang=en")
    before = (await people.client.get(f"/v1/research/{parent}/sources")).json()["items"][0]
    items = (await people.client.get(f"/v1/research/{child}/sources")).json()["items"]
    assert [item["job_id"] for item in items] == [child, parent] and items[1][
        "reading_id"
    ] == before["reading_id"]
    assert (await people.client.get(items[1]["link"])).json()["text"] == SNAPSHOT.text
    html = (
        await people.client.get(f"/research/{child}/sources/{before['reading_id']}?at=0-5")
    ).text
    assert "<mark" in html
    assert (
        await people.client.get(f"/v1/research/{parent}/sources/{items[0]['reading_id']}")
    ).status_code == 404
    unknown = await people.client.post(
        "/v1/research", json={"question": "And?", "parent_id": "nothing"}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (422, "follow_up_refused")


async def test_an_edited_plan_is_told_once_though_the_run_was_cut_short(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the event was written and before the checkpoint was."""
    crew = asking(Script(tasks=1), [])
    job_id = (await new_job(store, approve_plan=True)).id

    async def run() -> Any:
        return await run_job(await store.take(job_id, stale_seconds=0), crew, store, settings)

    with pytest.raises(InputNeeded):
        await run()
    await give(job_id, read_input({"plan": {"tasks": [{"goal": "its name"}]}}), store)
    emit = JobRecords.emit

    async def dying(self: JobRecords, type: Any, **data: Any) -> None:
        await emit(self, type, **data)
        if type == "plan":
            raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(JobRecords, "emit", dying)
        with pytest.raises(RuntimeError):
            await run()
    await run()
    plans = [event.data for event in await store.events(job_id) if event.type == "plan"]
    assert [[task["goal"] for task in plan["tasks"]] for plan in plans] == [
        ["part 0"],
        ["its name"],
        [],
    ]
