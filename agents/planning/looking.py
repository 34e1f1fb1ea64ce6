"""The first look: before the work is planned, code searches for the question's sentences, opens the
addresses that it names, and then the pages that these lead to on their site. The Master plans with
what that shows in view, and agents know by name what was opened.

Not here: how the calls are carried out and kept (`research/flow.py`), how they are told
(`agents/reading/first_look.py`)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from agents.asked import said_beside
from agents.guarding import provenance
from agents.tools import batch_web_surfer
from browser.net.urls import canonical_url, host_of
from research.crew import Run
from research.domain import Step
from research.text.sentences import clip, sentence_spans, term_set

ADDRESSES, QUERIES, PAGES = 4, 8, 12
LEAST_TERMS = 3  # of a sentence that is worth a search


async def next_call(run: Run, steps: Sequence[Step]) -> Step | None:
    """The next call that looks; None where it has looked enough."""
    named = _named(run)
    if not steps:
        return _call(0, urls=named, queries=_queries(_asked(run)))
    found = await run.observed(steps[0])
    pages = _led_to(named, provenance.addresses_in_order(found.text) if found else [])
    return _call(1, urls=pages) if pages and len(steps) == 1 else None


async def passed_by(run: Run) -> list[str]:
    """The addresses on the sites that the question names of which agents were told, and which
    nobody opened."""
    hosts = set(map(host_of, _named(run)))
    told = await provenance.listed(run, batch_web_surfer.NAME) if hosts else ()
    read = {one.canonical_url for one in await run.store.readings(run.job.id)}
    own = [url for url in told if host_of(url) in hosts and provenance.is_plain(url)]
    left = {canonical_url(url): url for url in own}
    return sorted(url for canonical, url in left.items() if canonical not in read)


def _asked(run: Run) -> str:
    return run.question.text + said_beside(run.question)


def _named(run: Run) -> list[str]:
    return provenance.addresses_in_order(_asked(run))[:ADDRESSES]


def _call(index: int, **arguments: list[str]) -> Step:
    return Step(index=index, turn=index, tool=batch_web_surfer.NAME, arguments=arguments)


def _queries(text: str) -> list[str]:
    """The sentences that say most, in their order."""
    sentences = [
        provenance.without_addresses(text[start:end]) for start, end in sentence_spans(text)
    ]
    told = [one for one in sentences if len(term_set(one)) >= LEAST_TERMS] or sentences
    longest = sorted(told, key=lambda one: -len(term_set(one)))[:QUERIES]
    return [clip(one, provenance.QUERY_LENGTH) for one in told if one in longest]


def _led_to(named: Sequence[str], told: Sequence[str]) -> list[str]:
    """Of the addresses that the named pages told of, those of their sites, the shallow ones first:
    indexes stand above what they list."""
    hosts = set(map(host_of, named))
    known = set(map(canonical_url, named))
    further = [url for url in told if host_of(url) in hosts and canonical_url(url) not in known]
    return sorted(further, key=lambda url: urlsplit(url).path.count("/"))[:PAGES]
