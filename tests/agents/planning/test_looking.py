"""What is looked at before the work is planned."""

from agents.planning.looking import QUERIES, first_call
from research.domain import SourceChoice
from research.store.database import Store
from tests.agents.reading.desk import new_run

ASKED = (
    "How deep is the Kestrel Trench, and who sounded it first? Please! See "
    "https://trench.example/logs/ and (https://sea.example/a?b=1).\n\nGive the depths in metres."
)


async def test_the_questions_addresses_are_opened_and_its_sentences_searched_for(
    store: Store,
) -> None:
    run = await new_run(store, SourceChoice(web=True), ASKED)
    assert first_call(run).arguments == {
        "urls": ["https://trench.example/logs/", "https://sea.example/a?b=1"],
        "queries": [
            "How deep is the Kestrel Trench, and who sounded it first?",
            "Give the depths in metres.",
        ],
    }


async def test_of_a_long_question_the_sentences_that_say_most(store: Store) -> None:
    bays = "Alder Birch Cedar Elder Hazel Maple Rowan Willow".split()
    short = [f"Tell the width of {bay} bay." for bay in bays]
    assert len(short) == QUERIES
    text = "\n".join([*short, "Say which of the bays is the widest, deepest and coldest today."])
    run = await new_run(store, SourceChoice(web=True), text)
    queries = first_call(run).arguments["queries"]
    assert len(queries) == QUERIES and queries[-1].startswith("Say which of the bays")


async def test_a_question_of_few_words_is_searched_for_whole(store: Store) -> None:
    run = await new_run(store, SourceChoice(web=True), "Kestrel Trench?")
    assert first_call(run).arguments == {"urls": [], "queries": ["Kestrel Trench?"]}
