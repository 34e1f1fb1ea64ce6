"""What a process counts for Prometheus: its jobs, calls, tokens, money, pages, errors, requests.

Nothing is counted apart: jobs are observed by the events that they store, requests where they are
named. A tenant has a label of its own while there are few; those beyond are told together. Not
here: where it is served (`routes/operations.py`, `operations.py`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from research.domain import Job, now
from research.events import EventType
from research.store.database import Store

MOST_TENANTS = 100
OTHER = "other"
LAG_SECONDS = 0.5  # between two looks at the event loop
_WAITS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
_WORKED = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
_CALLS = (0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 300)
_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
_LAGS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 3)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        own = self.registry = CollectorRegistry()
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        self._tenants: set[str] = set()
        self._add_jobs(own)
        self._add_models(own)
        self._add_service(own)

    def _add_jobs(self, own: CollectorRegistry) -> None:
        self.jobs = Gauge(
            "leadline_jobs", "Jobs in the database, by status.", ["status"], registry=own
        )
        self.waits = Histogram(
            "leadline_queue_wait_seconds",
            "From a job's request to its first start.",
            buckets=_WAITS,
            registry=own,
        )
        self.worked = Histogram(
            "leadline_job_seconds",
            "From a job's first start to its end, waits for a person included.",
            ["outcome"],
            buckets=_WORKED,
            registry=own,
        )
        self.ended = Counter(
            "leadline_jobs_ended", "Jobs ended.", ["outcome", "tenant"], registry=own
        )
        self.started = Counter("leadline_job_attempts", "Attempts at jobs.", ["kind"], registry=own)
        self.errors = Counter(
            "leadline_errors",
            "Errors by code: of jobs, of reports, of steps that fell back to plain code, of pages.",
            ["where", "code"],
            registry=own,
        )

    def _add_models(self, own: CollectorRegistry) -> None:
        self.calls = Histogram(
            "leadline_model_call_seconds",
            "Calls of models, retries too.",
            ["role", "failed"],
            buckets=_CALLS,
            registry=own,
        )
        self.tokens = Counter(
            "leadline_tokens",
            "Tokens of model calls; cached ones are among the prompt's.",
            ["kind", "role", "tenant"],
            registry=own,
        )
        self.usd = Counter(
            "leadline_usd", "US dollars of model calls.", ["role", "tenant"], registry=own
        )

    def _add_service(self, own: CollectorRegistry) -> None:
        self.pages = Counter(
            "leadline_pages_read", "Pages and documents read.", ["via"], registry=own
        )
        self.requests = Histogram(
            "leadline_request_seconds",
            "HTTP requests until their answer's end.",
            ["method", "route", "status"],
            buckets=_REQUESTS,
            registry=own,
        )
        self.lag = Histogram(
            "leadline_event_loop_lag_seconds",
            "How late the event loop is.",
            buckets=_LAGS,
            registry=own,
        )

    def tenant(self, name: str) -> str:
        """The label of a tenant: bounded, since each is a time series of its own."""
        if name not in self._tenants and len(self._tenants) >= MOST_TENANTS:
            return OTHER
        self._tenants.add(name)
        return name

    def observe(self, job: Job, type: EventType, told: Mapping[str, Any]) -> None:
        """Count an event that a job of this process has stored."""
        match type:
            case "job.started" | "job.resumed":
                self._start(job, type)
            case "model_call":
                self._call(job, told)
            case "source":
                self.pages.labels(told.get("via", "unknown")).inc()
            case "agent.step":
                self._step(told)
            case "floor":
                self.errors.labels("step", told.get("code", "fallback")).inc()
            case "job.completed" | "job.failed" | "job.cancelled":
                self._end(job, type, told)

    def _start(self, job: Job, type: EventType) -> None:
        self.started.labels(type.removeprefix("job.")).inc()
        if job.fence == 1 and job.started_at:
            waited = (job.started_at - job.created_at).total_seconds()
            self.waits.observe(max(0.0, waited))

    def _call(self, job: Job, told: Mapping[str, Any]) -> None:
        role, tenant = told["role"], self.tenant(job.tenant)
        self.calls.labels(role, str(told.get("failed", False)).lower()).observe(told["seconds"])
        for kind in ("prompt", "cached", "completion"):
            self.tokens.labels(kind, role, tenant).inc(told[f"{kind}_tokens"])
        self.usd.labels(role, tenant).inc(told.get("usd", 0.0))

    def _step(self, told: Mapping[str, Any]) -> None:
        for kind in told.get("unread", ()):
            self.errors.labels("page", kind).inc()

    def _end(self, job: Job, type: EventType, told: Mapping[str, Any]) -> None:
        outcome = told["status"] if type == "job.completed" else type.removeprefix("job.")
        self.ended.labels(outcome, self.tenant(job.tenant)).inc()
        if job.started_at:
            worked = (now() - job.started_at).total_seconds()
            self.worked.labels(outcome).observe(max(0.0, worked))
        if type == "job.failed":
            self.errors.labels("job", told["code"]).inc()
        elif "error" in told:
            self.errors.labels("report", told["error"]["code"]).inc()

    async def text(self, store: Store) -> bytes:
        """All of it in Prometheus's text format, with the jobs as they stand in the database."""
        for status, number in (await store.count_jobs()).items():
            self.jobs.labels(status).set(number)
        return generate_latest(self.registry)


@asynccontextmanager
async def watching(store: Store, metrics: Metrics | None = None) -> AsyncIterator[Metrics]:
    """Count what this process does while the block runs."""
    metrics = metrics or Metrics()
    store.observers.append(metrics.observe)
    late = asyncio.create_task(_watch_loop(metrics))
    try:
        yield metrics
    finally:
        late.cancel()
        store.observers.remove(metrics.observe)


async def _watch_loop(metrics: Metrics) -> None:
    while True:
        began = time.monotonic()
        await asyncio.sleep(LAG_SECONDS)
        metrics.lag.observe(max(0.0, time.monotonic() - began - LAG_SECONDS))
