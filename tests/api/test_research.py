"""The life of a job over real HTTP: submit, watch, read; cancel, resume, list; what is refused at
the door."""

import asyncio
import hashlib
from typing import Any, get_args

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from agents.prompts import answer_language
from api.jobs.queueing import MAX_ATTEMPTS, cancel
from api.jobs.worker import Worker
from api.messages.follow import Progresses
from research.domain import Event, Job, Role
from research.domain.report import Report
from research.errors import JobEnded, LeadlineError, ModelUnavailable
from research.settings import Settings, load_settings
from research.store.database import Store
from research.store.records import JobRecords
from tests.api.conftest import Service, Start
from tests.api.scripted import HOSTILE, Script
from tests.research.crews import new_job


async def test_a_question_becomes_a_report(service: Service) -> None:
    answer = await service.client.post(
        "/v1/research", json={"question": "  How deep is the Challenger Deep? "}
    )
    assert answer.status_code == 202
    job = answer.json()
    assert job["question"] == "How deep is the Challenger Deep?" and job["sources"]["web"] is True
    assert answer.headers["location"] == job["links"]["self"] == f"/v1/research/{job['id']}"

    done = await service.ended(job["id"])
    assert done["status"] == "completed"
    assert done["usage"]["model_calls"] == 3 and done["usage"]["prompt_tokens"] == 2703
    assert done["usage"]["by_role"]["writer"]["completion_tokens"] == 50
    assert done["usage"]["searches"] == 4 and done["usage"]["pages_read"] == 2
    assert done["progress"]["phase"] == "completed" and done["progress"]["claims"] == 5
    assert [agent["outcome"] for agent in done["progress"]["agents"]] == ["finished", None]

    report = (await service.client.get(done["links"]["report"])).json()
    stored = await service.store.report(job["id"])
    assert stored is not None and report == stored.model_dump(mode="json", by_alias=True)


async def test_the_report_comes_in_the_form_that_is_asked_for(service: Service) -> None:
    address = f"/v1/research/{await service.finished()}/report"
    stored = (await service.client.get(address)).json()
    for accept, media_type in (
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("text/html, application/json;q=0.5", "text/html; charset=utf-8"),
        ("text/html;q=0.4, application/*;q=0.8", "application/json"),
        ("*/*", "application/json"),
    ):
        assert (await service.client.get(address, headers={"Accept": accept})).headers[
            "content-type"
        ] == media_type
    assert (await service.client.get(address + ".md")).text == stored["markdown"]
    assert (await service.client.get(address + ".json")).json() == stored
    assert (
        "<h1>How deep is the Challenger Deep?</h1>"
        in (await service.client.get(address + ".html")).text
    )
    refused = await service.client.get(address, headers={"Accept": "application/pdf"})
    assert refused.status_code == 406 and refused.json()["code"] == "not_acceptable"


async def test_a_report_that_is_not_there_yet_is_a_conflict_with_the_status(
    start: Start, script: Script
) -> None:
    service = await start(None)
    job_id = await service.ask()
    for part in ("report", "report.md", "report.html", "claims"):
        answer = await service.client.get(f"/v1/research/{job_id}/{part}")
        assert (
            answer.status_code == 409
            and answer.headers["content-type"] == "application/problem+json"
        )
        assert (
            answer.json() | {"code": "report_missing", "job_status": "queued", "status": 409}
            == answer.json()
        )


async def test_sources_hold_their_invariants(service: Service) -> None:
    job_id = await service.finished()
    listed = (await service.client.get(f"/v1/research/{job_id}/sources")).json()
    assert len(listed["items"]) == 2 and listed["next_cursor"] is None
    report = (await service.client.get(f"/v1/research/{job_id}/report")).json()
    sources = {
        item["reading_id"]: (await service.client.get(item["link"])).json()
        for item in listed["items"]
    }
    for source in sources.values():
        assert source["snapshot_id"] == hashlib.sha256(source["text"].encode()).hexdigest()
        assert all(source["text"][start:end].strip() for start, end in source["sentences"])
    quotes = [
        e
        for section in report["sections"]
        for b in section["blocks"]
        for s in b["sentences"]
        for e in s["evidence"]
    ]
    assert quotes
    for quote in quotes:
        text = sources[quote["reading_id"]]["text"]
        assert " … ".join(text[start:end] for start, end in quote["spans"]) == quote["quote"]


