"""The exporter of traces: batches of spans over OTLP, sent by a thread of their own. Imported only
where traces are wanted: its packages are the extra `telemetry`."""

import os
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from research.store.queue.liveness import PROCESS

QUERY = "url.query"


class WithoutQueries(BatchSpanProcessor):
    """Keeps the query of a request's address out of its span: it may hold words of a question."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if QUERY in (span.attributes or {}):
            span.set_attribute(QUERY, "REDACTED")
        super().on_start(span, parent_context)


def new_provider(service: str) -> TracerProvider:
    named = {
        "service.name": os.environ.get("OTEL_SERVICE_NAME", service),
        "service.version": version("leadline"),
        "service.instance.id": PROCESS,
    }
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(WithoutQueries(OTLPSpanExporter()))
    return provider
