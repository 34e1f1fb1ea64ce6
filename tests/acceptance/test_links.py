"""A site of which an agent is given one page, and no search: read from its index by its links."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pytest

from evals.doubles.simulated_model import ModelServer
from evals.doubles.small_web import SmallWeb, serving_pages
from tests.acceptance.conftest import Leadline
from tests.acceptance.faulty_server import told

NIGHTS = range(1, 41)
PAGES = {
    f"/log/{n}.html": (
        f"The log of night {n}",
        (
            f"The depth of the Kestrel Trench is {7_000 + n} metres, as the ship found in night {n}.",
            f"The keeper of watch {n} wrote it down in the morning, and went to sleep after that.",
        ),
    )
    for n in NIGHTS
}
LINK = re.compile(r"^- .* — (http\S+)$", re.MULTILINE)
Turn = Sequence[tuple[str, dict[str, Any]]]


@dataclass
class Follows(Sequence[Turn]):
    """The turns of an agent that opens one page, then each address that it was told of there."""

    model: ModelServer
    start: str
    offered: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return 3

    def __getitem__(self, turn: Any) -> Any:
        if turn == 0:
            return [("batch_web_surfer", {"queries": ["Kestrel Trench"]}), self._opens(self.start)]
        if turn == 1:
            self.offered = LINK.findall(self.model.prompts[-1])
            return [self._opens(*self.offered[n : n + 10]) for n in range(0, len(self.offered), 10)]
        return [("finish", {"findings": "Forty depths were logged."})]

    def _opens(self, *urls: str) -> tuple[str, dict[str, Any]]:
        return "batch_web_surfer", {"urls": list(urls)}


@dataclass
class Goes(Follows):
    """The turns of an agent that opens at once what the first look was told of, as its goal
    would name it."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, turn: Any) -> Any:
        if turn == 0:
            planning = next(prompt for prompt in self.model.prompts if "A first look" in prompt)
            self.offered = LINK.findall(planning)
            return [self._opens(*self.offered[n : n + 10]) for n in range(0, len(self.offered), 10)]
        return [("finish", {"findings": "Forty depths were logged."})]


@pytest.fixture
def site() -> Iterator[SmallWeb]:
    items = "".join(
        f'<li><a href="log/{n}.html#top">{escape(PAGES[f"/log/{n}.html"][0])}</a></li>'
        for n in NIGHTS
    )
    index = f"<html><title>The logs</title><body><h1>The logs</h1><ul>{items}</ul></body></html>"
    robots = told(200, b"User-agent: *\nDisallow: /log/13.html\n", Content_Type="text/plain")
    odd = {
        "/": told(200, index.encode(), Content_Type="text/html"),
        "/robots.txt": robots,
        "/search": told(503, b""),
    }
    with serving_pages(SmallWeb(PAGES, odd=odd)) as served:
        yield served


def test_a_site_is_read_from_its_index(
    leadline: Leadline, model: ModelServer, site: SmallWeb
) -> None:
    leadline.searches(site)
    start = f"http://{site.place}/"
    follows = Follows(model, start)
    model.script = follows
    question = f"What is the depth of the Kestrel Trench? {start}"
    asked = ("--web", "--effort", "standard", "--mode", "react", "--json")
    done = leadline.run("ask", question, *asked)
    assert done.returncode == 0, done.stderr
    assert follows.offered == [f"http://{site.place}{path}" for path in PAGES]
    assert {path for path in PAGES if site.count(path)} == set(PAGES) - {"/log/13.html"}
    shown = "\n".join(str(one["content"]) for one in model.bodies[2]["messages"])
    assert all(f"is {7_000 + n} metres" in shown for n in NIGHTS if n != 13)
    assert shown.count("The search of the web cannot be reached") == 1
    sources = {source["url"] for source in json.loads(done.stdout)["sources"]}
    assert sources and sources <= {f"http://{site.place}{path}" for path in PAGES} | {start}


def test_the_master_plans_with_the_site_in_view(
    leadline: Leadline, model: ModelServer, site: SmallWeb
) -> None:
    leadline.searches(site)
    start = f"http://{site.place}/"
    goes = Goes(model, start)
    model.script = goes
    question = f"What is the depth of the Kestrel Trench? {start}"
    done = leadline.run("ask", question, "--web", "--effort", "standard", "--json")
    assert done.returncode == 0, done.stderr
    assert goes.offered == [f"http://{site.place}{path}" for path in PAGES]
    assert site.count("/") == 1
    assert {path for path in PAGES if site.count(path)} == set(PAGES) - {"/log/13.html"}
    agents = [prompt for prompt in model.prompts if "You are a research agent" in prompt]
    assert agents and all("[d1] The logs — " in prompt for prompt in agents)
    assert " tokens of documents are left.)" in "\n".join(agents)