async def test_the_ledger_and_the_trajectories_are_there(service: Service) -> None:
    job_id = await service.finished()
    ledger = (await service.client.get(f"/v1/research/{job_id}/claims")).json()
    assert [claim["id"] for claim in ledger["claims"]] == ["c1", "c2", "c3", "c4", "c5"]
    first, second = (await service.client.get(f"/v1/research/{job_id}/trajectories")).json()[
        "items"
    ]
    assert (first["task"]["id"], first["outcome"], second["outcome"]) == ("t1", "finished", None)
    assert first["steps"][0]["observation"]["text"].startswith("S1 The Challenger expedition")
    assert first["steps"][0]["observation"]["failures"] == ["timeout"]


@pytest.mark.parametrize(
    "path", ["", "/report", "/claims", "/sources", "/sources/x", "/trajectories", "/events"]
)
async def test_a_job_that_does_not_exist_is_a_problem_document(service: Service, path: str) -> None:
    answer = await service.client.get(f"/v1/research/nothing{path}")
    assert (
        answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"
    )
    assert answer.json() == {
        "type": "urn:leadline:problem:job_not_found",
        "title": "Job not found",
        "status": 404,
        "detail": "There is no job nothing.",
        "code": "job_not_found",
        "mend": "`leadline report list` shows the jobs there are.",
    }


async def test_a_source_of_another_job_is_not_found(service: Service) -> None:
    mine, other = await service.finished(), await service.finished()
    reading = (await service.client.get(f"/v1/research/{other}/sources")).json()["items"][0][
        "reading_id"
    ]
    answer = await service.client.get(f"/v1/research/{mine}/sources/{reading}")
    assert answer.status_code == 404 and answer.json()["code"] == "source_missing"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": " \n\t "}, "question"),
        ({"question": "x" * 8001}, "question"),
        ({"question": 7}, "question"),
        ({}, "question"),
        ({"question": "q", "instructions": "x" * 4001}, "instructions"),
        ({"question": "q", "effort": "heroic"}, "effort"),
        ({"question": "q", "clarify": "perhaps"}, "clarify"),
        ({"question": "q", "webhook_url": "http://x"}, "webhook_url"),
        ({"question": "q", "sources": {"web": False}}, "sources"),
        ({"question": "q", "sources": {"path": "/etc"}}, "sources.path"),
        ({"question": "q", "sources": {"libraries": ["l"] * 21}}, "sources.libraries"),
        ({"question": "q", "sources": {"allow": ["https://example.org/x"]}}, "sources.allow.0"),
        ({"question": "q", "sources": {"deny": [f"d{i}.org" for i in range(101)]}}, "sources.deny"),
        ({"question": "q", "sources": {"from": "2025-02-01", "to": "2025-01-01"}}, "sources"),
        ({"question": "q", "budget": {"calls": 0}}, "budget.calls"),
        ({"question": "q", "budget": {"usd": -1}}, "budget.usd"),
        ({"question": "q", "budget": {"seconds": "Infinity"}}, "budget.seconds"),
    ],
)
async def test_a_request_beyond_its_limits_is_refused_by_field(
    service: Service, body: dict[str, Any], field: str
) -> None:
    answer = await service.client.post("/v1/research", json=body)
    assert (
        answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    )
    assert (answer.json()["code"], answer.json()["field"]) == ("input_rejected", field)
    assert await service.store.jobs() == []


async def test_limits_are_inclusive_and_measured_after_stripping(service: Service) -> None:
    answer = await service.client.post(
        "/v1/research", json={"question": " " + "深" * 8000 + " ", "instructions": "x" * 4000}
    )
    assert answer.status_code == 202 and answer.json()["language"] == "zh"


