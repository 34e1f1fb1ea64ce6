"""Open addresses within a run's time, and keep what was read as readings of the job.

Not here: how pages are fetched (`browser/`), what of them is shown.
"""

from collections.abc import Sequence

from agents.guarding import provenance
from browser.surfer import Surfer
from browser.types import Opened
from research.crew import Run
from research.domain import Reading, Task
from research.errors import ReadingError


def seconds(run: Run) -> float | None:
    """The seconds a search, or reading what it found, may take: half of what is left, since what is
    read is still to be summed up. Raises `BudgetExhausted`."""
    left = run.budget.seconds_left()
    return None if left is None else left / 2


def admitted(known: provenance.Given, asked: Sequence[str]) -> tuple[list[str], list[str]]:
    """The addresses that may be opened, and the refusals of the others."""
    urls: list[str] = []
    refused: list[str] = []
    for url in asked:
        try:
            urls.append(known.admit(url))
        except ReadingError as error:
            refused.append(str(error))
    return urls, refused


async def open_pages(
    surfer: Surfer, urls: list[str], seconds: float | None
) -> tuple[list[Opened], list[ReadingError]]:
    results = await surfer.open(urls, seconds=seconds) if urls else []
    pages = [result for result in results if isinstance(result, Opened)]
    return pages, [result for result in results if isinstance(result, ReadingError)]


async def record(run: Run, task: Task, pages: Sequence[Opened]) -> list[Reading]:
    """Keep the pages as readings of the job, and tell of them; gives the readings in order, with
    the numbers of their documents."""
    read = [(page.page, page.snapshot, page.reading(run.job.id)) for page in pages]
    told = [
        {
            "task_id": task.id,
            "reading_id": reading.id,
            "title": reading.title,
            "url": reading.url,
            "via": page.via,
            "why": page.why,
        }
        for page, (_, _, reading) in zip(pages, read, strict=True)
    ]
    return await run.records.add_readings(read, told)
