"""The first look: before the work is planned, code opens the addresses that the question names, and
then the pages that these lead to on their site. The Master plans with what that shows in view, and
agents know by name what was opened.

Not here: how the calls are carried out and kept (`research/flow.py`), how they are told
(`agents/reading/first_look.py`)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from agents.guarding import provenance
from agents.reading.first_look import named
from agents.tools import batch_web_surfer
from browser.net.urls import canonical_url, host_of
from research.crew import Run
from research.domain import Step

PAGES = 12


async def next_call(run: Run, steps: Sequence[Step]) -> Step | None:
    """The next call that looks; None where there is nothing more to look at."""
    if not (start := named(run)) or len(steps) > 1:
        return None
    if not steps:
        return _call(0, start)
    found = await run.observed(steps[0])
    pages = _led_to(start, provenance.addresses_in_order(found.text) if found else [])
    return _call(1, pages) if pages else None


async def passed_by(run: Run) -> list[str]:
    """The addresses on the sites that the question names of which agents were told, and which
    nobody opened."""
    hosts = set(map(host_of, named(run)))
    told = await provenance.listed(run, batch_web_surfer.NAME) if hosts else ()
    read = {one.canonical_url for one in await run.store.readings(run.job.id)} if hosts else set()
    own = [url for url in told if host_of(url) in hosts and provenance.is_plain(url)]
    left = {canonical_url(url): url for url in own}
    return sorted(url for canonical, url in left.items() if canonical not in read)


def _call(index: int, urls: list[str]) -> Step:
    arguments = {"urls": urls}
    return Step(index=index, turn=index, tool=batch_web_surfer.NAME, arguments=arguments)


def _led_to(start: Sequence[str], told: Sequence[str]) -> list[str]:
    """Of the addresses that the named pages told of, those of their sites, the shallow ones first:
    indexes stand above what they list."""
    hosts = set(map(host_of, start))
    known = set(map(canonical_url, start))
    further = [url for url in told if host_of(url) in hosts and canonical_url(url) not in known]
    return sorted(further, key=lambda url: urlsplit(url).path.count("/"))[:PAGES]
