"""`shell`: a Python program of the model's, run in the sandbox on sentences that were read. What it
was, what it was given and what came out is kept as a run of the job.

`inputs` name sentences that were read (d3.12) or claims (c2); the program finds their texts in
`inputs.json`. Its output is shown as text from outside. Not here: the walls (`sandbox.py`)."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from agents.guarding.untrusted_text import of_a_program
from agents.models import ToolSpec
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
FILES, FILE_SIZE = 8, 2 << 20
MOST_INPUTS = 2_000  # sentences
MEDIA = {".csv": "text/csv", ".json": "application/json", ".txt": "text/plain", ".md": "text/plain"}
_PNG = b"\x89PNG\r\n\x1a\n"
_GATE = asyncio.Semaphore(2)  # programs at once, over all jobs of the process


class Arguments(BaseModel):
    code: Annotated[str, AfterValidator(clean_text)] = Field(min_length=1, max_length=20_000)
    inputs: list[str] = Field(default=[], max_length=20)
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
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "inputs": {"type": "array", "items": {"type": "string"}},
            "timeout": {"type": "number", "description": f"seconds, at most {SECONDS}"},
        },
        "required": ["code", "inputs"],
        "additionalProperties": False,
    },
)


def tool(roles: frozenset[AgentRole]) -> Tool:
    return Tool(NAME, lambda run: SPEC, call, roles=roles)


async def call(run: Run, task: Task, step: Step, ledger: Ledger) -> Observation:
    """Raises `ToolError` for arguments that do not fit, and for inputs that there are not."""
    arguments = arguments_of(Arguments, step)
    known = await documents(run.store, run.job)
    found = {name: _text(name, known, ledger) for name in _one_by_one(known, arguments.inputs)}
    given = {name: text for name, text in found.items() if text is not None}
    if unknown := len(found) - len(given):
        raise ToolError(tool=NAME, reason=f"{unknown} of its inputs are no sentence and no claim")
    if len(given) > MOST_INPUTS:
        reason = f"its inputs are {len(given)} sentences, {MOST_INPUTS} at most: name fewer"
        raise ToolError(tool=NAME, reason=reason)
    ran, left = await execute(arguments.code, given, arguments.timeout)
    row = _row(run, task, step, arguments.code, given, ran)
    await run.records.put_run(row, [_file(row, name, data) for name, data in left])
    return Observation(text=_shown(row, [name for name, _ in left]))


async def execute(
    code: str, given: Mapping[str, str], seconds: float
) -> tuple[Ran, list[tuple[str, bytes]]]:
    """Run a program on the texts it is given; how it ended, and the files it left. Raises
    `ToolError` where the sandbox does not start."""
    async with _GATE, work_folder() as folder:
        own = {"program.py": code, "inputs.json": json.dumps(dict(given), ensure_ascii=False)}
        for name, text in own.items():
            (folder / name).write_text(text, encoding="utf-8", errors="replace")
        try:
            ran = await sandbox.run(
                folder, [sandbox.python(), "program.py"], Limits(seconds=seconds)
            )
        except (OSError, RuntimeError, ImportError) as error:
            raise ToolError(tool=NAME, reason=f"the sandbox does not start: {error}") from error
        return ran, await asyncio.to_thread(_left, folder, frozenset(own))


def _left(folder: Path, own: frozenset[str]) -> list[tuple[str, bytes]]:
    names = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in own and not entry.name.startswith(".")
    )
    read = (
        (name, sandbox.read_back(folder, name, FILE_SIZE))
        for name in names[: 10 * FILES]
        if name.isprintable()
    )
    return [(name, data) for name, data in read if data is not None][:FILES]


def _one_by_one(known: Documents, inputs: Sequence[str]) -> list[str]:
    """The inputs, each sentence of a range by its own name."""
    return [own for name in inputs for own in known.names([name]) or (name,)]


def _text(name: str, known: Documents, ledger: Ledger) -> str | None:
    """The text of a sentence that was read or of a claim; None for what is neither."""
    if place := known.sentence(name):
        document, index = place
        return document.snapshot.sentence(index)
    return next((claim.text for claim in ledger.claims if claim.id == name), None)


def _row(run: Run, task: Task, step: Step, code: str, given: Mapping[str, str], ran: Ran) -> RunRow:
    return RunRow(
        id=_short(run.job.id, task.id, str(step.index)),
        job_id=run.job.id,
        task_id=task.id,
        at=now(),
        code=code,
        inputs=list(given),
        given=dict(given),
        **vars(ran),
    )


def _file(row: RunRow, name: str, data: bytes) -> FileRow:
    kind = (
        "image/png"
        if data.startswith(_PNG)
        else MEDIA.get(Path(name).suffix.lower(), "application/octet-stream")
    )
    digest = hashlib.sha256(data).hexdigest()
    return FileRow(
        id=_short(row.id, name),
        job_id=row.job_id,
        run_id=row.id,
        name=name,
        media_type=kind,
        sha256=digest,
        data=data,
    )


def _short(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _shown(row: RunRow, files: Sequence[str]) -> str:
    """The run as a model sees it."""
    ended: dict[str | None, Any] = {
        "time": "stopped at its time limit",
        "folder": "stopped: its folder was full",
    }
    parts = [
        f"[run-{row.id}: {ended.get(row.stopped, f'exit code {row.exit_code}')}]",
        of_a_program(row.stdout),
    ]
    parts += [f"[errors]\n{of_a_program(row.stderr)}"] if row.stderr else []
    parts += [f"[files: {', '.join(files)}]"] if files else []
    return "\n".join(part for part in parts if part)
