"""What is looked at before the work is planned."""

from agents.planning.looking import PAGES, QUERIES, next_call, passed_by
from research.domain import Observation, SourceChoice, Task, Trajectory
from research.flow import LOOK
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
    call = await next_call(run, ())
    assert call and call.arguments == {
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
    call = await next_call(run, ())
    queries = call.arguments["queries"] if call else []
    assert len(queries) == QUERIES and queries[-1].startswith("Say which of the bays")


async def test_a_question_of_few_words_is_searched_for_whole(store: Store) -> None:
    run = await new_run(store, SourceChoice(web=True), "Kestrel Trench?")
    call = await next_call(run, ())
    assert call and call.arguments == {"urls": [], "queries": ["Kestrel Trench?"]}


async def test_then_the_pages_of_a_named_site_that_lie_nearest(store: Store) -> None:
    run = await new_run(store, SourceChoice(web=True), "How deep is it? See https://a.example/")
    posts = [f"https://a.example/blog/2026/{n}.html" for n in range(PAGES)]
    links = [*posts, "https://b.example/x", "https://a.example/", "https://a.example/docs/"]
    first = await next_call(run, ())
    assert first
    await run.records.put_trajectory(Trajectory(task=Task(id=LOOK, role="search", goal="g")))
    told = Observation(text="\n".join(f"- a page — {url}" for url in links))
    kept = await run.records.put_step(LOOK, first, told)
    then = await next_call(run, [kept])
    assert then and then.arguments == {"urls": ["https://a.example/docs/", *posts[:-1]]}
    assert await next_call(run, [kept, then]) is None
    assert await passed_by(run) == sorted([*posts, "https://a.example/", "https://a.example/docs/"])


async def test_without_an_address_there_is_one_call(store: Store) -> None:
    run = await new_run(store, SourceChoice(web=True), "How deep is the Kestrel Trench?")
    first = await next_call(run, ())
    assert first and await next_call(run, [first]) is None
