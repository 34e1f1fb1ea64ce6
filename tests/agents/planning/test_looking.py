"""What is looked at before the work is planned."""

from agents.planning.looking import PAGES, next_call, passed_by
from research.domain import Observation, SourceChoice, Task, Trajectory
from research.flow import LOOK
from research.store.database import Store
from tests.agents.reading.desk import new_run

ASKED = (
    "How deep is the Kestrel Trench, and who sounded it first? See "
    "https://trench.example/logs/ and (https://sea.example/a?b=1).\n\nGive the depths in metres."
)


async def test_the_questions_addresses_are_opened(store: Store) -> None:
    run = await new_run(store, SourceChoice(web=True), ASKED)
    call = await next_call(run, ())
    assert call and call.arguments == {
        "urls": ["https://trench.example/logs/", "https://sea.example/a?b=1"]
    }


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


async def test_without_an_address_nothing_is_looked_at(store: Store) -> None:
    run = await new_run(store, SourceChoice(web=True), "How deep is the Kestrel Trench?")
    assert await next_call(run, ()) is None and await passed_by(run) == []
