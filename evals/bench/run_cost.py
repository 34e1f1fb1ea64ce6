"""What one run costs on this machine: `python -m evals.bench.run_cost [QUESTION] [LIBRARY]` runs it
and prints one JSON object.

Model calls, tokens and seconds of a quick run, beside the tokens a second this machine makes,
measured in the same process: figures of two machines compare by their ratio to it. Uses the model
of the settings, the embedded one by default."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from pydantic import BaseModel

from agents.crew import assemble
from agents.models import CallUsage, Message, Models
from browser.library.library import sync_library
from research.domain import Job, Question, SourceChoice, new_id, now
from research.domain.report import Report
from research.run import run_job
from research.settings import Settings, load_settings
from research.store.database import Store
from research.text.language import interface_language_of

QUESTION = (
    "How deep is the Challenger Deep, and how has the depth of the sea been measured "
    "through history?"
)
LIBRARY = "examples/library"


class Words(BaseModel):
    words: list[str]


async def speed(models: Models) -> dict[str, float]:
    """Prompt and generated tokens a second of the writer's model, from a long prompt with a short
    answer and a short one with a long answer."""
    told: list[CallUsage] = []

    async def count(usage: CallUsage) -> None:
        told.append(usage)

    model = models.role("writer")
    schema = {
        "type": "object",
        "properties": {
            "words": {"type": "array", "items": {"enum": ["sea"]}, "minItems": 1, "maxItems": 1}
        },
        "required": ["words"],
    }
    long_schema = {
        **schema,
        "properties": {
            "words": {"type": "array", "items": {"enum": ["sea"]}, "minItems": 30, "maxItems": 30}
        },
    }
    await model.ask(
        [Message(role="user", content="Write sea.")],
        Words,
        schema=schema,
        max_tokens=30,
        on_call=count,
    )
    text = " ".join(f"line {n} fathoms" for n in range(150))
    await model.ask(
        [Message(role="user", content=text)], Words, schema=schema, max_tokens=30, on_call=count
    )
    await model.ask(
        [Message(role="user", content="Write sea often.")],
        Words,
        schema=long_schema,
        max_tokens=300,
        on_call=count,
    )
    _, reading, writing = told
    return {
        "prompt_tokens_per_s": round(
            (reading.prompt_tokens - reading.cached_tokens) / reading.seconds, 1
        ),
        "generated_tokens_per_s": round(writing.completion_tokens / writing.seconds, 1),
    }


async def run(settings: Settings, question: str, library: Path) -> tuple[Report, dict[str, float]]:
    async with (
        Store.open(settings.database) as store,
        Models(settings) as models,
        assemble(settings, store, models=models) as crew,
    ):
        measured = await speed(models)
        await sync_library(store, "bench", library)
        language, sources = interface_language_of(question), SourceChoice(libraries=("bench",))
        asked = Question(text=question, language=language, today=now().date(), sources=sources)
        job = await store.create_job(
            Job(id=new_id(), question=asked, effort="quick", created_at=now())
        )
        job = await store.take(job.id, stale_seconds=settings.stale_seconds)
        return await run_job(job, crew, store, settings), measured


def main() -> None:
    question = sys.argv[1] if len(sys.argv) > 1 else QUESTION
    library = Path(sys.argv[2] if len(sys.argv) > 2 else LIBRARY)
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        report, measured = asyncio.run(run(load_settings(data_dir=Path(folder)), question, library))
    usage = report.usage
    told = {
        "status": report.status,
        "sentences_with_evidence": report.quality.with_evidence,
        "documents": len(report.sources),
        "model_calls": usage.model_calls,
        "uncached_prompt_tokens": usage.prompt_tokens - usage.cached_tokens,
        "generated_tokens": usage.completion_tokens,
        "run_seconds": round(usage.seconds, 1),
        "with_start_seconds": round(time.monotonic() - started, 1),
        **measured,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
