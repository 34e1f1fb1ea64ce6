"""Which links of the pages that a call opened its agent is told, so that it can follow them.

A link stands on one line: its words, its address, and the name of the document where it was opened
before. Of a page that was asked for as many as there is room for, of one that a search found the
few that share most words with what is looked for; none that stands in the agent's context. They
are data from outside: told like titles of documents, and whole or not at all, since only what is
told may be opened. Not here: how links are found in a page (`browser/html/links.py`).
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from agents.guarding.provenance import without_addresses
from agents.guarding.untrusted_text import addresses_assistant
from agents.reading.choosing import Choice
from agents.reading.passages import inert
from agents.reading.telling import Found
from browser.net.urls import canonical_url
from browser.surfer import Surfer
from research.crew import Run
from research.domain import Link
from research.store.documents import Document, Documents
from research.text.sentences import estimate_tokens, term_set

# one in so many of a call's tokens, at most, goes to links of pages asked for, and of those found
SHARE, SPARE = 4, 12
MOST, TOKENS = 60, 1_500  # lines and tokens of a page that was asked for
FEW, ALIKE = 3, 2  # lines of a page that a search found, and the words each shares at least


@dataclass(frozen=True)
class Page:
    """A document with the links of its page. `asked` is one that the agent named."""

    document: Document
    links: Sequence[Link]
    asked: bool


@dataclass(frozen=True)
class Told:
    """Links of one page that are told, a line each, and how many more it has."""

    page: Page
    links: tuple[Link, ...]
    lines: tuple[str, ...]
    left: int

    @property
    def tokens(self) -> int:
        return sum(map(estimate_tokens, self.lines))

    @property
    def text(self) -> str:
        name = self.page.document.name
        more = f"({self.left} more: open it again)" if self.left else ""
        return "\n".join(filter(None, [f"Links of {name}:", *self.lines, more]))


async def linked_pages(
    run: Run, surfer: Surfer, found: Found, known: Documents, places: Sequence[str]
) -> list[Page]:
    """The pages whose links may be told: those that were opened, and the documents that the agent
    names to read on in. Of each the links that this run may follow."""
    pages: dict[int, Page] = {}
    for page in found.pages:
        if document := known.of_snapshot(page.snapshot.id):
            own = Page(document, page.page.links, found.is_asked(page))
            pages.setdefault(document.number, own)  # those that were asked for come first
    for document, indexes in filter(None, map(known.find, places)):
        if not indexes and document.number not in pages:
            links = await run.store.links(document.reading.id)
            pages[document.number] = Page(document, links, asked=True)
    return await asyncio.to_thread(_reachable, surfer, list(pages.values()))


def _reachable(surfer: Surfer, pages: Sequence[Page]) -> list[Page]:
    """Many addresses are looked up in the run's libraries: called in a thread."""
    return [replace(page, links=surfer.reachable(page.links)) for page in pages if page.links]


def of_shown(links: Sequence[Told], choice: Choice) -> list[Told]:
    """Without those of pages that nobody asked for and of which nothing is shown."""
    return [one for one in links if one.page.asked or choice.shown[one.page.document.number]]


def choose_links(
    pages: Sequence[Page], wanted: Set[str], known: Documents, told: Collection[str], room: int
) -> list[Told]:
    """The links to tell of each page in a call of so many tokens. `wanted` are the terms of what is
    looked for, `told` addresses that the agent sees already."""
    opened = {canonical_url(one.reading.url): one.name for one in known}
    seen = set(told)
    chosen: list[Told] = []
    asked = [page for page in pages if page.asked]
    others = [page for page in pages if not page.asked]
    for group, left in ((asked, room // SHARE), (others, room // SPARE)):
        for place, page in enumerate(group):
            share = min(TOKENS, left // (len(group) - place))
            found = _of_page(page, wanted, opened, seen, share)
            chosen += [found] if found.lines else []
            seen.update(link.url for link in found.links)
            left -= found.tokens
    return chosen


def _of_page(
    page: Page, wanted: Set[str], opened: Mapping[str, str], seen: Set[str], room: int
) -> Told:
    """The best links that there is room for, in the page's order, those not yet opened first."""
    once = {canonical_url(link.url): link for link in reversed(page.links)}
    names = {link: opened.get(canonical, "") for canonical, link in once.items()}
    names = {link: name for link, name in names.items() if name != page.document.name}
    fresh = [
        link
        for link in page.links
        if link in names and link.url not in seen and _is_for_readers(link)
    ]
    worth = {link: len(wanted & _terms(link)) for link in fresh}
    alike = [link for link in fresh if worth[link] >= ALIKE and not names[link]]
    able = fresh if page.asked else alike
    ranked = sorted(able, key=lambda link: (bool(names[link]), -worth[link]))
    lines = {link: _line(link, names[link]) for link in ranked[: MOST if page.asked else FEW]}
    kept = list(_within(lines, room))
    shown = sorted(kept, key=lambda link: (bool(names[link]), fresh.index(link)))
    return Told(page, tuple(shown), tuple(lines[link] for link in shown), len(fresh) - len(kept))


def _within(lines: Mapping[Link, str], room: int) -> Iterator[Link]:
    for link, line in lines.items():
        room -= estimate_tokens(line)
        if room < 0:
            return
        yield link


def _line(link: Link, name: str) -> str:
    """Words that hold an address are told without it: it may be cut."""
    words = inert(without_addresses(link.text))
    opened = f" ({name})" if name else ""
    return f"- {words} — {link.url}{opened}" if words else f"- {link.url}{opened}"


def _is_for_readers(link: Link) -> bool:
    return not (addresses_assistant(link.text) or addresses_assistant(_spelled(link.url)))


def _terms(link: Link) -> frozenset[str]:
    return term_set(link.text) | term_set(_spelled(link.url))


def _spelled(url: str) -> str:
    """The words of an address behind its host."""
    parts = urlsplit(url)
    words = unquote(f"{parts.path} {parts.query}")
    return "".join(sign if sign.isalnum() else " " for sign in words)
