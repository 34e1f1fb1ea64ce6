"""What a tenant may use a day, and how often a key may ask: never passed, however many ask at
once."""

import asyncio
from typing import Any

import httpx
import pytest

from api.jobs.queueing import requeue, work
from research.access.keys import create_key
from research.access.quotas import Amounts, most_of, set_quota
from research.access.usage import last_days
from research.domain import SCOPES
from research.errors import LeadlineError
from research.settings import Price, Settings
from research.store.database import Store
from research.store.records import JobRecords
from tests.api.conftest import Service, Start
from tests.api.scripted import Script
from tests.postgres import on_both

pytestmark = on_both
ASKED = {"question": "How deep is it?", "sources": {"web": True}, "effort": "quick"}


async def of_acme(service: Service, *, key: str = "") -> httpx.AsyncClient:
    key = key or await create_key(service.store, "k", tenant="acme", scopes=SCOPES)
    return httpx.AsyncClient(
        base_url=service.url, timeout=60, headers={"Authorization": f"Bearer {key}"}
    )


async def test_questions_asked_at_once_do_not_pass_the_quota(start: Start, store: Store) -> None:
    service = await start(None)
    await set_quota(store, "acme", Amounts(jobs=5))
    async with await of_acme(service) as acme:
        asking = (acme.post("/v1/research", json=ASKED) for _ in range(12))
        answers = await asyncio.gather(*asking)
        assert sorted(answer.status_code for answer in answers) == [202] * 5 + [429] * 7
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "quota_exceeded" and "5 jobs a day" in refused.text
        assert 1 <= int(refused.headers["retry-after"]) <= 86_400
        page = await acme.post("/ask", data={"question": "q", "web": "web"})
        assert page.status_code == 429 and "5 jobs a day" in page.text
    assert len(await store.of("acme").jobs()) == 5
    (day,) = await last_days(store)
    assert (day.tenant, day.jobs) == ("acme", 5)
    # another tenant has its own
    key = await create_key(store, "k", tenant="umbrella", scopes=SCOPES)
    async with await of_acme(service, key=key) as umbrella:
        assert (await umbrella.post("/v1/research", json=ASKED)).status_code == 202


async def test_the_same_question_again_is_not_another(start: Start, store: Store) -> None:
    service = await start(None)
    await set_quota(store, "acme", Amounts(jobs=1))
    async with await of_acme(service) as acme:
        headers = {"Idempotency-Key": "once"}
        told = [await acme.post("/v1/research", json=ASKED, headers=headers) for _ in range(3)]
        assert [answer.status_code for answer in told] == [202] * 3
        assert len({answer.json()["id"] for answer in told}) == 1


async def test_a_job_holds_what_it_may_use_until_it_has_ended(
    start: Start, store: Store, script: Script, settings: Settings
) -> None:
    priced = settings.model_copy(
        update={
            "model_base_url": "http://127.0.0.1:1/v1",
            "model_price": Price(prompt=1.0, cached=0.1, completion=2.0),
        }
    )
    service = await start(None, with_settings=priced)
    async with await of_acme(service) as acme:

        async def ask(**more: Any) -> httpx.Response:
            return await acme.post("/v1/research", json=ASKED | more)

        first = (await ask()).json()["id"]
        tokens, usd = most_of(await store.job(first), priced)
        assert usd == pytest.approx(tokens * 2.0 / 1e6)
        await set_quota(store, "acme", Amounts(tokens=1.5 * tokens))
        refused = await ask()
        assert refused.status_code == 429 and "tokens a day" in refused.json()["detail"]
        await set_quota(store, "acme", Amounts(usd=1.5 * usd))
        assert "USD a day" in (await ask()).json()["detail"]
        assert (await ask(budget={"usd": 0.4 * usd})).status_code == 202  # a smaller one fits
        await set_quota(store, "acme", Amounts(tokens=2.5 * tokens))
        assert (await ask()).status_code == 429
        await work(first, script.runner, priced, store)  # it uses far less than it might have
        assert (await ask()).status_code == 202
    (day,) = await last_days(store)
    calls = await store.model_calls(first)
    assert day.prompt_tokens == sum(call.prompt_tokens for call in calls) > 0
    assert day.completion_tokens == sum(call.completion_tokens for call in calls) > 0


async def test_a_failed_job_goes_on_only_within_the_quota(
    start: Start, store: Store, settings: Settings
) -> None:
    service = await start(None)
    async with await of_acme(service) as acme:
        job_id = (await acme.post("/v1/research", json=ASKED)).json()["id"]
        job = await store.take(job_id, stale_seconds=1)
        await JobRecords(store, job).fail(LeadlineError())
        await set_quota(store, "acme", Amounts(tokens=1))
        answer = await acme.post(f"/v1/research/{job_id}/resume")
        assert answer.status_code == 429 and (await store.job(job_id)).status == "failed"
        await set_quota(store, "acme", None)
        assert (await requeue(job_id, settings, store)).status == "queued"


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(
    start: Start, store: Store, settings: Settings
) -> None:
    limited = settings.model_copy(update={"rate_limit": "5/hour"})
    service = await start(None, with_settings=limited)
    async with await of_acme(service) as acme, await of_acme(service) as other_key:
        left = []
        for _ in range(5):
            answer = await acme.get("/v1/research")
            assert answer.status_code == 200 and answer.headers["ratelimit-limit"] == "5"
            left.append(int(answer.headers["ratelimit-remaining"]))
        assert left == [4, 3, 2, 1, 0]
        refused = await acme.get("/v1/research")
        assert refused.status_code == 429 and refused.json()["code"] == "too_many_requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 3600
        assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
        assert (await other_key.get("/v1/research")).status_code == 200
        assert (await acme.get("/healthz")).status_code == 200


async def test_operators_see_what_each_tenant_used(
    start: Start, store: Store, script: Script, settings: Settings
) -> None:
    service = await start(None)
    async with await of_acme(service) as acme:
        job_id = (await acme.post("/v1/research", json=ASKED)).json()["id"]
        await work(job_id, script.runner, settings, store)
        (day,) = (await acme.get("/v1/usage")).json()["items"]
        assert (day["tenant"], day["jobs"], day["tokens"]) == ("acme", 1, 2703 + 150)
        page = (await acme.get("/usage")).text
        assert "acme" in page and "2,853" in page
