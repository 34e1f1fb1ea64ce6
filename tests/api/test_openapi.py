"""The OpenAPI document is true: Schemathesis asks every route what the document says can be asked,
and what it says cannot, and compares each answer with it."""

import asyncio
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from research.settings import Settings
from tests.api.conftest import Service, Start
from tests.api.scripted import Script

KEY = "a-key-of-this-service-0123456789"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 6  # generated requests a route, beside those that cover each rule of its schema


@pytest.fixture
async def keyed(start: Start, script: Script, settings: Settings) -> Service:
    own = {"api_key": SecretStr(KEY), "rate_limit": "1000000/minute"}
    service = await start(script.runner, with_settings=settings.model_copy(update=own))
    service.client.headers["Authorization"] = f"Bearer {KEY}"
    return service


# What no schema can say is refused by these with 422: libraries and jobs that there are, languages,
# dates in order, a budget that suffices, a cursor that was given.
CONFIG = """
[[operations]]
include-name = ["GET /v1/research", "POST /v1/research", "POST /v1/research/estimate"]
checks.positive_data_acceptance.enabled = false
"""


async def examined(service: Service, folder: Path) -> str:
    """What Schemathesis says of the service; '' when nothing is wrong."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(str(SCHEMATHESIS), "--config-file", str(config), "run", f"{service.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {KEY}", "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color"),
        *("--request-timeout", "20", "--suppress-health-check", "all", "--warnings", "off"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return said.decode() if process.returncode else ""


async def test_every_answer_is_as_the_document_says(keyed: Service, tmp_path: Path) -> None:
    """It learns the ids of jobs from the lists, and makes up others."""
    await keyed.finished()
    if faults := await examined(keyed, tmp_path):
        pytest.fail(faults)