async def test_what_is_not_json_is_a_problem(service: Service) -> None:
    answer = await service.client.post(
        "/v1/research", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert (
        answer.status_code == 422
        and answer.json()["detail"] == "The field body was refused: it is not JSON."
    )


async def test_the_same_key_makes_the_same_job(service: Service) -> None:
    async def post(question: str, key: str) -> Any:
        return await service.client.post(
            "/v1/research", json={"question": question}, headers={"Idempotency-Key": key}
        )

    first, again, other = (
        await post("How deep?", "k1"),
        await post("How deep?", "k1"),
        await post("How deep?", "k2"),
    )
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    clash = await post("How high?", "k1")
    assert clash.status_code == 422 and clash.json()["field"] == "Idempotency-Key"
    assert (await post("How deep?", "k" * 201)).status_code == 422
    assert len(await service.store.jobs()) == 2


async def test_lists_page_by_cursor_without_gap_or_repetition(start: Start) -> None:
    service = await start(None)
    asked = [await service.ask(f"Question {number} of 100%") for number in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await service.client.get("/v1/research", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == asked[::-1]
    found = (await service.client.get("/v1/research", params={"q": "question 4 of 100%"})).json()[
        "items"
    ]
    assert [item["id"] for item in found] == [asked[4]]
    assert (await service.client.get("/v1/research", params={"status": "running"})).json()[
        "items"
    ] == []
    for wrong in ({"limit": "0"}, {"limit": "201"}, {"status": "asleep"}, {"cursor": "nothing"}):
        answer = await service.client.get("/v1/research", params=wrong)
        assert answer.status_code == 422 and answer.json()["field"] == next(iter(wrong))


# Stopping, failing, going on


async def test_a_waiting_job_is_cancelled_at_once_and_said_so(start: Start) -> None:
    service = await start(None)
    job_id = await service.ask()
    answer = await service.client.post(f"/v1/research/{job_id}/cancel")
    assert answer.status_code == 202 and answer.json()["status"] == "cancelled"
    assert [event.type for event in await service.store.events(job_id)] == ["job.cancelled"]
    again = await service.client.post(f"/v1/research/{job_id}/cancel")
    assert again.status_code == 409 and again.json()["job_status"] == "cancelled"
    assert (await service.client.post(f"/v1/research/{job_id}/resume")).status_code == 409


async def test_a_running_job_is_asked_to_stop(start: Start, store: Store) -> None:
    async def runner(job: Job) -> Report:
        records = JobRecords(store, job)
        for _ in range(500):
            if await records.heartbeat(0.01):
                await records.cancelled()
                raise JobEnded(job_id=job.id, status="cancelled")
            await asyncio.sleep(0.01)
        raise AssertionError("never asked to stop")

    service = await start(runner)
    job_id = await service.ask()
    await service.reaches(job_id, "running")
    await service.client.post(f"/v1/research/{job_id}/cancel")
    assert (await service.ended(job_id))["status"] == "cancelled"


async def test_a_failed_job_tells_why_and_can_be_resumed(
    start: Start, store: Store, script: Script
) -> None:
    failures = [ModelUnavailable(model="m", reason="nobody there")]

    async def runner(job: Job) -> Report:
        if failures:
            error = failures.pop()
            await JobRecords(store, job).fail(error)
            raise error
        return await script.run(job)

    service = await start(runner)
    job_id = await service.ask()
    failed = await service.ended(job_id)
    assert failed["status"] == "failed" and failed["error"]["code"] == "model_unavailable"
    resumed = await service.client.post(f"/v1/research/{job_id}/resume")
    assert resumed.status_code == 202 and resumed.json()["error"] is None
    await service.reaches(job_id, "completed")


async def test_a_bug_fails_the_job_once_and_is_logged_under_its_id(
    settings: Settings, script: Script, start: Start
) -> None:
    quick = settings.model_copy(update={"stale_seconds": 0.0})
    tried: list[int] = []

    async def runner(job: Job) -> Report:
        tried.append(job.attempts)
        if len(tried) == 1:
            raise KeyError("a bug")
        return await script.runner(job)

    service = await start(runner, with_settings=quick)
    job_id = await service.ask()
    with structlog.testing.capture_logs() as logs:
        job = await service.ended(job_id)
        await service.finished(question="Does the service go on?")
    assert tried == [1, 1]
    assert job["status"] == "failed" and job["error"]["code"] == "bug"
    assert job_id in job["error"]["message"] and "KeyError: 'a bug'" in job["error"]["message"]
    assert f"leadline resume {job_id}" in job["error"]["mend"]
    assert [line["job"] for line in logs if line["log_level"] in ("error", "warning")] == [job_id]
    assert (await service.client.post(f"/v1/research/{job_id}/resume")).status_code == 202
    assert (await service.ended(job_id))["status"] == "completed"


async def test_a_job_that_never_ends_well_is_stopped(
    settings: Settings, store: Store, start: Start
) -> None:
    quick = settings.model_copy(update={"stale_seconds": 0.0})
    tried: list[int] = []

    async def runner(job: Job) -> Report:
        tried.append(job.attempts)
        raise OperationalError("select 1", {}, Exception("the server is away"))

    service = await start(runner, with_settings=quick)
    job = await service.ended(await service.ask())
    assert tried == list(range(1, MAX_ATTEMPTS + 1))
    assert (
        job["status"] == "failed"
        and job["error"]["code"] == "job_error"
        and "leadline resume" in job["error"]["mend"]
    )


async def test_a_closing_worker_leaves_its_jobs_to_the_next(
    start: Start, store: Store, settings: Settings, script: Script
) -> None:
    begun = asyncio.Event()

    async def stuck(job: Job) -> Report:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    service = await start(None)
    job_id = await service.ask()
    async with Worker(store, settings, stuck):
        await asyncio.wait_for(begun.wait(), 60)
    left = await store.job(job_id)
    assert (left.status, left.owner) == ("running", None)
    async with Worker(store, settings, script.runner):
        assert (await service.ended(job_id))["status"] == "completed"
    assert (await store.job(job_id)).fence == 2


async def test_no_more_jobs_run_at_once_than_the_settings_say(
    start: Start, script: Script, settings: Settings
) -> None:
    running: set[str] = set()
    most = 0

    async def gate(job: Job, stage: str) -> None:
        nonlocal most
        running.add(job.id)
        most = max(most, len(running))
        await asyncio.sleep(0.01)
        if stage == "writing":
            running.discard(job.id)

    script.gate = gate
    service = await start(script.runner, with_settings=settings.model_copy(update={"workers": 2}))
    jobs = [await service.ask(f"Question {number}") for number in range(5)]
    for job_id in jobs:
        await service.ended(job_id)
    assert most == 2 and len(script.runs) == 5


# Private libraries


async def _library(store: Store, name: str, *, private: bool) -> None:
    from pathlib import Path

    from browser.library.library import sync_library

    folder = Path(store.url.removeprefix("sqlite+aiosqlite:///")).parent / name
    folder.mkdir()
    (folder / "a.md").write_text(
        "# Notes\n\nThe harbour was dredged to twelve metres in 1987, and the channel was marked anew.\n"
    )
    await sync_library(store, name, folder, private=private)


async def test_private_text_goes_to_no_remote_model_and_no_search_engine(
    store: Store, start: Start
) -> None:
    await _library(store, "papers", private=True)
    await _library(store, "open", private=False)
    remote = load_settings(model="gpt", model_base_url="https://models.example.com/v1")
    local = remote.model_copy(update={"local_endpoints": ("models.example.com",)})

    async def ask(service: Service, **sources: Any) -> Any:
        return await service.client.post("/v1/research", json={"question": "q", "sources": sources})

    far = await start(None, with_settings=remote)
    refused = await ask(far, libraries=["papers"])
    assert refused.status_code == 422 and refused.json()["code"] == "private_source_refused"
    assert (
        "models.example.com" in refused.json()["detail"]
        and "LEADLINE_LOCAL_ENDPOINTS" in refused.json()["mend"]
    )
    assert (await ask(far, libraries=["open"], web=True)).status_code == 202

    near = await start(None, with_settings=local)
    assert (await ask(near, libraries=["papers"])).json()["sources"] | {
        "web": False,
        "libraries": ["papers"],
    }
    with_web = await ask(near, libraries=["papers"], web=True)
    assert (
        with_web.json()["code"] == "private_source_refused"
        and "--public" in with_web.json()["mend"]
    )
    unknown = await ask(near, libraries=["nothing"])
    assert unknown.status_code == 422 and unknown.json()["code"] == "library_error"


@pytest.mark.parametrize("role", get_args(Role))
async def test_one_remote_role_is_enough_to_refuse(store: Store, start: Start, role: Role) -> None:
    await _library(store, "papers", private=True)
    settings = load_settings(roles={role: {"model_base_url": "https://models.example.com/v1"}})
    service = await start(None, with_settings=settings)
    refused = await service.client.post(
        "/v1/research", json={"question": "q", "sources": {"libraries": ["papers"]}}
    )
    assert f"LEADLINE_MODEL_BASE_URL__{role.upper()}" in refused.json()["mend"]


async def test_libraries_are_listed_without_their_paths(store: Store, start: Start) -> None:
    await _library(store, "papers", private=True)
    service = await start(None)
    (listed,) = (await service.client.get("/v1/libraries")).json()["items"]
    assert listed.keys() == {"name", "private", "documents", "revision", "created_at"}
    assert (listed["name"], listed["private"], listed["documents"]) == ("papers", True, 1)


async def test_the_effort_follows_the_model(start: Start) -> None:
    embedded = await start(None)
    remote = await start(
        None, with_settings=load_settings(model="m", model_base_url="http://127.0.0.1:1/v1")
    )
    job = await embedded.client.post("/v1/research", json={"question": "q"})
    other = await remote.client.post("/v1/research", json={"question": "q"})
    assert (job.json()["effort"], other.json()["effort"]) == ("quick", "standard")


async def test_cancelling_twice_is_told(start: Start, store: Store) -> None:
    service = await start(None)
    job_id = await service.ask()
    await cancel(job_id, store)
    with pytest.raises(LeadlineError, match="has ended: cancelled"):
        await cancel(job_id, store)


async def test_hostile_titles_are_data(start: Start, store: Store) -> None:
    service = await start(Script(store, title=HOSTILE, url="javascript:alert(1)").runner)
    job_id = await service.finished()
    report = (await service.client.get(f"/v1/research/{job_id}/report")).json()
    assert report["sources"][0]["title"] == HOSTILE or report["sources"][1]["title"] == HOSTILE


async def test_a_worker_that_is_woken_as_it_is_stopped_stops(
    settings: Settings, store: Store, script: Script
) -> None:
    async with asyncio.timeout(60):
        async with Worker(store, settings, script.runner, poll_seconds=600) as worker:
            await asyncio.sleep(0.2)  # it has found nothing to do, and waits
            worker.wake()


async def test_a_japanese_question_is_answered_in_its_own_language(
    start: Start, store: Store
) -> None:
    service = await start(None)
    for question, language, answer in (
        ("カワウソ海溝の深さはどれくらいですか", "en", "the language of the question"),
        ("红隼海沟有多深？", "zh", "Chinese"),
    ):
        job = await store.job(await service.ask(question))
        assert (job.question.language, answer_language(job.question)) == (language, answer)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("\u202egnitteg si eht tnemhsal\u202c\u2066?\u2069", "gnitteg si eht tnemhsal?"),
        ("a\U000e0049\U000e0047\ufeff\x07b", "ab"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u200fא",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u200fא",
        ),
    ],
)
async def test_unseen_characters_do_not_come_in(start: Start, sent: str, stored: str) -> None:
    service = await start(None)
    job = await service.client.post(
        "/v1/research", json={"question": sent, "instructions": f"x{sent}"}
    )
    assert job.status_code == 202
    assert job.json()["question"] == stored and job.json()["instructions"] == f"x{stored}"
    refused = await service.client.post("/v1/research", json={"question": "\u202e\u2066 \u202c"})
    assert refused.status_code == 422 and refused.json()["field"] == "question"


async def test_a_job_is_deleted_with_all_that_it_left(service: Service) -> None:
    job_id = await service.finished()
    assert (await service.client.delete(f"/v1/research/{job_id}")).status_code == 204
    for path in ("", "/report", "/claims", "/sources", "/events"):
        gone = await service.client.get(f"/v1/research/{job_id}{path}")
        assert gone.status_code == 404
    again = await service.client.delete(f"/v1/research/{job_id}")
    assert (again.status_code, again.json()["code"]) == (404, "job_not_found")


async def test_a_look_at_a_job_reads_only_what_came_since_the_look_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await store.take((await new_job(store)).id, stale_seconds=60)
    records, progresses = JobRecords(store, job), Progresses()
    await records.emit("claims", total=3)
    assert (await progresses.of(store, job.id)).claims == 3
    await records.emit("contradiction", topic="t")
    read: list[int] = []
    events = store.events

    async def noted(job_id: str, *, after: int = 0, limit: int = 500) -> list[Event]:
        read.append(after)
        return await events(job_id, after=after, limit=limit)

    monkeypatch.setattr(store, "events", noted)
    looks = await asyncio.gather(*(progresses.of(store, job.id) for _ in range(3)))
    assert {look.contradictions for look in looks} == {1} and looks[0].claims == 3
    assert set(read) == {1, 2}
