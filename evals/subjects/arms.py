"""The arms of the suite *qa*: what each puts before the reader, and what that cost.

The last call is the same in all of them: the product's own model is asked for a short answer, in
the same words, from what the arm has: nothing (`no_search`), the passages that one search finds
(`single_shot`), or what the report of Leadline quotes (`react`, `multi_agent`). A report that
quotes nothing is not read: it has no answer. Not here: which questions, and what an answer is
worth.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from pydantic import BaseModel

from agents.models import CallUsage, Models
from browser.library.index import LibraryIndex
from evals.data.closed_corpus import NAME, passage_of
from evals.data.multi_hop import Answered, Passage
from evals.graders.judgements import key_of
from evals.graders.prompts import render_reader, version
from research.crew import Crew
from research.domain import BudgetLimits, Job, Mode, Question, SourceChoice, new_id, now
from research.domain.report import Report, Sentence
from research.errors import JobEnded, ReportMissing, UnusableAnswer
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.text.language import interface_language_of

Arm = Literal["no_search", "single_shot", "react", "multi_agent"]
ARMS: tuple[Arm, ...] = get_args(Arm)
CALLS, SECONDS = 12, 120.0  # the caps of a question; one call is kept for the reader
RESERVE = 0.8  # the run's own share of the seconds
SHOWN = 5  # passages of the one search
SHORT: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "maxLength": 80}},
    "required": ["answer"],
    "additionalProperties": False,
}


class Short(BaseModel):
    answer: str


@dataclass(frozen=True)
class Given:
    """What an arm gave: the short answer, the text it was read from, the passages read and those
    cited, what it took."""

    answer: str
    text: str = ""
    read: frozenset[str] = frozenset()
    cited: frozenset[str] = frozenset()
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    job: str = ""
    declined: bool = False  # the report says that its evidence does not answer


@dataclass
class _Count:
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    async def add(self, usage: CallUsage) -> None:
        self.calls += 1
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens


@dataclass(frozen=True)
class Bench:
    """Everything the arms work with. `label` names the state of the system that is measured: jobs
    of another one are not taken up."""

    settings: Settings
    store: Store
    models: Models
    crew: Crew
    index: LibraryIndex
    passages: dict[str, Passage]
    label: str
    seconds: float = SECONDS

    @property
    def limits(self) -> BudgetLimits:
        return BudgetLimits(calls=CALLS - 1, seconds=self.seconds * RESERVE)

    def key(self, arm: Arm, question: Answered) -> str:
        """Names all that can change what an arm gives."""
        about = (
            arm,
            question.id,
            question.question,
            self.label,
            version("reader"),
            self.models.role("summary").name,
        )
        return key_of(*about, self.limits.model_dump_json(), SHOWN, len(self.passages))

    async def give(self, arm: Arm, question: Answered) -> Given:
        """Let an arm answer. Raises `LeadlineError` when what it runs on fails."""
        if arm == "no_search":
            return await self._read(question, "", frozenset(), _Count())
        if arm == "single_shot":
            return await self._single_shot(question)
        return await self._product(arm, question)

    async def _single_shot(self, question: Answered) -> Given:
        count = _Count()
        hits = await asyncio.to_thread(self.index.search, question.question, SHOWN)
        ids = [passage_of(hit.document.url) for hit in hits]
        text = "\n".join(f"[{self.passages[one].title}] {self.passages[one].text}" for one in ids)
        return await self._read(question, text, frozenset(ids), count)

    async def _product(self, mode: Mode, question: Answered) -> Given:
        report = await self._report(mode, question)
        usage = report.usage
        read = frozenset(
            passage_of(reading.url) for reading in await self.store.readings(report.id)
        )
        cited = frozenset(passage_of(source.url) for source in report.sources)
        spent = _Count(
            usage.model_calls,
            usage.prompt_tokens,
            usage.completion_tokens,
            time.monotonic() - usage.seconds,
        )
        declined = report.status == "insufficient_evidence"
        if not report.sources:
            return _given(spent, "", "", read, cited, report.id, declined)
        given = await self._read(question, told(report), read, spent, cited=cited, job=report.id)
        return replace(given, declined=declined)

    async def _report(self, mode: Mode, question: Answered) -> Report:
        """Run the question's job to its end. The job of a run that was stopped is taken up where it
        stands."""
        sources = SourceChoice(libraries=(NAME,))
        asked = Question(
            text=question.question,
            language=interface_language_of(question.question),
            today=now().date(),
            sources=sources,
        )
        fresh = Job(
            id=new_id(),
            question=asked,
            mode=mode,
            effort="quick",
            budget=self.limits,
            created_at=now(),
        )
        job = await self.store.create_job(
            fresh, idempotency_key=f"eval:qa:{self.key(mode, question)}"
        )
        try:
            taken = await self.store.take(job.id, stale_seconds=self.settings.stale_seconds)
        except JobEnded as ended:
            if (report := await self.store.report(job.id)) is None:
                raise ReportMissing(job_id=job.id, status=ended.fields["status"]) from ended
            return report
        return await run_job(taken, self.crew, self.store, self.settings)

    async def _read(
        self,
        question: Answered,
        text: str,
        read: frozenset[str],
        count: _Count,
        *,
        cited: frozenset[str] | None = None,
        job: str = "",
    ) -> Given:
        """The last call. An answer out of form is no answer; it is not asked again, so that the
        calls stay what they are."""
        messages = render_reader(question=question.question, material=text)
        model = self.models.role("summary")
        tokens = 40 if model.embedded else 2_000
        try:
            said = await model.ask(
                messages, Short, schema=SHORT, max_tokens=tokens, on_call=count.add, attempts=1
            )
            answer = said.answer.strip()
        except UnusableAnswer:
            answer = ""
        return _given(count, answer, text, read, read if cited is None else cited, job)


def _given(
    count: _Count,
    answer: str,
    text: str,
    read: frozenset[str],
    cited: frozenset[str],
    job: str,
    declined: bool = False,
) -> Given:
    spent = (
        count.calls,
        count.prompt_tokens,
        count.completion_tokens,
        round(time.monotonic() - count.started, 2),
    )
    return Given(answer, text, read, cited, *spent, job, declined)


def told(report: Report) -> str:
    """What a report says: its sentences in order, each behind the title of its source, without
    addresses and notes."""
    titles = {source.n: source.title for source in report.sources}
    lines = []
    for sentence in _sentences(report):
        numbers = [one.n for one in sentence.evidence if one.type == "quote"]
        lines.append(f"[{titles[numbers[0]]}] {sentence.text}" if numbers else sentence.text)
    return "\n".join(dict.fromkeys(lines))


def _sentences(report: Report) -> Iterator[Sentence]:
    yield from report.answer
    for section in report.sections:
        for block in section.blocks:
            match block.type:
                case "paragraph":
                    yield from block.sentences
                case "list":
                    yield from (sentence for item in block.items for sentence in item)
                case _:  # cells and captions repeat what sentences say
                    continue


def recall(gold: Sequence[str], found: frozenset[str]) -> float:
    return len(set(gold) & found) / len(set(gold))
