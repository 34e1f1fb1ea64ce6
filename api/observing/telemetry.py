"""Traces over OTLP: set up where the environment names a collector, by the standard variables.

`OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`) turns them on, `OTEL_SDK_DISABLED=true` off;
headers, sampling and batching have the names of the OpenTelemetry specification as well. Not here:
what the spans are (`research/tracing.py`), the exporter (`otlp.py`).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

from research.errors import SettingsError

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
UNTRACED = ("/healthz", "/readyz", "/metrics", "/static/")
REQUESTS: TelemetryConfig = {  # a span a request, none of its parts
    "auto_configure": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "exclude": lambda scope: scope["path"].startswith(UNTRACED),
}


@asynccontextmanager
async def tracing(service: str) -> AsyncIterator[None]:
    """Export the spans of this process while the block runs, those left at its end too. Raises
    `SettingsError` where the packages for it are missing."""
    named = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if named is None or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        yield
        return
    try:
        from api.observing.otlp import (
            new_provider,  # here, because few need it and its packages are an extra
        )
    except ImportError as error:
        raise SettingsError(
            name=named,
            reason=f"traces need the package {error.name}, which is not installed",
            mend="pip install 'leadline[telemetry]', or unset it.",
        ) from error
    provider = new_provider(service)
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        await asyncio.to_thread(provider.shutdown)
