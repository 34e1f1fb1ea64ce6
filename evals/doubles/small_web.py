"""A small web on loopback: a search server in SearXNG's form, pages, and a record of every request.

It serves what it is given and nothing else. Not here: what the pages say."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from evals.doubles.loopback import Answering, listening, send

HOST = "127.0.0.1"
PAGE = """<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body>
<article><h1>{title}</h1>{paragraphs}</article></body></html>"""


@dataclass
class SmallWeb:
    """`pages` are title and paragraphs by path, `head` markup in the head of each, `delay` the
    seconds before one is sent. Every page is found by every search, then what is `found` beside:
    paths or addresses.

    `finds` tells whether a query finds a path. `hosts` are other hosts of loopback, by the path
    that is found there; each serves all. `odd` paths are answered in ways of their own, `/search`
    too. `on_request` hears each target before it is answered. `requests` are the targets asked for,
    with their query."""

    pages: Mapping[str, tuple[str, tuple[str, ...]]]
    delay: float = 0.0
    head: str = ""
    found: Sequence[str] = ()
    finds: Callable[[str, str], bool] = lambda query, path: True
    hosts: Mapping[str, str] = field(default_factory=dict)
    odd: dict[str, Answering] = field(default_factory=dict)
    on_request: Callable[[str], None] = lambda _: None
    requests: list[str] = field(default_factory=list)
    place: str = ""

    def count(self, path: str) -> int:
        """How often this path was asked for."""
        return sum(urlsplit(f"//{request}").path == path for request in self.requests)

    def answer(self, target: str) -> tuple[int, str, str]:
        """Status, media type and text of an answer."""
        path = target.split("?")[0]
        if path == "/search":
            return (
                200,
                "application/json",
                json.dumps(
                    {"results": self._results(query_of(target)), "unresponsive_engines": []}
                ),
            )
        if path in self.pages:
            time.sleep(self.delay)
            title, paragraphs = self.pages[path]
            text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
            return (
                200,
                "text/html; charset=utf-8",
                PAGE.format(title=escape(title), head=self.head, paragraphs=text),
            )
        return 404, "text/plain", ""

    def _results(self, query: str) -> list[dict[str, str]]:
        pages = {path: page for path, page in self.pages.items() if self.finds(query, path)}
        results = [
            {"url": self.url(path), "title": page[0], "content": page[1][0][:80]}
            for path, page in pages.items()
        ]
        title = next((page[0] for page in self.pages.values()), "")
        return results + [
            {"url": self.url(place), "title": title, "content": title} for place in self.found
        ]

    def url(self, place: str) -> str:
        host, _, port = self.place.partition(":")
        return (
            f"http://{self.hosts.get(place, host)}:{port}{place}"
            if place.startswith("/")
            else place
        )


def query_of(target: str) -> str:
    """What a search asks for."""
    return parse_qs(urlsplit(target).query).get("q", [""])[0]


@contextmanager
def serving_pages(web: SmallWeb, *, port: int = 0) -> Iterator[SmallWeb]:
    """Serve it on loopback, on a free port if none is named."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        web.requests.append(to.headers.get("Host", "") + to.path)
        web.on_request(to.path)
        if odd := web.odd.get(to.path.split("?")[0]):
            odd(to)
            return
        status, kind, text = web.answer(to.path)
        send(to, status, text.encode(), Content_Type=kind)

    with ExitStack() as stack:
        at = stack.enter_context(listening(answer, port=port))
        for host in sorted(set(web.hosts.values()) - {HOST}):
            stack.enter_context(listening(answer, host=host, port=at))
        web.place = f"{HOST}:{at}"
        yield web
