"""What an operator asks of a process over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from api.guarding.access import Access
from api.http.headers import POLICY
from api.jobs import worker as worker_module
from api.observing.metrics import MOST_TENANTS, OTHER, Metrics
from api.observing.operations import operations_port
from research.access.keys import create_key
from research.domain import SCOPES
from research.errors import SettingsError, StoreUnreadable
from research.settings import Settings
from research.store.condition import health
from research.store.database import Store
from research.store.feed import Feed
from research.store.queue import progress as queue_progress
from research.store.queue.at_once import Waiting
from research.store.queue.progress import QueueState, QueueWatch
from tests.api.conftest import Service, Start
from tests.api.scripted import Script
from tests.api.test_tenants import statements


async def test_metrics_are_served_beside_the_api(service: Service) -> None:
    await service.finished()
    scraped = await service.client.get("/metrics")
    assert scraped.headers["content-type"].startswith("text/plain")
    assert 'leadline_jobs_ended_total{outcome="partial",tenant="default"} 1.0' in scraped.text
    assert 'leadline_errors_total{code="fallback",where="step"} 1.0' in scraped.text
    assert 'route="/v1/research/{job_id}"' in scraped.text


async def test_a_method_or_path_of_a_strangers_making_makes_no_series_of_its_own(
    service: Service,
) -> None:
    for n in range(3):
        await service.client.request(f"BREW{n}", f"/pot/{n}")
    scraped = (await service.client.get("/metrics")).text
    assert "BREW" not in scraped and "/pot" not in scraped
    assert 'leadline_request_seconds_count{method="other",route="none",status="404"} 3.0' in scraped


def test_tenants_beyond_the_first_are_told_together() -> None:
    metrics = Metrics()
    labels = [metrics.tenant(f"tenant-{n}") for n in range(MOST_TENANTS + 2)]
    assert labels[-1] == labels[-2] == OTHER
    assert len(set(labels)) == MOST_TENANTS + 1
    assert metrics.tenant("tenant-0") == "tenant-0"


async def test_a_port_that_is_taken_is_an_error_of_the_settings(
    settings: Settings, store: Store, service: Service
) -> None:
    taken = int(service.url.rsplit(":", 1)[1])
    wanted = settings.model_copy(update={"metrics_port": taken})
    with pytest.raises(SettingsError, match="LEADLINE_METRICS_PORT"):
        async with operations_port(wanted, store, Metrics()):
            pass


async def test_a_bug_is_named_told_and_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(*_: object, **__: object) -> None:
        raise RuntimeError("the bug")

    monkeypatch.setattr(Store, "jobs", stumbles)
    with capture_logs([structlog.contextvars.merge_contextvars]) as logged:
        answer = await service.client.get("/v1/research", headers={"X-Request-ID": "mine-1"})
    assert answer.status_code == 500 and answer.json()["code"] == "internal_error"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "mine-1" and "the bug" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY
    (told,) = [line for line in logged if "exc_info" in line]
    assert told["request"] == "mine-1" and str(told["exc_info"]) == "the bug"
    scraped = (await service.client.get("/metrics")).text
    count = 'leadline_request_seconds_count{method="GET",route="/v1/research",status="%s"}'
    assert count % 500 + " 1.0" in scraped and count % 0 not in scraped


async def test_where_the_database_is_stays_in_the_log(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await create_key(service.store, "k", tenant="acme", scopes=SCOPES)
    headers = {"Authorization": f"Bearer {key}"}

    async def away(*_: object, **__: object) -> None:
        raise StoreUnreadable(place="db.internal/leadline", reason="no such user: keeper")

    for owner, name in ((Access, "caller"), (Store, "jobs")):
        with monkeypatch.context() as patch, capture_logs() as logged:
            patch.setattr(owner, name, away)
            for path in ("/v1/research", "/"):
                answer = await service.client.get(path, headers=headers)
                assert answer.status_code == 503 and "does not answer" in answer.text
                assert "internal" not in answer.text and "keeper" not in answer.text
        reasons = [line["reason"] for line in logged if line["event"] == "request failed"]
        assert len(reasons) == 2 and all("keeper" in reason for reason in reasons)


async def test_readiness_asks_the_database_once_in_a_while(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often one asks, without a key, it takes no connection from those who work."""
    monkeypatch.setattr(health, "TRUSTED_SECONDS", 1_000.0)
    service = await start(None)
    with statements() as ran:
        for _ in range(5):
            assert (await service.client.get("/readyz")).status_code == 200
    assert len([one for one in ran if one.startswith("SELECT version_num")]) == 1
    assert len([one for one in ran if one.startswith("UPDATE alembic_version")]) == 1


async def test_a_queue_that_stands_still_is_seen(start: Start) -> None:
    clock = [0.0]
    watch = QueueWatch(lambda: clock[0])
    service = await start(None)
    job_id = await service.ask()

    async def later(seconds: float) -> QueueState:
        clock[0] += seconds
        return await watch.look(service.store)

    assert await later(0.0) == QueueState(waiting=1, worked_on=0, still=0.0)
    assert (await later(30.0)).moves and (await later(29.0)).moves
    assert not (await later(2.0)).moves
    assert (await later(3_600.0)).moves  # what was between the looks nobody knows
    await service.store.take(job_id, stale_seconds=60)
    assert await later(3.0) == QueueState(waiting=0, worked_on=1, still=0.0)


async def test_a_worker_that_leaves_jobs_waiting_is_not_ready(
    start: Start, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none_seen(*_: object) -> list[Waiting]:
        return []

    monkeypatch.setattr(worker_module, "waiting_jobs", none_seen)
    monkeypatch.setattr(queue_progress, "STILL_SECONDS", 0.0)
    answers, works = await start(None), await start(script.runner)
    await works.ask()
    told = await answers.client.get("/readyz")
    queue = {"waiting": 1, "worked_on": 0, "moves": False}
    assert told.status_code == 200 and told.json()["queue"] == queue
    refused = await works.client.get("/readyz")
    assert refused.status_code == 503 and "a job has waited" in refused.json()["detail"]


async def test_a_bug_amid_an_answer_cuts_it_off(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await service.finished()

    async def stumbles(*_: object, **__: object) -> AsyncIterator[list[object]]:
        raise RuntimeError("the bug")
        yield []

    monkeypatch.setattr(Feed, "follow", stumbles)
    with pytest.raises(httpx.RemoteProtocolError):
        await service.client.get(f"/v1/research/{job_id}/events")
    scraped = (await service.client.get("/metrics")).text
    route = 'route="/v1/research/{job_id}/events"'
    assert f'leadline_request_seconds_count{{method="GET",{route},status="500"}} 1.0' in scraped
