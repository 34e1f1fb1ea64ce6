"""What is opened first, how much of a document stands around a hit, and that a stretch that was
asked for is whole."""

from pathlib import Path

from agents.reading.choosing import REPEATED, Choice, add_best, add_range
from agents.reading.ordering import best_first
from agents.reading.passages import cost
from agents.reading.regions import MOST, paragraph_of, region
from browser.passages import Passage
from browser.types import Hit, Ranked
from research.settings import Settings
from research.store.database import Store
from tests.agents.reading.desk import agent_over
from tests.agents.reading.test_passages import documents


def hit(path: str, title: str = "") -> Hit:
    return Hit(
        url=f"library://docs/{path}",
        title=title or path,
        snippet="",
        provider="library",
        library="docs",
    )


def ranked(query: str, *paths: str) -> Ranked:
    return Ranked(query=query, hits=tuple(map(hit, paths)))


def order(*searches: Ranked) -> list[str]:
    return [one.url.removeprefix("library://docs/") for one in best_first(searches)]


def test_the_first_of_every_search_come_before_the_second_of_any() -> None:
    found = order(
        ranked("x", "a.md", "b.md", "c.md"), ranked("y", "d.md", "a.md"), ranked("z", "e.md")
    )
    assert found == ["a.md", "d.md", "e.md", "b.md", "c.md"]


def test_a_page_about_just_that_comes_before_one_about_everything() -> None:
    everything = ("gauge/reference.md", "gauge/windows.md", "crane/testing.md", "gauge/cli.md")
    assert (
        order(ranked("gauge tide alarms", *everything, "gauge/tide_alarms.md"))[0]
        == "gauge/tide_alarms.md"
    )
    assert (
        order(ranked("crane alarms", "gauge/alarms.md", "gauge/cli.md", "crane/alarms.md"))[0]
        == "crane/alarms.md"
    )
    assert order(ranked("what nobody named", *everything)) == list(everything)


WORDS = "The keeper wrote down what the gauge showed and went home along the quay."


def paragraph(number: int, sentences: int) -> str:
    return " ".join(f"{WORDS[:-1]} on day {number}.{n}, as always." for n in range(sentences))


def test_a_region_is_a_section_or_the_paragraphs_around() -> None:
    short = "## Short\n\nOne is here. Two is here.\n\n- three\n- four\n\n"
    long = "## Long\n\n" + "\n\n".join(paragraph(number, 4) for number in range(12)) + "\n\n"
    [document] = documents(f"# T\n\n{short}{long}## End\n\nIt ends.")
    assert region(document, 1) == [0, 1, 2, 3]
    middle = next(
        index for index in range(document.size) if "day 6.1," in document.snapshot.sentence(index)
    )
    around = region(document, middle)
    assert around == list(range(around[0], around[-1] + 1)) and set(
        paragraph_of(document, middle)
    ) < set(around)
    assert 250 <= cost(document, around) <= MOST + 1
    assert {document.headings(index) for index in around} == {("T", "Long")} or {
        document.headings(index)[-1] for index in around
    } == {"Long"}
    assert around[0] in {paragraph_of(document, index).start for index in around}
    assert around[-1] + 1 in {paragraph_of(document, index).stop for index in around}


def test_a_table_without_an_end_is_shown_around_the_row() -> None:
    rows = "\n".join(f"| port {n} | {n} metres of water at low tide |" for n in range(200))
    [document] = documents(f"# T\n\n| Port | Depth |\n| --- | --- |\n{rows}\n")
    around = region(document, 100)
    assert 100 in around and around[0] > 80 and around[-1] < 120


def test_a_few_documents_are_shown_with_more_of_each() -> None:
    known = documents(
        *(
            f"# T{n}\n\n" + "\n\n".join(f"## S{s}\n\n{paragraph(s, 4)}" for s in range(30))
            for n in range(12)
        )
    )
    opened = {place: document for place, document in enumerate(known)}
    passages = [
        Passage(place, sentence, 10 - place * 0.1) for place in opened for sentence in (5, 50)
    ]
    choice = Choice()
    add_best(choice, opened, passages, 8_000)
    shown = {number: indexes for number, indexes in choice.shown.items() if indexes}
    assert len(shown) == 8 and 1 in shown
    assert all(len(indexes) >= 4 for indexes in shown.values())


def seen_in_first(*indexes: int) -> Choice:
    choice = Choice()
    choice.seen[1].update(indexes)
    return choice


def test_a_stretch_is_whole_unless_most_of_it_was_shown() -> None:
    [document] = documents("# T\n\n" + paragraph(1, 40))
    few = seen_in_first(12, 13, 17)
    assert add_range(few, document, range(10, 25), 5_000) is None
    assert few.shown == {1: set(range(10, 25))} and not few.above[1]
    many = seen_in_first(10, 11, 13, *range(15, 25))
    add_range(many, document, range(10, 25), 5_000)
    assert {12, 13, 14} <= many.shown[1] and many.above[1] >= set(range(15, 25))
    repeated = many.shown[1] & {10, 11, 13, *range(15, 25)}
    assert cost(document, repeated) <= REPEATED * cost(document, range(10, 25))


async def test_reading_a_range_after_a_search_shows_it_without_holes(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    text = (
        "# The log\n\n"
        + "\n\n".join(f"## Day {n}\n\n{paragraph(n, 5)}" for n in range(40))
        + "\n\n## Trench\n\nThe Kestrel Trench is deep.\n"
    )
    async with agent_over(store, settings, tmp_path / "library", {"log.md": text}) as agent:
        found = await agent.does(index=0, queries=["Kestrel Trench day 7"])
        seen = sorted(line.number for line in found.lines)
        wanted = (seen[0], seen[0] + 12)
        got = await agent.does(index=1, read=[f"d1.{wanted[0]}-{wanted[1]}"])
        numbers = [line.number for line in got.lines]
        named = "(shown above:" in got.text
        assert numbers == sorted(numbers) and (
            named or numbers == list(range(wanted[0], min(wanted[1], 201) + 1))
        )
