"""Ask every provider every query, and make one list of the answers: reciprocal rank fusion over
canonical URLs.

A provider that fails is told; when every one fails, `SearchFailed` is raised, so that an outage
never looks like "nothing found". The authority of a page weighs in where ranks are close. Not here:
the providers (`providers/`), the library's index (`library/index.py`).
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import httpx

from browser.net.urls import canonical_url, in_domains
from browser.search.providers import Provider
from browser.search.providers.base import PassingFailure
from browser.types import Answered, Found, Hit, Query
from research.domain import SourceChoice
from research.errors import SearchFailed
from research.ledger.authority import WEIGHTS, authority_of
from research.text.sentences import language_of

RRF = 60  # Cormack, Clarke, Büttcher 2009
ATTEMPTS = 2
BACKOFF = 0.4
LONGEST_WAIT = 5.0
TIMEOUT = 12.0
AT_ONCE = 16  # over all jobs of the process; a provider that wants pauses has them
PER_QUERY = 20


@dataclass(frozen=True)
class Answers:
    """Ranked lists, one for each provider and query that answered, and the failures of the
    others."""

    lists: list[list[Hit]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)


class WebSearch:
    """The providers of the web, asked with time limits, one retry, and the pauses they ask for."""

    def __init__(
        self, providers: Sequence[Provider], client: httpx.AsyncClient, *, timeout: float = TIMEOUT
    ) -> None:
        self._providers, self._client, self._timeout = providers, client, timeout
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._next: dict[str, float] = {}

    async def ask(
        self, queries: Sequence[Query], limit: int = PER_QUERY, seconds: float | None = None
    ) -> Answers:
        """Each provider each query, within so many seconds."""
        pairs = [(provider, query) for provider in self._providers for query in queries]
        results = await asyncio.gather(
            *(self._in_time(provider, query, limit, seconds) for provider, query in pairs)
        )
        lists = [result.hits for result in results if isinstance(result, Found)]
        partly = [
            failure
            for result in results
            if isinstance(result, Found)
            for failure in result.failures
        ]
        failures = [
            str(result.fields["reason"]) for result in results if isinstance(result, SearchFailed)
        ]
        answered = [
            Answered(
                query=query.text,
                provider=provider.name,
                found=len(result.hits) if isinstance(result, Found) else None,
            )
            for (provider, query), result in zip(pairs, results, strict=True)
        ]
        return Answers(lists, list(dict.fromkeys(failures + partly)), answered)

    async def _in_time(
        self, provider: Provider, query: Query, limit: int, seconds: float | None
    ) -> Found | SearchFailed:
        try:
            async with asyncio.timeout(seconds):
                return await self._one(provider, query, limit)
        except TimeoutError:
            return SearchFailed(reason=f"{provider.name}: the run has no more time for it")

    async def _one(self, provider: Provider, query: Query, limit: int) -> Found | SearchFailed:
        failure = SearchFailed(reason=f"{provider.name}: timed out")
        for attempt in range(ATTEMPTS):
            wait = BACKOFF * 2**attempt
            try:
                return await self._ask(provider, query, limit)
            except TimeoutError:
                return failure
            except PassingFailure as error:
                failure = error
                wait = error.wait if error.wait is not None else wait
            except SearchFailed as error:
                return error
            if attempt == ATTEMPTS - 1 or wait > LONGEST_WAIT:
                break
            await asyncio.sleep(wait)
        return failure

    async def _ask(self, provider: Provider, query: Query, limit: int) -> Found:
        """Raises `SearchFailed`, `TimeoutError`."""
        now = asyncio.get_running_loop().time()
        start = max(now, self._next.get(provider.name, now))
        self._next[provider.name] = start + provider.pause
        await asyncio.sleep(start - now)
        async with self._turn, asyncio.timeout(self._timeout):
            return await provider.search(self._client, query, limit)


def fuse(lists: Iterable[Sequence[Hit]], limit: int) -> tuple[Hit, ...]:
    """Merge ranked lists: a page scores 1 / (60 + rank) in each list it is in, times the weight of
    its authority; the richest snippet is kept."""
    scores: dict[str, float] = {}
    best: dict[str, Hit] = {}
    for hits in lists:
        ranked = list({canonical_url(hit.url): hit for hit in reversed(hits)}.items())[::-1]
        for rank, (key, hit) in enumerate(ranked, 1):
            scores[key] = scores.get(key, 0.0) + 1 / (RRF + rank)
            best[key] = _richer(best[key], hit) if key in best else hit
    scores = {key: score * WEIGHTS[authority_of(best[key].url)] for key, score in scores.items()}
    order = sorted(scores, key=lambda key: -scores[key])[:limit]
    return tuple(best[key].replace(score=scores[key]) for key in order)


def _richer(one: Hit, other: Hit) -> Hit:
    """One hit of two for the same page: the first one's place, the longer snippet, whatever date is
    known. A library's stays the library's."""
    if other.library and not one.library:
        one, other = other, one
    return one.replace(
        snippet=max(one.snippet, other.snippet, key=len)
        if one.library == other.library
        else one.snippet,
        title=one.title or other.title,
        published_at=one.published_at or other.published_at,
    )


def query_of(text: str, sources: SourceChoice) -> Query:
    """A query in its own language, with the run's dates and domains."""
    return Query(
        text=text,
        language=language_of(text),
        after=sources.date_from,
        before=sources.date_to,
        allow=sources.allow,
        deny=sources.deny,
    )


def chosen(hits: Iterable[Hit], sources: SourceChoice) -> list[Hit]:
    """The hits within the run's domains and dates. A hit of unknown date stays; domains do not bind
    the user's own libraries."""
    return [
        hit
        for hit in hits
        if (hit.library or may_read(hit.url, sources)) and in_time(hit.published_at, sources)
    ]


def may_read(url: str, sources: SourceChoice) -> bool:
    """Whether the run's domain lists let a web page in."""
    if in_domains(url, sources.deny):
        return False
    return not sources.allow or in_domains(url, sources.allow)


def in_time(published: str | None, sources: SourceChoice) -> bool:
    """A date known only to the year or month counts as in time if any day of it is."""
    if not published:
        return True
    day = published[:10]
    after = sources.date_from is None or day >= sources.date_from.isoformat()[: len(day)]
    return after and (sources.date_to is None or day <= sources.date_to.isoformat()[: len(day)])
