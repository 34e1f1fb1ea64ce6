"""A run apart: what parts of the product need of a run, of documents and of grounds, where nobody
asked a question. Its store is thrown away.

Not here: what a suite does with it (`suites/binding.py`, `suites/verify.py`, `suites/mutate.py`).
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.judge.figures import Grounds
from evals.data.wice import Labelled
from research.budget import Budget
from research.crew import Run
from research.domain import BudgetLimits, Job, Question, Reading, Snapshot, new_id, now
from research.efforts import EFFORTS
from research.store.database import Store
from research.store.documents import Document, Documents
from research.store.records import JobRecords, reading_id

TODAY = date(2026, 1, 1)
NOT_STALE = 86_400.0  # seconds


@asynccontextmanager
async def run_apart(question: Question) -> AsyncIterator[Run]:
    """A run in a database of its own, without a limit on what it spends."""
    with TemporaryDirectory(prefix="leadline-eval-") as folder:
        async with Store.open(f"sqlite+aiosqlite:///{Path(folder) / 'run.db'}") as store:
            made = await store.create_job(Job(id=new_id(), question=question, created_at=now()))
            job = await store.take(made.id, stale_seconds=NOT_STALE)
            budget = Budget(limits=BudgetLimits())
            yield Run(job, store, JobRecords(store, job), budget, EFFORTS[job.effort])


def asked(text: str) -> Question:
    return Question(text=text, language="en", today=TODAY)


def grounds_of(documents: Documents, question: Question) -> Grounds:
    """What every statement may take its figures from, as in a run: the question and its day."""
    told = question.text
    return Grounds(documents, told, {}, ("en", question.language))


def documents_of(claims: Iterable[Labelled], job_id: str) -> Documents:
    """The pages of labelled claims as documents of a job, each page once."""
    pages = dict.fromkeys((claim.title, claim.sentences) for claim in claims)
    return Documents(
        _document(number, title, sentences, job_id)
        for number, (title, sentences) in enumerate(pages, 1)
    )


def snapshot_of(sentences: Sequence[str]) -> Snapshot:
    """A page whose sentences are told apart: one a line."""
    text = "\n".join(sentences)
    spans, start = [], 0
    for sentence in sentences:
        spans.append((start, start + len(sentence)))
        start += len(sentence) + 1
    return Snapshot(id=hashlib.sha256(text.encode()).hexdigest(), text=text, sentences=tuple(spans))


def _document(number: int, title: str, sentences: Sequence[str], job_id: str) -> Document:
    snapshot = snapshot_of(sentences)
    url = f"https://page{number}.invalid/"
    reading = Reading(
        id=reading_id(job_id, url, snapshot.id),
        job_id=job_id,
        snapshot_id=snapshot.id,
        url=url,
        canonical_url=url,
        title=title,
        site=f"page{number}.invalid",
        fetched_at=now(),
        media_type="text/plain",
        via="file",
        raw_sha256=snapshot.id,
        extractor="wice",
        document=number,
    )
    return Document(number, reading, snapshot)
