"""What an operator sees of a service that runs: its log, its traces, its metrics."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from evals.doubles.loopback import free_port
from evals.doubles.simulated_model import ModelServer
from evals.doubles.small_web import SmallWeb, serving_pages
from tests.acceptance.collector import Collector, Exported, collecting
from tests.acceptance.conftest import Leadline
from tests.acceptance.test_resume import QUESTION, reaches, served
from tests.acceptance.test_web import FACTS, PAGES

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVER, CLIENT = 2, 3  # kinds of spans
ASKED = {"question": QUESTION, "effort": "quick", "sources": {"web": True}}


@pytest.fixture
def web() -> Iterator[SmallWeb]:
    with serving_pages(SmallWeb(PAGES, head=FACTS, found=["/gone"])) as pages:
        yield pages


@contextmanager
def service(leadline: Leadline, log: list[str]) -> Iterator[str]:
    """A service at work; when the block ends it is told to stop, and its log is in the list."""
    port = free_port()
    process = served(leadline, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        log.extend(process.communicate(timeout=60)[1].splitlines())


def test_the_trace_of_a_job_leads_from_the_request_to_each_page_and_tells_nothing_of_what_was_said(
    leadline: Leadline, web: SmallWeb
) -> None:
    leadline.searches(web)
    with collecting() as collector:
        leadline.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.address
        with service(leadline, []) as url:
            asked = httpx.post(
                f"{url}/v1/research",
                json=ASKED,
                headers={"traceparent": f"00-{TRACE}-{CALLER}-01"},
            )
            httpx.get(f"{url}/v1/research", params={"q": "Kestrel Trench"})
            reaches(f"{url}/v1/research/{asked.json()['id']}", "completed")
    _holds_together(collector, asked.json()["id"])
    said = b"".join(collector.raw)
    assert b"Kestrel" not in said and b"7,420" not in said


def _holds_together(collector: Collector, job_id: str) -> None:
    (request,) = collector.named("POST /v1/research")
    assert (request.trace, request.parent, request.kind) == (TRACE, CALLER, SERVER)
    (job,) = collector.named("invoke_workflow research")
    assert (job.trace, job.parent) == (TRACE, request.id)
    assert job.attributes["gen_ai.conversation.id"] == job_id
    assert {"plan", "outline", "write", "check"} <= {s.name for s in _under(collector, job)}
    (agent, *_) = collector.named("invoke_agent search")
    assert agent.parent == job.id and agent.attributes["leadline.outcome"] == "finished"
    tools = [span for span in collector.spans if span.name.startswith("execute_tool ")]
    assert {span.parent for span in tools} <= {s.id for s in _under(collector, job)}
    pages = collector.named("read page")
    assert pages and {page.kind for page in pages} == {CLIENT}
    assert {page.parent for page in pages} <= {tool.id for tool in tools}
    calls = collector.named("chat m")
    parents = {span.id for span in collector.spans if span.name not in ("chat m", "read page")}
    assert calls and {call.parent for call in calls} <= parents
    for call in calls:
        assert call.attributes["gen_ai.operation.name"] == "chat"
        assert call.attributes["gen_ai.provider.name"] == "openai"
        assert call.attributes["gen_ai.usage.input_tokens"] > 0
    ours = [span for span in collector.spans if span.trace == TRACE]
    (gone,) = [span for span in ours if span.failed]
    assert (gone.name, gone.attributes["error.type"]) == ("read page", "not_found")


def _under(collector: Collector, parent: Exported) -> list[Exported]:
    return [span for span in collector.spans if span.parent == parent.id]


def test_traces_are_off_unless_a_collector_is_named(leadline: Leadline) -> None:
    with collecting() as collector:
        leadline.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.address
        leadline.environment["OTEL_SDK_DISABLED"] = "true"
        assert leadline.ask(QUESTION).returncode == 0
        assert not collector.raw
        del leadline.environment["OTEL_SDK_DISABLED"]
        assert leadline.ask(QUESTION).returncode == 0
    assert {span.service for span in collector.named("invoke_workflow research")} == {"leadline"}


def test_every_line_of_the_log_is_json_and_those_of_a_job_name_it_and_its_request(
    leadline: Leadline, model: ModelServer
) -> None:
    leadline.environment["LEADLINE_LOG_LEVEL"] = "debug"
    log: list[str] = []
    with service(leadline, log) as url:
        headers = {"X-Request-ID": "from-the-proxy-7"}
        good = httpx.post(f"{url}/v1/research", json=ASKED | _library(leadline), headers=headers)
        assert good.headers["X-Request-ID"] == "from-the-proxy-7"
        reaches(f"{url}/v1/research/{good.json()['id']}", "completed")
        odd = httpx.get(f"{url}/healthz", headers={"X-Request-ID": "no name\tfor a log" + "x" * 99})
        assert "no name" not in odd.headers["X-Request-ID"]
    lines: list[dict[str, Any]] = [json.loads(line) for line in log]
    assert {"timestamp", "level", "event", "logger"} <= set.intersection(*map(set, lines))
    (done,) = [line for line in lines if line["event"] == "job completed"]
    assert (done["job"], done["tenant"]) == (good.json()["id"], "default")
    assert done["request"] == "from-the-proxy-7"
    (asked,) = [line for line in lines if line.get("path") == "/v1/research"]
    assert (asked["method"], asked["status"]) == ("POST", 202)
    assert asked["request"] == "from-the-proxy-7"
    assert [line for line in lines if line["logger"].startswith("uvicorn")]


def _library(leadline: Leadline) -> dict[str, Any]:
    assert leadline.run("library", "add", "sea", str(leadline.library)).returncode == 0
    return {"sources": {"libraries": ["sea"]}}


def test_a_scraper_reads_what_a_run_took_on_a_port_of_its_own(
    leadline: Leadline, web: SmallWeb
) -> None:
    leadline.searches(web)
    own = free_port()
    more = {
        "LEADLINE_METRICS_PORT": str(own),
        "LEADLINE_API_KEY": "a-key-of-some-length-0123",
        "LEADLINE_MODEL_PRICE": '{"prompt": 1, "cached": 0.5, "completion": 2}',
    }
    leadline.environment.update(more)
    with service(leadline, []) as url:
        key = {"Authorization": "Bearer a-key-of-some-length-0123"}
        assert httpx.get(f"{url}/metrics").status_code != 200
        with httpx.Client(headers=key) as client:
            job = client.post(f"{url}/v1/research", json=ASKED).json()
            while client.get(f"{url}/v1/research/{job['id']}").json()["status"] != "completed":
                pass
            usage = client.get(f"{url}/v1/research/{job['id']}").json()["usage"]
        assert httpx.get(f"http://127.0.0.1:{own}/healthz").json() == {"status": "ok"}
        assert httpx.get(f"http://127.0.0.1:{own}/readyz").status_code == 200
        elsewhere = httpx.get(f"http://127.0.0.1:{own}/metrics", headers={"Host": "evil.example"})
        assert elsewhere.status_code == 400
        scraped = httpx.get(f"http://127.0.0.1:{own}/metrics").text
    found = _samples(scraped)
    assert _sum(found, "leadline_tokens_total", kind="prompt") == usage["prompt_tokens"]
    assert _sum(found, "leadline_tokens_total", kind="completion") == usage["completion_tokens"]
    assert _sum(found, "leadline_usd_total", tenant="default") == pytest.approx(usage["usd"])
    assert _sum(found, "leadline_model_call_seconds_count") == usage["model_calls"]
    assert _sum(found, "leadline_pages_read_total", via="http") == len(PAGES)
    assert _sum(found, "leadline_errors_total", where="page", code="not_found") == 1
    assert _sum(found, "leadline_jobs_ended_total", tenant="default") == 1
    assert _sum(found, "leadline_queue_wait_seconds_count") == 1
    assert _sum(found, "leadline_jobs", status="completed") == 1
    assert _sum(found, "leadline_jobs", status="queued") == 0
    assert _sum(found, "leadline_event_loop_lag_seconds_count") > 0
    posted = {"method": "POST", "route": "/v1/research", "status": "202"}
    assert _sum(found, "leadline_request_seconds_count", **posted) == 1
    assert _sum(found, "process_resident_memory_bytes") > 0


Samples = list[tuple[str, dict[str, str], float]]


def _samples(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return [(one.name, one.labels, one.value) for family in families for one in family.samples]


def _sum(samples: Samples, name: str, **labels: str) -> float:
    some = [value for one, of, value in samples if one == name and labels.items() <= of.items()]
    assert some, f"there is no {name} {labels}"
    return sum(some)
