"""What an operator asks of a process over HTTP."""

import pytest

from api.observing.metrics import MOST_TENANTS, OTHER, Metrics
from api.observing.operations import operations_port
from research.errors import SettingsError
from research.settings import Settings
from research.store.database import Store
from tests.api.conftest import Service


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
