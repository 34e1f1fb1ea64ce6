"""Claims and pictures from what programs printed: `RESULT name = value unit` and `FIGURE file.png caption`, read by code from stdout.

A result is a claim only if its program ended well, works on the figures of sentences that were read, and prints the same when it is run
again; its evidence is the run and the quotes it computes from. Not here: whether the formula is the right one: that is for the reader, who
is shown the program."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents import constants
from agents.grounding import traced
from agents.relevance import relevance
from agents.tools import shell
from research import runs
from research.cite import plain
from research.crew import Run
from research.errors import ToolError
from research.lineage import readings_of
from research.tables import RunRow
from research.text import clip, terms
from research.types import Claim, Drawing, Feedback, Ledger, RunEvidence, Trajectory

MOST = 20  # results of one run
_RESULT = re.compile(r"RESULT\s+(\S.{0,150}?)\s*=\s*([-+−]?\d[\d.,]*(?:[eE][-+]?\d+)?)\s*(\S.{0,40})?")
_FIGURE = re.compile(r"FIGURE\s+(\S{1,100})\s+(\S.*)")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Result:
    name: str
    value: str
    unit: str = ""

    @property
    def quantity(self) -> str:
        return f"{self.value} {self.unit}".strip()

    @property
    def text(self) -> str:
        return f"{self.name} = {self.quantity}"


def results(stdout: str) -> list[Result]:
    found = (_RESULT.fullmatch(line.strip()) for line in stdout.splitlines())
    return [Result(plain(m[1]), m[2], plain(m[3] or "")) for m in found if m][:MOST]


def captions(stdout: str) -> dict[str, str]:
    """By file name what is shown under a picture."""
    found = (_FIGURE.fullmatch(line.strip()) for line in stdout.splitlines())
    return {m[1]: clip(plain(m[2]), 300) for m in found if m}


def works_on(code: str, text: str) -> bool:
    """Whether a program works on a sentence: it reads its inputs' texts, or does something with one of the sentence's numbers."""
    if constants.reads(code, "inputs.json"):
        return True
    used = constants.numbers(code)
    return any(float(number.replace(",", "")) in used for number in _NUMBER.findall(text))


async def re_execute(run: Run, run_id: str) -> bool:
    """Run a kept program again on what it was given; tell whether it ends well and prints the same results. Raises `RunMissing`."""
    row = await runs.run_of(run.store, run.job.id, run_id)
    try:
        again, _ = await shell.execute(row.code, row.given, shell.SECONDS)
    except ToolError:
        return False
    return again.exit_code == 0 and again.stopped is None and results(again.stdout) == results(row.stdout)


async def with_computed(run: Run, trajectory: Trajectory, ledger: Ledger, feedback: Feedback) -> Feedback:
    """The feedback with what the agent's programs gave."""
    rows = [row for row in await runs.runs(run.store, run.job.id, trajectory.task.id) if row.exit_code == 0 and row.stopped is None]
    if not rows:
        return feedback
    files = await runs.files(run.store, run.job.id)
    claims: list[Claim] = []
    drawings: list[Drawing] = []
    for row in rows:
        if (results(row.stdout) or captions(row.stdout)) and await re_execute(run, row.id):
            claims += await _claims(run, trajectory, ledger, row)
            drawings += _drawings(row, [file for file in files if file.run_id == row.id], run.question.text)
    answer = feedback.answer or next((claim.answer for claim in claims if claim.answer), "")
    gaps = tuple(gap for gap in feedback.gaps if not answer or gap != trajectory.task.goal)
    more = {"claims": (*feedback.claims, *claims), "drawings": (*feedback.drawings, *drawings), "answer": answer, "gaps": gaps}
    return feedback.model_copy(update=more)


async def _claims(run: Run, trajectory: Trajectory, ledger: Ledger, row: RunRow) -> list[Claim]:
    lines = await shell.lines_of(run, trajectory.task, len(trajectory.steps))
    used = tuple(name for name in row.inputs if works_on(row.code, row.given[name]))
    evidence = await shell.quotes(run, ledger, lines, used)
    if not evidence:
        return []
    private = {reading.id for reading in await readings_of(run.store, run.job) if reading.private}
    words = [run.question.text, *(row.given[name] for name in used)]
    proof = RunEvidence(run_id=row.id, code_sha256=row.code_sha256, inputs=used)
    goal = trajectory.task.goal
    return [
        Claim(
            id=f"{trajectory.task.id}.{row.id}.{number}",
            text=result.text,
            evidence=tuple(evidence),
            runs=(proof,),
            relevance=round(relevance(run.question.text, result.name) or 0.0, 3),
            verdict="supported",
            reason="computed; run again with the same result",
            documents=len({quote.snapshot_id for quote in evidence}),
            goal=goal if _answers(goal, result) else "",
            answer=result.quantity if _answers(goal, result) else "",
            private=any(quote.reading_id in private for quote in evidence),
        )
        for number, result in enumerate(results(row.stdout), 1)
        if traced(f"{result.name} {result.unit}", words, "result")
    ]


def _answers(goal: str, result: Result) -> bool:
    """Whether a result is named by most of what the goal names."""
    wanted = set(terms(goal))
    return bool(wanted) and len(wanted & set(terms(result.name))) * 2 > len(wanted)


def _drawings(row: RunRow, files: Sequence[runs.FileKept], question: str) -> list[Drawing]:
    """The pictures that the program told of; the name a picture is shown by has no words but the question's and its inputs'."""
    told = captions(row.stdout)
    words = [question, *row.given.values()]
    return [
        Drawing(
            id=f.id,
            run_id=row.id,
            name=f.name if traced(f.name.removesuffix(".png"), words) else "figure.png",
            caption=told[f.name],
            media_type=f.media_type,
            sha256=f.sha256,
        )
        for f in files
        if f.name in told and f.media_type == "image/png"
    ]
