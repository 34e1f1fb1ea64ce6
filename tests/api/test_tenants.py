"""Two tenants on one service: neither sees, changes or infers what the other has. Every route is
tried; one without a case here fails."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event, text
from sqlmodel import update

from agents.models.embedded.weights import weights_name
from api.app import create_app
from api.guarding.access import COOKIE
from api.jobs.queueing import work
from browser.library.library import sync_library
from browser.surfer import Surfer
from research.access.keys import all_keys, create_key, revoke_key
from research.domain import SCOPES, Scope, SourceChoice, now
from research.errors import LibraryError
from research.settings import Settings
from research.store.database import Store
from research.store.tables import ModelCallRow
from tests.api.conftest import Service, Start
from tests.api.scripted import Script
from tests.api.test_computed import computed
from tests.postgres import on_both

pytestmark = on_both

NOWHERE = "0123456789abcdef"
SECRET = "What does the secret plan of Acme cost?"
LIBRARY = "acme-handbook"
READS = ("events", "report", "report.json", "report.md", "report.html", "claims", "sources")

# What is sent to each route that names a job, so that its owner is not told of a bad request.
OF_A_JOB: dict[str, dict[str, Any]] = {
    "GET /v1/research/{job_id}": {},
    "DELETE /v1/research/{job_id}": {},
    "POST /v1/research/{job_id}/input": {"json": {"note": "Look again."}},
    "POST /v1/research/{job_id}/cancel": {},
    "POST /v1/research/{job_id}/resume": {},
    **{f"GET /v1/research/{{job_id}}/{name}": {} for name in READS},
    "GET /v1/research/{job_id}/sources/{reading_id}": {},
    "GET /v1/research/{job_id}/trajectories": {},
    "GET /v1/research/{job_id}/runs": {},
    "GET /v1/research/{job_id}/runs/{run_id}": {},
    "GET /v1/research/{job_id}/files/{file_id}": {},
    "GET /research/{job_id}": {},
    "GET /research/{job_id}/sources/{reading_id}": {},
    "GET /research/{job_id}/work": {},
    "POST /research/{job_id}/input": {"data": {"kind": "note", "note": "Look again."}},
    "POST /research/{job_id}/cancel": {},
    "POST /research/{job_id}/resume": {},
}
# The others, and the test below that tries each.
OTHERS = {
    "POST /v1/research": "test_what_a_new_job_names_is_looked_for_among_ones_own",
    "POST /v1/research/estimate": "test_an_estimate_rests_on_ones_own_runs",
    "GET /v1/research": "test_lists_hold_ones_own",
    "GET /v1/libraries": "test_lists_hold_ones_own",
    "GET /": "test_lists_hold_ones_own",
    "POST /ask": "test_lists_hold_ones_own",
}
# What tells of all tenants, to operators.
ADMIN = {"GET /metrics", "GET /v1/usage", "GET /usage"}
# What says nothing of any tenant.
OPEN = {
    "GET /healthz",
    "GET /readyz",
    "GET /openapi.json",
    "GET /docs",
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-out",
}


@dataclass(frozen=True)
class Tenants:
    """`acme` owns the job and what belongs to it; `umbrella` owns nothing."""

    service: Service
    acme: httpx.AsyncClient
    umbrella: httpx.AsyncClient
    ids: dict[str, str]


@pytest.fixture
async def tenants(
    start: Start, script: Script, store: Store, settings: Settings, tmp_path: Path
) -> AsyncIterator[Tenants]:
    service = await start(None)  # without a worker, whose statements would be counted
    keys = [
        await create_key(store, "k", tenant=name, scopes=SCOPES) for name in ("acme", "umbrella")
    ]
    acme, umbrella = (
        httpx.AsyncClient(
            base_url=service.url, timeout=30, headers={"Authorization": f"Bearer {key}"}
        )
        for key in keys
    )
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "plan.md").write_text("# The plan\n\nThe secret plan costs nine million crowns.\n")
    await sync_library(store.of("acme"), LIBRARY, folder)
    async with acme, umbrella:
        job_id = await Service(service.url, acme, store).ask(SECRET)
        await work(job_id, script.runner, settings, store)
        await computed(store, job_id)
        reading = (await store.readings(job_id))[0]
        ids = {"job_id": job_id, "reading_id": reading.id, "run_id": "r1", "file_id": "f0"}
        yield Tenants(service, acme, umbrella, ids)


def routes_of(app: FastAPI) -> set[str]:
    """Every route, also those that the OpenAPI document leaves out."""

    def walk(routes: list[Any]) -> Iterator[str]:
        for route in routes:
            if (inner := getattr(route, "original_router", None)) is not None:
                yield from walk(inner.routes)
            elif getattr(route, "methods", None):
                yield from (f"{method} {route.path}" for method in route.methods - {"HEAD"})

    described = {
        f"{method.upper()} {path}"
        for path, item in app.openapi()["paths"].items()
        for method in item
    }
    found = set(walk(app.routes))
    assert described <= found
    return found


def test_every_route_is_tried(settings: Settings, store: Store) -> None:
    tried = {*OF_A_JOB, *OTHERS, *ADMIN, *OPEN}
    assert routes_of(create_app(settings, store)) == tried
    assert set(OTHERS.values()) <= set(globals())


def sent(route: str, ids: dict[str, str]) -> tuple[str, str]:
    method, path = route.split()
    return method, path.format_map(ids)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs meanwhile."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_a_job_of_another_is_like_one_that_there_is_not(tenants: Tenants) -> None:
    """The same answer after the same work, so that neither body nor time tells them apart."""
    await tenants.umbrella.get("/v1/research")  # the use of its key is noted now
    before = await tenants.service.store.job(tenants.ids["job_id"])
    for route, body in OF_A_JOB.items():
        told = []
        for job_id in (tenants.ids["job_id"], NOWHERE):
            method, path = sent(route, {**tenants.ids, "job_id": job_id})
            with statements() as ran:
                answer = await tenants.umbrella.request(method, path, **body)
            assert answer.status_code == 404, (route, answer.text)
            own = ("date", "x-request-id")  # of each answer
            headers = {k: v for k, v in answer.headers.items() if k not in own}
            told.append((answer.text.replace(job_id, "ID"), headers, ran))
        assert told[0] == told[1], route
    assert await tenants.service.store.job(tenants.ids["job_id"]) == before


async def test_its_owner_reaches_all_of_it(tenants: Tenants) -> None:
    """The ids of the test above are real ones."""
    last = [route for route in OF_A_JOB if route.startswith("DELETE ")]
    for route in [*(route for route in OF_A_JOB if route not in last), *last]:
        method, path = sent(route, tenants.ids)
        answer = await tenants.acme.request(method, path, **OF_A_JOB[route])
        assert answer.status_code in (200, 204, 303, 409), (route, answer.text)


async def test_lists_hold_ones_own(tenants: Tenants) -> None:
    for path in ("/v1/research", f"/v1/research?q={SECRET[:9]}", "/v1/libraries", "/"):
        mine, others = await tenants.acme.get(path), await tenants.umbrella.get(path)
        assert mine.status_code == others.status_code == 200
        assert re.search(f"{SECRET[:9]}|{LIBRARY}", mine.text), path
        assert not re.search(f"{SECRET[:9]}|{LIBRARY}|{tenants.ids['job_id']}", others.text), path
    page = await tenants.umbrella.post("/ask", data={"question": "q", "web": "w", "estimate": "y"})
    assert page.status_code == 200 and SECRET not in page.text and LIBRARY not in page.text
    for path in ("/v1/research?cursor=", "/?cursor="):
        told = [await tenants.umbrella.get(path + i) for i in (tenants.ids["job_id"], NOWHERE)]
        assert told[0].status_code == 422 and told[0].text == told[1].text


async def test_what_a_new_job_names_is_looked_for_among_ones_own(tenants: Tenants) -> None:
    async def refusals(client: httpx.AsyncClient, named: str, absent: str) -> list[str]:
        told = []
        for name in (named, absent):
            for asked in (
                {"question": "q", "parent_id": name},
                {"question": "q", "sources": {"libraries": [name]}},
            ):
                answer = await client.post("/v1/research", json=asked)
                assert answer.status_code == 422
                told.append(answer.text.replace(name, "NAME"))
        return told

    foreign = await refusals(tenants.umbrella, tenants.ids["job_id"], NOWHERE)
    foreign += await refusals(tenants.umbrella, LIBRARY, "not-there")
    assert foreign[:2] == foreign[2:4] == foreign[4:6] == foreign[6:]
    headers = {"Idempotency-Key": "monday"}
    ids = []
    for client in (tenants.acme, tenants.umbrella):
        for question in ("Mine?", "Mine?"):
            asked = {"question": question, "sources": {"web": True}}
            answer = await client.post("/v1/research", json=asked, headers=headers)
            ids.append(answer.json()["id"])
    assert ids[0] == ids[1] != ids[2] == ids[3]


async def test_an_estimate_rests_on_ones_own_runs(
    tenants: Tenants, script: Script, settings: Settings
) -> None:
    owner = Service(tenants.service.url, tenants.acme, tenants.service.store)
    for _ in range(3):
        job_id = await owner.ask(SECRET, effort="quick")
        await work(job_id, script.runner, settings, owner.store)
    async with owner.store.session() as session:
        model = weights_name(settings)
        await session.exec(update(ModelCallRow).values(model=model))
    asked = {"question": "q", "effort": "quick"}
    known = []
    for client in (tenants.acme, tenants.umbrella):
        answer = await client.post("/v1/research/estimate", json=asked)
        known.append(answer.json()["runs"])
    assert known == [4, 0]  # with the job that is there already


async def test_the_run_of_a_job_has_the_libraries_of_its_tenant(
    store: Store, settings: Settings, tmp_path: Path
) -> None:

    (tmp_path / "a.md").write_text("# Depths\n\nThe trench is 10,935 metres deep.\n")
    await sync_library(store.of("acme"), LIBRARY, tmp_path / "a.md")
    choice = SourceChoice(web=False, libraries=(LIBRARY,))
    async with Surfer(settings, store.of("acme"), choice) as surfer:
        assert len(surfer.documents()) == 1
    for other in (store.of("umbrella"), store):
        with pytest.raises(LibraryError, match="none of that name"):
            async with Surfer(settings, other, choice):
                pass


async def test_a_key_does_what_its_scopes_say(start: Start, store: Store) -> None:
    service = await start(None)
    key = await create_key(store, "reader", tenant="acme", scopes=["research:read"])
    headers = {"Authorization": f"Bearer {key}"}
    assert (await service.client.get("/v1/research", headers=headers)).status_code == 200
    refused = await service.client.post("/v1/research", json={"question": "q"}, headers=headers)
    assert refused.status_code == 403 and refused.json()["code"] == "scope_missing"
    assert "research:write" in refused.json()["detail"]
    assert (await service.client.get("/v1/libraries", headers=headers)).status_code == 403


async def test_a_page_leaves_out_what_its_readers_scopes_lack(
    tenants: Tenants, store: Store
) -> None:
    async def told(scopes: set[Scope], method: str, path: str, **form: str) -> str:
        key = await create_key(store, "k", tenant="acme", scopes=scopes)
        headers = {"Authorization": f"Bearer {key}"}
        answer = await tenants.service.client.request(method, path, headers=headers, data=form)
        assert answer.status_code in (200, 422)
        return answer.text

    for form in ({"question": "q", "web": "w", "estimate": "1"}, {"question": "q", "effort": "x"}):
        page = await told({"research:write"}, "POST", "/ask", **form)
        assert SECRET not in page and LIBRARY not in page and 'action="/ask' in page
    page = await told({"research:read"}, "GET", "/")
    assert SECRET in page and LIBRARY not in page
    page = await told({"research:write", "libraries:read"}, "POST", "/ask", question="", web="w")
    assert SECRET not in page and LIBRARY in page


async def test_a_run_reads_libraries_only_for_those_who_may(
    tenants: Tenants, script: Script, settings: Settings, store: Store
) -> None:
    owner = Service(tenants.service.url, tenants.acme, store)
    before = await owner.ask(SECRET, sources={"web": False, "libraries": [LIBRARY]})
    await work(before, script.runner, settings, store)
    key = await create_key(store, "k", tenant="acme", scopes={"research:write", "research:read"})
    headers = {"Authorization": f"Bearer {key}"}
    for asked in (
        {"sources": {"web": False, "libraries": [LIBRARY]}},
        {"sources": {"libraries": ["not-there"]}},
        {"parent_id": before},
        {"parent_id": before, "sources": {"web": True}},
    ):
        body = {"question": "q", **asked}
        answer = await owner.client.post("/v1/research", json=body, headers=headers)
        assert answer.status_code == 403 and answer.json()["code"] == "scope_missing", asked
        assert "libraries:read" in answer.json()["detail"]
    form = {"question": "q", "library": LIBRARY}
    page = await owner.client.post("/ask", data=form, headers=headers)
    assert page.status_code == 403 and "libraries:read" in page.text and LIBRARY not in page.text
    body = {"question": "q", "parent_id": tenants.ids["job_id"], "sources": {"web": True}}
    answer = await owner.client.post("/v1/research", json=body, headers=headers)
    assert answer.status_code == 202, answer.text


async def test_what_tells_of_all_tenants_needs_the_scope_of_an_operator(
    start: Start, store: Store
) -> None:
    service = await start(None)
    usual = await create_key(store, "k", tenant="acme", scopes=set(SCOPES) - {"admin"})
    operator = await create_key(store, "k", tenant="acme", scopes=["admin"])
    for route in ADMIN:
        method, path = route.split()
        for key, status in ((usual, 403), (operator, 200)):
            headers = {"Authorization": f"Bearer {key}"}
            answer = await service.client.request(method, path, headers=headers)
            assert answer.status_code == status, (route, answer.text)


async def test_a_key_ends_when_revoked_or_expired_and_with_it_its_sign_ins(
    start: Start, store: Store
) -> None:

    service = await start(None)
    assert (await service.client.get("/v1/research")).status_code == 200  # no key yet, and loopback
    key = await create_key(store, "laptop", tenant="acme", scopes=SCOPES)
    old = await create_key(store, "old", tenant="acme", scopes=SCOPES, expires_at=now())
    async with asyncio.timeout(30):  # each process looks for the first key once a second
        while (await service.client.get("/v1/research")).status_code != 401:
            await asyncio.sleep(0.1)

    async def status(given: str) -> int:
        headers = {"Authorization": f"Bearer {given}"}
        return (await service.client.get("/v1/research", headers=headers)).status_code

    assert (await status(key), await status(old)) == (200, 401)
    mark, key_id, secret = key.split("_", 2)
    for forged in (f"{mark}_{key_id}_{secret[::-1]}", f"{mark}_{key_id[::-1]}_{secret}", secret):
        assert await status(forged) == 401
    assert (await service.client.post("/sign-in", data={"key": key})).status_code == 303
    assert service.client.cookies[COOKIE]
    assert (await service.client.get("/v1/research")).status_code == 200
    row = (await all_keys(store))[0]
    assert row.used_at is not None and now() - row.used_at < timedelta(minutes=5)
    async with store.session() as session:
        stored = str(list(await (await session.connection()).execute(text("SELECT * FROM keys"))))
    assert secret not in stored
    await revoke_key(store, key_id)
    assert await status(key) == 401
    assert (await service.client.get("/v1/research")).status_code == 401  # by its cookie
