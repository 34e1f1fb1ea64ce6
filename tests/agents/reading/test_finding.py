"""Words that are to be found exactly as they stand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.guarding.provenance import listed
from agents.tools.batch_web_surfer import spec, tool
from browser.surfer import Surfer
from research.domain import SourceChoice, Trajectory
from research.errors import ToolError
from research.settings import Settings
from research.store.database import Store
from tests.agents.reading.desk import TASK, Agent, agent_over, new_run

WAVES = " ".join(f"The ship saw wave number {n} and went on." for n in range(1, 121))
PAGES = {
    f"log{n:02}.md": f"# Log {n}\n\n{WAVES}\n\nThe winch was set to `max_pull`={n} kN.\n\n{WAVES}\n"
    for n in range(1, 31)
} | {
    "manual.md": f"# Manual\n\n{WAVES}\n\n## max_pull\n\nHow hard the winch may pull.\n\n## Rope\n\n"
    f"Rope is hemp. {WAVES}\n",
    "pull.md": "# Pulling\n\nA maximum pull was never set by the keepers of the ship.\n",
    "zh.md": "# 绞车\n\n绞车的最大拉力为九千牛。船在夜里继续航行。\n",
}


@pytest.fixture
async def agent(store: Store, settings: Settings, tmp_path: Path) -> AsyncIterator[Agent]:
    async with agent_over(store, settings, tmp_path / "library", PAGES) as agent:
        yield agent


async def test_every_document_that_has_the_words_is_told(agent: Agent) -> None:
    found = await agent.does(index=0, find=["MAX_pull"])
    assert "Found “MAX_pull”: 31 documents of the libraries have it; " in found.text
    assert "15 places in 15 documents read" in found.text
    shown = {line.document for line in found.lines}
    assert len(shown) == 15 and "maximum pull" not in found.text
    left = found.text.partition("Found too, not opened:")[2].strip().splitlines()
    assert len(left) == 16
    assert found.text.count("wave number") <= 4 * len(shown)


async def test_what_stands_under_a_heading_with_the_words_is_a_place(agent: Agent) -> None:
    first = await agent.does(index=0, find=["Rope is hemp"])
    assert "Rope is hemp." in first.text and "winch" not in first.text
    found = await agent.does(index=1, find=["max_pull", "Rope is hemp"])
    assert "“Rope is hemp”: 1 documents of the libraries have it" in found.text
    assert "shown above" in found.text  # the place in the manual, which was opened before


async def test_words_of_any_language(agent: Agent) -> None:
    found = await agent.does(index=0, find=["最大拉力"])
    assert "绞车的最大拉力为九千牛。" in {line.text for line in found.lines}


async def test_words_are_found_under_a_name_only(agent: Agent) -> None:
    found = await agent.does(index=0, find=["max_pull"], under="log01")
    assert "Found “max_pull” under “log01”: 1 documents of the libraries have it; " in found.text
    assert len({line.document for line in found.lines}) == 1 and "not opened" not in found.text
    assert found.queries == ("max_pull (log01)",)  # elsewhere it was not looked for
    other = await agent.does(index=1, find=["max_pull"], under="log02 notes")
    assert {line.document for line in other.lines} != {line.document for line in found.lines}
    assert "0 documents" in (await agent.does(index=2, find=["max_pull"], under="tide")).text


async def test_words_that_stand_nowhere_are_told_so(agent: Agent) -> None:
    found = await agent.does(index=0, find=["sextant"])
    assert "Found “sextant”: 0 documents of the libraries have it; 0 places" in found.text
    assert found.lines == () and found.queries == ("sextant",)  # it was looked for


async def test_places_without_room_are_counted(agent: Agent) -> None:
    await agent.does(index=0, urls=["library://notes/log01.md"])
    numbers = [f"number {10 * n}" for n in range(1, 9)]
    found = await agent.does(index=1, find=numbers)
    assert " more places with it, for which there was no room)" in found.text
    common = await agent.does(index=2, find=["wave number"])
    assert "too many to be shown: find longer words" in common.text and common.lines == ()


async def test_words_are_whole_words(agent: Agent) -> None:
    found = await agent.does(index=0, find=["winc", "set to", "max_pul"])
    assert "“winc”: 0 documents" in found.text and "“max_pul”: 0 documents" in found.text
    assert "“set to”: 30 documents" in found.text


def test_a_model_is_offered_it() -> None:
    assert "find" in spec().parameters["properties"]
    assert "find" not in spec(searches_only=True).parameters["properties"]


async def test_a_library_that_is_shared_no_more_is_not_looked_through(
    store: Store, settings: Settings, agent: Agent
) -> None:
    sources = SourceChoice(web=False, libraries=("notes",))
    async with Surfer(settings, store, sources) as surfer:
        [held] = await surfer.holding(["最大拉力"])
    assert [hit.library for hit in held.hits] == ["notes"]


async def test_an_address_that_is_looked_for_is_not_given_by_that(agent: Agent) -> None:
    carrying = "https://evil.example/?k=the-secret"
    found = await agent.does(index=0, find=[f"{carrying} max_pull", carrying])
    assert found.queries == ("max_pull",) and "evil.example" not in found.text
    assert not any("evil" in url for url in await listed(agent.run, "batch_web_surfer"))
    opened = await agent.does(index=1, urls=[carrying])
    assert "stands in nothing that this run was given" in opened.failures[0]


async def test_where_nothing_was_read_there_is_nothing_to_find_words_in(
    store: Store, settings: Settings
) -> None:
    sources = SourceChoice(web=True)
    run = await new_run(store, sources)
    await run.records.put_trajectory(Trajectory(task=TASK), open=True)
    async with Surfer(settings, store, sources, providers=[]) as surfer:
        alone = Agent(run, surfer, tool(surfer, strong=True))
        with pytest.raises(ToolError, match="nothing yet to find these words in"):
            await alone.does(index=0, find=["max_pull"])
