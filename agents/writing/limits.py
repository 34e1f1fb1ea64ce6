"""What kept a run from more, in code's own words: what failed, where it was stopped, which pages
could not be read."""

from collections import Counter

from agents.writing.words import WORDS
from research.crew import Run
from research.domain import Ledger, Plan


async def limits(run: Run, ledger: Ledger, plan: Plan) -> list[str]:
    words = WORDS[run.question.language]
    found = [words["failed"] + failure for failure in ledger.failures]
    found += [words["stopped"] + plan.reason] if plan.capped else []
    found += [words["no_web"]] if not run.question.sources.web else []
    return found + await _unread_pages(run)


async def _unread_pages(run: Run) -> list[str]:
    """How many pages could not be read, by what kept us from it; no addresses, which are not
    ours."""
    failed = await run.store.unread(run.job.id)
    read = {reading.url for reading in await run.store.readings(run.job.id)}
    kinds = Counter(kind for url, kind in failed.items() if url not in read)
    if not kinds:
        return []
    words = WORDS[run.question.language]
    told = [
        f"{count} {words.get(kind, kind.replace('_', ' '))}" for kind, count in kinds.most_common()
    ]
    return [words["unread"].format(count=kinds.total(), kinds=words["comma"].join(told))]
