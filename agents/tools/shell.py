"""`shell`: a Python program of the model's, run in the sandbox on sentences that were read. What it
was, what it was given and what came out is kept as a run of the job.

`inputs` name sentences that were read (d3.12) or claims (c2); the program finds their texts in
`inputs.json`. Its output is shown as text from outside. Not here: the walls (`sandbox.py`)."""

import asyncio
import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from agents.guarding.untrusted_text import of_a_program
from agents.models import ToolSpec
from agents.schemas import list_of, object_of
from agents.tools.sandbox import sandbox
from agents.tools.sandbox.folder import work_folder
from agents.tools.sandbox.sandbox import Limits, Ran
from agents.tools.types import Tool, arguments_of
from research.crew import Run
from research.domain import AgentRole, Ledger, Observation, Step, Task, now
from research.errors import ToolError
from research.store.documents import Documents, documents
from research.store.tables import FileRow, RunRow
from research.text.sentences import clean_text

NAME = "shell"
SECONDS = 60
NAMES = 20  # of inputs; one may name a range of sentences
FILES, FILE_SIZE = 8, 2 << 20
MOST_INPUTS = 2_000  # sentences
MEDIA = {".csv": "text/csv", ".json": "application/json", ".txt": "text/plain", ".md": "text/plain"}
_PNG = b"\x89PNG\r\n\x1a\n"
_GATE = asyncio.Semaphore(2)  # programs at once, over all jobs of the process


class Arguments(BaseModel):
    code: Annotated[str, AfterValidator(clean_text)] = Field(min_length=1, max_length=20_000)
    inputs: list[str] = Field(default=[], max_length=NAMES)
    timeout: float = Field(default=30, ge=1, le=SECONDS)


SPEC = ToolSpec(
    name=NAME,
    description=(
        "Run a Python program (numpy, pandas, matplotlib, sympy; no network) to compute from "
        "sentences that were read. inputs: the "
        "sentences (d3.12, d3.12-20) or claims (c2) it computes from; inputs.json in its "
        "folder holds their texts by name, each sentence "
        "by its own. Print each result with its name and unit; a chart saved as PNG in the "
        "folder can be placed in the report."
    ),
    parameters={
        **object_of(
            code={"type": "string"},
            inputs=list_of({"type": "string"}, maxItems=NAMES),
            timeout={"type": "number", "description": f"seconds, at most {SECONDS}"},
        ),
        "required": ["code", "inputs"],
    },
)


def tool(roles: frozenset[AgentRole]) -> Tool:
    return Tool(NAME, lambda run: SPEC, call, roles=roles)


async def call(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
    """Raises `ToolError` for arguments that do not fit, and for inputs that there are not."""
    arguments = arguments_of(Arguments, step)
    known = await documents(run.store, run.job)
    named = (own for name in arguments.inputs for own in known.names([name]) or (name,))
    found = {name: _text(name, known, ledger) for name in named}
    given = {name: text for name, text in found.items() if text is not None}
    if unknown := len(found) - len(given):
        raise ToolError(tool=NAME, reason=f"{unknown} of its inputs are no sentence and no claim")
    if len(given) > MOST_INPUTS:
        reason = f"its inputs are {len(given)} sentences, {MOST_INPUTS} at most: name fewer"
        raise ToolError(tool=NAME, reason=reason)
    ran, left = await execute(arguments.code, given, arguments.timeout)
    row = RunRow(
        id=_id(run.job.id, task.id, str(step.index)),
        job_id=run.job.id,
        task_id=task.id,
        at=now(),
        code=arguments.code,
        inputs=list(given),
        given=given,
        **vars(ran),
    )
    await run.records.put_run(row, [_file(row, name, data) for name, data in left.items()])
    return Observation(text=_shown(row, left))


async def execute(
    code: str, given: Mapping[str, str], seconds: float
) -> tuple[Ran, dict[str, bytes]]:
    """Run a program on the texts it is given; how it ended, and the files it left. Raises
    `ToolError` where the sandbox does not start."""
    async with _GATE, work_folder() as folder:
        own = {"program.py": code, "inputs.json": json.dumps(dict(given), ensure_ascii=False)}
        for name, text in own.items():
            (folder / name).write_text(text, encoding="utf-8", errors="replace")
        program = [sandbox.python(), "program.py"]
        try:
            ran = await sandbox.run(folder, program, Limits(seconds=seconds))
        except (OSError, RuntimeError, ImportError) as error:
            raise ToolError(tool=NAME, reason=f"the sandbox does not start: {error}") from error
        return ran, await asyncio.to_thread(_left, folder, own)


def _left(folder: Path, own: Collection[str]) -> dict[str, bytes]:
    """The files that a program left beside its own."""
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    fit = [name for name in names if name not in own and name.isprintable()]
    read = ((name, sandbox.read_back(folder, name, FILE_SIZE)) for name in fit[: 10 * FILES])
    kept = [(name, data) for name, data in read if data is not None]
    return dict(kept[:FILES])


def _text(name: str, known: Documents, ledger: Ledger) -> str | None:
    """The text of a sentence that was read or of a claim; None for what is neither."""
    if place := known.sentence(name):
        document, index = place
        return document.snapshot.sentence(index)
    return next((claim.text for claim in ledger.claims if claim.id == name), None)


def _file(row: RunRow, name: str, data: bytes) -> FileRow:
    media_type = MEDIA.get(Path(name).suffix.lower(), "application/octet-stream")
    return FileRow(
        id=_id(row.id, name),
        job_id=row.job_id,
        run_id=row.id,
        name=name,
        media_type="image/png" if data.startswith(_PNG) else media_type,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
    )


def _id(*parts: str) -> str:
    """The same for the same parts, so that a step that is taken again is kept once."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _shown(row: RunRow, files: Collection[str]) -> str:
    """The run as a model sees it."""
    ended = {
        "time": "stopped at its time limit",
        "folder": "stopped: its folder was full",
        None: f"exit code {row.exit_code}",
    }
    parts = [f"[run-{row.id}: {ended[row.stopped]}]", of_a_program(row.stdout)]
    if row.stderr:
        parts.append(f"[errors]\n{of_a_program(row.stderr)}")
    if files:
        parts.append(f"[files: {', '.join(files)}]")
    return "\n".join(filter(None, parts))
